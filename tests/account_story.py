"""Everything that people do with accounts, over HTTP against the real processes; all is kept."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyotp

from domain import account as accounts
from domain.events import EmailClaimed, LinkPurpose, MemberInvited
from domain.log import EventLog
from domain.values import AccountId
from infrastructure.custody import open_custody
from infrastructure.event_log import open_log
from infrastructure.event_log.log import sqlite_path
from infrastructure.keys.derivation import derive_account
from infrastructure.keys.words import algorand_words, bip39_words
from infrastructure.links import MailLinks
from infrastructure.settings import Settings
from interfaces.cli.http_client import Answer
from tests.leaks import Canaries
from tests.service_process import ROOT, Process, Service, running

AUTH = "/api/v1/auth"
PURPOSES = (
    *("refresh-token", "device", "mail-link", "email-claim", "cursor", "probe"),
    *("wallet-challenge", "key-encryption"),
)
DERIVED = "derived keys"
AGENT = "canary-browser/7.31"


@dataclass
class LoudProcess(Process):
    """A process whose output is kept."""

    output: Path = Path()

    def start(self) -> None:
        with self.output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli.main", *self.arguments],
                env=dict(self.environment),
                cwd=ROOT,
                start_new_session=True,
                stdout=file,
                stderr=file,
            )


@dataclass
class Said:
    """An answer, and which secrets it is there to show."""

    label: str
    answer: Answer
    shows: frozenset[str]


@dataclass
class Story:
    service: Service
    output: Path
    canaries: Canaries = field(default_factory=Canaries)
    said: list[Said] = field(default_factory=list)
    gone: list[bytes] = field(default_factory=list)
    """Sealed bytes of secrets that an erasure destroyed."""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str = "",
        shows: Iterable[str] = (),
        expect: int | None = None,
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        client = self.service.client(token)
        answer = client._send(method, path, None if method == "GET" else raw, {"User-Agent": AGENT})
        self.said.append(Said(f"{method} {path}", answer, frozenset(shows)))
        assert expect is None or answer.status == expect, (path, answer.status, answer.body)
        try:
            return answer.json
        except ValueError:
            return None

    # ---- what somebody knows

    def fresh(self, name: str) -> str:
        """Return a new password that nobody can have by chance."""
        text = f"Lagune {secrets.token_hex(9)} über Kupfer"
        self.canaries.add(name, text)
        return text

    def granted(self, session: dict[str, Any], name: str) -> dict[str, Any]:
        """Remember what a session's answer showed."""
        for member in ("accessToken", "refreshToken", "deviceToken"):
            if session.get(member):
                text = session[member]
                self.canaries.add(f"{name} {member}", text, text.rpartition(".")[2])
                self.said[-1].shows |= {f"{name} {member}"}
        return session

    def register(self, email: str, password: str, name: str) -> dict[str, Any]:
        self.canaries.add(f"{name} address", email, email.lower())
        body = {"email": email, "password": password, "confirmPassword": password}
        shown = [f"{name} address"]
        session = self.granted(
            self.ask("POST", f"{AUTH}/register", body, shows=shown, expect=201), name
        )
        seed = derive_account(email.lower(), password).seed
        self.canaries.add(f"{name} seed", seed, algorand_words(seed), bip39_words(seed))
        self.canaries.add(f"{name} words", *_runs(algorand_words(seed)), *_runs(bip39_words(seed)))
        return session

    def login(self, email: str, password: str, name: str, **more: str) -> dict[str, Any]:
        body = {"email": email, "password": password, **more}
        return self.granted(self.ask("POST", f"{AUTH}/login", body, expect=200), name)

    def link(self, purpose: LinkPurpose, account: str) -> str:
        """Return what the mail would hold."""
        with self.keys() as (log, links):
            events = log.read(accounts.stream_of(AccountId(UUID(account)))).events
            person = accounts.replay(AccountId(UUID(account)), (one.event for one in events))
            assert person is not None
            text = links.text(purpose.value, person.id, person.links[purpose].link)
        self.canaries.add(f"{purpose.value} link", text)
        return text

    def invitation(self, tenant: str) -> str:
        with self.keys() as (log, links):
            [made] = [one.event for one in log.read_all() if isinstance(one.event, MemberInvited)]
            text = links.text("invitation", UUID(tenant), made.invitation)
        self.canaries.add("invitation link", text)
        return text

    @contextmanager
    def keys(self) -> Iterator[tuple[EventLog, MailLinks]]:
        settings = Settings.from_environment(self.service.environment)
        with open_log(self.service.url) as log:
            custody = open_custody(settings.keys, log)
            self.canaries.add(DERIVED, *map(custody.root.derive, PURPOSES))
            self.canaries.add("root", custody.root._root)
            [master] = settings.keys.masters
            self.canaries.add("master key", master.as_root())
            self.canaries.add(DERIVED, *map(master.derive, PURPOSES))
            yield log, MailLinks(custody.root)

    def sealed_of(self, account: str) -> list[bytes]:
        """Return what is sealed of a person: data keys, wrapped, and what lies under them."""
        with open_log(self.service.url) as log:
            rows = [one for one in log.secrets_after(None, 1_000) if str(one.owner) == account]
        parts = [json.loads(one.sealed) for one in rows]
        assert parts
        return [part[name].encode() for part in parts for name in ("wrapped", "sealed", "nonce")]

    def spoil(self, account: str) -> None:
        """Damage a verifier in the table: nobody foresees that, and a traceback is written."""
        statement = "UPDATE secrets SET sealed = {} WHERE owner = {} AND purpose = 'password'"
        if self.service.url.startswith("sqlite:"):
            import sqlite3

            connection = sqlite3.connect(sqlite_path(self.service.url))
            connection.execute(statement.format("?", "?"), (b"garbage", account))
            connection.commit()
            connection.close()
            return
        with psycopg.connect(self.service.url) as postgres:
            postgres.execute(statement.format("%s", "%s"), (b"garbage", account))

    def claims(self) -> int:
        with open_log(self.service.url) as log:
            return sum(isinstance(one.event, EmailClaimed) for one in log.read_all())


