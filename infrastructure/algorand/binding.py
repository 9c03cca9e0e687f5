"""Binds a creation to a slot of the grid, judged before it is signed: lease, fees, who pays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from algosdk.transaction import Transaction

from application.engine.answers import Cost, Feasible, Later, Preparation, Prepared, Refused
from application.engine.chain import ChainUnavailable, CreateToken, Effect, Place, Policy
from domain.errors import BrokenRule
from domain.slots import LeaseSlot
from domain.tokens import AsaFungible
from domain.values import NetworkRef
from infrastructure.addresses import algorand_address_text
from infrastructure.algorand import groups
from infrastructure.algorand.answers import verdict_of
from infrastructure.algorand.grid import Window, is_used, lease_of, window_at
from infrastructure.algorand.node import Algod, integer, member, text
from infrastructure.algorand.nodes import Nodes, asked
from infrastructure.algorand.rest import Json

ASSET_RESERVE = 100_000
"""Microalgos that an account has to hold for each asset that it made or holds."""
ACCOUNT_RESERVE = 100_000
"""Microalgos that every account has to hold."""
SIGNATURE = 75
"""Bytes that a signature adds to a transaction: what is sent is what is paid for."""
STANDS = 2
"""Rounds for which it stands that a group would land: who lost a race builds the same one again."""
MOST_REMEMBERED = 1_000
REFUSED = 400
REFUSED_FOR_EVER = "refused-for-ever"
LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator decided for slots and fees of one network."""

    window: int
    """Rounds of a window of the grid (W). A longer one makes proofs of absence dearer."""
    highest_fee: int
    """Microalgos for one transaction at most."""


class Binder:
    def __init__(self, network: NetworkRef, policy: Policy, terms: Terms, nodes: Nodes) -> None:
        self._network = network
        self._policy = policy
        self._terms = terms
        self._nodes = nodes
        self._landing: dict[object, int] = {}
        """In which round a group would have landed, by what tells groups apart but its first."""

    def preflight(self, effect: Effect) -> Feasible:
        """Say what the effect costs its sender at most, the reserve that it has to hold included.

        Raises:
            ChainUnavailable: the network is dearer than the policy allows, or does not answer.
        """
        _creation(effect)
        self._fee(0)
        return Feasible(most=self._terms.highest_fee + ASSET_RESERVE)

    def bind(self, effect: Effect, place: Place) -> Preparation:
        """Return the group for the window that is open now; Later where none can be begun.

        Raises:
            ChainUnavailable: it would not land as things are, or the network is too dear.
        """
        token, note = _creation(effect)
        head = self._nodes.agreed_head()
        window = window_at(head, self._terms.window)
        if window is None or is_used(window, place.used):
            return Later(seconds=self._policy.poll)
        lease = lease_of(place.operation, place.step, window.number)
        creator = groups.Creator(place.sender, lease, note)
        gift = self._gift(place)
        payment = _payment(place, gift)
        members = self._members(window, token, creator, payment)
        costs = _costs(place, gift, sum(one.fee for one in members))
        try:
            refused = self._judged((creator, payment, members[0].fee), members, head)
        except ChainUnavailable:
            if self._all_can_pay(costs):
                raise
            refused = None  # for want of coins, which the engine says of whoever lacks them
        if refused is not None:
            return refused
        key = LeaseSlot(
            genesis_hash=self._network.genesis_hash,
            sender=place.sender,
            lease=lease,
            window=window.number,
            first_valid=window.first,
            last_valid=window.last,
            sponsor=place.sponsorship.address if place.sponsorship else None,
            shape=tuple(one.type for one in members),
        )
        return Prepared(key=key, costs=costs, unsigned=members)

    def _all_can_pay(self, costs: Sequence[Cost]) -> bool:
        paying = (cost for cost in costs if cost.most)
        return all(coins_of(self._nodes, cost.address) >= cost.most for cost in paying)

    def _gift(self, place: Place) -> int:
        """Return the microalgos that a sponsor adds: what lacks, without the fee that it pays."""
        if place.sponsorship is None:
            return 0
        return max(0, place.sponsorship.missing - self._terms.highest_fee)

    def _members(
        self,
        window: Window,
        token: AsaFungible,
        creator: groups.Creator,
        payment: groups.Payment | None,
    ) -> list[Transaction]:
        validity = groups.Validity(self._network.genesis_hash, window.first, window.last)

        def group(fee: int) -> list[Transaction]:
            return groups.creation_group(validity, token, creator, fee, payment)

        largest = max(len(groups.encoded(one)) for one in group(self._terms.highest_fee))
        return group(self._fee(largest + SIGNATURE))

    def _fee(self, size: int) -> int:
        """Return microalgos for one transaction of so many bytes, as the network asks now.

        Raises:
            ChainUnavailable: the network is dearer than the policy allows.
        """
        params = self._ask(lambda node: node.params())
        least, each = integer(member(params, "min-fee")), integer(member(params, "fee"))
        fee, highest = max(least, each * size), self._terms.highest_fee
        if fee > highest:
            raise ChainUnavailable(
                f"a transaction costs {fee} microalgos now, the policy allows {highest}"
            )
        return fee

    def _judged(self, group: object, members: Sequence[Transaction], head: int) -> Refused | None:
        """Judge a group, unless it was found to land a moment ago."""
        judged = self._landing.get(group)
        if judged is not None and judged <= head <= judged + STANDS:
            return None
        if (refused := self._simulated(members)) is None:
            if len(self._landing) >= MOST_REMEMBERED:
                self._landing.clear()
            self._landing[group] = head
        return refused

    def _simulated(self, members: Sequence[Transaction]) -> Refused | None:
        """Judge the group before anything is signed; None where it would land now.

        Raises:
            ChainUnavailable: it would not land now, but may later.
        """
        group = [groups.encoded(one) for one in members]
        found = member(self._ask(lambda node: node.simulate(group)), "txn-groups")
        if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
            raise ChainUnavailable("the simulation answers for another number of groups")
        failure = found[0].get("failure-message")
        if not failure:
            return None
        wording = text(failure)
        detail = f"the simulation failed: {wording[:LONGEST_DETAIL]}"
        if verdict_of(REFUSED, wording) == REFUSED_FOR_EVER:
            return Refused(detail=detail)
        raise ChainUnavailable(detail)

    def _ask(self, ask: Callable[[Algod], Json]) -> Json:
        return self._nodes.first(lambda node: asked(node, lambda: ask(node)))


