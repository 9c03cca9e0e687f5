"""Changes a tenant: read, decide, append; anew where somebody else was faster.

Who may is asked each time: of two owners who remove each other at once, one has been removed.
"""

from collections.abc import Callable

from application.accounts.directory import Directory, Organisation
from application.accounts.facts import Facts
from application.accounts.refusals import Forbidden
from application.accounts.settling import settle
from application.commands import Origin
from domain.log import EventLog
from domain.roles import Right
from domain.values import TenantId


class Organisations:
    def __init__(self, log: EventLog, directory: Directory) -> None:
        self._log = log
        self._directory = directory

    def manage(
        self, tenant: TenantId, origin: Origin, decide: Callable[[Organisation, Facts], None]
    ) -> None:
        """Record what a manager decides, if they are one when it is recorded.

        Raises:
            Forbidden: they are none any more.
            UnknownAccount, ConcurrentChange: as for `change`.
        """

        def while_allowed(found: Organisation, facts: Facts) -> None:
            if origin.person is not None and not found.tenant.may(origin.person, Right.MANAGE):
                raise Forbidden
            decide(found, facts)

        self.change(tenant, origin, while_allowed)

    def change(
        self, tenant: TenantId, origin: Origin, decide: Callable[[Organisation, Facts], None]
    ) -> None:
        """Record what is decided on a tenant as it is now.

        Raises:
            UnknownAccount: the log does not have it.
            ConcurrentChange: others were faster every time; nothing was written.
        """

        def settled(facts: Facts) -> None:
            found = self._directory.organisation(tenant)
            facts.expect(found.stream, found.version)
            decide(found, facts)

        settle(self._log, origin, settled)
