"""The API over doubles that keep the ports' promises: a log of lists, rows folded on demand."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from falcon import testing

from application.commands import Origin
from application.execute import CommandHandler
from domain.deployment import stream_of
from domain.events import DeploymentFailed, Event
from domain.log import Append, Draft, LogUnavailable, append_one
from domain.streams import StreamId
from domain.values import WORKER, DeploymentId, Family, NetworkRef, TenantId
from infrastructure.access_tokens import AccessTokens
from infrastructure.api_key_texts import RandomApiKeys
from infrastructure.deployment_certificate.checked_files import CheckedFiles
from interfaces.http.app import create_app
from interfaces.http.ports import ApiService, Network
from projections.deployment_history import HistoryEntry
from projections.deployment_history import fold as fold_history
from projections.deployment_status import DeploymentStatus
from projections.deployment_status import fold as fold_status
from projections.queries import Filters, Page
from projections.security_queries import SecurityActivity
from tests.identity_world import KEYS, PASSWORD, MovableClock, People
from tests.memory_log import MemoryLog
from tests.security_api import CONFIGURATION
from tests.security_world import FoldedSecurity

CREATE = "/api/v1/token/erc20-mintable/create"
DEPLOYMENTS = "/api/v1/token/deployments"
TOKEN = {
    "name": "Gold",
    "symbol": "GLD",
    "initialSupply": "1000.5",
    "cap": "2000000",
    "network": "devnet",
}
DEVNET = NetworkRef(
    id="devnet", family=Family.EVM, genesis_hash=sha256(b"devnet").digest(), chain_id=31337
)
SECOND = NetworkRef(
    id="second", family=Family.EVM, genesis_hash=sha256(b"second").digest(), chain_id=8453
)
ALGORAND = NetworkRef(
    id="algorand-localnet", family=Family.ALGORAND, genesis_hash=sha256(b"algorand").digest()
)


@dataclass
class FoldedDeployments:
    """Implements projections.queries.Deployments by folding the log up to a position."""

    log: MemoryLog
    upto: int | None = None
    """How far this reader has come; None is all the way."""

    def find(self, deployment: DeploymentId) -> DeploymentStatus | None:
        return self._rows().get(str(deployment))

    def page(self, tenant: TenantId, filters: Filters, before: int | None, size: int) -> Page:
        rows = [
            row
            for row in self._rows().values()
            if row.tenant == tenant
            and filters.network in {None, row.network}
            and filters.kind in {None, row.kind}
            and filters.status in {None, row.status}
            and (filters.requested_from is None or row.requested_at >= filters.requested_from)
            and (filters.requested_before is None or row.requested_at < filters.requested_before)
            and (before is None or row.requested < before)
        ]
        newest = sorted(rows, key=lambda row: -row.requested)
        more = len(newest) > size
        return Page(newest[:size], newest[size - 1].requested if more else None)

    def history(self, deployment: DeploymentId) -> Sequence[HistoryEntry]:
        entries: list[HistoryEntry] = []
        for recorded in self.log.read_all(0, self.upto):
            if recorded.stream == stream_of(deployment):
                last = entries[-1] if entries else None
                entries.extend(row for _, row in fold_history(last, recorded))
        return entries

    def _rows(self) -> dict[str, DeploymentStatus]:
        rows: dict[str, DeploymentStatus] = {}
        for recorded in self.log.read_all(0, self.upto):
            rows.update(fold_status(rows.get(recorded.stream.id), recorded))
        return rows


class BrokenLog(MemoryLog):
    """A log whose database is gone, or that meets what nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def append(self, appends: Sequence[Append]) -> Any:
        raise self._error

    def read(self, stream: StreamId) -> Any:
        raise self._error

    def read_after(self, stream: StreamId, version: int) -> Any:
        raise self._error

    def read_last(self, stream: StreamId) -> Any:
        raise self._error


class ListedNetworks:
    """Implements interfaces.http.ports.Networks."""

    def __init__(self, *references: NetworkRef) -> None:
        self._all = [
            Network(reference=one, name=one.id.title(), development=True, sponsored=True)
            for one in references
        ]

    def all(self) -> Sequence[Network]:
        return self._all

    def by_id(self, network: str) -> Network | None:
        return next((one for one in self._all if one.reference.id == network), None)

    def by_chain_id(self, chain_id: int) -> Network | None:
        return next((one for one in self._all if one.reference.chain_id == chain_id), None)


class OpenThrottle:
    """Implements interfaces.http.ports.Throttle: nobody has to wait, unless a test says so."""

    wait = 0.0

    def take(self, client: bytes, cost: int = 1) -> float:
        return self.wait


