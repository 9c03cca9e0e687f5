"""One EVM network. Implements application.engine.chain.Chain."""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_account import Account
from eth_keys.datatypes import PrivateKey

from application.engine.answers import (
    Answer,
    Canonical,
    Conformity,
    Cost,
    Feasible,
    Orphaned,
    Preflight,
    Prepared,
    Reading,
    Refused,
    Sighting,
    Standing,
    StatedNonce,
    TakenEvidence,
)
from application.engine.chain import ChainUnavailable, CreateToken, Effect, Place, Policy, SendCoins
from domain.errors import BrokenRule
from domain.slots import Attempt, AttemptKind, Inclusion, NonceSlot, Slot
from domain.values import BlockRef, NetworkRef
from infrastructure.addresses import evm_address_text
from infrastructure.evm import conformity, evidence_taking, sightings
from infrastructure.evm.answers import ACCEPTED, SAYS_NOTHING, verdict_of
from infrastructure.evm.node import Json, Node, NodeRefused, quantity
from infrastructure.evm.nodes import Nodes
from infrastructure.evm.token_code import creation_code
from infrastructure.evm.token_terms import terms_of
from infrastructure.evm.verifier.accounts import NEWEST_TYPE

MOST_GAS = 2**24
"""Gas of one transaction (EIP-7825). A node that says more would have a treasury pay for it."""
REVERTED = 3
"""JSON-RPC code of a simulation that reverted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What the operator is willing to pay on this network."""

    highest_per_gas: int
    """Wei per gas, tip included."""
    tip: int
    """Wei per gas for whoever builds the block."""
    gas_margin: int
    """Percent on top of the estimate: other transactions change what it costs."""


