"""Every verdict on an Algorand certificate: recorded on real chains, and ours.

A verdict can be asked of any verifier, so also of one that was weakened on purpose.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infrastructure.algorand.verifier.blocks import NO_LEASE, read_number
from infrastructure.algorand.verifier.certificate import canonical
from infrastructure.algorand.verifier.primitives import fields, octets, sha512_256

GOLDEN = Path(__file__).parent / "golden/certificates"
CASES = json.loads((GOLDEN / "cases-algorand.json").read_text("utf-8"))
OTHER_KIND = "light-header"
"""Ties a hash to a state proof: evidence of a hash, and no outcome of a slot."""
UNSPEAKABLE = "attempts with two leases"
"""A slot has one lease by its type, so this cannot even be asked."""
Case = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    label: str
    data: bytes
    slot: dict[str, Any]
    """Members of SlotFacts."""
    trusted: bytes
    shown: dict[str, Any] | None
    """At least this is shown; None where it has to be refused."""

    def but(self, label: str, **changed: Any) -> "Verdict":
        """Return another one to refuse: with other bytes, another trusted hash or another slot."""
        slot = {key: changed.pop(key) for key in tuple(changed) if key in self.slot}
        label = f"{self.label}: {label}"
        return replace(self, label=label, slot=self.slot | slot, shown=None, **changed)


def facts_of(slot: Case, attempts: list[str]) -> dict[str, Any]:
    """Return a recorded slot as facts: the attempts themselves say sender, lease and window."""
    read = [fields(bytes.fromhex(attempt)) for attempt in attempts]
    [(sender, lease, last)] = {
        (
            octets(one[b"snd"]),
            octets(one[b"lx"]) if b"lx" in one else NO_LEASE,
            read_number(one, b"lv"),
        )
        for one in read
    }
    return {
        "genesis_hash": bytes.fromhex(slot["genesis"]),
        "sender": sender,
        "lease": lease,
        "first_round": max(1, min(read_number(one, b"fv") for one in read)),
        "last_valid": last,
        "attempts": frozenset(
            sha512_256(b"TX" + bytes.fromhex(attempt)) for attempt in slot["attempts"]
        ),
    }


def changed(refusal: Case) -> Case:
    case: Case = copy.deepcopy(CASES["accepted"][refusal["of"]])
    for edit in refusal["edits"]:
        *way, key = edit["at"]
        place: Any = case
        for step in way:
            place = place[step]
        if "set" in edit:
            place[key] = edit["set"]
        elif "flip" in edit:
            data = bytearray.fromhex(place[key])
            data[edit["flip"]] ^= 1
            place[key] = data.hex()
        elif "drop" in edit:
            del place[key]
        else:
            place[key].append(edit["add"])
    return case


def recorded() -> Iterator[Verdict]:
    for label, case in CASES["accepted"].items():
        if case["certificate"]["kind"] == OTHER_KIND:
            continue
        yield _verdict(label, case, case["slot"]["attempts"], case["expect"])
    for refusal in CASES["refused"]:
        base = CASES["accepted"][refusal["of"]]
        if base["certificate"]["kind"] == OTHER_KIND or refusal["why"] == UNSPEAKABLE:
            continue
        case = changed(refusal)
        attempts = case["slot"]["attempts"] or base["slot"]["attempts"]
        yield _verdict(f"{refusal['of']}: {refusal['why']}", case, attempts, None, base)


def spellings(verdict: Verdict) -> Iterator[Verdict]:
    plain = json.dumps(json.loads(verdict.data)).encode()
    yield verdict.but("a newline", data=verdict.data + b"\n")
    yield verdict.but("spaces", data=plain)
    yield verdict.but("a member twice", data=plain[:-1] + b',"kind":"x"}')


def _verdict(
    label: str, case: Case, attempts: list[str], expect: Case | None, base: Case | None = None
) -> Verdict:
    """Where it was recorded that nothing was created, our kind is `finalized-transfer`."""
    certificate = dict(case["certificate"])
    expected = (base or case)["expect"]
    if "asset" in expected and not expected["asset"]:
        certificate["kind"] = "finalized-transfer"
    return Verdict(
        label=label,
        data=canonical(certificate),
        slot=facts_of(case["slot"], attempts),
        trusted=bytes.fromhex(case["trusted"]),
        shown=expect,
    )
