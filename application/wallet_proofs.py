"""The port to proofs that someone holds a wallet: a transaction that is signed and never sent.

They follow draft ARC-14, which was never merged. The draft knows no nonce, so a proof of it can
be shown again until its last round; ours names a nonce in its note. That each nonce is made
here, lives shortly and is used once is the caller's part.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from domain.errors import DomainError
from domain.values import NetworkRef

ProofKind = Literal["single", "multisig", "rekeyed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletProof:
    address: bytes
    """32 bytes: the account that signs in, whichever key it was that signed."""
    network: NetworkRef
    nonce: bytes
    first_valid: int
    last_valid: int
    """Rounds."""
    kind: ProofKind
    """Whose signature it is: the account's own key, the members of a multisig, or whoever the
    account was rekeyed to, one key or several."""


class InvalidProof(DomainError):
    """It does not prove what it should. The reason is ours and repeats nothing that was sent."""

    code = "INVALID_WALLET_PROOF"

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is no proof of a wallet: {reason}")
        self.reason = reason


class WalletProofs(Protocol):
    def note(self, nonce: bytes) -> bytes:
        """Return what has to stand in the note, byte for byte.

        Raises:
            ValueError: the nonce is too short to be one, or too long for a note.
        """
        ...

    def check(self, network: NetworkRef, signed: bytes, nonce: bytes) -> WalletProof:
        """Say whose wallet signed, as the network's nodes see the account now.

        The transaction is never sent. Nothing is kept: the same proof is good twice here.

        Args:
            network: where the account lives.
            signed: the signed transaction, as MessagePack.
            nonce: what `note` was asked with.

        Raises:
            InvalidProof: it is not a proof by who may sign for the account now.
            ChainUnavailable: too few nodes answer, so nobody knows who may sign.
            ValueError: the nonce is none.
        """
        ...