class EvmChain:
    sponsors_inside = False
    """A transaction has one payer here: who lacks coins is funded by a step of its own."""

    def __init__(self, network: NetworkRef, policy: Policy, fees: Fees, nodes: Nodes) -> None:
        self.network = network
        self.policy = policy
        self._fees = fees
        self._nodes = nodes

    @property
    def has_independent_reader(self) -> bool:
        return len(self._nodes.operators) > 1

    def spelled(self, address: bytes) -> str:
        return evm_address_text(address)

    def standing(self, known: BlockRef | None) -> Standing:
        return self._nodes.standing(known)

    def preflight(self, effect: Effect, sender: bytes) -> Preflight:
        call = _call(effect, sender)
        try:
            if isinstance(effect, CreateToken):
                self._require_provable()
                self._ask("eth_call", call, "latest")
            gas = self._gas(call)
        except NodeRefused as error:
            if error.code == REVERTED:
                return Refused(detail=f"the simulation reverted: {error.message[:200]}")
            raise ChainUnavailable(f"no simulation: {error}") from error
        return Feasible(most=gas * self._fees.highest_per_gas + quantity(call["value"]))

    def coins(self, address: bytes, at_least: int = 0) -> int:
        head = self._head()
        if head < at_least:
            raise ChainUnavailable(f"the node is at block {head}, {at_least} is needed")
        return quantity(self._asked("eth_getBalance", "0x" + address.hex(), hex(head)))

    def stated_nonce(self, address: bytes) -> StatedNonce:
        return self._nodes.proven_nonce(address, "finalized")

    def prepare(self, effect: Effect, place: Place) -> Prepared:
        sender, nonce = place.sender, place.nonce
        if nonce is None or self.network.chain_id is None:
            raise BrokenRule("an EVM slot has a nonce on a chain with an id")
        call = _call(effect, sender)
        try:
            gas = self._gas(call)
        except NodeRefused as error:
            raise ChainUnavailable(f"no estimate: {error}") from error
        price = self._price()
        unsigned = {
            "type": 2,
            "chainId": self.network.chain_id,
            "nonce": nonce,
            "gas": gas,
            "maxFeePerGas": price,
            "maxPriorityFeePerGas": min(self._fees.tip, price),
            "value": quantity(call["value"]),
            "data": call.get("data", "0x"),
        }
        if "to" in call:
            unsigned["to"] = evm_address_text(bytes.fromhex(call["to"][2:]))
        key = NonceSlot(
            chain_id=self.network.chain_id,
            genesis_hash=self.network.genesis_hash,
            sender=sender,
            nonce=nonce,
        )
        most = gas * price + quantity(call["value"])
        return Prepared(key=key, costs=(Cost(address=sender, most=most),), unsigned=unsigned)

    def sign(self, prepared: Prepared, keys: Mapping[bytes, bytes], number: int) -> Attempt:
        key = keys[prepared.key.sender]
        if self.address_of(key) != prepared.key.sender:
            raise BrokenRule("this key signs for another address")
        assert isinstance(prepared.unsigned, dict)
        signed = Account.sign_transaction(prepared.unsigned, key)
        return Attempt(
            number=number,
            kind=AttemptKind.EFFECT,
            transaction_id=bytes(signed.hash),
            raw=bytes(signed.raw_transaction),
        )

    def address_of(self, key: bytes) -> bytes:
        return PrivateKey(key).public_key.to_canonical_address()

    def broadcast(self, raw: bytes) -> tuple[Answer, ...]:
        return tuple(_offer(node, raw) for node in self._nodes.of_this_chain())

    def observe(self, slot: Slot) -> Sighting:
        return sightings.observe(self._nodes, slot)

    def canonical(self, inclusion: Inclusion) -> Canonical | Orphaned:
        return sightings.canonical(self._nodes, inclusion)

    def stated_final(self, block: BlockRef) -> tuple[str, ...]:
        return self._nodes.stated_final(block)

    def read_conformity(self, effect: CreateToken, slot: Slot, inclusion: Inclusion) -> Conformity:
        terms = terms_of(effect)
        return self._nodes.first(lambda node: conformity.read(node, terms, slot, inclusion))

    def take_evidence(self, effect: Effect, slot: Slot, inclusion: Inclusion) -> TakenEvidence:
        terms = terms_of(effect) if isinstance(effect, CreateToken) else None
        return self._nodes.first(lambda node: evidence_taking.take(node, terms, slot, inclusion))

    def take_absence(self, slot: Slot, last: BlockRef) -> TakenEvidence:
        raise BrokenRule(f"{slot.key.told} waits without end, unused by block {last.number} or not")

    def independent_reading(self, slot: Slot, inclusion: Inclusion) -> Reading | None:
        return sightings.independent_reading(self._nodes, slot, inclusion)

    def _require_provable(self) -> None:
        """Refuse to begin where no evidence could be taken later.

        Raises:
            ChainUnavailable: blocks hold transactions whose raw form is not known here (the
                deposits of OP chains, Arbitrum's own kinds): an outcome could never be proven.
        """
        latest = self._ask("eth_getBlockByNumber", "latest", True)
        kinds = {quantity(one.get("type", "0x0")) for one in latest["transactions"]}
        if unknown := {kind for kind in kinds if kind > NEWEST_TYPE}:
            names = ", ".join(map(hex, sorted(unknown)))
            raise ChainUnavailable(
                f"blocks here hold transactions of type {names}, not provable yet"
            )

    def _gas(self, call: dict[str, str]) -> int:
        estimate = quantity(self._ask("eth_estimateGas", call))
        if estimate > MOST_GAS:
            raise ChainUnavailable(
                f"an estimate of {estimate} gas is more than a transaction may use"
            )
        return estimate * (100 + self._fees.gas_margin) // 100

    def _price(self) -> int:
        """Return wei per gas: room for the base fee to double, never above the policy.

        Raises:
            ChainUnavailable: the chain is dearer than the policy allows now.
        """
        latest = self._asked("eth_getBlockByNumber", "latest", False)
        base = quantity((latest or {}).get("baseFeePerGas"))
        highest = self._fees.highest_per_gas
        if base + self._fees.tip > highest:
            raise ChainUnavailable(f"base fee {base} wei is above the policy's {highest} wei")
        return min(highest, 2 * base + self._fees.tip)

    def _head(self) -> int:
        return quantity(self._asked("eth_blockNumber"))

    def _ask(self, method: str, *params: Json) -> Json:
        return self._nodes.first(lambda node: node.ask(method, *params))

    def _asked(self, method: str, *params: Json) -> Json:
        try:
            return self._ask(method, *params)
        except NodeRefused as error:
            raise ChainUnavailable(f"{method}: {error}") from error


def _call(effect: Effect, sender: bytes) -> dict[str, str]:
    """Spell an effect as an unsigned call. Without fees, so that it needs no coins."""
    source = "0x" + sender.hex()
    match effect:
        case CreateToken():
            return {
                "from": source,
                "value": "0x0",
                "data": "0x" + creation_code(terms_of(effect)).hex(),
            }
        case SendCoins(to=to, amount=amount):
            return {"from": source, "value": hex(amount), "to": "0x" + to.hex()}


def _offer(node: Node, raw: bytes) -> Answer:
    """Offer bytes once. Whatever comes back, or does not, is an answer worth keeping."""
    try:
        said = node.ask("eth_sendRawTransaction", "0x" + raw.hex())
    except NodeRefused as error:
        verdict = verdict_of(error.code, error.message)
        return Answer(operator=node.operator, verdict=verdict, wording=str(error))
    except ChainUnavailable as error:
        return Answer(operator=node.operator, verdict=SAYS_NOTHING, wording=str(error))
    return Answer(operator=node.operator, verdict=ACCEPTED, wording=str(said))
