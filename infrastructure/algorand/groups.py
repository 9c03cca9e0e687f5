"""Builds and signs the atomic group of a slot: the creation, and who pays for it where it must."""

from base64 import b32decode, b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from algosdk import encoding, transaction
from algosdk.atomic_transaction_composer import AccountTransactionSigner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.tokens import AsaFungible
from infrastructure.addresses import algorand_address_text

NOTE = "proofmint:j"
"""ARC-2: who wrote the note, and that JSON follows."""
PAYS = "pay"
CREATES_ASSET = "acfg"


@dataclass(frozen=True, slots=True)
class Validity:
    """Where and when every member of a group may land."""

    genesis_hash: bytes
    first: int
    last: int
    """Rounds. The last one is the same for all members and all attempts (rule L1)."""


@dataclass(frozen=True, slots=True)
class Creator:
    """Who creates: the holder of the lease, which is never on a payment."""

    address: bytes
    lease: bytes
    note: bytes
    """Names the deployment."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What a sponsor gives inside the group."""

    sponsor: bytes
    amount: int
    """Microalgos."""


def note_of(deployment: UUID) -> bytes:
    """Return the note by which a creation names its deployment."""
    return f'{NOTE}{{"deployment":"{deployment}"}}'.encode()


def creation_group(
    validity: Validity,
    token: AsaFungible,
    creator: Creator,
    fee: int,
    payment: Payment | None,
) -> list[transaction.Transaction]:
    """Return the unsigned members, in order: the payment first, so that it is there in time.

    Args:
        validity: of every member.
        token: what is created; its supply goes to the creator.
        creator: whose transaction creates it.
        fee: microalgos for each member; a sponsor pays for both.
        payment: what a sponsor adds; None where the creator pays for itself.
    """
    creation = transaction.AssetCreateTxn(
        sender=algorand_address_text(creator.address),
        sp=_parameters(validity, fee if payment is None else 0),
        total=token.total,
        decimals=token.decimals,
        default_frozen=token.default_frozen,
        manager=_address(token.manager),
        reserve=_address(token.reserve),
        freeze=_address(token.freeze),
        clawback=_address(token.clawback),
        unit_name=token.unit_name,
        asset_name=token.name,
        url=token.url or "",
        metadata_hash=token.metadata_hash,
        note=creator.note,
        lease=creator.lease,
    )
    if payment is None:
        return [creation]
    pays = transaction.PaymentTxn(
        sender=algorand_address_text(payment.sponsor),
        sp=_parameters(validity, 2 * fee),
        receiver=algorand_address_text(creator.address),
        amt=payment.amount,
    )
    members: list[transaction.Transaction] = transaction.assign_group_id([pays, creation])
    return members


def encoded(member: transaction.Transaction) -> bytes:
    """Return a member's canonical encoding, unsigned."""
    return b64decode(encoding.msgpack_encode(member))


def signed_group(members: Sequence[transaction.Transaction], keys: Mapping[bytes, bytes]) -> bytes:
    """Sign each member with its sender's key, and return what a node takes: one after another.

    Args:
        members: of one group, in order.
        keys: 32-byte Ed25519 seed of each sender.
    """
    signed = (_signer(keys[_sender(member)]).sign_transactions([member], [0]) for member in members)
    return b"".join(b64decode(encoding.msgpack_encode(one)) for (one,) in signed)


def transaction_id(member: transaction.Transaction) -> bytes:
    return b32decode(member.get_txid() + "====")


def public_key(seed: bytes) -> bytes:
    """Return the address of an Ed25519 seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _parameters(validity: Validity, fee: int) -> transaction.SuggestedParams:
    return transaction.SuggestedParams(
        fee=fee,
        first=validity.first,
        last=validity.last,
        gh=b64encode(validity.genesis_hash).decode(),
        gen="",  # the hash is the identity; the id is a name
        flat_fee=True,
    )


def _signer(seed: bytes) -> AccountTransactionSigner:
    return AccountTransactionSigner(b64encode(seed + public_key(seed)).decode())


def _sender(member: transaction.Transaction) -> bytes:
    return bytes(encoding.decode_address(member.sender))


def _address(address: bytes | None) -> str:
    return "" if address is None else algorand_address_text(address)
