"""Who signs: accounts that are adopted, not held, and have coins and room for one more slot."""

from dataclasses import dataclass, field, replace

from application.engine.answers import Cost
from application.engine.chain import SigningKeys
from application.engine.recording import Progress, Recorder, Resting, View, version_of, waiting
from domain.events import SignerSlotReserved, SignerState, SlotReserved, UndecidedSlot, WaitReason
from domain.log import EventLog, RecordedEvent
from domain.signer import (
    SignerNotReady,
    adopt,
    hold,
    require_ready,
    reserve,
    state_of,
    stream_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A chain account that may sign now."""

    address: bytes
    key: bytes = field(repr=False)
    last: RecordedEvent
    """The last event of its stream."""
    state: SignerState
    """What that event carries."""


class Signatories:
    def __init__(self, log: EventLog, keys: SigningKeys, view: View) -> None:
        self._log = log
        self._keys = keys
        self._view = view
        self._record = Recorder(log, view).record

    def treasury(self, lack: str) -> Signatory | Progress:
        """Return the operator's account that sponsors; else why it does not.

        Args:
            lack: what is said where there is none.
        """
        key = self._keys.treasury(self._view.chain.network)
        if key is None:
            return waiting(self._view, WaitReason.FUNDS, lack)
        return self.ready(self._view.chain.address_of(key), key)

    def empty(self, treasury: Signatory, most: int) -> Resting | None:
        """Say that a treasury lacks coins for a cost; None where it has them."""
        if self.missing(treasury, most) <= 0:
            return None
        spelled = self._view.chain.spelled(treasury.address)
        return waiting(self._view, WaitReason.FUNDS, f"the treasury {spelled} is empty")

    def missing(self, who: Signatory, most: int) -> int:
        """Return the base units that lack, net of what undecided slots may still cost."""
        there = self._view.chain.coins(who.address, at_least=self._view.last_fund_block)
        return most + who.state.most - there

    def ready(self, address: bytes, key: bytes) -> Signatory | Progress:
        """Return an account that may sign now; else what has to be done, or waited for, first."""
        chain = self._view.chain
        stream = stream_of(chain.network, address)
        last = self._log.read_last(stream)
        state = state_of(last.event) if last else None
        if state is not None and (busy := self._busy(address, state)) is not None:
            return busy
        stated = chain.stated_nonce(address)
        if last is None or state is None:
            adopted = adopt(chain.network, address, stated.at, stated.nonce)
            also = {stream: (version_of(last), adopted)}
            return self._record(("adopt", stream), also=also)
        if stated.nonce is not None and stated.nonce > (state.next_nonce or 0) and not state.hold:
            held = hold(state, stated.at, stated.nonce)
            return self._record(
                ("hold", stream, stated.nonce), also={stream: (version_of(last), held)}
            )
        return Signatory(address=address, key=key, last=last, state=state)

    def _busy(self, address: bytes, state: SignerState) -> Resting | None:
        """Say why an account signs nothing now. The log knows: the chain is not asked."""
        try:
            require_ready(state, self._view.chain.policy.undecided_limit)
        except SignerNotReady as why:
            return waiting(
                self._view, WaitReason.HELD, f"{self._view.chain.spelled(address)}: {why}"
            )
        return None

    def reserve(self, who: Signatory, reserved: SlotReserved, cost: Cost) -> SignerSlotReserved:
        """Take the slot on the stream of one who signs in it."""
        slot = UndecidedSlot(
            key=reserved.key,
            owner=self._view.history.stream,
            step=reserved.step,
            slot=reserved.slot,
            most=cost.most,
        )
        return reserve(who.state, slot, self._view.chain.policy.undecided_limit)

    def renewed(self, who: Signatory) -> Signatory | Resting:
        """Read a sponsor's stream anew, right before the append.

        Many deployments share one: what others reserved while this one prepared takes nothing
        away from it but coins and room, and both are looked at again.
        """
        last = self._log.read_last(stream_of(self._view.chain.network, who.address))
        state = state_of(last.event) if last else None
        if last is None or state is None or state.next_nonce != who.state.next_nonce:
            return who
        return self._busy(who.address, state) or replace(who, last=last, state=state)
