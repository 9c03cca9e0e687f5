"""Handlers of security: what happened to accounts and tenant, and who can sign for them."""

from collections.abc import Iterable, Iterator

from application.accounts.principals import Principal
from application.custody_facts import custody_facts
from application.custody_statement import custody_statement as statement_of
from domain import tenant as tenants
from domain.event_names import names_of
from domain.roles import Role
from domain.values import AccountId
from interfaces.http import security_messages as messages
from interfaces.http.call import Call, Reply
from interfaces.http.cursors import make_cursor, read_cursor
from interfaces.http.instants import utc
from interfaces.http.problems import FieldProblem, Problem, field_problems
from interfaces.http.sources import Sources
from projections.security_activity import SECURITY_ACTIVITY, SecurityEntry
from projections.security_export import Shown, to_csv, to_json
from projections.security_queries import ActivityFilters, Reach, members_since

EVENTS = frozenset(names_of(SECURITY_ACTIVITY.reads))
SEE_ALL = frozenset({Role.OWNER, Role.AUDITOR})


def security_activity(call: Call) -> Reply:
    query: messages.ActivityQuery = call.body
    service, filters = call.service, _filters(query)
    bound = (str(call.who.tenant), "activity", str(query.account_id), repr(filters))
    before = read_cursor(service.cursor_key, bound, query.cursor) if query.cursor else None
    # Who may see what is asked anew for each page: a cursor opens nothing.
    page = service.activity.page(_reach(call, query), filters, before, query.page_size)
    following = None
    if page.before is not None:
        following = make_cursor(service.cursor_key, bound, page.before)
    body = messages.ActivityResponse(
        activity=[_entry(row) for row in _shown(call, page.rows)],
        next_cursor=following,
        readable_days=service.activity.days,
    )
    return Reply(body=body)


def export_security_activity(call: Call) -> Reply:
    query: messages.ActivityExportQuery = call.body
    if query.format not in {"csv", "json"}:
        raise Problem("INVALID_EXPORT_FORMAT")
    activity = call.service.activity
    export = activity.export(_reach(call, query), _filters(query))
    rows = _shown(call, export.rows)
    if query.format == "csv":
        pieces = to_csv(rows)
        content_type = "text/csv; charset=utf-8; header=present"
    else:
        head = {
            "tenantId": str(call.who.tenant),
            "exportedAtPosition": export.position,
            "readableDays": activity.days,
        }
        pieces = to_json(head, (messages.plain(_entry(row)) for row in rows))
        content_type = "application/json"
    name = f"security-activity-{call.who.tenant}-{export.position}.{query.format}"
    return Reply(
        stream=(piece.encode() for piece in pieces),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Exported-At-Position": str(export.position),
        },
    )


def custody_statement(call: Call) -> Reply:
    service, who = call.service, call.who
    tenant = service.identity.directory.organisation(who.tenant).tenant
    person = service.identity.directory.person(who.account).account
    sections = statement_of(custody_facts(service.custody, tenant, person))
    body = messages.CustodyStatementResponse(
        account_id=str(who.account),
        tenant_id=str(who.tenant),
        stated_at=call.service.clock.now(),
        sections=[
            messages.StatementSection(
                id=section.id, title=section.title, sentences=list(section.sentences)
            )
            for section in sections
        ],
    )
    return Reply(body=body)


def _reach(call: Call, query: messages.ActivityQuestion) -> Reach:
    """Return whose rows are asked for, and may be read by whoever asks.

    An owner, an auditor and a key that may read see the tenant's; others see their own. An
    account that is no member has none in this tenant but those in which the tenant names it.

    Raises:
        Problem: FORBIDDEN, where others than oneself are asked for and not allowed.
    """
    who, asked = call.who, query.account_id
    history = call.service.log.read(tenants.stream_of(who.tenant))
    since = members_since(history.events)
    if who.key is None:
        since[who.account] = 0
    reach = Reach(tenant=who.tenant, since=since)
    if not _sees_all(who):
        if asked not in {None, who.account}:
            raise Problem("FORBIDDEN")
        return reach.of(who.account)
    return reach if asked is None else reach.of(AccountId(asked))


def _sees_all(who: Principal) -> bool:
    return who.key is not None or who.role in SEE_ALL


def _filters(query: messages.ActivityQuestion) -> ActivityFilters:
    if query.event_type is not None and query.event_type not in EVENTS:
        detail = "is no event that security activity shows"
        problem = FieldProblem(pointer="/eventType", code="INVALID_REQUEST", detail=detail)
        raise field_problems([problem])
    return ActivityFilters(
        event=query.event_type,
        severity=query.severity,
        success=None if query.success is None else query.success == "true",
        time_from=utc("fromDate", query.from_date),
        time_before=utc("toDate", query.to_date),
    )


def _shown(call: Call, rows: Iterable[SecurityEntry]) -> Iterator[Shown]:
    sources = Sources(call.service.vault, call.who)
    return (Shown(row, *sources.of(row)) for row in rows)


def _entry(row: Shown) -> messages.ActivityEntryResponse:
    entry = row.entry
    return messages.ActivityEntryResponse(
        event_id=str(entry.id),
        position=entry.position,
        timestamp=entry.time,
        event_type=entry.event,
        severity=entry.severity,
        success=entry.success,
        summary=entry.message,
        error_message=row.error,
        account_id=None if entry.account is None else str(entry.account),
        tenant_id=None if entry.tenant is None else str(entry.tenant),
        actor=entry.actor,
        correlation_id=entry.correlation,
        source_ip=row.source_ip,
        user_agent=row.user_agent,
    )
