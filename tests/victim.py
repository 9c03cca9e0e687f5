"""A worker that can be killed at a chosen step: run in a process of its own, ended by SIGKILL."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from uuid import UUID

from application.engine.answers import Answer
from application.engine.chain import Chain
from application.engine.drive import Engine
from domain.deployment import stream_of
from domain.log import EventLog
from infrastructure.event_log import open_log
from tests.fuse import Fuse, FusedLog

PATIENCE = 60.0
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.victim", "tests.evm_world", "tests.algorand_hands"])


class FusedChain:
    """A chain that burns the fuse before and after each broadcast."""

    def __init__(self, chain: Chain, fuse: Fuse) -> None:
        self._chain = chain
        self._fuse = fuse

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        self._fuse.burn()
        answers = self._chain.broadcast(raw)
        self._fuse.burn()
        return answers

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)


def work(
    url: str,
    make_chain: Callable[[], Chain],
    make_engine: Callable[[EventLog, Chain], Engine],
    deployments: list[UUID],
    steps: int,
) -> None:
    """Drive deployments until none is open, or until the fuse has burned down.

    Args:
        url: of the database.
        make_chain: makes the adapter, in this process.
        make_engine: makes the engine on a log and a chain.
        deployments: what to drive, in turns.
        steps: how many durable steps may be taken; negative for any number.
    """
    fuse = Fuse(steps if steps >= 0 else 10**9)
    with open_log(url) as log:
        chain = FusedChain(make_chain(), fuse)
        engine = make_engine(FusedLog(log, fuse), chain)  # type: ignore[arg-type]
        deadline = time.monotonic() + PATIENCE
        still_open = list(deployments)
        while still_open and time.monotonic() < deadline:
            still_open = [one for one in still_open if engine.drive(stream_of(one)) is not None]
            time.sleep(0.02)
        assert not still_open


def start(
    url: str,
    make_chain: Callable[[], Chain],
    make_engine: Callable[[EventLog, Chain], Engine],
    deployments: Sequence[UUID],
    steps: int = -1,
) -> BaseProcess:
    """Start a worker. What makes chain and engine has to be importable where it runs."""
    arguments = (url, make_chain, make_engine, list(deployments), steps)
    process = SERVER.Process(target=work, args=arguments)
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """Wait for a worker, and return its exit code: negative where a signal ended it."""
    process.join(PATIENCE + 30)
    assert process.exitcode is not None, "the worker did not end"
    return process.exitcode