def _runs(words: str) -> list[str]:
    """Return each five words in a row: a part of a phrase is a leak, too."""
    parts = words.split()
    return [" ".join(parts[at : at + 5]) for at in range(len(parts) - 4)]


def code_of(secret: str, steps: int = 0) -> str:
    import time

    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


@contextmanager
def told(url: str, folder: Path) -> Iterator[Story]:
    """Tell the whole story; the processes run until the reader is done."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    service = Service(url=url, folder=data, genesis=bytes(range(32)))
    output = folder / "output.log"
    for name in ("api", "projector"):
        before: Process = getattr(service, name)
        environment = dict(service.environment) | {
            "PROOFMINT_LOG_LEVEL": "DEBUG",
            "PROOFMINT_TRIES_PER_MINUTE": "100000",
            "PYTHONUNBUFFERED": "1",
        }
        setattr(service, name, LoudProcess(before.arguments, environment, output=output))
    with ExitStack() as stack:
        stack.enter_context(running(service, "projector"))
        story = Story(service, output)
        _everything(story)
        yield story


def _everything(story: Story) -> None:
    ask, canaries = story.ask, story.canaries
    canaries.add("user agent", AGENT)
    email, old, new, last = "Ada.Kanarie@Example.com", *map(story.fresh, ["old", "new", "reset"])
    wrong = story.fresh("wrong")
    with story.keys():
        pass
    session = story.register(email, old, "ada")
    token, account, tenant = (session[one] for one in ("accessToken", "accountId", "tenantId"))
    ask("POST", f"{AUTH}/register", {"email": email, "password": old}, expect=409)
    ask("POST", f"{AUTH}/register", {"email": "b@example.com", "password": old[:9]}, expect=422)
    ask("POST", f"{AUTH}/login", {"email": email, "password": wrong}, expect=401)
    ask("POST", f"{AUTH}/login", {"email": "no.kanarie@example.com", "password": wrong}, expect=401)
    canaries.add("nobody's address", "no.kanarie@example.com")
    again = story.login(email, old, "second", deviceToken=session["deviceToken"])
    parent = again["refreshToken"]
    child = story.granted(
        ask("POST", f"{AUTH}/refresh", {"refreshToken": parent}, expect=200), "child"
    )
    story.granted(
        ask("POST", f"{AUTH}/refresh", {"refreshToken": child["refreshToken"]}, expect=200), "third"
    )
    ask("POST", f"{AUTH}/refresh", {"refreshToken": parent}, expect=401)
    ask("POST", f"{AUTH}/refresh", {"refreshToken": parent + "x"}, expect=401)
    verification = story.link(LinkPurpose.VERIFY_EMAIL, account)
    ask("POST", f"{AUTH}/verify-email", {"token": verification}, expect=200)
    ask("POST", f"{AUTH}/verify-email", {"token": verification}, expect=400)
    change = {"currentPassword": old, "newPassword": new}
    ask("POST", f"{AUTH}/change-password", change, token, expect=200)
    ask("POST", f"{AUTH}/change-password", change, token, expect=401)
    ask("POST", f"{AUTH}/reset-password/request", {"email": email}, expect=202)
    reset = {"token": story.link(LinkPurpose.RESET_PASSWORD, account), "newPassword": last}
    ask("POST", f"{AUTH}/reset-password", reset, expect=200)
    ask("POST", f"{AUTH}/reset-password", reset, expect=400)
    session = story.login(email, last, "fourth")
    token = session["accessToken"]
    codes = _second_factor(story, token, last)
    proofs = [{"password": last, "secondFactor": code} for code in codes]
    _machines_and_members(story, token, tenant, proofs)
    _malformed(story, token, [old, new, last, wrong, parent, token, verification])
    _unforeseen(story)
    _erased(story)
    ask("GET", f"{AUTH}/profile", token=token, shows=["ada address"], expect=200)
    ask("GET", f"{AUTH}/sessions", token=token, shows=["user agent"], expect=200)
    for form in ("json", "csv"):
        path = f"/api/v1/security/activity/export?format={form}"
        ask("GET", path, token=token, shows=["user agent"], expect=200)
    ask("GET", "/api/v1/security/activity", token=token, shows=["user agent"], expect=200)
    ask("GET", "/api/v1/account/custody-statement", token=token, expect=200)


def _second_factor(story: Story, token: str, password: str) -> list[str]:
    """Set and use one; return the recovery codes that are left."""
    ask = story.ask
    factor, proof = f"{AUTH}/second-factor", {"password": password}
    offered = ask("POST", f"{factor}/offer", proof, token, ["one-time key", "ada address"], 200)
    import base64

    story.canaries.add("one-time key", offered["secret"], base64.b32decode(offered["secret"]))
    ask("POST", f"{factor}/confirm", {"code": "000000"}, token, expect=401)
    code = {"code": code_of(offered["secret"], -1)}
    confirmed = ask("POST", f"{factor}/confirm", code, token, ["recovery codes"], 200)
    codes: list[str] = confirmed["recoveryCodes"]
    story.canaries.add("recovery codes", *codes, *(one.replace("-", "") for one in codes))
    ask("POST", f"{AUTH}/login", {"email": "Ada.Kanarie@Example.com", **proof}, expect=401)
    signer = ask("GET", "/api/v1/account/addresses", token=token, expect=200)["signerId"]
    for number, form in enumerate(("algorand-25-words", "bip39-24-words")):
        body = {"signerId": signer, "format": form, **proof}
        ask("POST", "/api/v1/account/export", body, token, expect=401)
        body["secondFactor"] = codes[number]
        ask("POST", "/api/v1/account/export", body, token, ["ada seed", "ada words"], 200)
        ask("POST", "/api/v1/account/export", body, token, expect=401)
    added = ask(
        "POST", "/api/v1/account/signers", {**proof, "secondFactor": codes[3]}, token, expect=201
    )
    assert added["slot"] == 1, "a slot is not used again with another password"
    return [code for number, code in enumerate(codes) if number not in {0, 1, 3}]


def _machines_and_members(
    story: Story, token: str, tenant: str, proofs: list[dict[str, str]]
) -> None:
    """Tell of them; each thing is confirmed with a proof of its own."""
    ask, again = story.ask, iter(proofs)
    story.canaries.add("name of a key", "kanarie-robot-77")
    body = {"name": "kanarie-robot-77", "scope": "read"}
    ask("POST", "/api/v1/tenant/api-keys", body, token, expect=403)
    body |= next(again)
    shows = ["API key", "name of a key"]
    made = ask("POST", "/api/v1/tenant/api-keys", body, token, shows, 201)
    story.canaries.add("API key", made["key"])
    ask("GET", "/api/v1/tenant/api-keys", token=token, shows=["name of a key"], expect=200)
    ask("GET", "/api/v1/token/deployments", token=made["key"], expect=200)
    ask("GET", f"{AUTH}/profile", token=made["key"], expect=403)
    guest = "Guest.Kanarie@example.org"
    story.canaries.add("guest address", guest, guest.lower())
    body = {"email": guest, "role": "operator", **next(again)}
    ask("POST", "/api/v1/tenant/invitations", body, token, ["guest address"], 201)
    shows = ["ada address", "guest address"]
    ask("GET", "/api/v1/tenant/members", token=token, shows=shows, expect=200)
    password = story.fresh("guest password")
    session = story.register(guest, password, "guest")
    link, mine = {"token": story.invitation(tenant)}, session["accessToken"]
    ask("POST", "/api/v1/tenant/invitations/accept", link, mine, expect=200)
    ask("POST", "/api/v1/tenant/invitations/accept", link, mine, expect=400)
    ask("GET", "/api/v1/tenant/members", token=token, shows=shows, expect=200)
    member = f"/api/v1/tenant/members/{session['accountId']}"
    ask("PUT", f"{member}/role", {"role": "auditor", **next(again)}, token, expect=200)
    ask("POST", f"{member}/remove", next(again), token, expect=200)
    ask("POST", "/api/v1/tenant/leave", {"password": password}, mine, expect=409)


def _malformed(story: Story, token: str, hidden: list[str]) -> None:
    """Secrets in every place of a body where they do not belong."""
    paths = ["login", "register", "refresh", "reset-password", "change-password", "verify-email"]
    more = ["account/export", "tenant/api-keys", "tenant/invitations", "tenant/leave"]
    for path in [*(f"{AUTH}/{one}" for one in paths), *(f"/api/v1/{one}" for one in more)]:
        for secret in hidden:
            spelled = json.dumps(secret)
            for body in (
                f'{{"email": {spelled}, "password": {{"is": {spelled}}}, "token": [{spelled}]}}',
                f'{{"password": {spelled}, "email": "a@example.com", "password": {spelled}}}',
                f'{{"format": {spelled}, "signerId": {spelled}, "password": 1, "code": 2}}',
                f'{{"refreshToken": {spelled}, "deviceToken": [{spelled}], "tenantId": {spelled}}}',
                f'{{"currentPassword": {spelled}, "newPassword": {spelled[:9]}", "unknown": 1}}',
                f'{{"password": {spelled}',
                f'"{secret}"',
                secret,
            ):
                story.ask("POST", path, body.encode(), token)
    for secret in hidden:
        quoted = secret.encode().hex()
        story.ask("GET", f"{AUTH}/profile", token=f"{quoted}.{quoted}", expect=401)
    for text in (token[:-2], token + "x", token.replace(".", "", 1)):
        story.ask("GET", f"{AUTH}/profile", token=text, expect=401)


def _unforeseen(story: Story) -> None:
    email, password = "Broken.Kanarie@example.net", story.fresh("broken password")
    session = story.register(email, password, "broken")
    story.spoil(session["accountId"])
    body = {"email": email, "password": password}
    story.ask("POST", f"{AUTH}/login", body, expect=500)
    change = {"currentPassword": password, "newPassword": story.fresh("never set")}
    story.ask("POST", f"{AUTH}/change-password", change, session["accessToken"], expect=500)


def _erased(story: Story) -> None:
    email, password = "Gone.Kanarie@example.com", story.fresh("password of who went")
    session = story.register(email, password, "gone")
    story.gone = story.sealed_of(session["accountId"])
    story.ask(
        "POST",
        "/api/v1/account/erase",
        {"password": password},
        session["accessToken"],
        expect=200,
    )
    story.ask("GET", f"{AUTH}/profile", token=session["accessToken"], expect=401)
