"""Algorand's engine on a chain whose rounds a test makes, and raw bytes read by algosdk alone."""

import io
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import msgpack
from algosdk import encoding, transaction

from application.commands import Origin, RetryDeployment
from application.engine.chain import CreateToken, Place, Policy
from application.execute import CommandHandler
from domain.deployment import Deployment, stream_of
from domain.events import AttemptSigned, DeploymentCompleted, SlotDecided, SlotReserved
from domain.log import Append, append_one
from domain.slots import Attempt, LeaseSlot
from domain.status import Status, SubStatus
from domain.values import Actor, DeploymentId, Family, NetworkRef, TenantId
from infrastructure.algorand.binding import Terms
from infrastructure.algorand.chain import AlgorandChain
from infrastructure.algorand.node import Algod as Node
from infrastructure.algorand.nodes import Nodes
from infrastructure.algorand.verifier import SlotFacts, verify
from infrastructure.devnet.algod import Algod
from tests.algod_wallet import Wallet, client, rich
from tests.algorand_world import POLICY, WINDOW, AlgorandWorld, adapter

QUICK = replace(POLICY, rebroadcast_after=0.0)
"""Sends again whenever nobody shows the bytes: a test's rounds take no time."""
ASIDE = Origin(actor=Actor("account:test"), command=uuid4(), correlation="c")
MOST_ROUNDS = 60


def chain_at(
    network: NetworkRef, urls: Sequence[str], token: str, window: int = WINDOW
) -> AlgorandChain:
    """Make an adapter from what can be handed to another process."""
    nodes = [Node(url, token, f"operator-{number}", 5.0) for number, url in enumerate(urls, 1)]
    sought = Nodes(network, nodes, POLICY.required_operators, standstill=60.0)
    return AlgorandChain(network, POLICY, Terms(window=window, highest_fee=10_000), sought)


