"""What the ledger's rule for leases allows, exhaustively, and that the grid stays inside it.

go-algorand, ledger/txtail.go, checkDup: a candidate is refused while the round is not past the
last-valid *of whoever holds its lease*; and no transaction is confirmed twice. So a lease is a
lock with an expiry, and attempts of different ends may both land: that is the trap.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations, product

import pytest

from application.engine.chain import SendCoins
from domain.slots import LeaseSlot
from domain.streams import StreamId, StreamKind
from infrastructure.algorand.grid import is_used, lease_of, window_at
from tests.scripted_leases import Group, ScriptedLeases

MOST = 8
"""Rounds."""
WINDOWS = [(first, last) for last in range(1, MOST + 1) for first in range(1, last + 1)]
OPERATION = StreamId(StreamKind.DEPLOYMENT, "one")
Candidate = tuple[int, int, object]
"""First round, last round, lease."""


def refused(candidate: Candidate, at: int, holders: Iterable[Candidate]) -> bool:
    """The rule, once more: not the words of the scripted chain, which is held against it."""
    return any(lease == candidate[2] and at <= last for _, last, lease in holders)


def most_landings(candidates: Sequence[Candidate]) -> int:
    """Return how many can be confirmed at most, over every order in every round."""
    last = max(one[1] for one in candidates)

    @cache
    def go_on(at: int, landed: frozenset[int]) -> int:
        if at > last:
            return len(landed)
        holders = [candidates[number] for number in landed]
        here = [
            go_on(at, landed | {number})
            for number, one in enumerate(candidates)
            if number not in landed and one[0] <= at <= one[1] and not refused(one, at, holders)
        ]
        return max(go_on(at + 1, landed), *here) if here else go_on(at + 1, landed)

    return go_on(1, frozenset())


@cache
def of_one_lease(windows: tuple[tuple[int, int], ...]) -> int:
    return most_landings([(*window, "lease") for window in windows])


@pytest.mark.parametrize(
    ("attempts", "expected"), [(2, {1: 204, 2: 1092}), (3, {1: 1296, 2: 18_144, 3: 27_216})]
)
def test_equal_ends_never_confirm_twice_and_unequal_ones_always_can(
    attempts: int, expected: dict[int, int]
) -> None:
    """As many can land as there are different ends: one where all are equal, and never fewer."""
    found: Counter[int] = Counter()
    for windows in product(WINDOWS, repeat=attempts):
        ends = len({last for _, last in windows})
        assert of_one_lease(tuple(sorted(windows))) == ends
        found[ends] += 1
    assert found == expected


def test_the_scripted_chain_judges_by_the_same_rule() -> None:
    judged: Counter[bool] = Counter()
    nothing = SendCoins(to=bytes(32), amount=0)
    for holder, candidate, at in product(WINDOWS, WINDOWS, range(1, MOST + 1)):
        for lease in (b"same", b"another"):
            chain = ScriptedLeases(balances={b"sender": 10**6}, rounds=[[] for _ in range(at + 1)])
            chain.rounds[0].append(Group(b"sender", b"same", *holder, nothing))
            in_time = candidate[0] <= at <= candidate[1]
            right = in_time and not refused((*candidate, lease), at, [(*holder, b"same")])
            assert chain.lands(Group(b"sender", lease, *candidate, nothing)) is right
            judged[right] += 1
    assert set(judged) == {True, False}


# ---- the grid


def slot_at(
    head: int, width: int, step: int = 1, used: tuple[LeaseSlot, ...] = ()
) -> LeaseSlot | None:
    """Return what a log that knows `used` reserves at a head, as the binder does."""
    window = window_at(head, width)
    if window is None or is_used(window, used):
        return None
    return LeaseSlot(
        genesis_hash=bytes(32),
        sender=b"s" * 32,
        lease=lease_of(OPERATION, step, window.number),
        window=window.number,
        first_valid=window.first,
        last_valid=window.last,
    )


def candidate_of(slot: LeaseSlot) -> Candidate:
    return slot.first_valid, slot.last_valid, slot.lease


def slots_of_a_log(heads: Iterable[int], width: int) -> list[LeaseSlot]:
    """Return what a log reserves that looks at these heads, the next slot once one is over."""
    slots: list[LeaseSlot] = []
    for head in heads:
        if not slots or head >= slots[-1].last_valid:
            slot = slot_at(head, width, used=tuple(slots))
            slots += [slot] if slot else []
    return slots


def overlap(one: LeaseSlot, other: LeaseSlot) -> bool:
    return one.first_valid <= other.last_valid and other.first_valid <= one.last_valid


@pytest.mark.parametrize("width", [4, 5, 6, 7, 8])
def test_two_logs_that_begin_at_any_rounds_never_land_twice_while_both_could(width: int) -> None:
    heads = range(3 * width)
    found: Counter[str] = Counter()
    for mine, theirs in product(heads, heads):
        one, other = slot_at(mine, width), slot_at(theirs, width)
        if one is None or other is None:
            found["one does not begin"] += 1
        elif one.window == other.window:
            assert overlap(one, other)
            assert (one.lease, one.last_valid) == (other.lease, other.last_valid)
            assert most_landings([candidate_of(one), candidate_of(other)]) == 1
            found["one lease"] += 1
        else:
            assert not overlap(one, other)
            assert one.lease != other.lease
            found["apart"] += 1
    begins = width - width // 4
    assert found == {
        "one lease": 3 * begins**2,
        "apart": 6 * begins**2,
        "one does not begin": (3 * width) ** 2 - (3 * begins) ** 2,
    }


def test_two_logs_that_look_whenever_they_like_land_once_in_each_window_at_most() -> None:
    width, windows = 4, 3
    heads = range(width * windows)
    looks = [chosen for size in range(1, 4) for chosen in combinations(heads, size)]
    logs = {tuple(slots_of_a_log(chosen, width)) for chosen in looks}
    logs.discard(())
    checked = 0
    for mine, theirs in product(logs, logs):
        checked += 1
        for log in (mine, theirs):
            assert not any(overlap(one, other) for one, other in combinations(log, 2))
        together = {candidate_of(one) for one in mine + theirs}
        assert most_landings(sorted(together)) == len({last for _, last, _ in together})
    assert (len(logs), checked) == (26, 26**2)


@pytest.mark.parametrize(
    ("weakness", "doubles"), [("own end", 19), ("no lease", 9), ("counted", 15), (None, 0)]
)
def test_the_check_sees_a_grid_that_is_none(weakness: str | None, doubles: int) -> None:
    """Ends that follow the head, bytes without a lease, and slots that are counted, not placed."""
    width, found = 4, 0
    slots = [(head, slot) for head in range(3 * width) if (slot := slot_at(head, width))]
    for (mine, first), (theirs, second) in combinations(slots, 2):
        one, other = weakened(weakness, first, mine), weakened(weakness, second, theirs)
        both_could = one[0] <= other[1] and other[0] <= one[1]
        found += both_could and most_landings([one, other]) > 1
    assert found == doubles


def weakened(weakness: str | None, slot: LeaseSlot, head: int, width: int = 4) -> Candidate:
    match weakness:
        case "own end":
            return slot.first_valid, head + width, slot.lease
        case "no lease":
            return slot.first_valid, slot.last_valid, head
        case "counted":
            return head + 1, head + width, b"the step's first"
        case _:
            return candidate_of(slot)
