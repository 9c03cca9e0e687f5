"""The token through web3.py alone, as its owner would use it; and its code, byte for byte."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3
from web3.exceptions import ContractCustomError, ContractLogicError

from application.engine.chain import CreateToken
from domain.status import Status
from infrastructure.devnet.anvil import Anvil
from infrastructure.evm.token_code import expected_runtime_code
from infrastructure.evm.token_terms import terms_of
from tests.evm_world import EvmWorld, StaticKeys

ROOT = Path(__file__).parents[2]
ARTIFACT = json.loads((ROOT / "infrastructure/contracts/evm/MintableToken.json").read_text())
STRANGER = Account.create()


class Token:
    """One deployed token, and web3.py with its owner's key."""

    def __init__(self, world: EvmWorld, deployment: Any) -> None:
        state = world.until(deployment, Status.COMPLETED)
        assert state.completed is not None
        self.web3 = Web3(Web3.HTTPProvider(world.anvil.url))
        self.address = Web3.to_checksum_address(state.completed.asset)
        self.contract = self.web3.eth.contract(address=self.address, abi=ARTIFACT["abi"])
        self.owner = Account.from_key(StaticKeys().seed_of(world.signer))
        self.world = world
        world.give_coins(10**18)
        world.anvil.ask("anvil_setBalance", STRANGER.address, hex(10**18))

    def read(self, name: str, *arguments: Any) -> Any:
        return self.contract.functions[name](*arguments).call()

    def send(self, name: str, *arguments: Any, by: Any = None) -> Any:
        account = by or self.owner
        built = self.contract.functions[name](*arguments).build_transaction(
            {
                "from": account.address,
                "nonce": self.web3.eth.get_transaction_count(account.address),
            }
        )
        signed = account.sign_transaction(built)
        sent = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        return self.web3.eth.wait_for_transaction_receipt(sent, timeout=20, poll_latency=0.05)


@pytest.fixture(scope="module")
def token(anvil: Anvil) -> Token:
    world = EvmWorld(anvil)
    return Token(world, world.request(name="Gold Bond", symbol="GLD", decimals=6))


def test_web3_reads_back_what_was_asked(token: Token) -> None:
    assert token.read("name") == "Gold Bond"
    assert token.read("symbol") == "GLD"
    assert token.read("decimals") == 6
    assert token.read("cap") == 5_000_000
    assert token.read("totalSupply") == 1_000_000
    assert token.read("owner") == token.owner.address
    assert token.read("balanceOf", token.owner.address) == 1_000_000


def test_anyone_can_read_the_deployment_that_the_token_was_made_for(anvil: Anvil) -> None:
    world = EvmWorld(anvil)
    deployment = world.request()
    token = Token(world, deployment)
    assert bytes(token.read("deploymentId")) == deployment.bytes


def test_the_owner_mints_pauses_and_burns(token: Token) -> None:
    before = token.read("totalSupply")
    token.send("mint", STRANGER.address, 7)
    assert token.read("balanceOf", STRANGER.address) == 7
    token.send("pause")
    with pytest.raises(ContractCustomError):
        token.send("transfer", STRANGER.address, 1)
    token.send("unpause")
    token.send("burn", 7)
    assert token.read("totalSupply") == before


def test_only_minters_mint_and_never_over_the_cap(token: Token) -> None:
    with pytest.raises((ContractCustomError, ContractLogicError)):
        token.send("mint", STRANGER.address, 1, by=STRANGER)
    token.send("addMinter", STRANGER.address)
    assert token.read("isMinter", STRANGER.address)
    token.send("mint", STRANGER.address, 1, by=STRANGER)
    with pytest.raises((ContractCustomError, ContractLogicError)):
        token.send("mint", STRANGER.address, 5_000_000, by=STRANGER)
    token.send("removeMinter", STRANGER.address)
    with pytest.raises((ContractCustomError, ContractLogicError)):
        token.send("mint", STRANGER.address, 1, by=STRANGER)


def test_ownership_moves_in_two_steps(token: Token) -> None:
    token.send("transferOwnership", STRANGER.address)
    assert token.read("owner") == token.owner.address
    token.send("acceptOwnership", by=STRANGER)
    assert token.read("owner") == STRANGER.address
    token.send("transferOwnership", token.owner.address, by=STRANGER)
    token.send("acceptOwnership")


def test_a_permit_signed_offline_allows(token: Token) -> None:
    _, name, version, chain_id, verifying, _, _ = token.read("eip712Domain")
    message = {
        "owner": token.owner.address,
        "spender": STRANGER.address,
        "value": 9,
        "nonce": token.read("nonces", token.owner.address),
        "deadline": 2**40,
    }
    kinds = {"owner": "address", "spender": "address"}
    typed = [{"name": n, "type": kinds.get(n, "uint256")} for n in message]
    signed = Account.sign_typed_data(
        token.owner.key,
        {"name": name, "version": version, "chainId": chain_id, "verifyingContract": verifying},
        {"Permit": typed},
        message,
    )
    arguments = [message["owner"], message["spender"], message["value"], message["deadline"]]
    token.send("permit", *arguments, signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))
    assert token.read("allowance", token.owner.address, STRANGER.address) == 9


@pytest.mark.parametrize("name", ["N", "N" * 31, "N" * 32, "漢" * 11, "N" * 50])
def test_the_code_on_chain_is_the_expected_code_to_the_byte(anvil: Anvil, name: str) -> None:
    world = EvmWorld(anvil)
    deployment = world.request(name=name, initial_supply=0, decimals=0)
    token = Token(world, deployment)
    effect = CreateToken(token=world.state(deployment).request.token, deployment=deployment)
    expected = expected_runtime_code(
        terms_of(effect), anvil.chain_id, bytes.fromhex(token.address[2:])
    )
    assert bytes(token.web3.eth.get_code(token.address)) == expected
    assert token.read("name") == name


def test_the_contract_rebuilds_byte_for_byte() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "infrastructure.contracts.build", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
