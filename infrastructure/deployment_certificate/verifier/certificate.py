"""Whether a deployment certificate holds: each proof by itself, and all of them with the outcome.

Block hashes are taken from the file. Whether they are those of the chain, and final, only
somebody can tell who asks a node that they trust.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from infrastructure.algorand.verifier import Refused as AlgorandRefused
from infrastructure.deployment_certificate.verifier import algorand, evm
from infrastructure.deployment_certificate.verifier.form import (
    Certificate,
    Completed,
    Failed,
    Proof,
    Refused,
    need,
    read,
)
from infrastructure.deployment_certificate.verifier.shown import Shown
from infrastructure.evm.verifier import Refused as EvmRefused

GARBAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    OverflowError,
    AssertionError,
)
Pairs = Sequence[tuple[Proof, Shown]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A certificate in which everything holds that can be told from the file alone."""

    certificate: Certificate
    shown: tuple[Shown, ...]
    """What each proof shows, in their order."""


def check(data: bytes) -> Checked:
    """Return what a file shows, if every proof in it holds and none contradicts another.

    Raises:
        Refused: something does not hold. Nothing else is ever raised.
    """
    try:
        certificate = read(data)
        family = evm if certificate.family == "evm" else algorand
        need(family.is_address(certificate.signer), "signerAddress is no address of the network's")
        shown = tuple(_show(certificate, proof) for proof in certificate.proofs)
        pairs = tuple(zip(certificate.proofs, shown, strict=True))
        _require_order(pairs)
        for proof, one in pairs:
            _require_of_purpose(certificate, proof, one)
        _require_outcome(certificate, [pair for pair in pairs if pair[0].purpose == "issue"])
    except GARBAGE as error:
        raise Refused(f"malformed: {type(error).__name__}") from error
    return Checked(certificate=certificate, shown=shown)


def _show(certificate: Certificate, proof: Proof) -> Shown:
    show = evm.show if certificate.family == "evm" else algorand.show
    try:
        shown = show(certificate, proof)
        need(shown.fate == proof.fate, f"it shows {shown.fate}, not {proof.fate}")
    except (Refused, EvmRefused, AlgorandRefused) as error:
        raise Refused(f"step {proof.step}, slot {proof.slot}: {error}") from error
    return shown


def _require_order(pairs: Pairs) -> None:
    """Slots of a step are 1, 2, 3 of one purpose, and nothing follows one that landed."""
    steps = [proof.step for proof, _ in pairs]
    need(steps == sorted(steps), "steps are not in order")
    for _, group in groupby((proof for proof, _ in pairs), key=lambda proof: proof.step):
        slots = list(group)
        need([one.slot for one in slots] == list(range(1, len(slots) + 1)), "a slot is missing")
        need(len({one.purpose for one in slots}) == 1, "a step of two purposes")
        need(all(one.fate != "landed" for one in slots[:-1]), "a slot after one that landed")
    need(len({shown.key for _, shown in pairs}) == len(pairs), "two slots are one")


def _require_of_purpose(certificate: Certificate, proof: Proof, shown: Shown) -> None:
    where = f"step {proof.step}, slot {proof.slot}"
    own = shown.sender == certificate.signer
    if proof.purpose == "fund":
        need(not own and not shown.creates, f"{where}: no funding of the signer")
        return
    need(own, f"{where}: a slot of another sender than the signer")
    need(
        shown.creates == (proof.fate == "landed"),
        f"{where}: what landed to issue the token created none",
    )
    need(
        not shown.creates or shown.names_deployment,
        f"{where}: the creation names another deployment",
    )


def _require_outcome(certificate: Certificate, issues: Pairs) -> None:
    landed = [shown for proof, shown in issues if proof.fate == "landed"]
    match certificate.outcome:
        case Completed(asset=asset, transaction=transaction):
            need(len(landed) == 1, "completed, and not exactly one slot landed to issue the token")
            need(landed[0].asset == asset, "the proof shows another token than the outcome names")
            need(landed[0].transaction == transaction, "the proof shows another transaction")
        case Failed(never_signed=never_signed):
            need(not landed, "failed, and a token was created")
            need(
                never_signed != bool(issues),
                "never signed, and there are slots"
                if never_signed
                else "failed, and neither a slot is proven nor was none ever signed",
            )
