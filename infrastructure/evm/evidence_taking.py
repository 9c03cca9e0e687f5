"""Takes what proves an inclusion, at finality, and makes the certificate from that alone."""

from application.engine.answers import TakenEvidence
from application.engine.chain import ChainUnavailable, HistoryPruned
from domain.slots import CertificateKind, Inclusion, NonceSlot, Slot
from infrastructure.addresses import create_address
from infrastructure.evm.certificate_maker import (
    block_evidence_from_json,
    inclusion_certificate,
    transfer_certificate,
)
from infrastructure.evm.conformity import conforming_logs
from infrastructure.evm.node import Json, Node, NodeRefused
from infrastructure.evm.slot_facts import facts_of
from infrastructure.evm.token_code import TokenCodeTerms, expected_runtime_code
from infrastructure.evm.verifier import Refused, verify
from infrastructure.evm.verifier.primitives import keccak256


def take(
    node: Node, terms: TokenCodeTerms | None, slot: Slot, inclusion: Inclusion
) -> TakenEvidence:
    """Return the block's evidence and a certificate that verifies against the block's hash.

    Args:
        node: whom to ask; nothing is believed that does not hash.
        terms: what was to be created; None for a transfer.
        slot: whose landing is proven.
        inclusion: where, in a block that is final.

    Raises:
        HistoryPruned: the node no longer has the state of that block.
        ChainUnavailable: it could not be asked, or what it gave does not prove it.
    """
    assert isinstance(slot.key, NonceSlot)
    address = create_address(slot.key.sender, slot.key.nonce) if terms else b""
    number = hex(inclusion.block.number)
    try:
        block = node.ask("eth_getBlockByHash", "0x" + inclusion.block.hash.hex(), True)
        receipts = node.ask("eth_getBlockReceipts", number)
        proof = _proof(node, address, number) if terms else None
        evidence = block_evidence_from_json(block, receipts, proof)
        make = inclusion_certificate if terms else transfer_certificate
        certificate = make(evidence, inclusion.index)
        shown = verify(certificate, facts_of(slot), inclusion.block.hash)
    except (NodeRefused, Refused, KeyError, TypeError, ValueError) as error:
        raise ChainUnavailable(f"{node.operator} gives no proof: {error}") from error
    if terms is not None:
        code = keccak256(expected_runtime_code(terms, slot.key.chain_id, address)).hex()
        receipt = evidence.receipts[inclusion.index]
        if shown["codeHash"] != code or not conforming_logs(receipt, terms, address):
            raise ChainUnavailable(f"{node.operator} proves another token than it showed before")
    kind = CertificateKind.FINALIZED_INCLUSION if terms else CertificateKind.FINALIZED_TRANSFER
    return TakenEvidence(
        block=evidence.to_bytes(), kind=kind, certificate=certificate, asset=address
    )


def _proof(node: Node, address: bytes, number: str) -> Json:
    try:
        return node.ask("eth_getProof", "0x" + address.hex(), [], number)
    except NodeRefused as error:
        raise HistoryPruned(f"{node.operator}: {error}") from error
