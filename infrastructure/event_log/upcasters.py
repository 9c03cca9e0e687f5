"""Pure functions that bring a stored event from schema n to n + 1.

A published schema is never edited: a new one gets a function here and a golden
file, and the old bytes stay as they are (docs/explanation/event-versioning.md).
"""

from collections.abc import Callable, Mapping
from typing import Any

JsonObject = dict[str, Any]
Upcast = Callable[[JsonObject], JsonObject]


def _without_alarm(public: JsonObject) -> JsonObject:
    """Say what schema 1 of an answer could not: that nothing in it alarmed anybody."""
    return {**public, "alarm": ""}


def _with_what_it_was_made_of(public: JsonObject) -> JsonObject:
    """Say what schema 1 of a signer left to the account's events: first forms, first password.

    Whose account it was is not in the event; the tenant had one member then.
    """
    return {**public, "account": None, "emailForm": 1, "passwordForm": 1, "password": 1}


def _before_keys_could_leave(public: JsonObject) -> JsonObject:
    """Say what schema 1 of an outcome could not: no release that wrote it exported keys."""
    return {**public, "signerExported": None}


def _keeping_none(public: JsonObject) -> JsonObject:
    """Say what schema 1 did: no session was spared."""
    return {**public, "kept": None}


def _by_nobody(public: JsonObject) -> JsonObject:
    """Say what schema 1 of an invitation left to its actor."""
    return {**public, "by": None}


UPCASTERS: Mapping[str, tuple[Upcast, ...]] = {
    "deployment.broadcast-answered": (_without_alarm,),
    "deployment.completed": (_before_keys_could_leave,),
    "deployment.failed": (_before_keys_could_leave,),
    "account.second-factor-set": (_keeping_none,),
    "account.second-factor-removed": (_keeping_none,),
    "tenant.member-invited": (_by_nobody,),
    "tenant.signer-added": (_with_what_it_was_made_of,),
}
"""By event name: the function at place n takes schema n + 1 to n + 2. Others are at schema 1."""
