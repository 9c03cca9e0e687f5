"""An asset in the hands of its owner and of a holder: algosdk alone, on unmodified clients."""

import time
from base64 import b64decode
from typing import Any
from uuid import uuid4

import pytest
from algosdk import transaction
from algosdk.constants import ZERO_ADDRESS
from algosdk.error import AlgodHTTPError, IndexerHTTPError
from algosdk.v2client.indexer import IndexerClient

from tests.algod_wallet import Wallet

PATIENCE = 60.0
ROLES = ("manager", "reserve", "freeze", "clawback")


class Holding:
    """One asset, its creator's wallet, and the wallet of somebody who has none of it yet.

    `node` is whatever has a url, a token and a `tick`: the development network's or a real one.
    """

    def __init__(self, node: Any, indexer: IndexerClient, asset: int, creator: bytes) -> None:
        self.node, self.indexer, self.asset = node, indexer, asset
        self.owner, self.holder = Wallet(node, creator), Wallet(node)
        treasury = Wallet(node, node.treasury)
        for wallet in (self.owner, self.holder):
            self.land(treasury, transaction.PaymentTxn, wallet.address, 2_000_000)

    def land(self, by: Wallet, kind: Any, *arguments: Any, **more: Any) -> int:
        """Send one transaction, and return the round that it stands in."""
        unsigned = kind(by.address, by.params(), *arguments, note=uuid4().bytes, **more)
        name = by.client.send_transaction(by.sign(unsigned))
        for _ in range(10):
            found = by.client.pending_transaction_info(name)
            assert not found["pool-error"], found
            if number := found.get("confirmed-round"):
                return int(number)
            self.node.tick()
        raise AssertionError(f"{name} did not land")

    def transfer(self, by: Wallet, to: Wallet, amount: int, **more: Any) -> int:
        return self.land(by, transaction.AssetTransferTxn, to.address, amount, self.asset, **more)

    def held_by(self, wallet: Wallet) -> tuple[int, bool]:
        """What the node says: amount, and whether it is frozen."""
        found = wallet.client.account_asset_info(wallet.address, self.asset)["asset-holding"]
        return found["amount"], found["is-frozen"]

    def parameters(self) -> dict[str, Any]:
        """What the node says now."""
        found: dict[str, Any] = self.owner.client.asset_info(self.asset)["params"]
        return found

    def indexed(self, at_least: int) -> dict[str, Any]:
        """What the indexer says once it is at a round; for a role of none it says zeros."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                found = self.indexer.asset_info(self.asset)
            except IndexerHTTPError:
                found = {"current-round": -1}
            if found["current-round"] >= at_least:
                said: dict[str, Any] = found["asset"]["params"]
                return {name: value for name, value in said.items() if value != ZERO_ADDRESS}
            time.sleep(0.1)
        raise AssertionError(f"the indexer does not get to {at_least}")

    def use(self) -> None:
        """Opt in, transfer, freeze, thaw, claw back: by whoever has the roles, here the creator."""
        before, _ = self.held_by(self.owner)
        self.transfer(self.holder, self.holder, 0)
        assert self.held_by(self.holder) == (0, False)
        self.transfer(self.owner, self.holder, 1_000)
        self.transfer(self.holder, self.owner, 1)
        self.freeze(True)
        assert self.held_by(self.holder) == (999, True)
        refused(lambda: self.transfer(self.holder, self.owner, 1), "frozen")
        self.transfer(self.owner, self.owner, 900, revocation_target=self.holder.address)
        assert self.held_by(self.holder) == (99, True)
        self.freeze(False)
        self.transfer(self.holder, self.owner, 99)
        assert self.held_by(self.holder) == (0, False)
        assert self.held_by(self.owner) == (before, False)

    def freeze(self, frozen: bool) -> int:
        return self.land(
            self.owner,
            transaction.AssetFreezeTxn,
            self.asset,
            self.holder.address,
            new_freeze_state=frozen,
        )

    def reconfigure(self, **roles: str | None) -> int:
        """The manager names who has the roles from now on."""
        named = dict.fromkeys(ROLES) | roles
        return self.land(
            self.owner,
            transaction.AssetConfigTxn,
            index=self.asset,
            strict_empty_address_check=False,
            **named,
        )


def refused(send: Any, wording: str) -> None:
    """Check that the chain takes it not, and why."""
    with pytest.raises(AlgodHTTPError, match=wording):
        send()


def texts(parameters: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Name, unit name and url, as bytes."""
    found = (parameters.get(f"{name}-b64", "") for name in ("name", "unit-name", "url"))
    name, unit, url = (b64decode(one) for one in found)
    return name, unit, url
