"""The stored bytes of an event: canonical JSON, and what a Merkle leaf will commit to.

Stream, version and position are inside, so a swapped or moved event shows.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain.event_names import name_of
from domain.log import Draft, RecordedEvent, SealedPersonal
from domain.streams import StreamId, StreamKind
from domain.values import Actor
from infrastructure.event_log.codec import current_schema, decode_event, encode_event

SOMEWHERE = {"position": 1, "version": 1, "time": "2000-01-01T00:00:00.000000Z"}
"""A place for a draft that has none yet, to see that it can be read back."""


@dataclass(frozen=True, slots=True)
class Sealable:
    """A draft, checked and spelled before the log is locked."""

    draft: Draft
    name: str
    body: dict[str, Any]
    read_back: RecordedEvent
    """What readers will see, but for its place."""

    @classmethod
    def of(cls, draft: Draft) -> "Sealable":
        """Spell a draft, and read it back: what cannot be read again is never written.

        Raises:
            ValueError: the event cannot be stored exactly, or not in that stream.
        """
        name = name_of(draft.stream.kind, draft.event)
        try:
            body = orjson.loads(orjson.dumps(_spell(name, draft)))
            read_back = _open(body | SOMEWHERE)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"{name} cannot be stored: {error}") from error
        for member in fields(Draft):
            if getattr(read_back, member.name) != getattr(draft, member.name):
                raise ValueError(f"{name} cannot be stored: {member.name} reads back as another")
        if not draft.stream.id.isprintable():
            raise ValueError(f"{name} cannot be stored: {draft.stream.id!r} is not printable")
        return cls(draft, name, body, read_back)

    def seal(self, position: int, version: int, time: str) -> bytes:
        """Return the envelope, once the log has given it its place."""
        placed = self.body | {"position": position, "version": version, "time": time}
        return orjson.dumps(placed, option=orjson.OPT_SORT_KEYS)

    def recorded(self, position: int, version: int, time: str) -> RecordedEvent:
        """Return what `open_envelope` reads from the sealed bytes."""
        at = datetime.fromisoformat(time)
        return replace(self.read_back, position=position, version=version, time=at)


def open_envelope(stored: bytes) -> RecordedEvent:
    """Read the stored bytes of an event.

    Raises:
        UnknownEvent: this release does not know it.
        BadShape: the event has not the shape of its schema.
    """
    return _open(orjson.loads(stored))


def _spell(name: str, draft: Draft) -> dict[str, Any]:
    return {
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


def _open(body: dict[str, Any]) -> RecordedEvent:
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
