"""What a stopwatch tells of addresses, and what reads notice of a flood of sign-ins.

Figures of one run on one machine: ratios and shares count. Of time two things are asserted, by
wide margins: that it tells nothing of addresses, and what reads keep while sign-ins flood.
"""

import http.client
import json
import random
import subprocess
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.benchmarks.crowd import crowd
from tests.benchmarks.flood import KEPT, NEW, PROXIED
from tests.benchmarks.load import connections, looped
from tests.service_process import ROOT, Service, running

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
AUTH = "/api/v1/auth"
SAMPLES = 600
"""Of each kind, in random order on one connection."""
SIGN_UPS = 40
WARM_UP = 40
MOST_TOLD = 0.1
"""By how much a guess may be better or worse than a coin. Work that is left out tells 0.5."""
READERS, FLOODERS = 2, 50
SECONDS = 4.0
ROUNDS, PAUSE = 3, 2.0
MOST_TIMES = 3.0
"""What a flood may make of the 99th percentile of reads, at the median of the rounds."""
PROXIES = "PROOFMINT_TRUSTED_PROXIES"
MORE = {PROXIES: "127.0.0.0/8", "PROOFMINT_TRIES_PER_MINUTE": "1000000"}


def bench_service(url: str, folder: Path, *arguments: str, **settings: str) -> Service:
    service = Service(
        url=url, folder=folder, genesis=b"\7" * 32, node="http://127.0.0.1:9", network="bench"
    )
    service.api.environment = dict(service.environment) | settings
    service.api.arguments += arguments
    return service


# ---- known and unknown


@dataclass(frozen=True)
class Compared:
    """Milliseconds of answers about known addresses, and about unknown ones."""

    known: list[float]
    unknown: list[float]

    @property
    def auc(self) -> float:
        """How often a known address took longer than an unknown one; 0.5 tells nothing."""
        ordered = sorted(self.unknown)
        wins = sum(bisect_left(ordered, one) + bisect_right(ordered, one) for one in self.known)
        return wins / 2 / len(self.known) / len(self.unknown)

    @property
    def best_guess(self) -> float:
        """The share that the best threshold guesses right, chosen on the same samples."""
        marks = [(one, 1 / len(self.known)) for one in self.known]
        marks += [(one, -1 / len(self.unknown)) for one in self.unknown]
        ahead = best = 0.0
        for _, share in sorted(marks):
            ahead += share
            best = max(best, abs(ahead))
        return (1 + best) / 2

    @property
    def by_chance(self) -> float:
        """What the best threshold guesses where there is nothing to know: labels mixed."""
        every = [*self.known, *self.unknown]
        random.Random(1).shuffle(every)
        half = len(every) // 2
        return Compared(every[:half], every[half:]).best_guess

    def __str__(self) -> str:
        known, unknown = median(self.known), median(self.unknown)
        return (
            f"known {known:7.2f} ms  unknown {unknown:7.2f} ms  "
            f"difference {known - unknown:+6.2f} ms  AUC {self.auc:.3f}  "
            f"best threshold {self.best_guess:.1%} (chance {self.by_chance:.1%})"
        )


def compared(base: str, path: str, known: list[Any], unknown: list[Any]) -> Compared:
    """Ask about both in random order, one at a time; each body is asked once."""
    jobs = [(body, True) for body in known] + [(body, False) for body in unknown]
    random.Random(2026).shuffle(jobs)
    took: dict[bool, list[float]] = {True: [], False: []}
    answers: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    for number, (body, is_known) in enumerate(jobs):
        address = f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}"
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        text = json.dumps(body)
        began = time.perf_counter()
        connection.request("POST", path, text, headers)
        answer = connection.getresponse()
        answer.read()
        if number >= WARM_UP:
            took[is_known].append((time.perf_counter() - began) * 1000)
        answers[is_known][answer.status] += 1
    connection.close()
    print(f"  answers: known {dict(answers[True])}, unknown {dict(answers[False])}")
    return Compared(took[True], took[False])


