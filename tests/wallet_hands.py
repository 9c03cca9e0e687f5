"""What a wallet does to sign in, by algosdk and by hand; an algod that says what it is told."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from algosdk import encoding, transaction
from algosdk.atomic_transaction_composer import (
    AccountTransactionSigner,
    MultisigTransactionSigner,
    TransactionSigner,
)

from application.wallet_proofs import InvalidProof, WalletProof, WalletProofs
from domain.values import Family, NetworkRef
from infrastructure.algorand.nodes import Nodes
from infrastructure.algorand.wallet_proofs import DraftArc14
from tests.algod_forge import Key, Txn, encoded, sign

GENESIS = b"G" * 32
NETWORK = NetworkRef(id="algorand", family=Family.ALGORAND, genesis_hash=GENESIS)
REALM = "proofmint.example"
NONCE = bytes(range(200, 232))
NOTE = b"proofmint.example#ARC14:" + base64.urlsafe_b64encode(NONCE).rstrip(b"=")
HEAD = 5_000
KEYS = [Key(bytes([number]) * 32) for number in range(1, 6)]
WALLET, SECOND, THIRD, NEW, STRANGER = KEYS


@dataclass
class ScriptedAlgod:
    operator: str = "one"
    head: int = HEAD
    at: int = HEAD
    """Round of its statement about an account."""
    genesis: bytes = GENESIS
    still: int = 0
    """Seconds since its last round."""
    authority: Any = None
    more: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    """What every question about an account raises."""
    asked: list[str] = field(default_factory=list)

    def params(self) -> Any:
        self.asked.append("params")
        return {"genesis-hash": base64.b64encode(self.genesis).decode()}

    def status(self) -> Any:
        self.asked.append("status")
        return {"last-round": self.head, "time-since-last-round": self.still * 10**9}

    def account(self, address: str) -> Any:
        self.asked.append(address)
        if self.error:
            raise self.error
        said = {"address": address, "amount": 0, "round": self.at, **self.more}
        return said if self.authority is None else {**said, "auth-addr": self.authority}


def proofs(*nodes: ScriptedAlgod, required: int = 1) -> DraftArc14:
    scripted: Sequence[Any] = nodes or [ScriptedAlgod()]
    sought = Nodes(NETWORK, scripted, required, standstill=60.0)
    return DraftArc14({NETWORK.key: sought}, REALM)


def proven(checks: WalletProofs, signed: bytes) -> WalletProof:
    return checks.check(NETWORK, signed, NONCE)


def refused(checks: WalletProofs, signed: bytes) -> str:
    with pytest.raises(InvalidProof) as refusal:
        proven(checks, signed)
    assert refusal.value.code == "INVALID_WALLET_PROOF"
    return refusal.value.reason


# ---- by algosdk


def multisig(keys: Sequence[Key], threshold: int = 2) -> transaction.Multisig:
    return transaction.Multisig(1, threshold, [key.address for key in keys])


def address_of(told: transaction.Multisig) -> str:
    address: str = told.address()
    return address


def public_of(told: transaction.Multisig) -> bytes:
    public: bytes = encoding.decode_address(told.address())
    return public


def unsigned(sender: str = WALLET.address) -> transaction.PaymentTxn:
    return proof(sender, GENESIS, NOTE, HEAD, HEAD + 100)


def proof(
    sender: str, genesis: bytes, note: bytes, first: int, last: int, fee: int = 0
) -> transaction.PaymentTxn:
    spelled = base64.b64encode(genesis).decode()
    params = transaction.SuggestedParams(fee, first, last, spelled, flat_fee=True)
    return transaction.PaymentTxn(sender, params, sender, 0, note=note)


def signed_by(whole: transaction.Transaction, key: Key) -> bytes:
    return _signed(whole, AccountTransactionSigner(_secret(key)))


def signed_together(
    whole: transaction.Transaction, told: transaction.Multisig, keys: Sequence[Key]
) -> bytes:
    fresh = told.get_multisig_account()
    return _signed(whole, MultisigTransactionSigner(fresh, [_secret(key) for key in keys]))


def _signed(whole: transaction.Transaction, signer: TransactionSigner) -> bytes:
    [signed] = signer.sign_transactions([whole], [0])
    return base64.b64decode(encoding.msgpack_encode(signed))


def _secret(key: Key) -> str:
    return base64.b64encode(bytes(key._signer) + key.public).decode()


SHARED = multisig([WALLET, SECOND, THIRD])
SINGLE = signed_by(unsigned(), WALLET)
TOGETHER = signed_together(unsigned(address_of(SHARED)), SHARED, [WALLET, THIRD])


# ---- by hand


def alike(**over: Any) -> Txn:
    """A proof; members may be another or ABSENT."""
    whole: Txn = {"type": "pay", "snd": WALLET.public, "rcv": WALLET.public, "fee": 1000}
    whole |= {"fv": HEAD, "lv": HEAD + 100, "gh": GENESIS, "note": NOTE}
    return whole | over


def by_hand(key: Key = WALLET, **over: Any) -> bytes:
    return encoded(sign(alike(**over), key))


def by_hand_as(**over: Any) -> bytes:
    """A proof with other members beside the transaction."""
    return encoded(sign(alike(), WALLET, **over))


def as_spelled(whole: Txn) -> bytes:
    """Sign it with what is zero in it."""
    inner = {name: whole[name] for name in sorted(whole)}
    return encoded({"sig": WALLET.signature(inner), "txn": inner})
