"""Drives one operation: fold the log, look at the chain, record what is new, until it has to wait.

Safe to stop anywhere and to run twice at once: slots carry safety, and every
append holds only on the versions it was decided on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.clock import Clock
from application.engine.answers import Behind, Contradicts
from application.engine.begin import Beginner
from application.engine.chain import Chains, ChainUnavailable, HistoryPruned, SigningKeys
from application.engine.follow import Follower
from application.engine.recording import Moved, Progress, Recorder, Resting, View, kept
from domain.deployment import Deployment, replay
from domain.events import FinalityViolated, WaitBegan, WaitEnded, WaitReason
from domain.log import ConcurrentChange, EventLog
from domain.network import highest_final, is_held
from domain.network import stream_of as network_stream
from domain.status import Status
from domain.streams import StreamId
from domain.values import DeploymentId

MOST_ROUNDS = 64
"""Appends in one go, after which others get a turn."""
A_TURN = 0.1
"""Seconds that others get, after so many."""
HICCUP = 5.0
"""Seconds for which a node's trouble is no fact yet."""
A_MOMENT = 1.0
"""Seconds until a node that is troubled is asked again."""
WITHOUT_CHAIN = 5.0
"""Seconds until a network that cannot be used is looked at again."""


@dataclass(frozen=True, slots=True)
class Pause:
    """When to look at an operation again."""

    seconds: float


class Engine:
    def __init__(
        self,
        log: EventLog,
        chains: Chains,
        keys: SigningKeys,
        clock: Clock,
        quiet: float = HICCUP,
    ) -> None:
        """Make the engine of one worker.

        Args:
            log: where facts are read and recorded.
            chains: the catalogue's chains.
            keys: what is signed with.
            clock: where time comes from.
            quiet: seconds for which a node's trouble is no fact yet.
        """
        self._log = log
        self._chains = chains
        self._keys = keys
        self._clock = clock
        self._quiet = timedelta(seconds=quiet)
        self._troubled: dict[DeploymentId, datetime] = {}
        self._sent: dict[bytes, datetime] = {}

    def drive(self, operation: StreamId) -> Pause | None:
        """Take an operation as far as it goes now.

        Returns:
            When to look again; None once nothing is open: no outcome and no slot.

        Raises:
            LogUnavailable: the database broke off; driving again reads what was written.
        """
        for _ in range(MOST_ROUNDS):
            try:
                progress = self._advance(operation)
            except ConcurrentChange:
                continue  # somebody was faster: decide anew on what the log says now
            if progress is None:
                return None
            if isinstance(progress, Resting):
                return Pause(progress.seconds)
        return Pause(A_TURN)

    def _advance(self, operation: StreamId) -> Progress | None:
        history = self._log.read(operation)
        deployment = replay(recorded.event for recorded in history.events)
        if deployment is None or _is_over(deployment):
            return None
        network = deployment.request.network
        view = View(
            id=DeploymentId(UUID(operation.id)),
            history=history,
            deployment=deployment,
            listed=self._chains.of(network),
            network=self._log.read_last(network_stream(network)),
        )
        progress = self._progress(view)
        return self._settle(view, progress) if isinstance(progress, Resting) else progress

    def _progress(self, view: View) -> Progress:
        if view.listed is None:
            return _held("the catalogue has no network with this genesis")
        try:
            progress = self._stands(view) or self._work(view)
        except HistoryPruned as gone:
            pruned = WaitBegan(reason=WaitReason.NEEDS_ARCHIVE, detail=kept(str(gone)))
            return Resting(seconds=WITHOUT_CHAIN, wait=pruned)
        except ChainUnavailable as reason:
            return self._trouble(view, kept(str(reason)))
        self._troubled.pop(view.id, None)
        return progress

    def _trouble(self, view: View, reason: str) -> Resting:
        """Wait, and say so once it lasts: a node that hiccups must not fill the log."""
        now = self._clock.now()
        if now - self._troubled.setdefault(view.id, now) < self._quiet:
            return Resting(seconds=A_MOMENT, wait=view.deployment.operation.wait)
        return _held(reason)

    def _stands(self, view: View) -> Progress | None:
        """Hold back where the chain is behind or contradicts what was final; None if it is fine."""
        last = view.network.event if view.network else None
        if is_held(last):
            return _held("a node contradicts what was final on this network")
        known = highest_final(last)
        match view.chain.standing(known):
            case Behind(detail=detail):
                return _held(detail)
            case Contradicts(stated=stated, operator=operator):
                assert known is not None
                recorder = Recorder(self._log, view)
                stream, version = recorder.network
                violated = FinalityViolated(
                    network=view.chain.network, known=known, stated=stated, operator=operator
                )
                also = {stream: (version, violated)}
                return recorder.record(("violated", known.number), also=also)
            case _:
                return None

    def _work(self, view: View) -> Progress:
        """Follow what is signed, then begin what is next."""
        follower = Follower(self._log, view, self._clock.now(), self._sent)
        rests = []
        for step, slot in view.deployment.operation.undecided:
            progress = follower.follow(step, slot)
            if isinstance(progress, Moved):
                return progress
            rests.append(progress)
        begun = Beginner(self._log, self._keys, view).begin()
        if isinstance(begun, Moved):
            return begun
        return min((*rests, begun), key=lambda rest: (rest.wait is None, rest.seconds))

    def _settle(self, view: View, rest: Resting) -> Progress:
        """Say why it waits, or that it no longer does: once, when it changes."""
        if view.deployment.status.is_final or view.deployment.status is Status.FAILED:
            return rest
        now, before = rest.wait, view.deployment.operation.wait
        if (now and now.reason) == (before and before.reason):
            return rest
        recorder, version = Recorder(self._log, view), view.history.version.number
        if now is not None:
            recorder.record(("wait", now.reason, version), now)
        elif before is not None:
            recorder.record(("waited", version), WaitEnded(reason=before.reason))
        return rest


def _is_over(deployment: Deployment) -> bool:
    ended = deployment.status.is_final or deployment.status is Status.FAILED
    return ended and not deployment.operation.undecided


def _held(detail: str) -> Resting:
    return Resting(seconds=WITHOUT_CHAIN, wait=WaitBegan(reason=WaitReason.HELD, detail=detail))