def coins_of(nodes: Nodes, address: bytes, at_least: int = 0) -> int:
    """Return what an address may spend, the reserve that the chain demands left aside.

    Less than nothing only where an account does not exist yet: the chain lets none fall below
    its reserve. So a node that makes up a reserve cannot have a treasury pay it.

    Args:
        nodes: of the network.
        address: whose coins.
        at_least: round that the answer has to know of.

    Raises:
        ChainUnavailable: no node answers, or the one that does is behind that round.
    """
    wanted = algorand_address_text(address)
    account = nodes.first(lambda node: asked(node, lambda: node.account(wanted)))
    if integer(member(account, "round")) < at_least:
        raise ChainUnavailable(f"the node is behind round {at_least}")
    free = integer(member(account, "amount")) - integer(member(account, "min-balance"))
    return max(free, -ACCOUNT_RESERVE)


def _creation(effect: Effect) -> tuple[AsaFungible, bytes]:
    """Return what is created, and the note that names its deployment."""
    if isinstance(effect, CreateToken) and isinstance(effect.token, AsaFungible):
        return effect.token, groups.note_of(effect.deployment)
    raise BrokenRule("this network makes Algorand assets, and funds them in the same group")


def _payment(place: Place, gift: int) -> groups.Payment | None:
    if place.sponsorship is None:
        return None
    return groups.Payment(place.sponsorship.address, gift)


def _costs(place: Place, gift: int, fees: int) -> tuple[Cost, ...]:
    """Return what the group takes from each signer's own coins."""
    if place.sponsorship is None:
        return (Cost(address=place.sender, most=fees + ASSET_RESERVE),)
    own = Cost(address=place.sender, most=max(0, ASSET_RESERVE - gift))
    return own, Cost(address=place.sponsorship.address, most=gift + fees)
