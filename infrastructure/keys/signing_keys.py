"""The keys that a worker signs with. Implements application.engine.chain.SigningKeys."""

from collections.abc import Mapping
from uuid import UUID

from domain.log import SecretStore
from domain.values import NetworkRef
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.networks import setting_of

SEED = "arc76-seed"


class StoredSigningKeys:
    def __init__(
        self, secrets: SecretStore, envelope: Envelope, treasuries: Mapping[str, bytes]
    ) -> None:
        self._secrets = secrets
        self._envelope = envelope
        self._treasuries = dict(treasuries)

    def seed_of(self, signer: UUID) -> bytes:
        """Return a signer's seed, unwrapped for one signature.

        Raises:
            NotOpened: there is none, or it does not open.
        """
        secret = self._secrets.secret(signer, SEED)
        if secret is None:
            raise NotOpened(f"signer {signer} has no seed")
        return self._envelope.open(secret)

    def treasury(self, network: NetworkRef) -> bytes | None:
        return self._treasuries.get(setting_of(network.id))
