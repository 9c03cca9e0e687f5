"""An algod that serves blocks made by hand, for what our own ledger makes seldom or slowly."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infrastructure.devnet.algorand.answer import MSGPACK, Answer, Failed
from infrastructure.devnet.algorand.encoding import digest, packed, stored, text64
from infrastructure.devnet.algorand.surface import Surface, route
from tests.algod_forge import Key, Txn, clean, sign

GENESIS, GENESIS_ID = b"G" * 32, "by-hand-v1"
SINK, POOL = Key(b"s" * 32), Key(b"p" * 32)
RICH = Key(b"r" * 32)
PLENTY = 10**15
DID = ("ca", "aca", "rs", "rr", "rc", "dt", "made")
TIME = 1_700_000_000


class StandInChain:
    """Blocks, each served after `delay` seconds."""

    def __init__(self, delay: float = 0.0) -> None:
        self.blocks: list[Txn] = []
        self._delay = delay
        self.add()

    def add(self, *rows: Txn, **header: Any) -> Txn:
        """Add a block of signed rows; its header may say more."""
        number = len(self.blocks)
        before = {k: v for k, v in self.blocks[-1].items() if k != "txns"} if number else {}
        block = {
            "gen": GENESIS_ID,
            "gh": GENESIS,
            "fees": SINK.public,
            "rwd": POOL.public,
            "prev": digest(b"BH" + packed(before)) if number else bytes(32),
            "rnd": number,
            "ts": TIME + number,
            **header,
        }
        if rows:
            block["txns"] = list(rows)
        self.blocks.append(clean(block))
        return self.blocks[-1]

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it as algod does, at the URL that comes."""
        balances = {RICH.address: PLENTY, POOL.address: PLENTY}
        alloc = [{"addr": who, "state": {"algo": amount}} for who, amount in balances.items()]
        versions = {"genesis_hash_b64": text64(GENESIS), "genesis_id": GENESIS_ID}
        status = lambda _: {"last-round": len(self.blocks) - 1}  # noqa: E731
        routes = [
            route("GET", "/versions", lambda _: versions, is_open=True),
            route("GET", "/genesis", lambda _: {"alloc": alloc}, is_open=True),
            route("GET", "/v2/status", status, is_open=True),
            route("GET", "/v2/blocks/{at}", self._block, is_open=True),
        ]
        surface = Surface(0, "", routes, lambda: None)
        threading.Thread(target=surface.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{surface.server_address[1]}"
        surface.shutdown()
        surface.server_close()

    def _block(self, _: Any, at: str) -> Answer:
        time.sleep(self._delay)
        if int(at) >= len(self.blocks):
            raise Failed(404, "failed to retrieve information from the ledger")
        return Answer(body=stored({"block": self.blocks[int(at)]}), content_type=MSGPACK)


def row(kind: str, sender: Key, *, names: bool = True, **members: Any) -> Txn:
    """A transaction as a block holds it: its genesis stands in the header alone."""
    did = {name: members.pop(name) for name in DID if name in members}
    whole = sent(kind, sender, names=names, **members)
    bare = {k: v for k, v in whole.items() if k not in {"gh", "gen"}}
    signed = {**sign(whole, sender), "txn": bare}
    if "made" in did:
        # An asset that is made has its number beside the transaction, not in it.
        did["caid"] = did.pop("made")
    return {**signed, **did, **({"hgi": True} if names else {})}


def sent(kind: str, sender: Key, *, names: bool = True, **members: Any) -> Txn:
    """The same transaction as it was signed."""
    named = {"gh": GENESIS} | ({"gen": GENESIS_ID} if names else {})
    common = {"type": kind, "snd": sender.public, "fee": 1000, "fv": 1, "lv": 9, **named}
    return clean({**common, **members})  # type: ignore[no-any-return]
