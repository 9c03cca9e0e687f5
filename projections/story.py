"""Tells a fact in words, for people who read histories: auditors, issuers, operators."""

import unicodedata

from domain.events import (
    AttemptIncluded,
    AttemptSeen,
    AttemptSigned,
    BroadcastAnswered,
    ConformityRead,
    DeploymentCancelled,
    DeploymentCompleted,
    DeploymentEvent,
    DeploymentFailed,
    DeploymentRequested,
    InclusionRevoked,
    IssueConfirmed,
    IssueIndexed,
    RetryRequested,
    SlotDecided,
    SlotReserved,
    StepPurpose,
    StepsPlanned,
    WaitBegan,
    WaitEnded,
)
from domain.tokens import AsaFungible, Token

ASSET_ID = 8
"""Bytes of an Algorand asset's id; an EVM token's address has more."""


def tell(event: DeploymentEvent) -> str:
    """Say what happened in one sentence of one line, with the figures that prove it."""
    return one_line(_sentence(event))


def one_line(text: str) -> str:
    """Spell what would move a cursor, turn the reading direction or break the line.

    Nodes and users choose words that end up on terminals and in spreadsheets.
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or unicodedata.category(sign) == "Zs" else f"\\u{ord(sign):04x}"
        for sign in text
    )


def _sentence(event: DeploymentEvent) -> str:
    match event:
        case DeploymentRequested(token=token, network=network):
            asked = f"requested {token.name} ({token.symbol}) on {network.id}"
            return asked + _given_away(token)
        case DeploymentCancelled(reason=reason):
            return f"cancelled by the user: {reason}"
        case RetryRequested(retry=retry):
            return f"retry {retry} requested"
        case StepsPlanned(steps=steps, most=most):
            plan = ", ".join(
                f"fund {step.amount}" if step.purpose is StepPurpose.FUND else "issue"
                for step in steps
            )
            return f"preflight passed, planned: {plan}; costs {most} base units at most"
        case SlotReserved(step=step, slot=slot, key=key):
            return f"step {step} reserved slot {slot}: {key.told} of 0x{key.sender.hex()}"
        case AttemptSigned(step=step, attempt=attempt, transaction_id=transaction):
            return f"step {step} signed attempt {attempt}: transaction 0x{transaction.hex()}"
        case BroadcastAnswered(operator=operator, wording=wording):
            worth = f"{event.verdict}, {event.alarm}" if event.alarm else event.verdict
            return f"{operator} answered the broadcast: {worth} ({wording})"
        case AttemptSeen(operator=operator):
            return f"{operator} gave our transaction back: it is in a pool"
        case AttemptIncluded(inclusion=inclusion):
            how = "succeeded" if inclusion.succeeded else "reverted"
            block = inclusion.block
            return f"{how} in block {block.number} (0x{block.hash.hex()}), index {inclusion.index}"
        case InclusionRevoked(block=block):
            return f"block {block.number} (0x{block.hash.hex()}) is no longer canonical"
        case ConformityRead(differences=differences):
            return f"read back: {'; '.join(differences) or 'everything is as asked'}"
        case WaitBegan(reason=reason, detail=detail):
            return f"waits ({reason}): {detail}"
        case WaitEnded(reason=reason):
            return f"no longer waits ({reason})"
        case SlotDecided(step=step, fate=fate, certificate=certificate):
            return f"step {step} {fate} for ever, certificate {certificate.kind}"
        case IssueConfirmed(depth=depth, block=block):
            return f"confirmed at depth {depth}: block {block.number}"
        case IssueIndexed(reader=reader, at=at):
            return f"{reader} has the token as of block {at}"
        case DeploymentCompleted(asset=asset, signer_exported=exported):
            said = f"completed: token {_asset(asset)}, final, as asked, evidence stored"
            return said + _key_left(exported)
        case DeploymentFailed(cause=cause, detail=detail, signer_exported=exported):
            return f"failed ({cause}): {detail}" + _key_left(exported)


def _given_away(token: Token) -> str:
    """Say which roles nobody will ever have: an auditor asks who decided that, and when."""
    roles = token.roles.items() if isinstance(token, AsaFungible) else ()
    none = [role for role, address in roles if address is None]
    return f", for ever without {', '.join(none)}" if none else ""


def _key_left(exported: int | None) -> str:
    """Say that others may sign too: an auditor asks since when."""
    if exported is None:
        return ""
    return f"; the signer's key was exported before (position {exported}), others may sign with it"


def _asset(asset: bytes) -> str:
    return str(int.from_bytes(asset, "big")) if len(asset) == ASSET_ID else "0x" + asset.hex()
