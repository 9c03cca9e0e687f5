"""Makes the API's service out of what the composition root opened."""

from collections.abc import Sequence

from infrastructure.api_key_texts import RandomApiKeys
from infrastructure.bootstrap import ApiParts
from infrastructure.deployment_certificate.checked_files import CheckedFiles
from infrastructure.networks import Catalogue, NetworkEntry
from interfaces.http.ports import ApiService, Network


class CatalogueNetworks:
    """Implements interfaces.http.ports.Networks; node addresses stay inside."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def all(self) -> Sequence[Network]:
        return [_network(entry) for entry in self._catalogue.entries]

    def by_id(self, network: str) -> Network | None:
        entry = self._catalogue.by_id(network)
        return None if entry is None else _network(entry)

    def by_chain_id(self, chain_id: int) -> Network | None:
        entry = self._catalogue.by_chain_id(chain_id)
        return None if entry is None else _network(entry)


def api_service(parts: ApiParts) -> ApiService:
    return ApiService(
        log=parts.log,
        commands=parts.commands,
        identity=parts.identity,
        api_keys=RandomApiKeys(),
        throttle=parts.throttle,
        rations=parts.rations,
        is_proxy=parts.is_proxy,
        activity=parts.activity,
        vault=parts.vault,
        custody=parts.custody,
        tokens=parts.tokens,
        networks=CatalogueNetworks(parts.networks),
        deployments=parts.views.deployments,
        clock=parts.clock,
        require_certificate=CheckedFiles().require,
        cursor_key=parts.cursor_key,
        checks=parts.checks,
    )


def _network(entry: NetworkEntry) -> Network:
    return Network(
        reference=entry.reference,
        name=entry.name,
        development=entry.development,
        sponsored=entry.policy.sponsored,
    )
