"""The composition roots of API and projector: where concrete classes are named."""

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from application.accounts.identity import Identity
from application.custody_facts import CustodyConfiguration
from application.execute import CommandHandler
from domain.log import LogUnavailable
from infrastructure.access_tokens import AccessTokens
from infrastructure.bootstrap_identity import open_identity
from infrastructure.client_throttle import ClientThrottle
from infrastructure.custody import open_custody
from infrastructure.custody_configuration import custody_configuration
from infrastructure.event_log import StoredLog, open_log
from infrastructure.event_log.group_commit import GroupCommit
from infrastructure.migrate import require_schema
from infrastructure.networks import Catalogue, read_catalogue
from infrastructure.settings import Mode, Settings
from infrastructure.system_clock import SystemClock
from infrastructure.vault import KeyVault
from infrastructure.views import Views, open_views
from projections.catalogue import ALL
from projections.security_queries import SecurityActivity

FEW_THREADS = 4
"""Up to so many request threads write directly; more share transactions."""
SIGN_UPS_SPREAD = 12
"""All sign-ups together are as many a minute as one network's tries, and this part of them at
once: two a second and ten. A core of a server has work for three or four a second."""
LAG_WARNS = 1_000
"""Events that a projection may be behind before readiness warns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """What the API is assembled from; interfaces.http.assembly makes its service of it."""

    log: StoredLog | GroupCommit
    commands: CommandHandler
    identity: Identity
    tokens: AccessTokens
    networks: Catalogue
    views: Views
    clock: SystemClock
    throttle: ClientThrottle
    rations: ClientThrottle
    activity: SecurityActivity
    vault: KeyVault
    custody: CustodyConfiguration
    is_proxy: Callable[[str], bool]
    cursor_key: bytes
    checks: dict[str, Callable[[], str]]


@contextmanager
def api_parts(settings: Settings, processes: int = 1) -> Generator[ApiParts]:
    """Open what one API process needs; close it on the way out.

    Args:
        settings: of the service.
        processes: of the API on this machine, which share its processors.

    Raises:
        WrongSchema: the database is not at this release's schema.
        BadCatalogue: the network catalogue cannot be used.
        NoRoot, NotOpened, KeysUnavailable: see infrastructure.custody.
    """
    require_schema(settings.database_url)
    catalogue = read_catalogue(settings.networks)
    with (
        open_log(settings.database_url) as stored,
        open_views(settings.database_url, stored) as views,
        _grouped(stored, settings.threads) as log,
        ExitStack() as opened,
    ):
        views.store.prepare(ALL)
        clock, tries = SystemClock(), settings.access.tries_per_minute
        custody = open_custody(settings.keys, stored)
        identity = opened.enter_context(
            open_identity(settings, log, stored, custody, views.sessions, catalogue, processes)
        )
        yield ApiParts(
            log=log,
            commands=CommandHandler(log),
            identity=identity,
            tokens=AccessTokens(custody.root),
            networks=catalogue,
            views=views,
            clock=clock,
            throttle=_throttle(tries, burst=tries),
            rations=_throttle(tries, burst=max(1, tries // SIGN_UPS_SPREAD)),
            is_proxy=settings.access.is_proxy,
            activity=SecurityActivity(views.security, settings.access.activity_days, clock.now),
            vault=KeyVault(stored, custody.root, custody.envelope),
            custody=custody_configuration(settings, custody, catalogue),
            cursor_key=custody.root.derive("cursor"),
            checks={
                "log": _log_check(stored),
                "keys": custody.check,
                "projections": _lag_check(views),
                "networks": lambda: "pass" if catalogue.entries else "warn",
                "mail": lambda: "warn" if _mails_wait(settings) else "pass",
            },
        )


@contextmanager
def open_read_side(url: str) -> Generator[tuple[StoredLog, Views]]:
    """Open the log and its read models, for the projector and the command line."""
    require_schema(url)
    with open_log(url) as log, open_views(url, log) as views:
        views.store.prepare(ALL)
        yield log, views


def _throttle(per_minute: int, burst: int) -> ClientThrottle:
    return ClientThrottle(burst=burst, per_second=per_minute / 60, clock=time.monotonic)


@contextmanager
def _grouped(stored: StoredLog, threads: int) -> Generator[StoredLog | GroupCommit]:
    if threads <= FEW_THREADS:
        yield stored
        return
    group = GroupCommit(stored)
    try:
        yield group
    finally:
        group.close()


def _mails_wait(settings: Settings) -> bool:
    """Tell whether somebody will miss their mails: in development nobody does."""
    return settings.mode is Mode.PRODUCTION and settings.mail.smtp is None


def _log_check(log: StoredLog) -> Callable[[], str]:
    def check() -> str:
        try:
            log.position()
        except LogUnavailable:
            return "fail"
        return "pass"

    return check


def _lag_check(views: Views) -> Callable[[], str]:
    def check() -> str:
        try:
            behind = max(views.store.standing(projection).behind for projection in ALL)
        except LogUnavailable:
            return "fail"
        return "warn" if behind > LAG_WARNS else "pass"

    return check
