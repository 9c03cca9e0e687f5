"""Who lost a race for the treasury builds the same group again, and need not ask anew."""

from base64 import b64encode
from typing import Any

import pytest

from application.engine.answers import Prepared, Refused
from application.engine.chain import ChainUnavailable, Place, Sponsorship
from infrastructure.algorand.binding import STANDS, Binder, Terms
from infrastructure.algorand.nodes import Nodes
from tests.scripted_leases import FINAL_AT_ONCE
from tests.unit.test_algorand_binding import EFFECT, GENESIS, NETWORK, OPERATION, SPONSOR, USER

FIRST = 80
WIDTH = 40
FOR_EVER = "invalid : transaction asset name too big: 40 > 32"


class CountingNode:
    operator = "one"

    def __init__(self) -> None:
        self.head, self.fee, self.failure, self.asked = FIRST, 0, "", 0

    def status(self) -> Any:
        return {"last-round": self.head, "time-since-last-round": 0}

    def params(self) -> Any:
        return {"min-fee": 1000, "fee": self.fee, "genesis-hash": b64encode(GENESIS).decode()}

    def account(self, _: str) -> Any:
        return {"round": self.head, "amount": 10**9, "min-balance": 100_000}

    def simulate(self, _: Any) -> Any:
        self.asked += 1
        return {"txn-groups": [{"failure-message": self.failure} if self.failure else {}]}


class Bound:
    def __init__(self) -> None:
        self.node = CountingNode()
        nodes = Nodes(NETWORK, [self.node], 1, 60.0)  # type: ignore[list-item]
        terms = Terms(window=WIDTH, highest_fee=10_000)
        self.binder = Binder(NETWORK, FINAL_AT_ONCE, terms, nodes)

    def bind(self, missing: int = 210_000, step: int = 1) -> Any:
        pays = Sponsorship(address=SPONSOR, missing=missing)
        place = Place(operation=OPERATION, step=step, sender=USER, nonce=None, sponsorship=pays)
        return self.binder.bind(EFFECT, place)


def test_a_group_that_would_land_is_judged_once_for_a_moment() -> None:
    bound = Bound()
    for later in (0, 0, 1, STANDS):
        bound.node.head = FIRST + later
        found = bound.bind()
        assert isinstance(found, Prepared)
        assert found.key.first_valid == max(bound.node.head, FIRST + 1)  # type: ignore[union-attr]
    assert bound.node.asked == 1
    bound.node.head = FIRST + STANDS + 1
    bound.bind()
    assert bound.node.asked == 2


def test_another_group_is_judged_anew() -> None:
    bound = Bound()
    bound.bind()
    bound.bind(missing=210_001)
    bound.bind(step=2)
    bound.node.fee = 5
    bound.bind()
    assert bound.node.asked == 4
    bound.node.head = FIRST - 1
    bound.node.fee = 0
    bound.bind()
    assert bound.node.asked == 4, "nothing begins in a window's last quarter"


def test_what_would_not_land_is_asked_again_each_time() -> None:
    bound = Bound()
    bound.node.failure = FOR_EVER
    assert isinstance(bound.bind(), Refused)
    assert isinstance(bound.bind(), Refused)
    bound.node.failure = "transaction X: something that nobody knows"
    for _ in range(2):
        with pytest.raises(ChainUnavailable):
            bound.bind()
    assert bound.node.asked == 4
    bound.node.failure = ""
    assert isinstance(bound.bind(), Prepared)