@dataclass
class Hands(AlgorandWorld):
    """A world in which no round comes but by order."""

    @property
    def head(self) -> int:
        latest: int = self.node.ask("GET", "/v2/status")["last-round"]
        return latest

    def begin_window(self) -> int:
        """Make rounds until a window has just begun, and return the latest."""
        return self.node.tick(WINDOW - self.head % WINDOW)

    def step(self, deployment: DeploymentId, rounds: int = 1) -> Deployment:
        """Make rounds, and look once."""
        self.node.tick(rounds)
        self.drive(deployment)
        return self.state(deployment)

    def look(self, deployment: DeploymentId) -> Deployment:
        self.drive(deployment)
        return self.state(deployment)

    def rounds_until(
        self, deployment: DeploymentId, *wanted: Status | SubStatus, most: int = MOST_ROUNDS
    ) -> Deployment:
        """Look and make rounds in turn until it is there; fail if it never is."""
        for _ in range(most):
            state = self.look(deployment)
            if {state.status, state.sub_status} & set(wanted):
                return state
            self.node.tick()
        raise AssertionError((state.status, state.sub_status, state.operation.wait))

    def with_coins(self, amount: int = 10_000_000) -> Wallet:
        """Give the user coins of its own, and return its wallet."""
        treasury = rich(self.node)
        wallet = Wallet(self.node, self.keys.seed_of(self.signer))
        treasury.client.send_transaction(
            treasury.payment(wallet.address, amount, note=uuid4().bytes)
        )
        self.node.tick()
        return wallet

    def slot(self, deployment: DeploymentId, number: int = 1) -> LeaseSlot:
        reserved = [e for e in self.events(deployment) if isinstance(e, SlotReserved)]
        key = reserved[number - 1].key
        assert isinstance(key, LeaseSlot)
        return key

    def signed(self, deployment: DeploymentId) -> list[AttemptSigned]:
        return [e for e in self.events(deployment) if isinstance(e, AttemptSigned)]

    def decided(self, deployment: DeploymentId) -> list[SlotDecided]:
        return [e for e in self.events(deployment) if isinstance(e, SlotDecided)]

    def facts(self, deployment: DeploymentId, number: int = 1) -> SlotFacts:
        """What a verifier is told of a slot: the log's events alone."""
        key = self.slot(deployment, number)
        ids = {e.transaction_id for e in self.signed(deployment) if e.slot == number}
        return SlotFacts(
            genesis_hash=key.genesis_hash,
            sender=key.sender,
            lease=key.lease,
            first_round=key.window * WINDOW + 1,
            last_valid=key.last_valid,
            attempts=frozenset(ids),
        )

    def shown(self, deployment: DeploymentId, number: int = 1) -> dict[str, Any]:
        """Verify the certificate of a slot, as an auditor with the log and one hash does."""
        decided = next(e for e in self.decided(deployment) if e.slot == number)
        assert decided.certificate.blob is not None
        assert decided.certificate.block is not None
        blob = self.log.blob(decided.certificate.blob.sha256)
        assert blob is not None
        return verify(blob, self.facts(deployment, number), decided.certificate.block.hash)

    def sign_another(self, deployment: DeploymentId, fee_per_byte: int = 5) -> Attempt:
        """Sign a second attempt of the open slot at another fee; the log does not know of it."""
        assert self.chain is not None
        slot, state = self.slot(deployment), self.state(deployment)
        assert slot.sponsor is None
        creation = CreateToken(token=state.request.token, deployment=deployment)
        place = Place(operation=stream_of(deployment), step=1, sender=slot.sender, nonce=None)
        self.node.fault(fee_per_byte=fee_per_byte)
        prepared = adapter(self.node).prepare(creation, place)
        self.node.fault(fee_per_byte=0)
        assert prepared.key == slot  # type: ignore[union-attr]
        keys = {slot.sender: self.keys.seed_of(self.signer)}
        return self.chain.sign(prepared, keys, 2)  # type: ignore[arg-type]

    def record(self, deployment: DeploymentId, attempt: Attempt) -> None:
        """Append by hand that an attempt was signed."""
        stream = stream_of(deployment)
        signed = AttemptSigned(
            step=1,
            slot=1,
            attempt=attempt.number,
            kind=attempt.kind,
            transaction_id=attempt.transaction_id,
            raw=attempt.raw,
        )
        history = self.log.read(stream)
        draft = replace(ASIDE, command=uuid4()).draft(stream, signed)
        append_one(self.log, Append(drafts=(draft,), expected={stream: history.version}))

    def retry(self, deployment: DeploymentId) -> None:
        tenant = TenantId(self.state(deployment).request.tenant)
        command = RetryDeployment(deployment=deployment, tenant=tenant, fingerprint=b"r" * 32)
        CommandHandler(self.log).execute(command, replace(ASIDE, command=uuid4()))

    def landed_once(self, deployment: DeploymentId) -> None:
        """Ask the ledger itself: one asset of the signer, and it is the one that the log names."""
        completed = [e for e in self.events(deployment) if isinstance(e, DeploymentCompleted)]
        assert len(completed) == 1
        assert self.state(deployment).status is Status.COMPLETED
        assert [one["index"] for one in self.assets()] == [int.from_bytes(completed[0].asset)]

    def balance(self, address: str = "") -> int:
        found: int = client(self.node).account_info(
            address or encoding.encode_address(self.address)
        )["amount"]
        return found


def members_of(raw: bytes) -> list[transaction.SignedTransaction]:
    """Read signed bytes as algosdk does."""
    unpacker = msgpack.Unpacker(io.BytesIO(raw), raw=False, strict_map_key=False)
    packed = [msgpack.packb(one, use_bin_type=True) for one in unpacker]
    assert b"".join(packed) == raw
    return [encoding.msgpack_decode(b64encode(one).decode()) for one in packed]


def policy(**changed: Any) -> Policy:
    return replace(QUICK, **changed)


def reference_of(genesis_hash: bytes) -> NetworkRef:
    return NetworkRef(id="algorand", family=Family.ALGORAND, genesis_hash=genesis_hash)


def world(
    node: Algod, urls: Sequence[str] = (), readers: Sequence[Any] = (), **changed: Any
) -> Hands:
    """Make a world; `changed` are parts of the policy."""
    chain = adapter(node, urls, policy(**changed), readers)
    return Hands(node, chain)
