// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title An ERC-20 token that its minters mint up to a cap
/// @notice Burnable by holders, pausable by its owner, with permit (EIP-2612) and an ownership
/// that the next owner has to accept. It names the deployment that asked for it.
contract MintableToken is ERC20, ERC20Burnable, ERC20Capped, ERC20Pausable, ERC20Permit, Ownable2Step {
    /// @notice The deployment that this token was created for; anyone can compare it with the log.
    bytes16 public immutable deploymentId;

    uint8 private immutable _decimals;

    mapping(address account => bool) private _minters;

    /// @notice An account may mint from now on.
    event MinterAdded(address indexed account);

    /// @notice An account may no longer mint.
    event MinterRemoved(address indexed account);

    /// @notice The caller is not a minter.
    error NotMinter(address account);

    /// @notice The account is a minter already, or is none.
    error MinterUnchanged(address account);

    /// @param name_ name of the token
    /// @param symbol_ symbol of the token
    /// @param decimals_ digits behind the point
    /// @param cap_ most base units that may ever exist at one time
    /// @param initialSupply base units that exist from the beginning
    /// @param receiver gets the initial supply
    /// @param owner_ owns the contract and is its first minter
    /// @param deploymentId_ the deployment that asked for this token
    constructor(
        string memory name_,
        string memory symbol_,
        uint8 decimals_,
        uint256 cap_,
        uint256 initialSupply,
        address receiver,
        address owner_,
        bytes16 deploymentId_
    ) ERC20(name_, symbol_) ERC20Capped(cap_) ERC20Permit(_domainName(name_)) Ownable(owner_) {
        _decimals = decimals_;
        deploymentId = deploymentId_;
        _minters[owner_] = true;
        emit MinterAdded(owner_);
        if (initialSupply > 0) _mint(receiver, initialSupply);
    }

    /// @notice Digits behind the point.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @notice Whether an account may mint.
    function isMinter(address account) external view returns (bool) {
        return _minters[account];
    }

    /// @notice Let an account mint. Only for the owner.
    function addMinter(address account) external onlyOwner {
        if (_minters[account]) revert MinterUnchanged(account);
        _minters[account] = true;
        emit MinterAdded(account);
    }

    /// @notice Stop an account from minting. Only for the owner.
    function removeMinter(address account) external onlyOwner {
        if (!_minters[account]) revert MinterUnchanged(account);
        _minters[account] = false;
        emit MinterRemoved(account);
    }

    /// @notice Create base units, up to the cap. Only for minters.
    function mint(address to, uint256 amount) external {
        if (!_minters[msg.sender]) revert NotMinter(msg.sender);
        _mint(to, amount);
    }

    /// @notice Stop every transfer, mint and burn. Only for the owner.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Let transfers go on. Only for the owner.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @dev The name in the permit's domain (EIP-712): the token's own where it fits into 31 bytes,
    /// which is all that OpenZeppelin's EIP712 takes; `eip712Domain()` (EIP-5267) tells which it is.
    function _domainName(string memory name_) private pure returns (string memory) {
        return bytes(name_).length < 32 ? name_ : "MintableToken";
    }

    function _update(address from, address to, uint256 value)
        internal
        override(ERC20, ERC20Capped, ERC20Pausable)
    {
        super._update(from, to, value);
    }
}
