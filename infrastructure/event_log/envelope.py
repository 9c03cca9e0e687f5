"""The stored bytes of an event: canonical JSON, and what a Merkle leaf will commit to.

Stream, version and position are inside, so a swapped or moved event shows.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from domain.log import Draft, RecordedEvent, SealedPersonal
from domain.streams import StreamId, StreamKind
from domain.values import Actor
from infrastructure.event_log.codec import current_schema, decode_event, encode_event, name_of


@dataclass(frozen=True, slots=True)
class Sealable:
    """A draft, checked and spelled as far as possible before the log is locked."""

    draft: Draft
    name: str
    body: dict[str, Any]

    @classmethod
    def of(cls, draft: Draft) -> "Sealable":
        """Spell a draft.

        Raises:
            ValueError: the event cannot be stored exactly, or not in that stream.
        """
        name = name_of(draft.stream.kind, draft.event)
        body = {
            "id": str(draft.id),
            "stream": {"kind": draft.stream.kind.value, "id": draft.stream.id},
            "name": name,
            "schema": current_schema(name),
            "actor": draft.actor,
            "command": str(draft.command),
            "cause": None if draft.cause is None else str(draft.cause),
            "correlation": draft.correlation,
            "public": encode_event(name, draft.event),
            "personal": _sealed_out(draft.personal),
        }
        orjson.dumps(body)
        return cls(draft, name, body)

    def seal(self, position: int, version: int, time: str) -> bytes:
        """Return the envelope, once the log has given it its place."""
        placed = self.body | {"position": position, "version": version, "time": time}
        return orjson.dumps(placed, option=orjson.OPT_SORT_KEYS)


def open_envelope(stored: bytes) -> RecordedEvent:
    """Read the stored bytes of an event.

    Raises:
        UnknownEvent: this release does not know it.
    """
    body = orjson.loads(stored)
    stream = body["stream"]
    cause = body["cause"]
    return RecordedEvent(
        id=UUID(body["id"]),
        position=body["position"],
        stream=StreamId(_KINDS[stream["kind"]], stream["id"]),
        version=body["version"],
        time=datetime.fromisoformat(body["time"]),
        actor=Actor(body["actor"]),
        command=UUID(body["command"]),
        correlation=body["correlation"],
        cause=None if cause is None else UUID(cause),
        event=decode_event(body["position"], body["name"], body["schema"], body["public"]),
        personal=_sealed_in(body["personal"]),
    )


def spell_time(time: datetime) -> str:
    """Spell a time with fixed width, so that text order is time order."""
    utc = time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _sealed_out(personal: SealedPersonal | None) -> dict[str, str] | None:
    if personal is None:
        return None
    return {
        "person": str(personal.person),
        "nonce": "0x" + personal.nonce.hex(),
        "ciphertext": "0x" + personal.ciphertext.hex(),
    }


def _sealed_in(stored: dict[str, str] | None) -> SealedPersonal | None:
    if stored is None:
        return None
    return SealedPersonal(
        person=UUID(stored["person"]),
        nonce=bytes.fromhex(stored["nonce"][2:]),
        ciphertext=bytes.fromhex(stored["ciphertext"][2:]),
    )


_KINDS = {kind.value: kind for kind in StreamKind}
