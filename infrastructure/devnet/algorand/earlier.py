"""What algod checks before it looks at a group's fee, which the ledger looks at first."""

from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import Failed
from infrastructure.devnet.algorand.encoding import text32, txid
from infrastructure.devnet.algorand.genesis import GENESIS_ID
from infrastructure.devnet.algorand.ledger import Ledger
from infrastructure.devnet.algorand.pool import Pool
from infrastructure.devnet.algorand.wording import PREFIX, Members


def check_before_the_fee(ledger: Ledger, pool: Pool, members: Members) -> None:
    """Raises:
    Failed: dead, of another network, or with a lease that is held.
    """
    for member in members:
        transaction = member["txn"]
        words = (
            _dead(ledger.latest + 1, transaction)
            or _stranger(transaction)
            or _held(ledger, pool, transaction)
        )
        if words:
            raise Failed(400, PREFIX + words)


def _dead(round_: int, transaction: dict[str, Any]) -> str:
    first, last = transaction.get("fv", 0), transaction.get("lv", 0)
    alive = first <= round_ <= last
    return "" if alive else f"txn dead: round {round_} outside of {first}--{last}"


def _stranger(transaction: dict[str, Any]) -> str:
    given = transaction.get("gen", GENESIS_ID)
    words = f"tx.GenesisID <{given}> does not match expected <{GENESIS_ID}>"
    return "" if given == GENESIS_ID else words


def _held(ledger: Ledger, pool: Pool, transaction: dict[str, Any]) -> str:
    sender, lease = transaction.get("snd", bytes(32)), transaction.get("lx", b"")
    if not any(lease):
        return ""
    waiting = any(
        (one["txn"].get("snd"), one["txn"].get("lx")) == (sender, lease)
        for group in pool.groups
        for one in group.transactions.values()
    )
    if not waiting and ledger.chain.lease_until(sender, lease) <= ledger.latest:
        return ""
    pair = f"{algorand_address_text(sender)}, {text32(lease)}"
    name = txid(transaction)
    return f"transaction {name} using an overlapping lease (sender, lease):({pair})"
