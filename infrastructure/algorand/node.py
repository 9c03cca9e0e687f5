"""One algod and one indexer: raw questions and raw answers, each asked once.

Rounds and ids are read from what a node claims; what decides is read from blocks
by others. JSON of a block replaces bytes, so blocks are asked for as msgpack.
"""

from base64 import b32decode, b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field

from application.engine.chain import ChainUnavailable
from infrastructure.algorand.rest import MOST, OK, Json, Reply, Rest, parsed

NOT_FOUND = 404
NO_BLOCK = "failed to retrieve information from the ledger"
HASH_BYTES = 32
MOST_MEMBERS = 16
LARGEST_BLOCK = 32 * 1024 * 1024
"""Bytes. A full one has 5 MB."""
PAGE = 500
"""Bytes that are kept of an error that is no JSON."""


class NodeRefused(Exception):
    """The node answered with an error."""

    def __init__(self, status: int, message: str, data: Json = None) -> None:
        super().__init__(f"{status}: {message:.500}")
        self.status = status
        self.message = message
        self.data = data


class NoSuchBlock(NodeRefused):
    """Not there yet or no longer there: the same words. Only `status` tells them apart."""


@dataclass(frozen=True, slots=True)
class Algod:
    """Every method raises ChainUnavailable where no answer came or one that cannot be used,
    and all but `send` raise NodeRefused where it is an error.
    """

    url: str
    token: str = field(repr=False)
    operator: str
    """Who runs it. Two nodes of one operator are one voice."""
    timeout: float
    """Seconds for one answer."""
    _rest: Rest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        headers = {"X-Algo-API-Token": self.token} if self.token else {}
        rest = Rest(self.url, self.operator, self.timeout, headers)
        object.__setattr__(self, "_rest", rest)

    def status(self) -> Json:
        return _found(self._rest.exchange("/v2/status"))

    def genesis(self) -> Json:
        return _found(self._rest.exchange("/genesis"))

    def params(self) -> Json:
        return _found(self._rest.exchange("/v2/transactions/params"))

    def send(self, raw: bytes) -> tuple[int, str]:
        """Hand over signed bytes once, and return the status and the words of the answer.

        The words are the transaction's id where the status is 200. A group's names its first
        member, and a body with rubbish at its end is taken for what stands before it.
        """
        reply = self._rest.exchange("/v2/transactions", body=raw)
        if reply.status == OK:
            return OK, text(member(parsed(reply.body), "txId"))
        return reply.status, _refusal(reply).message

    def pending(self, txid: str) -> Json | None:
        """Return what the node's pool and newest 1,000 rounds have, or None: that says nothing."""
        reply = self._rest.exchange(f"/v2/transactions/pending/{txid}")
        return None if reply.status == NOT_FOUND else _found(reply)

    def block(self, number: int) -> bytes:
        """Return a block with its certificate, as msgpack.

        Raises:
            NoSuchBlock: not there yet, or no longer.
        """
        query = {"format": "msgpack"}
        reply = self._rest.exchange(f"/v2/blocks/{number}", query, most=LARGEST_BLOCK)
        return _of_block(reply).body

    def block_hash(self, number: int) -> bytes:
        """Return what the node calls the hash of a block.

        Raises:
            NoSuchBlock: not there yet, or no longer.
        """
        reply = self._rest.exchange(f"/v2/blocks/{number}/hash")
        return digest(member(_found(_of_block(reply)), "blockHash"))

    def account(self, address: str) -> Json:
        """Return balance and counts, without the assets and applications themselves."""
        return _found(self._rest.exchange(f"/v2/accounts/{address}", {"exclude": "all"}))

    def simulate(self, group: Sequence[bytes]) -> Json:
        """Judge an unsigned group against the ledger; pools are not looked at.

        A failure is an answer too, with `failure-message` in it.

        Args:
            group: each transaction in its canonical encoding.
        """
        return _found(self._rest.exchange("/v2/transactions/simulate", body=_unsigned(group)))


