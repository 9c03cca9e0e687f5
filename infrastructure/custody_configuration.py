"""What a custody statement says of this process's configuration: read from it each time."""

from application.custody_facts import CustodyConfiguration, CustodyNetwork, KeySource
from infrastructure.custody import Custody
from infrastructure.key_settings import KeySettings
from infrastructure.networks import Catalogue
from infrastructure.passwords import PhcPasswords
from infrastructure.settings import Settings


def custody_configuration(
    settings: Settings, custody: Custody, catalogue: Catalogue
) -> CustodyConfiguration:
    ring = custody.ring
    return CustodyConfiguration(
        key_source=_source(settings.keys),
        key_id=ring.key_id,
        previous_key_ids=tuple(sorted(ring.key_ids - {ring.key_id})),
        mode=settings.mode.value,
        password_scheme=PhcPasswords(settings.access.scheme).spelled,
        networks=tuple(
            CustodyNetwork(
                id=entry.reference.id,
                development=entry.development,
                sponsored=entry.policy.sponsored,
            )
            for entry in catalogue.entries
        ),
    )


def _source(keys: KeySettings) -> KeySource:
    if keys.kms is not None:
        return KeySource.AWS_KMS
    return KeySource.ENVIRONMENT if keys.is_in_environment else KeySource.FILE