@dataclass
class World:
    """One service over one log, and how to look behind it."""

    log: MemoryLog = field(default_factory=MemoryLog)
    checks: dict[str, Callable[[], str]] = field(default_factory=dict)
    clock: MovableClock = field(default_factory=MovableClock)
    throttle: OpenThrottle = field(default_factory=OpenThrottle)
    rations: OpenThrottle = field(default_factory=OpenThrottle)
    proxies: set[str] = field(default_factory=set)
    networks: ListedNetworks = field(
        default_factory=lambda: ListedNetworks(DEVNET, SECOND, ALGORAND)
    )

    def __post_init__(self) -> None:
        self.people = People(self.log, self.clock)
        self.rows = FoldedDeployments(self.log)
        self.tokens = AccessTokens(KEYS)
        self.service = ApiService(
            log=self.log,
            commands=CommandHandler(self.log),
            identity=self.people.identity,
            api_keys=RandomApiKeys(),
            tokens=self.tokens,
            networks=self.networks,
            deployments=self.rows,
            clock=self.clock,
            throttle=self.throttle,
            rations=self.rations,
            activity=SecurityActivity(FoldedSecurity(self.log), 400, self.clock.now),
            vault=self.people.vault,
            custody=CONFIGURATION,
            is_proxy=lambda address: address in self.proxies,
            require_certificate=CheckedFiles().require,
            cursor_key=KEYS.derive("cursor"),
            checks=self.checks,
        )
        self.client = testing.TestClient(create_app(self.service))

    def restarted(self, *, log: MemoryLog | None = None, **changes: Any) -> "World":
        """Return a world over the same log, as after a restart."""
        return replace(self, log=log or self.log, **changes)

    def user(self, email: str = "ada@example.com") -> "User":
        answer = self.client.simulate_post(
            "/api/v1/auth/register", json={"email": email, "password": PASSWORD}
        )
        assert answer.status_code == 201, answer.text
        return User(self, answer.json)

    def record(self, deployment: str, *events: Event) -> None:
        """Record what the worker would."""
        stream = stream_of(UUID(deployment))
        drafts = tuple(_by_worker(stream, event) for event in events)
        version = self.log.read(stream).version
        append_one(self.log, Append(drafts=drafts, expected={stream: version}))

    def fail(self, deployment: str) -> None:
        failed = DeploymentFailed(cause="CONTRACT_EXECUTION_FAILED", detail="no", certificates=())
        self.record(deployment, failed)


@dataclass
class User:
    world: World
    account: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account['accessToken']}"}

    def get(self, path: str, **more: Any) -> testing.Result:
        return self.world.client.simulate_get(path, headers=self.headers, **more)

    def post(
        self, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> testing.Result:
        """Send a body as JSON, or as it is where it is bytes or text."""
        sent = {"Idempotency-Key": str(uuid4()) if key is None else key}
        sent |= {"Content-Type": "application/json"} | self.headers | headers
        raw = body if isinstance(body, bytes | str) else json.dumps(body or {})
        return self.world.client.simulate_post(path, body=raw, headers=sent)

    def create(self, key: str | None = None, **changes: Any) -> testing.Result:
        """Ask for a token; None takes a member away."""
        body = {name: value for name, value in (TOKEN | changes).items() if value is not None}
        return self.post(CREATE, body, key)

    def deploy(self, **changes: Any) -> str:
        answer = self.create(**changes)
        assert answer.status_code == 202, answer.text
        return str(answer.json["deploymentId"])


def refused(answer: testing.Result) -> tuple[int, str, list[str]]:
    """Return status, code and pointers of a refusal, which has to be a whole one."""
    problem = answer.json
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["correlationId"] == answer.headers["x-correlation-id"]
    assert "Traceback" not in answer.text
    return (
        answer.status_code,
        problem["code"],
        [one["pointer"] for one in problem.get("errors", ())],
    )


def unavailable() -> LogUnavailable:
    return LogUnavailable("no route to 10.1.2.3 as user proofmint")


def _by_worker(stream: StreamId, event: Event) -> Draft:
    return Origin(actor=WORKER, command=uuid4(), correlation="worker").draft(stream, event)


def deployments_in(log: MemoryLog) -> set[str]:
    return {one.stream.id for one in log.read_all() if one.stream.kind == "deployment"}


def events_in(log: MemoryLog) -> Iterable[str]:
    return [type(one.event).__name__ for one in log.read_all()]
