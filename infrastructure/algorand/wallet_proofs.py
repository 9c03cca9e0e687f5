"""Implements application.wallet_proofs after draft ARC-14, with a nonce in the note.

Who may sign for an account is known to the chain alone: an account can be rekeyed, and its
first key is then worth nothing. So nodes are asked each time, and where too few of them agree
nobody signs in.
"""

from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence

from application.engine.answers import Serving
from application.engine.chain import ChainUnavailable
from application.wallet_proofs import InvalidProof, ProofKind, WalletProof
from domain.values import Family, NetworkRef
from infrastructure.addresses import algorand_address, algorand_address_text
from infrastructure.algorand.node import Algod, integer, member, text
from infrastructure.algorand.nodes import NEAR, Nodes, asked
from infrastructure.algorand.signed_payments import Multisig, SignedPayment, read_signed_payment
from infrastructure.algorand.verifier.primitives import Refused, need
from infrastructure.networks import BadCatalogue, Catalogue, NetworkEntry, NodeEntry

DRAFT = "#ARC14"
"""What the draft puts behind the realm."""
LONGEST = 1_000
"""Rounds that a transaction may be valid, on chain and here."""
LARGEST_NOTE = 1_024
"""Bytes (consensus parameter MaxTxnNoteBytes)."""
LEAST_NONCE = 16
"""Bytes."""


class DraftArc14:
    """Implements application.wallet_proofs.WalletProofs."""

    def __init__(self, nodes: Mapping[str, Nodes], realm: str) -> None:
        """Check proofs on networks.

        Args:
            nodes: of each network, by its key.
            realm: names this service. A proof for another service has another one.

        Raises:
            ValueError: the realm is empty, or not printable ASCII without blanks and ``#:``.
        """
        if not realm or not all("!" <= c <= "~" and c not in "#:" for c in realm):
            raise ValueError("a realm is printable ASCII without blanks, # and :")
        self._nodes = dict(nodes)
        self._realm = realm

    def note(self, nonce: bytes) -> bytes:
        """Return the realm, the draft's mark and the nonce in base64url without padding."""
        if len(nonce) < LEAST_NONCE:
            raise ValueError(f"a nonce has {LEAST_NONCE} bytes or more")
        spelled = urlsafe_b64encode(nonce).decode().rstrip("=")
        note = f"{self._realm}{DRAFT}:{spelled}".encode()
        if len(note) > LARGEST_NOTE:
            raise ValueError(f"a note has no more than {LARGEST_NOTE} bytes")
        return note

    def check(self, network: NetworkRef, signed: bytes, nonce: bytes) -> WalletProof:
        wanted = self.note(nonce)
        if (nodes := self._nodes.get(network.key)) is None:
            raise InvalidProof("nobody signs in with a wallet of this network")
        try:
            # What nodes are not needed for comes first: rubbish costs them nothing.
            payment = read_signed_payment(signed)
            need(payment.note == wanted, "its note is not what was asked for")
            need(payment.genesis_hash == network.genesis_hash, "it is for another network")
            span = payment.last_valid - payment.first_valid
            need(0 <= span <= LONGEST, f"it is not valid for 0 to {LONGEST} rounds")
            head = _head(nodes)
            need(payment.last_valid >= head, "its last round is over")
            # A wallet whose node is a little ahead of ours signs the longest span, too.
            need(payment.last_valid - head <= LONGEST + NEAR, "its last round is too far ahead")
            authority = _authority(nodes, payment.sender, head)
            need(authority == payment.signer, "its signer is not who may sign for the account now")
        except Refused as refused:
            raise InvalidProof(str(refused)) from None
        return WalletProof(
            address=payment.sender,
            network=network,
            nonce=nonce,
            first_valid=payment.first_valid,
            last_valid=payment.last_valid,
            kind=_kind(payment),
        )


def open_wallet_proofs(catalogue: Catalogue, tokens: Mapping[str, str], realm: str) -> DraftArc14:
    """Check proofs on every Algorand network of a catalogue. No node is asked yet.

    Args:
        catalogue: of networks.
        tokens: API token of nodes, by the name that the catalogue calls it.
        realm: names this service in what users sign.

    Raises:
        BadCatalogue: a node wants a token that is not set.
        ValueError: the realm is none.
    """
    entries = [entry for entry in catalogue.entries if entry.family is Family.ALGORAND]
    return DraftArc14({entry.reference.key: _nodes_of(entry, tokens) for entry in entries}, realm)


def _nodes_of(entry: NetworkEntry, tokens: Mapping[str, str]) -> Nodes:
    chosen = entry.policy
    nodes = [
        Algod(node.url, _token(node, tokens), node.operator, chosen.timeout) for node in entry.nodes
    ]
    return Nodes(entry.reference, nodes, chosen.required_operators, chosen.standstill)


def _token(node: NodeEntry, tokens: Mapping[str, str]) -> str:
    if node.token and node.token not in tokens:
        raise BadCatalogue(f"{node.url} wants the token {node.token}, which is not set")
    return tokens.get(node.token, "")


def _head(nodes: Nodes) -> int:
    """Return the round that enough operators have closed, by nodes of this chain that go on."""
    standing = nodes.standing(known=None)
    if not isinstance(standing, Serving):
        raise ChainUnavailable(f"no node can be relied on: {standing}")
    return nodes.agreed_head()


def _authority(nodes: Nodes, address: bytes, head: int) -> bytes:
    """Return whose signature counts for an account now, as enough operators state it.

    An account that does not exist yet is stated too, with nothing in it and its own key.

    Raises:
        ChainUnavailable: too few state one address, or enough state each of two.
    """
    stating: dict[bytes, set[str]] = defaultdict(set)
    reasons: list[str] = []
    for node in nodes.serving():
        try:
            stating[_stated_authority(node, address, head)].add(node.operator)
        except ChainUnavailable as error:
            reasons.append(str(error))
    agreed = [one for one, operators in stating.items() if len(operators) >= nodes.required]
    if len(agreed) != 1:
        reasons.append(_disagreement(list(stating.values()), nodes.required))
        raise ChainUnavailable("; ".join(reasons))
    return agreed[0]


def _stated_authority(node: Algod, address: bytes, head: int) -> bytes:
    spelled = algorand_address_text(address)
    answer = asked(node, lambda: node.account(spelled))
    if text(member(answer, "address")) != spelled:
        raise ChainUnavailable(f"{node.operator} answers for another account")
    # A name may stand for many machines: the one that told its round may not be the one that
    # told the account, which may be as far behind as the others are allowed to be.
    if integer(member(answer, "round")) < head - NEAR:
        raise ChainUnavailable(f"{node.operator} tells of an account as it was long ago")
    if "auth-addr" not in answer:
        return address
    try:
        return algorand_address(text(answer["auth-addr"]))
    except ValueError as error:
        raise ChainUnavailable(f"{node.operator} tells of a signer that is none") from error


def _disagreement(groups: Sequence[set[str]], required: int) -> str:
    told = " against ".join(", ".join(sorted(group)) for group in groups) or "nobody"
    return f"{told} states who may sign, {required} operators have to agree"


def _kind(payment: SignedPayment) -> ProofKind:
    if payment.signer != payment.sender:
        return "rekeyed"
    return "multisig" if isinstance(payment.signature, Multisig) else "single"
