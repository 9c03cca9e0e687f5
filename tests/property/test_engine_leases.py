"""The engine on leases, under every interleaving that the machine finds.

What must hold at every moment is design section 1: I1 to I5. A slot's bytes lie in pools for
as long as they can land, and land in whatever round the machine closes.
"""

from contextlib import suppress
from dataclasses import replace
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from application.engine.drive import Engine
from domain.deployment import stream_of
from domain.errors import IllegalTransition
from domain.events import AttemptSigned, DeploymentCompleted, InclusionRevoked, SlotDecided
from domain.slots import CertificateKind, Fate, LeaseSlot, Slot
from domain.status import Status
from domain.values import DeploymentId
from tests.adversity import Countdown, Crash, CrashingChain, CrashingLog, RacingLog
from tests.engine_world import World
from tests.exporting import SPENDS_OR_SAYS, JustBefore, export_key, require_honest
from tests.scripted_chain import OneChain
from tests.scripted_leases import FINAL_AT_ONCE, WIDTH, Group, ScriptedLeases

which = st.integers(0, 1)
seldom = st.integers(0, 5).map(lambda drawn: drawn == 5)
CAUSES = ("transaction pool evicted it", "txn dead", "overlapping lease", "already in ledger")


class LeaseMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        policy = replace(FINAL_AT_ONCE, most_slots=2)
        self.world = World(chain=ScriptedLeases(policy=policy))
        self.chain = self.world.chain
        self.deployments = [self.world.request("one"), self.world.request("two")]
        self.shared = False
        """Whether somebody else has the user's key."""
        self.strangers: set[bytes] = set()
        """Leases that somebody else tried to use."""

    @initialize(
        coins=st.sampled_from([0, 130, 10_000]), rounds=st.integers(0, 5), shared=st.booleans()
    )
    def the_user_holds(self, coins: int, rounds: int, shared: bool) -> None:
        self.shared = shared
        self.chain.balances[self.world.user] = coins
        self.chain.mine(rounds)

    # ---- the worker, and what happens to it

    @rule(n=which)
    def drive(self, n: int) -> None:
        self.world.drive(self.deployments[n])

    @rule(n=which, after=st.integers(0, 8))
    def drive_and_crash(self, n: int, after: int) -> None:
        world, countdown = self.world, Countdown(after)
        chains = OneChain(CrashingChain(world.chain, countdown))  # type: ignore[arg-type]
        log = CrashingLog(world.log, countdown)
        engine = Engine(log, chains, world.keys, world.clock)  # type: ignore[arg-type]
        with suppress(Crash):
            engine.drive(stream_of(self.deployments[n]))

    @rule(n=which, m=which, after=st.integers(0, 12), rounds=st.integers(0, 5))
    def drive_while_another_is_faster(self, n: int, m: int, after: int, rounds: int) -> None:
        world = self.world

        def meanwhile() -> None:
            world.drive(self.deployments[m])
            world.chain.mine(rounds)
            world.drive(self.deployments[m])

        log = RacingLog(world.log, after, meanwhile)
        engine = Engine(log, OneChain(world.chain), world.keys, world.clock)  # type: ignore[arg-type]
        engine.drive(stream_of(self.deployments[n]))

    @rule(n=which, before=st.sampled_from(SPENDS_OR_SAYS), really=seldom)
    def drive_while_the_key_leaves(self, n: int, before: type, really: bool) -> None:
        world, deployment = self.world, self.deployments[n]
        log = JustBefore(world.log, before, lambda: really and export_key(world.log, deployment))
        engine = Engine(log, OneChain(world.chain), world.keys, world.clock)  # type: ignore[arg-type]
        engine.drive(stream_of(deployment))

    # ---- the chain

    @rule(rounds=st.integers(1, 5), full=st.booleans())
    def rounds_close(self, rounds: int, full: bool) -> None:
        self.chain.full = full
        self.chain.mine(rounds)
        self.world.clock.pass_by(20)

    @rule(n=which)
    def a_window_passes_and_others_pay_more(self, n: int) -> None:
        self.world.drive(self.deployments[n])
        self.chain.full = True
        self.chain.mine(WIDTH)
        self.world.drive(self.deployments[n])

    @rule(n=which)
    def only_the_last_round_of_a_window_has_room(self, n: int) -> None:
        self.world.drive(self.deployments[n])
        self.chain.full = True
        self.chain.mine(WIDTH - 1 - self.chain.head % WIDTH)
        self.world.drive(self.deployments[n])
        self.chain.full = False
        self.chain.mine()

    @rule(drops=st.booleans())
    def the_node_takes_bytes_and_forgets_them(self, drops: bool) -> None:
        self.chain.drops = drops

    @rule(hidden=st.booleans())
    def the_pools_show_nothing(self, hidden: bool) -> None:
        self.chain.hidden = hidden

    @rule(says=st.sampled_from(CAUSES) | st.none())
    def the_node_says_it_let_go(self, says: str | None) -> None:
        self.chain.evicted = says
        self.chain.says = None if says is None else ("refused-for-now", says)

    @rule()
    def all_pools_are_lost(self) -> None:
        self.chain.pool.clear()

    @rule(kept=st.integers(0, 4))
    def nodes_prune(self, kept: int) -> None:
        self.chain.forgotten = max(0, self.chain.head - kept)

    @rule()
    def an_archive_is_there(self) -> None:
        self.chain.forgotten = 0

    @rule(refuses=seldom)
    def the_simulation_refuses(self, refuses: bool) -> None:
        self.chain.refusal = "refused" if refuses else None

    # ---- people

    @rule(n=which, really=seldom)
    def cancel(self, n: int, really: bool) -> None:
        with suppress(IllegalTransition):
            if really:
                self.world.cancel(self.deployments[n])

    @rule(n=which, key=st.integers(0, 5))
    def retry(self, n: int, key: int) -> None:
        with suppress(IllegalTransition):
            self.world.retry(self.deployments[n], f"retry {key}")

    @precondition(lambda self: self.shared)
    @rule(n=which)
    def a_stranger_uses_the_lease(self, n: int) -> None:
        for slot in self.issue_slots(self.deployments[n]):
            if slot.fate is None and isinstance(slot.key, LeaseSlot):
                self.chain.stranger(slot.key)
                self.strangers.add(slot.key.lease)

    # ---- what holds

    def issue_slots(self, deployment: DeploymentId) -> tuple[Slot, ...]:
        return self.world.state(deployment).operation.issue_slots

    @invariant()
    def at_most_one_token_per_deployment(self) -> None:
        assert all(self.chain.created(d) <= 1 for d in self.deployments)

    @invariant()
    def nobody_pays_for_a_key_that_left_and_outcomes_say_that_it_did(self) -> None:
        world = self.world
        require_honest(world.log, world.chain.network, world.treasury, self.deployments)

    @invariant()
    def every_sent_byte_is_in_the_log(self) -> None:
        signed = {
            event.raw
            for d in self.deployments
            for event in self.world.events(d)
            if isinstance(event, AttemptSigned)
        }
        assert set(self.chain.bytes_seen) <= signed

    @invariant()
    def failed_is_proven_for_every_slot(self) -> None:
        for deployment in self.deployments:
            state = self.world.state(deployment)
            if state.status is not Status.FAILED:
                continue
            assert self.chain.created(deployment) == 0
            assert not self.may_land(deployment)
            assert state.failed is not None
            proofs = [slot.certificate for slot in state.operation.issue_slots]
            never = [proof.kind for proof in state.failed.certificates]
            assert list(state.failed.certificates) == proofs or (
                not proofs and never == [CertificateKind.NEVER_SIGNED]
            )

    @invariant()
    def cancelled_has_no_token_and_never_will(self) -> None:
        for deployment in self.deployments:
            if self.world.state(deployment).status is Status.CANCELLED:
                assert self.chain.created(deployment) == 0
                assert not self.may_land(deployment)

    @invariant()
    def dead_is_said_of_what_can_never_land(self) -> None:
        for deployment in self.deployments:
            for slot in self.issue_slots(deployment):
                if slot.fate is Fate.DEAD:
                    assert slot.certificate is not None
                    assert slot.certificate.kind is CertificateKind.DEAD_SLOT
                    assert all(one.last <= self.chain.head for one in self.groups_of(slot))
                    assert not self.landed(slot)

    @invariant()
    def completed_is_said_once_over_a_token_that_stands(self) -> None:
        for deployment in self.deployments:
            said = [e for e in self.world.events(deployment) if isinstance(e, DeploymentCompleted)]
            assert len(said) <= 1
            for one in said:
                assert self.chain.created(deployment) == 1
                at = one.inclusion
                assert self.chain.rounds[at.block.number][at.index].id == one.transaction_id
                assert self.world.log.blob(one.evidence.block.sha256) is not None
                assert self.world.log.blob(one.evidence.report.sha256) is not None

    @invariant()
    def a_step_has_one_open_slot_and_later_ones_are_in_later_windows(self) -> None:
        for deployment in self.deployments:
            for step in self.world.state(deployment).operation.steps:
                assert all(slot.fate is not None for slot in step.slots[:-1])
                assert sum(slot.fate is Fate.LANDED for slot in step.slots) <= 1
                keys = [slot.key for slot in step.slots if isinstance(slot.key, LeaseSlot)]
                assert len(keys) == len(step.slots)
                for before, after in pairwise(keys):
                    assert before.last_valid < after.first_valid
                    assert before.lease != after.lease

    @invariant()
    def all_bytes_of_a_slot_end_with_its_window(self) -> None:
        for deployment in self.deployments:
            for slot in self.issue_slots(deployment):
                assert isinstance(slot.key, LeaseSlot)
                ends = {(one.lease, one.last) for one in self.groups_of(slot)}
                assert ends == {(slot.key.lease, slot.key.last_valid)}

    @invariant()
    def all_who_sign_know_every_open_slot(self) -> None:
        open_slots = [slot.key for d in self.deployments for _, slot in self.undecided(d)]
        for address in (self.world.user, self.world.treasury):
            signer = self.world.signer(address)
            owned = {slot.key for slot in signer.undecided} if signer else set()
            assert owned == {key for key in open_slots if address in key.signers}

    @invariant()
    def only_a_stranger_holds_a_signer_and_nothing_final_is_revoked(self) -> None:
        user, treasury = (self.world.signer(a) for a in (self.world.user, self.world.treasury))
        assert treasury is None or treasury.hold is None
        assert user is None or user.hold is None or self.strangers
        for deployment in self.deployments:
            events = self.world.events(deployment)
            assert not any(isinstance(event, InclusionRevoked) for event in events)
            decided = [e.fate for e in events if isinstance(e, SlotDecided)]
            assert set(decided) <= {Fate.LANDED, Fate.DEAD}

    # ---- inside

    def undecided(self, deployment: DeploymentId) -> list[tuple[object, Slot]]:
        return list(self.world.state(deployment).operation.undecided)

    def groups_of(self, slot: Slot) -> list[Group]:
        return [self.chain.signed[attempt.raw] for attempt in slot.attempts]

    def landed(self, slot: Slot) -> bool:
        ids = {attempt.transaction_id for attempt in slot.attempts}
        return any(one.id in ids for block in self.chain.rounds for one in block)

    def may_land(self, deployment: DeploymentId) -> bool:
        """Whether bytes that left us could still make the token appear."""
        slots = self.issue_slots(deployment)
        groups = [one for slot in slots for one in self.groups_of(slot)]
        return any(one.last > self.chain.head for one in groups)


TestLeases = LeaseMachine.TestCase
TestLeases.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


# ---- a backup was lost: two logs on one chain, neither of which knows of the other

MOVES = st.lists(
    st.sampled_from(["first", "second", "round", "full", "pools lost"]), min_size=5, max_size=25
)


@given(MOVES, st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_two_logs_that_know_nothing_of_each_other_never_land_twice_in_a_window(
    moves: list[str], late: int
) -> None:
    chain = ScriptedLeases()
    worlds = {name: World(chain=chain) for name in ("first", "second")}
    deployment, *_ = (world.request("one") for world in worlds.values())
    chain.mine(late)
    for move in moves:
        match move:
            case "round" | "full":
                chain.full = move == "full"
                chain.mine()
            case "pools lost":
                chain.pool.clear()
            case name:
                worlds[name].drive(deployment)
    landed = chain.creations(deployment)
    assert len({group.last for group in landed}) == len(landed)
    for one, other in combinations(landed, 2):
        assert one.last < other.first or other.last < one.first
    ends = {group.last for group in landed}
    for world in worlds.values():
        for slot in world.state(deployment).operation.issue_slots:
            assert isinstance(slot.key, LeaseSlot)
            assert slot.fate is not Fate.DEAD or slot.key.last_valid not in ends
