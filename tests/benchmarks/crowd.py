"""Many accounts at once, without the work: for benchmarks that need more than can be signed up."""

from dataclasses import dataclass

from infrastructure.custody import open_custody
from infrastructure.event_log import open_log
from infrastructure.keys.provider import DerivedKeys
from infrastructure.passwords import PhcPasswords
from infrastructure.settings import Settings
from tests.identity_world import People, PlainPasswords
from tests.service_process import Service

PASSWORD = "a sentence that the crowd has in common"


class OneVerifier(PlainPasswords):
    """Makes the same real verifier for everybody."""

    def __init__(self) -> None:
        self._made = PhcPasswords().hash(PASSWORD)

    def hash(self, password: str) -> str:
        return self._made


@dataclass(frozen=True)
class ServiceKeys:
    """What a service derives from its root, but for the key that wraps secrets: its master's."""

    root: DerivedKeys
    master: DerivedKeys

    def derive(self, purpose: str) -> bytes:
        return self._of(purpose).derive(purpose)

    def key_id(self, purpose: str) -> str:
        return self._of(purpose).key_id(purpose)

    def claim_of(self, email: str) -> str:
        return self.root.claim_of(email)

    def _of(self, purpose: str) -> DerivedKeys:
        return self.master if purpose == "key-encryption" else self.root


def crowd(service: Service, number: int) -> list[str]:
    """Open so many accounts in the database of a service; return their addresses."""
    settings = Settings.from_environment(service.environment)
    with open_log(service.url) as log:
        [master] = settings.keys.masters
        keys = ServiceKeys(open_custody(settings.keys, log).root, master)
        people = People(log, passwords=OneVerifier(), keys=keys)  # type: ignore[arg-type]
        emails = [f"known-{one}@example.com" for one in range(number)]
        for email in emails:
            people.register(email, PASSWORD)
    return emails
