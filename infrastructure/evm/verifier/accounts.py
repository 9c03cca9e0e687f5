"""What a header's state root proves about accounts, and what its roots prove about transactions."""

from collections.abc import Sequence
from dataclasses import dataclass

from infrastructure.evm.verifier.primitives import (
    Item,
    keccak256,
    list_of,
    need,
    number,
    recover,
    rlp,
    text_of,
    unrlp,
)
from infrastructure.evm.verifier.trie import prove

EMPTY_CODE = keccak256(b"")
EMPTY_TRIE = keccak256(b"\x80")
PARENT, STATE_ROOT, TRANSACTIONS_ROOT, RECEIPTS_ROOT, NUMBER = 0, 3, 4, 5, 8
"""Places in a header. Later forks only append fields, so the others are not looked at."""
TYPED_BELOW = 0x80
NEWEST_TYPE = 4
ACCESS_LIST = 1


@dataclass(frozen=True, slots=True)
class Account:
    nonce: int
    storage: bytes
    code: bytes
    """Keccak-256 of the code."""

    @property
    def is_empty(self) -> bool:
        """No contract stands here. Coins that were sent ahead do not matter."""
        return self.nonce == 0 and self.code == EMPTY_CODE


@dataclass(frozen=True, slots=True)
class Transaction:
    hash: bytes
    chain: int | None
    """None for a legacy transaction that is valid on every chain (before EIP-155)."""
    nonce: int
    sender: bytes
    creates: bool


def read_header(raw: bytes) -> list[Item]:
    return list_of(unrlp(raw))


def field(header: list[Item], place: int) -> bytes:
    need(len(header) > place, "the header ends early")
    return text_of(header[place])


def account_in(raw_header: bytes, address: bytes, nodes: Sequence[bytes]) -> Account:
    """Return an account as the state root of a header proves it; an absent one reads as empty.

    Raises:
        Refused: the nodes prove nothing.
    """
    return account(read_header(raw_header), address, nodes)


def account(header: list[Item], address: bytes, nodes: Sequence[bytes]) -> Account:
    value = prove(field(header, STATE_ROOT), keccak256(address), nodes)
    if value is None:
        return Account(0, EMPTY_TRIE, EMPTY_CODE)
    fields = list_of(unrlp(value))
    need(len(fields) == 4, "not an account")  # noqa: PLR2004 - nonce, balance, storage, code
    return Account(number(text_of(fields[0])), text_of(fields[2]), text_of(fields[3]))


def read_transaction(raw: bytes) -> Transaction:
    """Read a raw transaction of type 0 to 4 and recover who signed it (EIP-2718)."""
    kind = raw[0] if raw[0] < TYPED_BELOW else 0
    need(kind <= NEWEST_TYPE, f"transaction type {kind} is not understood")
    fields = list_of(unrlp(raw[1:] if kind else raw))
    if kind:
        to = fields[4 if kind == ACCESS_LIST else 5]
        chain, nonce = number(text_of(fields[0])), number(text_of(fields[1]))
        parity = number(text_of(fields[-3]))
        signed = bytes([kind]) + rlp(fields[:-3])
        return _transaction(raw, chain, nonce, to, parity, fields, signed)
    v = number(text_of(fields[6]))
    protected = v >= 35  # noqa: PLR2004 - EIP-155
    legacy_chain = (v - 35) // 2 if protected else None
    parity = (v - 35) % 2 if protected else v - 27
    tail: list[Item] = [_number(legacy_chain or 0), b"", b""] if protected else []
    signed = rlp(fields[:6] + tail)
    nonce = number(text_of(fields[0]))
    return _transaction(raw, legacy_chain, nonce, fields[3], parity, fields, signed)


def create_address(sender: bytes, nonce: int) -> bytes:
    """Return where a creation with this nonce puts its contract."""
    return keccak256(rlp([sender, nonce]))[12:]


def _transaction(
    raw: bytes,
    chain: int | None,
    nonce: int,
    to: Item,
    parity: int,
    fields: list[Item],
    signed: bytes,
) -> Transaction:
    r, s = number(text_of(fields[-2])), number(text_of(fields[-1]))
    sender = recover(keccak256(signed), parity, r, s)
    return Transaction(keccak256(raw), chain, nonce, sender, creates=to == b"")


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
