"""What somebody gives as proof, what it is judged by, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from application.accounts.directory import Person
from application.accounts.facts import Facts
from application.accounts.ports import Visitor
from application.commands import Origin
from domain.events import TriesState
from domain.sign_in import Client
from domain.streams import StreamVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody gives to prove who they are."""

    password: str = field(repr=False)
    code: str | None = field(repr=False)
    """One-time password or recovery code."""
    visitor: Visitor
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Who it is. Handed to whoever decides what follows."""

    person: Person
    claim: str
    password: str = field(repr=False)
    """Composed (NFC)."""
    verifier: str = field(repr=False)
    client: Client
    second_factor: bool
    now: datetime


Then = Callable[[Proven, Facts], None]
"""Adds what the proof allows to the facts. Called anew if others were faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    claim: str
    attempt: Attempt
    then: Then
    signs_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a try is judged by, as it was read."""

    person: Person | None
    tries: TriesState
    tries_version: StreamVersion
    client: Client
    verifier: str | None = field(repr=False)
    personal_key: bytes | None = field(repr=False)
    now: datetime

    def proven(self, claim: str, password: str) -> Proven:
        assert self.person is not None
        assert self.verifier is not None
        return Proven(
            person=self.person,
            claim=claim,
            password=password,
            verifier=self.verifier,
            client=self.client,
            second_factor=self.person.account.factor is not None,
            now=self.now,
        )
