"""How the engine writes: one view of an operation, and appends that hold only while it is true."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.commands import Origin, engine_command
from application.engine.chain import Chain, CreateToken, Effect, SendCoins
from domain.deployment import Deployment
from domain.events import Event, StepPurpose, WaitBegan, WaitReason
from domain.log import Append, EventLog, History, RecordedEvent, append_one
from domain.network import stream_of as network_stream
from domain.operation import Step
from domain.slots import Slot
from domain.streams import NOTHING, StreamId, StreamVersion
from domain.values import WORKER, DeploymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the log says of an operation at one moment. Every decision is made on one."""

    id: DeploymentId
    history: History
    deployment: Deployment
    network: RecordedEvent | None
    """The last event of the network's stream."""
    listed: Chain | None
    """None where the catalogue does not name the chain (any more)."""

    @property
    def chain(self) -> Chain:
        assert self.listed is not None, "asked for a chain that the catalogue does not name"
        return self.listed

    def effect_of(self, step: Step) -> Effect:
        request = self.deployment.request
        if step.plan.purpose is StepPurpose.FUND:
            return SendCoins(to=request.signer.address, amount=step.plan.amount)
        return self.creation

    @property
    def creation(self) -> CreateToken:
        return CreateToken(token=self.deployment.request.token, deployment=self.id)

    @property
    def last_fund_block(self) -> int:
        """Block that a balance has to be read at or after, to know of the funding."""
        inclusions = [
            slot.inclusion for step in self.deployment.operation.steps for slot in step.slots
        ]
        return max((found.block.number for found in inclusions if found), default=0)


@dataclass(frozen=True, slots=True)
class Moved:
    """Something was recorded: look again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """Nothing to record now."""

    seconds: float
    """Until the next look."""
    wait: WaitBegan | None = None
    """Why it stands still; None where things take their course."""


Progress = Moved | Resting


def action_on(view: View, what: str, step: Step, slot: Slot) -> tuple[object, ...]:
    """Name what is done to a slot, as of a view: a repetition has the same command id."""
    version = view.history.version.number
    return (what, step.plan.number, slot.number, slot.newest.number, version)


def waiting(view: View, reason: WaitReason, detail: str) -> Resting:
    return Resting(seconds=view.chain.policy.poll, wait=WaitBegan(reason=reason, detail=detail))


def kept(words: str) -> str:
    """Return a node's words as they can be kept: half a character is none."""
    return words.encode("utf-8", "replace").decode()


def version_of(recorded: RecordedEvent | None) -> StreamVersion:
    return NOTHING if recorded is None else StreamVersion(recorded.version, recorded.id)


class Recorder:
    """Appends for one view. A stream that moved meanwhile refuses them all (ConcurrentChange)."""

    def __init__(self, log: EventLog, view: View) -> None:
        self._log = log
        self._view = view

    def record(
        self,
        action: tuple[object, ...],
        *events: Event,
        also: Mapping[StreamId, tuple[StreamVersion, Event]] | None = None,
        read: Mapping[StreamId, StreamVersion] | None = None,
        blobs: tuple[bytes, ...] = (),
    ) -> Moved:
        """Record facts of this operation, and of other streams, in one append.

        Args:
            action: what was done; the command id derives from it.
            events: facts for the operation's own stream.
            also: for each other stream, the version it was decided on, and its fact.
            read: versions of streams that were only read to decide; they must not have moved.
            blobs: bytes that the facts refer to.

        Raises:
            ConcurrentChange: one of the streams moved. Nothing was written.
            LogUnavailable: it is not known whether it was written; reading again tells.
        """
        own = self._view.history.stream
        origin = self._origin(own, action)
        drafts = [origin.draft(own, event) for event in events]
        expected = {own: self._view.history.version, **(read or {})}
        for stream, (version, event) in (also or {}).items():
            drafts.append(origin.draft(stream, event))
            expected[stream] = version
        append_one(self._log, Append(drafts=tuple(drafts), expected=expected, blobs=blobs))
        return Moved()

    def _origin(self, own: StreamId, action: tuple[object, ...]) -> Origin:
        last = self._view.history.events[-1]
        return Origin(
            actor=WORKER,
            command=engine_command(own, *action),
            correlation=self._view.history.events[0].correlation,
            cause=last.id,
        )

    @property
    def network(self) -> tuple[StreamId, StreamVersion]:
        stream = network_stream(self._view.deployment.request.network)
        return stream, version_of(self._view.network)