@dataclass(frozen=True, slots=True)
class Indexer:
    """Raises like Algod."""

    url: str
    token: str = field(repr=False)
    operator: str
    timeout: float
    _rest: Rest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        headers = {"X-Indexer-API-Token": self.token} if self.token else {}
        rest = Rest(self.url, self.operator, self.timeout, headers)
        object.__setattr__(self, "_rest", rest)

    def health(self) -> Json:
        return _found(self._rest.exchange("/health"))

    def transaction(self, txid: str) -> Json:
        """Return a search by id: a list, perhaps empty, dated by `current-round`.

        The route of one transaction answers 404 without a round, which cannot be dated.
        """
        return _found(self._rest.exchange("/v2/transactions", {"txid": txid}))


def _found(reply: Reply) -> Json:
    if reply.status != OK:
        raise _refusal(reply)
    return parsed(reply.body)


def _of_block(reply: Reply) -> Reply:
    if reply.status == OK:
        return reply
    refusal = _refusal(reply)
    if reply.status == NOT_FOUND and refusal.message.startswith(NO_BLOCK):
        raise NoSuchBlock(refusal.status, refusal.message)
    raise refusal


def _refusal(reply: Reply) -> NodeRefused:
    """Read an error. What stands before a node answers with pages of its own."""
    try:
        said = parsed(reply.body)
        return NodeRefused(reply.status, text(member(said, "message")), said.get("data"))
    except ChainUnavailable:
        return NodeRefused(reply.status, reply.body[:PAGE].decode("utf-8", "replace"))


def _unsigned(group: Sequence[bytes]) -> bytes:
    """Encode a request to simulate; the transactions go in byte for byte."""
    if not 1 <= len(group) <= MOST_MEMBERS:
        raise ValueError(f"a group has 1 to {MOST_MEMBERS} members")
    many = b"\xdc\x00\x10" if len(group) == MOST_MEMBERS else bytes([0x90 + len(group)])
    members = b"".join(b"\x81" + _key("txn") + one for one in group)
    groups = b"\x91\x81" + _key("txns") + many + members
    return b"\x82" + _key("txn-groups") + groups + _key("allow-empty-signatures") + b"\xc3"


def _key(name: str) -> bytes:
    return bytes([0xA0 + len(name)]) + name.encode()


def member(answer: Json, name: str) -> Json:
    """Return one member of an object.

    Raises:
        ChainUnavailable: it is no object, or has no such member.
    """
    if isinstance(answer, dict) and name in answer:
        return answer[name]
    raise ChainUnavailable(f"no {name} in {answer!r:.80}")


def integer(value: Json) -> int:
    """Read a round, an id or an amount.

    Raises:
        ChainUnavailable: it is none.
    """
    if type(value) is int and 0 <= value <= MOST:
        return value
    raise ChainUnavailable(f"not an integer: {value!r:.80}")


def text(value: Json) -> str:
    """Read words.

    Raises:
        ChainUnavailable: they are none.
    """
    if isinstance(value, str):
        return value
    raise ChainUnavailable(f"not text: {value!r:.80}")


def data(value: Json) -> bytes:
    """Read base64.

    Raises:
        ChainUnavailable: it is none.
    """
    try:
        return b64decode(text(value), validate=True)
    except ValueError as error:
        raise ChainUnavailable(f"not base64: {value!r:.80}") from error


def digest(value: Json) -> bytes:
    """Read a block's hash or a transaction's id.

    Raises:
        ChainUnavailable: it is none.
    """
    try:
        found = b32decode(text(value) + "====")
    except ValueError as error:
        raise ChainUnavailable(f"not base32: {value!r:.80}") from error
    if len(found) == HASH_BYTES:
        return found
    raise ChainUnavailable(f"not 32 bytes: {value!r:.80}")
