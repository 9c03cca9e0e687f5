"""Writes the reference pages that are made from code: routes, errors, events, states.

`python -m interfaces.cli.reference` writes them; a test says when one is out of date.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import msgspec

from domain.event_names import EVENT_TYPES
from domain.roles import RIGHTS_OF_ROLE, RIGHTS_OF_SCOPE, Role, Scope
from domain.status import MEANING, TRANSITIONS, Status, SubStatus
from domain.tokens import Token
from infrastructure.event_log.codec import current_schema
from infrastructure.event_log.json_shapes import TAGS, camel
from interfaces.http.problems import catalogue
from interfaces.http.route import Route
from interfaces.http.routes import ROUTES

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
HEAD = "---\ndocumentationType: reference\n---\n\n<!-- made by `make docs`; do not edit -->\n\n"


def pages() -> dict[str, str]:
    """Return every page that is made from code, by file name."""
    made = {
        "http.md": _http(),
        "errors.md": _errors(),
        "events.md": _events(),
        "states.md": _states(),
    }
    return {name: HEAD + "\n".join(lines) + "\n" for name, lines in made.items()}


def _http() -> Iterator[str]:
    yield "# HTTP\n"
    yield "Every route, from the table that serves them. The schemas are in `/openapi.json`.\n"
    yield "| method and path | for whom | key | answers | may refuse with |"
    yield "|---|---|---|---|---|"
    for route in ROUTES:
        who = _who(route)
        key = "`Idempotency-Key`" if route.keyed else ""
        codes = ", ".join(route.codes)
        where = f"`{route.method} {route.path}`<br>{route.summary}"
        yield f"| {where} | {who} | {key} | {route.status} | {codes} |"
    for route in ROUTES:
        if route.body and msgspec.structs.fields(route.body):
            yield f"\n## What `{route.path}` takes\n"
            yield f"{(route.body.__doc__ or '').strip()} Other members are refused.\n".lstrip()
            yield "| member | if left out | what |"
            yield "|---|---|---|"
            yield from _members(route.body)


def _who(route: Route) -> str:
    """Name the roles and the scopes of keys that a route is for."""
    if route.needs is None:
        return "anybody"
    roles = [role.value for role in Role if route.needs in RIGHTS_OF_ROLE[role]]
    keys = [f"key `{scope}`" for scope in Scope if route.needs in RIGHTS_OF_SCOPE[scope]]
    return ", ".join([*roles, *keys])


def _members(body: type[msgspec.Struct]) -> Iterator[str]:
    schema = msgspec.json.schema_components([body])[1][body.__name__]
    for name, member in schema["properties"].items():
        missing = "refused" if name in schema["required"] else _json(member.get("default"))
        yield f"| `{name}` | {missing} | {member.get('description', '')} |"


def _json(value: Any) -> str:
    return "" if value is None else f"`{msgspec.json.encode(value).decode()}`"


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield "Every refusal is `application/problem+json` (RFC 9457) with one of these codes.\n"
    yield "| code | status | category | meaning | what to do | again |"
    yield "|---|---|---|---|---|---|"
    for entry in catalogue().values():
        again = f"after {entry.retry_after_seconds} s" if entry.retryable else "no"
        cells = (
            f"`{entry.code}`",
            str(entry.status),
            entry.category,
            entry.title,
            entry.remediation,
            again,
        )
        yield "| " + " | ".join(cells) + " |"


def _events() -> Iterator[str]:
    yield "# Events\n"
    yield "A public contract: a name is never reused, and a published schema is never edited.\n"
    yield "| event | what it says | members of `public` |"
    yield "|---|---|---|"
    for name, event_type in sorted(EVENT_TYPES.items()):
        said = (event_type.__doc__ or "").strip().partition("\n")[0]
        said = "" if said.startswith(event_type.__name__) else said
        members = ", ".join(f"`{camel(one.name)}`" for one in fields(event_type))
        yield f"| `{name}@{current_schema(name)}` | {said} | {members} |"
    yield "\nA `token` has a `type` that says which members it has:\n"
    yield "| type | members |"
    yield "|---|---|"
    for kind in get_args(Token):
        yield f"| `{TAGS[kind]}` | {', '.join(f'`{camel(one.name)}`' for one in fields(kind))} |"


def _states() -> Iterator[str]:
    yield "# States\n"
    yield "From the table that the aggregate enforces.\n"
    yield "| state | said only when | leads to |"
    yield "|---|---|---|"
    for status in Status:
        following = [other.value for other in Status if other in TRANSITIONS[status]]
        yield f"| {status} | {MEANING[status]} | {', '.join(following) or 'nothing'} |"
    yield "\nInside a state, a sub-state says where it stands: "
    yield ", ".join(f"`{sub}`" for sub in SubStatus) + "."


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
