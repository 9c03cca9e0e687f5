"""A chain, its indexer, and somebody rich, for tests."""

from typing import Any

from algosdk.v2client.indexer import IndexerClient

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.indexer import Indexer
from tests.algod_forge import Key, Txn, sign
from tests.algod_script import Script

ALGO = 1_000_000
TERMS = {"t": 1000, "dc": 2, "un": "UNIT", "an": "Gold", "au": "ipfs://x#arc3", "am": b"h" * 32}
ALIKE = (
    "amount",
    "auth-addr",
    "min-balance",
    "status",
    "total-apps-opted-in",
    "total-created-apps",
    "total-created-assets",
)
"""Members that algod and the indexer say alike."""
HISTORY = {"closed-out-at-round", "created-at-round", "deleted", "opted-in-at-round"}


def bare(told: dict[str, Any]) -> dict[str, Any]:
    """What the indexer tells, without what algod does not know."""
    return {name: value for name, value in told.items() if name not in HISTORY}


class World:
    def __init__(self, node: Algod, indexer: Indexer) -> None:
        self.node, self.indexer = node, indexer
        self.script = Script(node)
        self.alice, self.bob = Key(), Key()
        self.client = IndexerClient("", indexer.url)
        for who in (self.alice, self.bob):
            self.land(self.script.pay(self.script.funder, who, 50 * ALGO), self.script.funder)

    def send(self, transaction: Txn, key: Key | None = None) -> str:
        return self.script.must(sign(transaction, key or self.alice))

    def land(self, transaction: Txn, key: Key | None = None) -> str:
        """Send it, make a round, and wait until the indexer has it."""
        name = self.send(transaction, key)
        self.indexer.wait_for(self.script.tick())
        return name

    def asset(self, owner: Key | None = None, **over: Any) -> int:
        who = owner or self.alice
        terms = {**TERMS, **dict.fromkeys("mrfc", who.public), **over}
        self.land(made := self.script.transaction("acfg", who, apar=terms), who)
        number: int = self.script.landed(made)["asset-index"]
        return number

    def transfer(self, who: Key, to: Any, asset: int, amount: int, **more: Any) -> Txn:
        members = {"xaid": asset, "aamt": amount, "arcv": to.public, **more}
        return self.script.transaction("axfer", who, **members)

    def found(self, **query: Any) -> list[str]:
        return [one["id"] for one in self.client.search_transactions(**query)["transactions"]]

    def is_as_algod_says(self, *keys: Key) -> bool:
        """Compare what both know of accounts: amounts, holdings, assets."""
        for key in keys:
            theirs = self.node.ask("GET", f"/v2/accounts/{key.address}")
            ours = self.client.account_info(key.address)["account"]
            held = {one["asset-id"]: (one["amount"], one["is-frozen"]) for one in theirs["assets"]}
            assert {
                one["asset-id"]: (one["amount"], one["is-frozen"]) for one in ours.get("assets", [])
            } == held
            for member in ALIKE:
                assert ours.get(member) == theirs.get(member), member
            for member in ("created-apps", "apps-local-state"):
                apps = [bare(one) for one in ours.get(member, [])]
                assert apps == theirs[member], member
        return True
