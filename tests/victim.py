"""A worker that can be killed at a chosen step: run in a process of its own, ended by SIGKILL."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from application.engine.answers import Answer
from domain.deployment import stream_of
from domain.log import Append, Outcome
from domain.values import NetworkRef
from infrastructure.event_log import StoredLog, open_log
from infrastructure.evm.chain import EvmChain
from tests.evm_world import adapter, make_engine

PATIENCE = 60.0


class Fuse:
    """Ends the process, as a power cut would, when it has burned down."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedLog:
    """A log that burns the fuse before and after each append."""

    def __init__(self, log: StoredLog, fuse: Fuse) -> None:
        self._log = log
        self._fuse = fuse

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self._fuse.burn()
        outcomes = self._log.append(appends)
        self._fuse.burn()
        return outcomes

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self._log, name)


class FusedChain:
    """A chain that burns the fuse before and after each broadcast."""

    def __init__(self, chain: EvmChain, fuse: Fuse) -> None:
        self._chain = chain
        self._fuse = fuse

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        self._fuse.burn()
        answers = self._chain.broadcast(raw)
        self._fuse.burn()
        return answers

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)


def work(url: str, network: NetworkRef, node: str, deployments: list[UUID], steps: int) -> None:
    """Drive deployments until none is open, or until the fuse has burned down.

    Args:
        url: of the database.
        network: that the deployments are for.
        node: its address.
        deployments: what to drive, in turns.
        steps: how many durable steps may be taken; negative for any number.
    """
    fuse = Fuse(steps if steps >= 0 else 10**9)
    with open_log(url) as log:
        chain = FusedChain(adapter(network, node), fuse)
        engine = make_engine(FusedLog(log, fuse), chain)  # type: ignore[arg-type]
        deadline = time.monotonic() + PATIENCE
        still_open = list(deployments)
        while still_open and time.monotonic() < deadline:
            still_open = [one for one in still_open if engine.drive(stream_of(one)) is not None]
            time.sleep(0.02)
        assert not still_open
