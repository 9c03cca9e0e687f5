"""What was once written to a log stays readable, byte for byte. Golden files are only added.

A new event or schema needs a new file; an old file is never edited. A value that gets
another shape beside the old one needs a file too: `name@schema.shape.json`.
"""

import json
from dataclasses import fields
from pathlib import Path

import orjson
import pytest

from domain.event_names import EVENT_TYPES, name_of
from domain.log import Draft, RecordedEvent
from domain.tokens import TokenKind
from infrastructure.event_log.codec import UnknownEvent, current_schema, decode_event, encode_event
from infrastructure.event_log.envelope import Sealable, open_envelope
from infrastructure.event_log.json_scalars import spell_time

GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "events").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_published_events_stay_readable(path: Path) -> None:
    stored = path.read_bytes().rstrip(b"\n")
    recorded = open_envelope(stored)
    name, _, schema = schema_of(path).rpartition("@")
    assert name_of(recorded.stream.kind, recorded.event) == name
    if int(schema) == current_schema(name):
        assert encode_event(name, recorded.event) == json.loads(stored)["public"]
        assert again(recorded) == stored
    assert orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS) == stored


def again(recorded: RecordedEvent) -> bytes:
    """Spell a recorded event anew."""
    draft = Draft(**{member.name: getattr(recorded, member.name) for member in fields(Draft)})
    sealable = Sealable.of(draft)
    return sealable.seal(recorded.position, recorded.version, spell_time(recorded.time))


def schema_of(path: Path) -> str:
    """Return the name and schema of a file, without the shape that it may show."""
    name, at, rest = path.name.rpartition("@")
    return name + at + rest.partition(".")[0]


def test_every_kind_of_token_that_was_ever_published_has_a_golden_file() -> None:
    requests = [path for path in GOLDEN if schema_of(path) == "deployment.requested@1"]
    kinds = {json.loads(path.read_bytes())["public"]["token"]["type"] for path in requests}
    assert kinds == {kind.value for kind in TokenKind}


def test_every_schema_that_was_ever_published_has_a_golden_file() -> None:
    published = {schema_of(path) for path in GOLDEN}
    expected = {
        f"{name}@{schema}" for name in EVENT_TYPES for schema in range(1, current_schema(name) + 1)
    }
    assert published == expected


def test_an_upcaster_brings_an_old_schema_to_the_current_one() -> None:
    def renamed(public: dict[str, object]) -> dict[str, object]:
        return {"reason": public["why"], "fingerprint": "0x"}

    upcasters = {"deployment.cancelled": (renamed,)}
    event = decode_event(1, "deployment.cancelled", 1, {"why": "typo"}, upcasters)
    assert event.reason == "typo"
    assert current_schema("deployment.cancelled", upcasters) == 2


def test_a_schema_of_a_later_release_is_refused_by_name_and_place() -> None:
    with pytest.raises(UnknownEvent, match=r"position 9 holds deployment\.cancelled@2"):
        decode_event(9, "deployment.cancelled", 2, {})


def test_a_field_with_a_default_may_be_missing_in_what_is_old() -> None:
    event = decode_event(1, "deployment.cancelled", 1, {"reason": "typo"})
    assert event.fingerprint == b""
