"""The one way to change a deployment by command: load, decide, append."""

from dataclasses import dataclass
from typing import assert_never

from application.commands import (
    CancelDeployment,
    Command,
    Origin,
    RequestDeployment,
    RetryDeployment,
)
from domain.deployment import Deployment, replay, stream_of
from domain.errors import DeploymentNotFound, KeyReused
from domain.events import (
    DeploymentCancelled,
    DeploymentRequested,
    Event,
    RetryRequested,
)
from domain.log import Append, ConcurrentChange, EventLog, RecordedEvent, append_one
from domain.streams import NOTHING

MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Executed:
    recorded: RecordedEvent
    repeated: bool
    """Whether the event was there before: the answer must be the same bytes."""


class CommandHandler:
    def __init__(self, log: EventLog) -> None:
        self._log = log

    def execute(self, command: Command, origin: Origin) -> Executed:
        """Record what the command causes, once, however often it comes.

        Raises:
            KeyReused: the same key came with another request before.
            DeploymentNotFound: unknown, or another tenant's.
            IllegalTransition: the deployment is not in a state for it.
            ConcurrentChange: others were faster several times; nothing was written.
            LogUnavailable: it is not known whether it was written; sending it again tells.
        """
        if isinstance(command, RequestDeployment):
            return self._request(command, origin)
        for _ in range(MOST_TRIES - 1):
            try:
                return self._change(command, origin)
            except ConcurrentChange:
                continue
        return self._change(command, origin)

    def _request(self, command: RequestDeployment, origin: Origin) -> Executed:
        stream = stream_of(command.deployment)
        draft = origin.draft(stream, command.request)
        try:
            [recorded] = append_one(self._log, Append(drafts=(draft,), expected={stream: NOTHING}))
        except ConcurrentChange:
            first = self._log.read(stream).events[0]
            return _same(first, command.request.fingerprint)
        return Executed(recorded, repeated=False)

    def _change(self, command: CancelDeployment | RetryDeployment, origin: Origin) -> Executed:
        stream = stream_of(command.deployment)
        history = self._log.read(stream)
        deployment = replay(recorded.event for recorded in history.events)
        if deployment is None or deployment.request.tenant != command.tenant:
            raise DeploymentNotFound(command.deployment)
        if before := history.caused_by(origin.command):
            return _same(before[0], command.fingerprint)
        draft = origin.draft(stream, _decide(deployment, command))
        append = Append(drafts=(draft,), expected={stream: history.version})
        [recorded] = append_one(self._log, append)
        return Executed(recorded, repeated=False)


def _decide(deployment: Deployment, command: CancelDeployment | RetryDeployment) -> Event:
    match command:
        case CancelDeployment(reason=reason, fingerprint=fingerprint):
            return deployment.cancel(reason, fingerprint)
        case RetryDeployment(fingerprint=fingerprint):
            return deployment.retry(fingerprint)
        case _:
            assert_never(command)


def _same(recorded: RecordedEvent, fingerprint: bytes) -> Executed:
    event = recorded.event
    assert isinstance(event, DeploymentRequested | DeploymentCancelled | RetryRequested)
    if event.fingerprint != fingerprint:
        raise KeyReused
    return Executed(recorded, repeated=True)
