"""A posted body before the ledger sees it: what algod checks by itself, in its order."""

from dataclasses import dataclass
from typing import Any

from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.encoding import digest, packed, stream, text32
from infrastructure.devnet.algorand.pool import Group

MOST_BYTES = 10 * 1024 * 1024
MOST_MEMBERS = 16


@dataclass(slots=True, kw_only=True)
class Submission:
    body: bytes
    """The members' bytes, without what could not be read after them."""
    members: list[dict[str, Any]]
    decided: Group | Failed | None = None

    @property
    def group(self) -> bytes:
        group: bytes = self.members[0]["txn"].get("grp", b"")
        return group


def read_submission(body: bytes) -> Submission:
    """Decode a body into the members of one group.

    Raises:
        Failed: algod would refuse it before it looks at any signature.
    """
    if len(body) > MOST_BYTES:
        raise Failed(413, "Request Entity Too Large")
    members: list[dict[str, Any]] = []
    parts: list[bytes] = []
    objects = stream(body)
    while True:
        try:
            member, part = next(objects)
        except StopIteration:
            break
        except ValueError:
            member, part = None, b""
        if not isinstance(member, dict):
            if members:
                break
            words = "only encoded map or array can be decoded into a struct"
            raise Failed(400, f"msgpack decode error [pos 1]: {words}")
        members.append({**member, "txn": _transaction(member)})
        parts.append(part)
    if not members:
        raise Failed(400, "empty txgroup")
    if len(members) > MOST_MEMBERS:
        raise Failed(400, f"max group size is {MOST_MEMBERS}")
    return Submission(body=b"".join(parts), members=members)


def check_group(members: list[dict[str, Any]]) -> None:
    """Members have to be the group that they say they are.

    Raises:
        Failed: they are not.
    """
    transactions = [member["txn"] for member in members]
    ids = [transaction.get("grp", b"") for transaction in transactions]
    if len(ids) == 1 and not ids[0]:
        return
    for number, group in enumerate(ids):
        if not group:
            words = f"[{number}] had zero Group but was submitted in a group of {len(ids)}"
            raise Failed(400, f"transactionGroup: {words}")
        if group != ids[0]:
            words = f"{text32(group)} != {text32(ids[0])}"
            raise Failed(400, f"transactionGroup: inconsistent group values: {words}")
    hashes = [digest(b"TX" + packed({**one, "grp": b""})) for one in transactions]
    whole = digest(b"TG" + packed({"txlist": hashes}))
    if whole != ids[0]:
        listed = " ".join(map(text32, hashes))
        words = f"{text32(ids[0])} != {text32(whole)} ({{{{}} [{listed}]}})"
        raise Failed(400, f"transactionGroup: incomplete group: {words}")


def _transaction(member: dict[str, Any]) -> dict[str, Any]:
    transaction = member.get("txn")
    return transaction if isinstance(transaction, dict) else {}
