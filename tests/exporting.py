"""A signer's key that is shown to its holder, as a fact of its tenant; and what has to follow."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from application.commands import Origin
from domain.deployment import replay, stream_of
from domain.events import (
    DeploymentCompleted,
    DeploymentFailed,
    DeploymentRequested,
    KeyForm,
    SignerAdded,
    SignerExported,
    SignerSlotReserved,
    StepsPlanned,
    TenantEvent,
)
from domain.log import Append, EventLog, Outcome, RecordedEvent, append_one
from domain.signer import stream_of as signer_stream
from domain.streams import StreamId, StreamKind
from domain.values import Actor, DeploymentId, NetworkRef, SignerId, TenantId

SPENDS_OR_SAYS = (StepsPlanned, SignerSlotReserved, DeploymentCompleted, DeploymentFailed)
"""Facts of appends that must not miss an export."""


def request_of(log: EventLog, deployment: DeploymentId) -> DeploymentRequested:
    state = replay(recorded.event for recorded in log.read(stream_of(deployment)).events)
    assert state is not None
    return state.request


def record(log: EventLog, tenant: TenantId, *events: TenantEvent) -> int:
    """Add facts to a tenant's stream; return the position of the last."""
    stream = StreamId(StreamKind.TENANT, str(tenant))
    origin = Origin(actor=Actor("account:test"), command=uuid4(), correlation="c")
    drafts = tuple(origin.draft(stream, event) for event in events)
    expected = {stream: log.read(stream).version}
    return append_one(log, Append(drafts=drafts, expected=expected))[-1].position


def added(signer: SignerId, algorand: bytes = b"a" * 32, evm: bytes = b"e" * 20) -> SignerAdded:
    return SignerAdded(
        signer=signer,
        derivation="arc76-email/1",
        slot=0,
        algorand=algorand,
        evm=evm,
        account=None,
        email_form=1,
        password_form=1,
        password=1,
    )


def exported(signer: SignerId | UUID) -> SignerExported:
    return SignerExported(signer=SignerId(signer), form=KeyForm.ALGORAND)


def export_key(log: EventLog, deployment: DeploymentId) -> int:
    """Export the key of a deployment's signer; return the position of that fact."""
    request = request_of(log, deployment)
    return record(log, request.tenant, exported(request.signer.id))


def first_export_in(log: EventLog, tenant: TenantId) -> int | None:
    events = log.read(StreamId(StreamKind.TENANT, str(tenant))).events
    return next((one.position for one in events if isinstance(one.event, SignerExported)), None)


def reservations(log: EventLog, network: NetworkRef, address: bytes) -> list[int]:
    """Return the positions at which an account took slots."""
    stream = signer_stream(network, address)
    events = log.read(stream).events
    return [one.position for one in events if isinstance(one.event, SignerSlotReserved)]


def outcomes(log: EventLog, deployment: DeploymentId) -> list[tuple[int, int | None]]:
    """Return where outcomes stand, and the export that each of them names."""
    return [
        (one.position, one.event.signer_exported)
        for one in log.read(stream_of(deployment)).events
        if isinstance(one.event, DeploymentCompleted | DeploymentFailed)
    ]


def require_honest(
    log: EventLog, network: NetworkRef, treasury: bytes, deployments: Sequence[DeploymentId]
) -> None:
    """Assert that nobody paid for a key that had left, and that outcomes name what was before."""
    left = first_export_in(log, request_of(log, deployments[0]).tenant)
    paid = reservations(log, network, treasury)
    assert left is None or all(position < left for position in paid)
    for deployment in deployments:
        for position, named in outcomes(log, deployment):
            assert named == (left if left is not None and left < position else None)


class JustBefore:
    """Passes on to a log. Something happens right before the first append of such a fact."""

    def __init__(self, inner: object, fact: type, meanwhile: Callable[[], object]) -> None:
        self._inner = inner
        self._fact = fact
        self._meanwhile = meanwhile
        self.happened = False

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        drafts = [draft for append in appends for draft in append.drafts]
        if not self.happened and any(isinstance(draft.event, self._fact) for draft in drafts):
            self.happened = True
            self._meanwhile()
        return self._inner.append(appends)  # type: ignore[attr-defined,no-any-return]

    def read_last(self, stream: StreamId) -> RecordedEvent | None:
        return self._inner.read_last(stream)  # type: ignore[attr-defined,no-any-return]

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self._inner, name)  # type: ignore[no-any-return]
