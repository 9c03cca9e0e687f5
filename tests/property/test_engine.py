"""The engine under every interleaving that the machine finds: crashes, races, reorganisations.

What must hold at every moment is design section 1: I1 to I5.
"""

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from application.engine.drive import Engine
from domain.deployment import stream_of
from domain.errors import IllegalTransition
from domain.events import AttemptSigned, DeploymentCompleted, DeploymentFailed
from domain.slots import Fate
from domain.status import Status
from domain.values import DeploymentId
from tests.adversity import Countdown, Crash, CrashingChain, CrashingLog, RacingLog
from tests.engine_world import World
from tests.exporting import SPENDS_OR_SAYS, JustBefore, export_key, require_honest
from tests.scripted_chain import OneChain

which = st.integers(0, 1)
seldom = st.integers(0, 5).map(lambda drawn: drawn == 5)


class EngineMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.deployments = [self.world.request("one"), self.world.request("two")]
        self.completed: set[DeploymentId] = set()

    @initialize(coins=st.sampled_from([0, 130, 10_000]))
    def the_user_holds(self, coins: int) -> None:
        self.world.chain.balances[self.world.user] = coins

    @rule(n=which)
    def drive(self, n: int) -> None:
        self.world.drive(self.deployments[n])

    @rule(n=which, after=st.integers(0, 8))
    def drive_and_crash(self, n: int, after: int) -> None:
        world, countdown = self.world, Countdown(after)
        chain = CrashingChain(world.chain, countdown)
        chains = OneChain(chain)  # type: ignore[arg-type]
        log = CrashingLog(world.log, countdown)
        engine = Engine(log, chains, world.keys, world.clock)  # type: ignore[arg-type]
        with suppress(Crash):
            engine.drive(stream_of(self.deployments[n]))

    @rule(n=which, m=which, after=st.integers(0, 12))
    def drive_while_another_is_faster(self, n: int, m: int, after: int) -> None:
        world = self.world
        log = RacingLog(world.log, after, lambda: _ignore(world.drive(self.deployments[m])))
        engine = Engine(log, OneChain(world.chain), world.keys, world.clock)  # type: ignore[arg-type]
        engine.drive(stream_of(self.deployments[n]))

    @rule(n=which, before=st.sampled_from(SPENDS_OR_SAYS), really=seldom)
    def drive_while_the_key_leaves(self, n: int, before: type, really: bool) -> None:
        world, deployment = self.world, self.deployments[n]
        log = JustBefore(world.log, before, lambda: really and export_key(world.log, deployment))
        engine = Engine(log, OneChain(world.chain), world.keys, world.clock)  # type: ignore[arg-type]
        engine.drive(stream_of(deployment))

    @rule(blocks=st.integers(1, 3))
    def mine(self, blocks: int) -> None:
        self.world.chain.mine(blocks)
        self.world.clock.pass_by(20)

    @rule(depth=st.integers(1, 2))
    def reorganise(self, depth: int) -> None:
        self.world.chain.reorganise(depth)

    @rule()
    def the_node_forgets_its_pool(self) -> None:
        self.world.chain.pool.clear()

    @rule(hidden=st.booleans())
    def the_node_shows_no_transactions(self, *, hidden: bool) -> None:
        self.world.chain.hidden = hidden

    @rule(refuses=st.booleans())
    def the_simulation_reverts(self, *, refuses: bool) -> None:
        self.world.chain.refusal = "reverted" if refuses else None

    @rule(n=which)
    def cancel(self, n: int) -> None:
        with suppress(IllegalTransition):
            self.world.cancel(self.deployments[n])

    @rule(n=which, key=st.integers(0, 5))
    def retry(self, n: int, key: int) -> None:
        with suppress(IllegalTransition):
            self.world.retry(self.deployments[n], f"retry {key}")

    @precondition(lambda self: len(self.world.chain.blocks) > 4)
    @rule()
    def a_stranger_uses_the_key(self) -> None:
        self.world.chain.stranger(self.world.user)

    @invariant()
    def at_most_one_token_per_deployment(self) -> None:
        assert all(self.world.chain.created(d) <= 1 for d in self.deployments)

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
        assert set(self.world.chain.bytes_seen) <= signed

    @invariant()
    def failed_has_no_signature_and_completed_has_a_final_token(self) -> None:
        for deployment in self.deployments:
            state = self.world.state(deployment)
            if state.status is Status.FAILED:
                assert not state.operation.signed_to_issue
                assert self.world.chain.created(deployment) == 0
            if state.status is Status.COMPLETED:
                assert self.world.chain.created(deployment) == 1

    @invariant()
    def a_step_has_one_open_slot_and_one_landing_at_most(self) -> None:
        for deployment in self.deployments:
            for step in self.world.state(deployment).operation.steps:
                assert sum(slot.fate is None for slot in step.slots) <= 1
                assert sum(slot.fate is Fate.LANDED for slot in step.slots) <= 1

    @invariant()
    def the_signer_knows_every_open_slot(self) -> None:
        signer = self.world.signer(self.world.user)
        owned = {slot.key for slot in signer.undecided} if signer else set()
        open_slots = {
            slot.key
            for d in self.deployments
            for _, slot in self.world.state(d).operation.undecided
            if slot.key.sender == self.world.user
        }
        assert owned == open_slots

    @invariant()
    def an_outcome_is_said_once(self) -> None:
        for deployment in self.deployments:
            said = [e for e in self.world.events(deployment) if isinstance(e, DeploymentCompleted)]
            assert len(said) <= 1
            if said:
                assert said[0].inclusion.block.number <= self.world.chain.final
                assert not isinstance(self.world.events(deployment)[-1], DeploymentFailed)


def _ignore(_: object) -> None:
    """The other worker's result is its own business."""


TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
