"""Describes development chains for the catalogue: one operator, sponsored, quick."""

from domain.values import Family
from infrastructure.networks import NetworkEntry, NodeEntry, PolicyEntry

OPERATOR = "devnet"
TOKEN = "devnet"  # noqa: S105 - the name of a setting
READER = "devnet-indexer"


def anvil_entry(
    network: str, chain_id: int, genesis_hash: bytes, url: str, poll: float
) -> NetworkEntry:
    policy = PolicyEntry(
        depth=2, required_operators=1, sponsored=True, poll=poll, rebroadcast_after=5.0
    )
    return NetworkEntry(
        id=network,
        name="Development network (Anvil)",
        family=Family.EVM,
        genesis_hash="0x" + genesis_hash.hex(),
        chain_id=chain_id,
        development=True,
        nodes=(NodeEntry(url=url, operator=OPERATOR),),
        policy=policy,
    )


def algorand_entry(
    network: str, genesis_hash: bytes, url: str, indexer: str | None, poll: float
) -> NetworkEntry:
    policy = PolicyEntry(
        depth=1, required_operators=1, sponsored=True, poll=poll, rebroadcast_after=5.0
    )
    readers = () if indexer is None else (NodeEntry(url=indexer, operator=READER, token=TOKEN),)
    return NetworkEntry(
        id=network,
        name="Development network (Algorand's ledger)",
        family=Family.ALGORAND,
        genesis_hash="0x" + genesis_hash.hex(),
        development=True,
        nodes=(NodeEntry(url=url, operator=OPERATOR, token=TOKEN),),
        indexers=readers,
        policy=policy,
    )
