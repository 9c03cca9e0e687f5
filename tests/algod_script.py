"""Plays a recorded scene against our node: what is asked has a name, what is said is kept."""

import base64
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from infrastructure.devnet.algod import DEVELOPMENT_SEED, Algod
from tests.algod_forge import Key, Txn, encoded, grouped, id_of, joined, sign

PATIENCE = 75
POSTED = {"Content-Type": "application/x-binary"}
APPLICATION = """#pragma version 10
txn ApplicationID
bz ok
txn NumAppArgs
bz ok
txna ApplicationArgs 0
byte "err"
==
bnz do_err
txna ApplicationArgs 0
byte "assert"
==
bnz do_assert
txna ApplicationArgs 0
byte "reject"
==
bnz do_reject
txna ApplicationArgs 0
byte "box"
==
bnz do_box
txna ApplicationArgs 0
byte "log"
==
bnz do_log
txna ApplicationArgs 0
byte "loop"
==
bnz do_loop
txna ApplicationArgs 0
byte "inner"
==
bnz do_inner
txna ApplicationArgs 0
byte "innerbad"
==
bnz do_innerbad
txna ApplicationArgs 0
byte "foreign"
==
bnz do_foreign
b ok
do_err:
err
do_assert:
int 0
assert
do_reject:
int 0
return
do_box:
txna ApplicationArgs 1
byte "value"
box_put
b ok
do_log:
byte "hello"
log
byte "g"
int 7
app_global_put
b ok
do_loop:
int 1
pop
b do_loop
do_inner:
itxn_begin
int acfg
itxn_field TypeEnum
int 1000
itxn_field ConfigAssetTotal
byte "inner"
itxn_field ConfigAssetName
int 0
itxn_field Fee
itxn_submit
b ok
do_innerbad:
itxn_begin
int pay
itxn_field TypeEnum
txn Sender
itxn_field Receiver
int 10000000000000
itxn_field Amount
int 0
itxn_field Fee
itxn_submit
b ok
do_foreign:
txna ApplicationArgs 1
btoi
app_params_get AppCreator
pop
pop
ok:
int 1
return
"""
CLEAR = "#pragma version 10\nint 1"


@dataclass(frozen=True)
class Said:
    status: int
    content_type: str
    body: Any


@dataclass
class Script:
    node: Algod
    said: dict[str, Said] = field(default_factory=dict)
    last: int = 0
    """The latest round that transactions are made for."""

    def __post_init__(self) -> None:
        self.funder = Key(DEVELOPMENT_SEED)
        self.look()

    def look(self) -> int:
        self.last = self.node.ask("GET", "/v2/status")["last-round"]
        return self.last

    def tick(self, rounds: int = 1) -> int:
        self.last = self.node.tick(rounds)
        return self.last

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        node: int = 0,
        headers: dict[str, str] | None = None,
        token: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> Said:
        url = self.node.urls[node] + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        sent = {**POSTED, **(headers or {})}
        if token != "":
            sent["X-Algo-API-Token"] = token or self.node.token
        request = urllib.request.Request(url, body, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return _said(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _said(error)

    def record(self, name: str, method: str, path: str, *args: Any, **more: Any) -> Said:
        assert name not in self.said, name
        self.said[name] = self.ask(method, path, *args, **more)
        return self.said[name]

    def get(self, name: str, path: str, **more: Any) -> Any:
        return self.record(name, "GET", path, **more).body

    def post_bytes(self, name: str, body: bytes, **more: Any) -> Said:
        return self.record(name, "POST", "/v2/transactions", body, **more)

    def post(self, name: str, *signed: Txn, **more: Any) -> Said:
        return self.post_bytes(name, joined(signed), **more)

    def must(self, *signed: Txn, node: int = 0) -> str:
        answer = self.ask("POST", "/v2/transactions", joined(signed), node=node)
        assert answer.status == 200, answer
        name: str = answer.body["txId"]
        return name

    def landed(self, transaction: Txn) -> Any:
        """The answer for a transaction that the latest round is known to hold."""
        answer = self.ask("GET", f"/v2/transactions/pending/{id_of(transaction)}")
        assert answer.body.get("confirmed-round"), answer
        return answer.body

    def pending(self, name: str, transaction: Txn, **more: Any) -> Any:
        return self.get(name, f"/v2/transactions/pending/{id_of(transaction)}", **more)

    def simulate(self, name: str, *members: Txn, **request: Any) -> Any:
        body = encoded({"txn-groups": [{"txns": list(members)}], **request})
        return self.record(name, "POST", "/v2/transactions/simulate", body).body

    def assembled(self, source: str) -> bytes:
        answer = self.ask("POST", "/v2/teal/compile", source.encode())
        return base64.b64decode(answer.body["result"])

    def transaction(
        self, kind: str, sender: Key, fee: int = 1000, window: int = 100, **members: Any
    ) -> Txn:
        return {
            "type": kind,
            "snd": sender.public,
            "fee": fee,
            "fv": self.last,
            "lv": self.last + window,
            "gh": self.node.genesis_hash,
            "gen": self.node.genesis_id,
            # Random, but no question for notes that begin with a letter finds it.
            "note": b"\0" + secrets.token_bytes(7),
            **members,
        }

    def pay(self, sender: Key, receiver: Key, amount: int = 1, **members: Any) -> Txn:
        members = {"rcv": receiver.public, "amt": amount, **members}
        return self.transaction("pay", sender, **members)

    def signed_group(self, *pairs: tuple[Txn, Key]) -> list[Txn]:
        members = grouped([transaction for transaction, _ in pairs])
        return [sign(member, key) for member, (_, key) in zip(members, pairs, strict=True)]


def _said(answer: Any) -> Said:
    body = answer.read()
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind == "application/json":
        return Said(answer.status, kind, json.loads(body))
    return Said(answer.status, kind, {"base64": base64.b64encode(body).decode()})
