"""The ledger's refusals in the words of algod 5.1.0.

The ledger is of early 2024: it means the same, and says some of it otherwise.
"""

import re
from collections.abc import Sequence
from typing import Any

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.encoding import txid

Members = Sequence[dict[str, Any]]
"""Signed transactions of one group."""
PREFIX = "TransactionPool.Remember: "
ILL_FORMED = " invalid : "
SIGNATURE = ("signedtxn ", "multisig validation", "should have only one type of signature")
NAMED = re.compile(r"\btransaction ([A-Z2-7]{52})\b")
FEE = re.compile(r"^txgroup had (\d+) in fees, which is less than the minimum (\d+) \* (\d+)")
PC = re.compile(r"Details: pc=(\d+)")
SUBMIT = re.compile(r"logic eval error: (?!fee too small)(.*opcodes=.*itxn_submit)$", re.DOTALL)
TOO_LONG = re.compile(r"(approval|clear state) program too long\. max len (\d+) bytes")
PROGRAMS = {"approval": "apap", "clear state": "apsu"}
MILLI, WHOLE = 1_000, 1_000_000


def is_ill_formed(said: str) -> bool:
    """Whether this is said before groups and signatures are looked at."""
    return ILL_FORMED in said and not said.rsplit(ILL_FORMED, 1)[1].startswith(SIGNATURE)


def is_before_the_pool(said: str) -> bool:
    """Whether this is said before a transaction comes to the pool: it goes out without prefix."""
    marks = (ILL_FORMED, "At least one signature", "transactionGroup: ", "msgpack decode")
    return any(mark in said for mark in marks)


def refusal(said: str, members: Members) -> Failed:
    """The answer to a POST that the ledger refused."""
    words = in_our_days(said, members)
    if is_before_the_pool(words):
        return Failed(400, words)
    return Failed(400, PREFIX + words, _program_data(said, members))


def in_our_days(said: str, members: Members) -> str:
    """What algod says today where the ledger says this."""
    if ILL_FORMED in said:
        return _form(said, members)
    if fee := FEE.match(said):
        paid, usage, base = map(int, fee.groups())
        sums = f"usage={usage:.6f} * base={amount(base)}"
        return f"txgroup with {amount(paid)} fees is less than {amount(usage * base)} ({sums})"
    words = re.sub(r"\{Raw:(\d+)\}", lambda raw: amount(int(raw[1])), said)
    words = re.sub(r"to spend \{(\d+)\}", lambda raw: f"to spend {amount(int(raw[1]))}", words)
    words = re.sub(r"logic eval error: pc=\d+ dynamic", "logic eval error: dynamic", words)
    words = SUBMIT.sub(r"logic eval error: inner tx 0 failed: \1", words)
    application = members[_index(said, members)]["txn"].get("apid", 0) if members else 0
    return words.replace("Details: pc=", f"Details: app={application}, pc=")


def amount(micro: int) -> str:
    """Microalgos as algod writes them since 2025: 999uA, 1.999mA, 197.95A."""
    if not micro:
        return "0.0A"
    unit, letters = (1, "uA") if micro < MILLI else (MILLI, "mA")
    if micro >= WHOLE:
        unit, letters = WHOLE, "A"
    rest = f".{micro % unit:0{len(str(unit)) - 1}}".rstrip("0") if micro % unit else ""
    return f"{micro // unit}{rest}{letters}"


def _form(said: str, members: Members) -> str:
    words = said.replace(
        "should only have one of Sig or Msig or LogicSig", "should have only one type of signature"
    )
    words = words.replace("MaxExtraAppProgramPages", "MaxAbsoluteExtraProgramPages")
    if words.endswith("invalid application OnCompletion"):
        unknown = [member["txn"].get("apan", 0) for member in members]
        words += f" ({max(unknown)})"
    if long := TOO_LONG.search(words):
        size = max(len(member["txn"].get(PROGRAMS[long[1]], b"")) for member in members)
        words = TOO_LONG.sub(f"{long[1]} program too long. ({size} > {long[2]})", words)
    return words


def _index(said: str, members: Members) -> int:
    names = [txid(member["txn"]) for member in members]
    named = [names.index(name) for name in NAMED.findall(said) if name in names]
    return named[0] if named else 0


def _program_data(said: str, members: Members) -> dict[str, Any] | None:
    """Where a program failed, as algod says it beside the words."""
    found = PC.search(said)
    if "logic eval error" not in said or not found:
        return None
    index = _index(said, members)
    application = members[index]["txn"].get("apid", 0)
    return {"app-index": application, "group-index": index, "pc": int(found[1])}
