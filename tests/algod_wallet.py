"""A wallet on the development network, on an unmodified AlgodClient."""

import base64
from typing import Any

from algosdk import transaction
from algosdk.atomic_transaction_composer import AccountTransactionSigner
from algosdk.v2client.algod import AlgodClient

from infrastructure.devnet.algod import Algod
from tests.algod_forge import Key

ALGO = 1_000_000
PATIENCE = 10


def client(node: Algod, number: int = 0) -> AlgodClient:
    return AlgodClient(node.token, node.urls[number])


class Wallet:
    def __init__(self, node: Algod, seed: bytes = b"") -> None:
        key = Key(seed)
        self.node, self.address = node, key.address
        self.client = client(node)
        secret = base64.b64encode(bytes(key._signer) + key.public).decode()
        self._signer = AccountTransactionSigner(secret)

    def params(self) -> transaction.SuggestedParams:
        params = self.client.suggested_params()
        params.flat_fee, params.fee = True, 1000
        return params

    def sign(self, unsigned: transaction.Transaction) -> transaction.SignedTransaction:
        signed: transaction.SignedTransaction = self._signer.sign_transactions([unsigned], [0])[0]
        return signed

    def payment(self, to: str, amount: int = 1, **more: Any) -> transaction.SignedTransaction:
        return self.sign(transaction.PaymentTxn(self.address, self.params(), to, amount, **more))

    def send(self, unsigned: transaction.Transaction) -> dict[str, Any]:
        """Send it, and wait until it is in a block."""
        name = self.client.send_transaction(self.sign(unsigned))
        return transaction.wait_for_confirmation(self.client, name, PATIENCE)


def rich(node: Algod) -> Wallet:
    return Wallet(node, node.treasury)


def funded(node: Algod, amount: int = 10 * ALGO) -> Wallet:
    wallet, treasury = Wallet(node), rich(node)
    treasury.client.send_transaction(treasury.payment(wallet.address, amount, note=wallet.address))
    node.tick()
    return wallet