def test_known_and_unknown_addresses(any_database_url: str, tmp_path: Path) -> None:
    print(f"\nwhat a stopwatch tells, {any_database_url.partition(':')[0]}")
    service = bench_service(any_database_url, tmp_path, **MORE)
    with running(service):
        known = crowd(service, SAMPLES)
        unknown = [email.replace("known", "other") for email in known]
        for name, path, body in (
            ("wrong password", "login", lambda one: {"email": one, "password": "x" * 20}),
            ("asks for a reset", "reset-password/request", lambda one: {"email": one}),
        ):
            asked: Callable[[str], Any] = body
            result = compared(
                service.base, f"{AUTH}/{path}", [*map(asked, known)], [*map(asked, unknown)]
            )
            print(f"  {name:<18} {result}")
            assert len(result.known) >= 500
            assert abs(result.auc - 0.5) <= MOST_TOLD
        password = "another sentence, of whoever signs up"
        ups = [
            [{"email": f"{kind}-{n}@example.com", "password": password} for n in range(SIGN_UPS)]
            for kind in ("known", "new")
        ]
        print(f"  {'signs up':<18} {compared(service.base, f'{AUTH}/register', *ups)}")


# ---- a flood


def read(token: str) -> Callable[[http.client.HTTPConnection, int], int]:
    """Return a reader's step: deployments and networks in turns."""
    paths = cycle(["/api/v1/token/deployments", "/api/v1/networks"])

    def send(connection: http.client.HTTPConnection, _: int) -> int:
        connection.request("GET", next(paths), headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return send


@contextmanager
def flood(service: Service, networks: int, how: str) -> Iterator[dict[str, float]]:
    """Flood while the body runs; what was answered a second is there afterwards."""
    command = [sys.executable, "-m", "tests.benchmarks.flood", service.base, str(FLOODERS)]
    command += [str(SECONDS + 3), str(networks), how]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    answers: dict[str, float] = {}
    time.sleep(1.5)
    yield answers
    out, _ = process.communicate(timeout=60)
    answers.update(json.loads(out))


FLOODS = [
    pytest.param(networks, how, id=f"{how}-{networks}-networks")
    for how in (KEPT, NEW, PROXIED)
    for networks in (1, 50)
]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("networks", "how"), FLOODS)
def test_reads_while_sign_ins_flood(
    any_database_url: str, tmp_path: Path, workers: int, networks: int, how: str
) -> None:
    """The promise: p99 of reads stays within three times its idle value."""
    kind = any_database_url.partition(":")[0]
    print(
        f"\n{READERS} readers, {FLOODERS} clients, {networks} networks, connections {how}, {kind}"
    )
    settings = {PROXIES: "127.0.0.0/8"} if how == PROXIED else {}
    service = bench_service(any_database_url, tmp_path, "--workers", str(workers), **settings)
    ratios = []
    with running(service, "projector"):
        crowd(service, 50)
        send = read(service.registered().token)
        readers = connections(service.base, READERS)
        looped(readers, send, 1.0)
        for _ in range(ROUNDS):
            idle = looped(readers, send, SECONDS)
            with flood(service, networks, how) as answers:
                busy = looped(readers, send, SECONDS)
            shares = ", ".join(f"{status}: {rate:.1f}/s" for status, rate in answers.items())
            print(f"  idle     {idle}")
            print(f"  flooded  {busy}   {shares}")
            assert busy.wrong == 0
            ratios.append(busy.p99 / idle.p99)
            time.sleep(PAUSE)
        for reader in readers:
            reader.close()
    spelled = ", ".join(f"{ratio:.1f}" for ratio in ratios)
    print(f"  {workers} API processes: p99 x {median(ratios):.1f} ({spelled})")
    assert median(ratios) <= MOST_TIMES
