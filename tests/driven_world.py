"""What every engine test on a real ledger does, whatever the family: ask, drive, look."""

import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from application.commands import Origin, RequestDeployment
from application.engine.drive import Engine, Pause
from application.execute import CommandHandler
from domain.deployment import Deployment, replay, stream_of
from domain.events import DeploymentRequested, Event
from domain.log import EventLog
from domain.status import Status, SubStatus
from domain.tokens import Token
from domain.values import (
    AccountId,
    Actor,
    DeploymentId,
    NetworkRef,
    SignerId,
    SignerRef,
    TenantId,
)
from tests.memory_log import MemoryLog

PATIENCE = 40.0


def ask_for(
    log: EventLog, network: NetworkRef, signer: SignerRef, deployment: DeploymentId, token: Token
) -> None:
    """Take a request for a token into the log, as the API does."""
    requested = DeploymentRequested(
        tenant=TenantId(UUID(int=1)),
        account=AccountId(UUID(int=2)),
        signer=signer,
        network=network,
        token=token,
        fingerprint=b"f" * 32,
    )
    origin = Origin(actor=Actor("account:test"), command=deployment, correlation="c")
    command = RequestDeployment(deployment=deployment, request=requested)
    CommandHandler(log).execute(command, origin)


@dataclass(kw_only=True)
class DrivenWorld:
    log: EventLog = field(default_factory=MemoryLog)
    signer: SignerId = field(default_factory=lambda: SignerId(uuid4()))
    engine: Engine = field(init=False)
    network: NetworkRef = field(init=False)

    def drive(self, deployment: DeploymentId) -> Pause | None:
        return self.engine.drive(stream_of(deployment))

    def until(
        self, deployment: DeploymentId, *wanted: Status | SubStatus, patience: float = PATIENCE
    ) -> Deployment:
        """Drive until a status or sub-status is reached, and fail if it never is."""
        deadline = time.monotonic() + patience
        while True:
            pause = self.drive(deployment)
            state = self.state(deployment)
            if {state.status, state.sub_status} & set(wanted):
                return state
            said = (state.status, state.sub_status, state.operation.wait)
            assert pause is not None, said
            assert time.monotonic() < deadline, said
            time.sleep(min(pause.seconds, 0.05))

    def state(self, deployment: DeploymentId) -> Deployment:
        state = replay(self.events(deployment))
        assert state is not None
        return state

    def events(self, deployment: DeploymentId) -> list[Event]:
        return [one.event for one in self.log.read(stream_of(deployment)).events]
