"""Changes a tenant: read, decide, append; anew where somebody else was faster."""

from collections.abc import Callable

from application.accounts.directory import Directory, Organisation
from application.accounts.facts import Facts
from application.commands import Origin
from domain.log import ConcurrentChange, EventLog
from domain.values import TenantId

MOST_TRIES = 20


class Organisations:
    def __init__(self, log: EventLog, directory: Directory) -> None:
        self._log = log
        self._directory = directory

    def change(
        self, tenant: TenantId, origin: Origin, decide: Callable[[Organisation, Facts], None]
    ) -> None:
        """Record what is decided on a tenant as it is now.

        Raises:
            UnknownAccount: the log does not have it.
            ConcurrentChange: others were faster every time; nothing was written.
        """
        for _ in range(MOST_TRIES):
            found = self._directory.organisation(tenant)
            facts = Facts(origin)
            facts.expect(found.stream, found.version)
            decide(found, facts)
            try:
                facts.record(self._log)
            except ConcurrentChange:
                continue
            return
        raise ConcurrentChange("others were faster too often")
