"""Deployments with proofs that hold, in a log of lists: what an engine would have recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID, uuid4

from application.commands import Origin
from domain.deployment import stream_of
from domain.events import (
    AttemptSigned,
    DeploymentCancelled,
    DeploymentCompleted,
    DeploymentFailed,
    DeploymentRequested,
    Event,
    Evidence,
    PlannedStep,
    RetryRequested,
    SlotDecided,
    SlotReserved,
    StepPurpose,
    StepsPlanned,
)
from domain.log import Append, EventLog, append_one, digest_of
from domain.slots import (
    AttemptKind,
    Certificate,
    CertificateKind,
    Fate,
    Inclusion,
    LeaseSlot,
    NonceSlot,
    SlotKey,
)
from domain.streams import StreamId
from domain.values import (
    WORKER,
    AccountId,
    BlobRef,
    BlockRef,
    DeploymentId,
    Family,
    NetworkRef,
    SignerId,
    SignerRef,
    TenantId,
)
from infrastructure.addresses import create_address
from infrastructure.algorand.certificate_maker import (
    burned_lease_certificate,
    dead_slot_certificate,
    dead_slot_certificate_of_leaves,
    inclusion_certificate,
)
from infrastructure.algorand.evidence import BlockEvidence
from infrastructure.algorand.grid import lease_of
from infrastructure.algorand.groups import note_of
from tests.algorand_blocks import GENESIS, Chain, creation, payment, row, txid
from tests.engine_world import terms
from tests.evm_blocks import CHAIN_ID, ELSEWHERE, Block, address_of, signed
from tests.memory_log import MemoryLog

KEY, TREASURY = b"k" * 32, b"t" * 32
US = b"c" * 32
WIDTH = 4
"""Rounds of a window."""
EVM = NetworkRef(
    id="anvil", family=Family.EVM, genesis_hash=sha256(b"anvil").digest(), chain_id=CHAIN_ID
)
ALGORAND = NetworkRef(id="algorand-devnet", family=Family.ALGORAND, genesis_hash=GENESIS)
TENANT = TenantId(UUID(int=1))


@dataclass(frozen=True, kw_only=True)
class Slotted:
    """What became of one slot, and the proof."""

    key: SlotKey
    transaction: bytes
    fate: Fate
    kind: CertificateKind
    block: BlockRef
    proof: bytes
    asset: bytes = b""


@dataclass(kw_only=True)
class Proven:
    """One deployment on one chain, whose slots a test decides."""

    log: EventLog = field(default_factory=MemoryLog)
    id: DeploymentId = field(default_factory=lambda: DeploymentId(uuid4()))
    tenant: TenantId = TENANT
    steps: int = 0
    slots: int = 0
    failed: int = 0

    network = EVM
    address = b""

    def __post_init__(self) -> None:
        requested = DeploymentRequested(
            tenant=self.tenant,
            account=AccountId(UUID(int=2)),
            signer=SignerRef(id=SignerId(UUID(int=3)), address=self.address),
            network=self.network,
            token=terms(self.network.family, self.address),
            fingerprint=b"f" * 32,
        )
        self.record(requested)

    @property
    def stream(self) -> StreamId:
        return stream_of(self.id)

    def record(self, *events: Event, blobs: Sequence[bytes] = ()) -> int:
        """Add facts to the deployment; return the position of the last."""
        stream = self.stream
        origin = Origin(actor=WORKER, command=uuid4(), correlation="worker")
        drafts = tuple(origin.draft(stream, event) for event in events)
        expected = {stream: self.log.read(stream).version}
        append = Append(drafts=drafts, expected=expected, blobs=tuple(blobs))
        return append_one(self.log, append)[-1].position

    def plan(self, *purposes: StepPurpose) -> None:
        steps = [
            PlannedStep(number=self.steps + at, purpose=purpose, amount=5)
            for at, purpose in enumerate(purposes, 1)
        ]
        self.steps += len(steps)
        self.record(StepsPlanned(steps=tuple(steps), most=9))

    def sign(self, one: Slotted, step: int, number: int) -> None:
        reserved = SlotReserved(step=step, slot=number, key=one.key, most=9)
        attempt = AttemptSigned(
            step=step,
            slot=number,
            attempt=1,
            kind=AttemptKind.EFFECT,
            transaction_id=one.transaction,
            raw=b"raw",
        )
        self.record(reserved, attempt)

    def decide(self, one: Slotted, step: int = 0, number: int = 1) -> Certificate:
        """Sign in a slot of a step, the last one if none is named, and decide it."""
        step = step or self.steps
        self.sign(one, step, number)
        return self.settle(one, step, number)

    def settle(self, one: Slotted, step: int, number: int) -> Certificate:
        """Decide a slot that was signed in."""
        proof = Certificate(kind=one.kind, blob=reference(one.proof), block=one.block)
        decided = SlotDecided(step=step, slot=number, fate=one.fate, certificate=proof)
        self.record(decided, blobs=[one.proof])
        return proof

    def complete(self, one: Slotted, exported: int | None = None) -> int:
        completed = DeploymentCompleted(
            asset=one.asset,
            transaction_id=one.transaction,
            inclusion=Inclusion(block=one.block, index=0, succeeded=True),
            evidence=Evidence(block=reference(b"block"), report=reference(b"report")),
            signer_exported=exported,
        )
        return self.record(completed)

    def fail(self, *proofs: Certificate, exported: int | None = None) -> int:
        never = Certificate(kind=CertificateKind.NEVER_SIGNED)
        failed = DeploymentFailed(
            cause="TRANSACTION_EXPIRED" if proofs else "CONTRACT_EXECUTION_FAILED",
            detail="no",
            certificates=proofs or (never,),
            leftovers=("funding of 5 base units was signed for the signer",) if proofs else (),
            signer_exported=exported,
        )
        return self.record(failed)

    def retry(self) -> None:
        self.failed += 1
        self.record(RetryRequested(retry=self.failed))

    def cancel(self) -> None:
        self.record(DeploymentCancelled(reason="typo"))


class OnEvm(Proven):
    network = EVM
    address = address_of(KEY)

    @property
    def data(self) -> bytes:
        return b"\x60\x00" + self.id.bytes.ljust(32, b"\0")

    def funded(self, nonce: int = 0) -> Slotted:
        transfer = signed(TREASURY, nonce, to=self.address)
        block = Block(7, transfer)
        return self._slotted(block, block.landed(), Fate.LANDED, "transfer", TREASURY, nonce)

    def created(self, nonce: int = 0, data: bytes | None = None) -> Slotted:
        target = create_address(self.address, nonce)
        creates = signed(KEY, nonce, data=self.data if data is None else data)
        block = Block(9, creates, accounts={target: (1, b"code")})
        proof = block.created(target)
        return self._slotted(block, proof, Fate.LANDED, "inclusion", KEY, nonce, target)

    def reverted(self, nonce: int = 0) -> Slotted:
        block = Block(9, signed(KEY, nonce, data=self.data), succeeded=False)
        proof = block.reverted(create_address(self.address, nonce))
        return self._slotted(block, proof, Fate.REVERTED, "revert", KEY, nonce)

    def burned(self, nonce: int = 0, *, by_state: bool = False) -> Slotted:
        other = signed(KEY, nonce, to=ELSEWHERE)
        block = Block(9, other, accounts={self.address: (nonce + 1, b"")})
        target = create_address(self.address, nonce)
        proof = block.burned_by_transaction()
        if by_state:
            proof = block.burned_by_state(self.address, target)
        ours = Block(9, signed(KEY, nonce, data=self.data))
        return self._slotted(ours, proof, Fate.BURNED, "burned", KEY, nonce, at=block)

    def _slotted(
        self,
        block: Block,
        proof: bytes,
        fate: Fate,
        kind: str,
        key: bytes,
        nonce: int,
        asset: bytes = b"",
        at: Block | None = None,
    ) -> Slotted:
        kinds = {"burned": CertificateKind.BURNED_NONCE}
        return Slotted(
            key=NonceSlot(
                chain_id=CHAIN_ID,
                genesis_hash=EVM.genesis_hash,
                sender=address_of(key),
                nonce=nonce,
            ),
            transaction=bytes(block.transaction.hash),
            fate=fate,
            kind=kinds.get(kind) or CertificateKind(f"finalized-{kind}"),
            block=BlockRef(number=block.number, hash=(at or block).hash),
            proof=proof,
            asset=asset,
        )


class OnAlgorand(Proven):
    network = ALGORAND
    address = US

    def created(self, window: int = 0, note: bytes | None = None) -> Slotted:
        ours = self._creation(window, self.steps, note)
        chain = Chain(next_round=window * WIDTH + 2)
        chain.add(row(payment()), row(ours, caid=77))
        proof = inclusion_certificate(BlockEvidence.of(chain.raw), 1)
        asset = (77).to_bytes(8, "big")
        one = self._slotted(window, ours, chain, Fate.LANDED, "finalized-inclusion", proof)
        return Slotted(**{name: getattr(one, name) for name in SHARED}, asset=asset)

    def dead(self, window: int = 0, *, of_leaves: bool = False) -> Slotted:
        chain = Chain(next_round=window * WIDTH + 1)
        for at in range(WIDTH):
            chain.add(*[row(payment(amt=9 + one)) for one in range(at)])
        make = dead_slot_certificate_of_leaves if of_leaves else dead_slot_certificate
        proof = make(BlockEvidence.of(chain.raw))
        ours = self._creation(window, self.steps)
        return self._slotted(window, ours, chain, Fate.DEAD, "dead-slot", proof)

    def burned(self, window: int = 0) -> Slotted:
        ours = self._creation(window, self.steps)
        bounds = {name: ours[name] for name in ("fv", "lv", "lx")}
        chain = Chain(next_round=window * WIDTH + 3)
        chain.add(row(payment(US, **bounds)))
        proof = burned_lease_certificate(BlockEvidence.of(chain.raw), 0)
        return self._slotted(window, ours, chain, Fate.BURNED, "burned-lease", proof)

    def _creation(self, window: int, step: int, note: bytes | None = None) -> dict[str, object]:
        return creation(
            US,
            lx=lease_of(stream_of(self.id), step, window),
            note=note_of(self.id) if note is None else note,
            fv=window * WIDTH + 1,
            lv=(window + 1) * WIDTH,
        )

    def _slotted(
        self,
        window: int,
        ours: dict[str, object],
        chain: Chain,
        fate: Fate,
        kind: str,
        proof: bytes,
    ) -> Slotted:
        return Slotted(
            key=LeaseSlot(
                genesis_hash=GENESIS,
                sender=US,
                lease=lease_of(stream_of(self.id), self.steps, window),
                window=window,
                first_valid=window * WIDTH + 1,
                last_valid=(window + 1) * WIDTH,
            ),
            transaction=txid(ours),
            fate=fate,
            kind=CertificateKind(kind),
            block=BlockRef(number=chain.next_round - 1, hash=chain.hashes[-1]),
            proof=proof,
        )


SHARED = ("key", "transaction", "fate", "kind", "block", "proof")


def reference(blob: bytes) -> BlobRef:
    return BlobRef(sha256=digest_of(blob), size=len(blob))


ISSUE, FUND = StepPurpose.ISSUE, StepPurpose.FUND
