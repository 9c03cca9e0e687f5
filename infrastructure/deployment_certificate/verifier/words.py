"""A checked certificate in plain words: what is proven, what to compare, what is only said."""

from collections.abc import Iterator

from infrastructure.deployment_certificate.verifier.certificate import Checked
from infrastructure.deployment_certificate.verifier.form import (
    Certificate,
    Completed,
    Failed,
    Proof,
)
from infrastructure.deployment_certificate.verifier.shown import Shown


def tell(checked: Checked) -> Iterator[str]:
    """Yield lines for a person who was handed the file."""
    certificate = checked.certificate
    yield from _outcome(certificate)
    yield ""
    yield _export(certificate)
    yield ""
    if checked.shown:
        yield "Proven, each under the hash of one block:"
        for proof, shown in zip(certificate.proofs, checked.shown, strict=True):
            yield f"  {_proven(proof, shown)}"
        yield "Compare with a node that you trust: are these blocks in its chain, and final?"
        for number, text in sorted(
            {(one.block_number, one.block_hash) for one in certificate.proofs}
        ):
            yield f"  block {number}  {text}"
    else:
        yield "Nothing here is proven by a chain."
    yield "Said by the log alone, and proven by no chain:"
    yield from (f"  {line}" for line in _said(certificate))
    yield (
        "Not said: that nobody else signed with this key, what the token's terms are, and what an "
        "owner did since."
    )


def _outcome(certificate: Certificate) -> Iterator[str]:
    chain = "" if certificate.chain_id is None else f", chain {certificate.chain_id}"
    where = f"{certificate.network} ({certificate.family}{chain})"
    match certificate.outcome:
        case Completed(asset=asset, transaction=transaction):
            yield f"COMPLETED: deployment {certificate.deployment} on {where}"
            yield f"  token        {asset}"
            yield f"  transaction  {transaction}"
        case Failed(cause=cause):
            yield f"FAILED: deployment {certificate.deployment} on {where}, {cause}"
    yield f"  signer       {certificate.signer}"
    yield f"  genesis      {certificate.genesis_hash}"
    yield f"  outcome      position {certificate.position} of the log, {certificate.time}"


def _export(certificate: Certificate) -> str:
    if certificate.exported is None:
        return "KEY NOT EXPORTED: the log held no export of the signer's key up to this outcome."
    return (
        f"KEY EXPORTED at position {certificate.exported}, before this outcome: "
        "others could sign with this key."
    )


def _proven(proof: Proof, shown: Shown) -> str:
    slot = f"step {proof.step} ({proof.purpose}), slot {proof.slot}, {shown.slot} of {shown.sender}"
    return f"{slot}: {proof.fate}, {_what(proof, shown)} ({proof.kind})"


def _what(proof: Proof, shown: Shown) -> str:
    block = f"under block {proof.block_number}"
    match proof.fate:
        case "landed" if shown.creates:
            return f"{shown.transaction} created {shown.asset} and names the deployment, {block}"
        case "landed":
            return f"{shown.transaction} took effect and created nothing itself, {block}"
        case "reverted":
            return f"{shown.transaction} reverted and nothing stands at its address, {block}"
        case "dead" if shown.unused:
            return f"nobody used it in any round, up to block {proof.block_number}"
        case "dead":
            return f"no attempt of the log's landed in any round, up to block {proof.block_number}"
        case _:
            used = f"by {shown.other}" if shown.other else "without a creation"
            return f"it was used {used}, and no token stands in it, {block}"


def _said(certificate: Certificate) -> Iterator[str]:
    yield "whether and where the signer's key was exported, and the outcome's position and time"
    yield "that the deployment is this signer's: anybody can write its id into a token of their own"
    if certificate.family == "evm":
        yield "the genesis of the chain: proofs name its chain id"
    if certificate.proofs:
        yield "that these are all slots that it signed in, and all attempts in each"
    outcome = certificate.outcome
    if isinstance(outcome, Failed):
        if outcome.never_signed:
            yield "that nothing was ever signed to issue this token"
        yield "the cause of the failure"
        yield from (f"what is left on the chain: {one}" for one in outcome.leftovers)
