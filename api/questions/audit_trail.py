"""The audit trail and the access log over HTTP, for auditors and admins: pages of JSON, or streams for elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.access_then import AccessThenAnswer, access_then
from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.exporting import MEDIA, ExportFormat, csv, ndjson
from api.identity import Named, account_of, identified, member_of
from api.log_verdict import LogVerdict, verified
from api.moments import When
from api.trail import (
    Asked,
    Place,
    access_beside,
    actor_of,
    beside,
    cursor_of,
    must_go_forward,
    page,
    place_of,
    streams_of,
    topics_of,
    trail,
)
from api.trail_lines import TrailLine, TrailTeller
from domain.errors import Fault, Malformed
from domain.journal.trail import CHUNK, TrailFilters
from domain.language.catalogue import say
from domain.member import Member, Role
from domain.opportunity.opportunity import Opportunity
from projections.access_log import AccessFilters, AccessLine
from projections.access_log import lines as access_lines
from projections.view import Answer, View

TrailLimit = Annotated[int, msgspec.Meta(ge=1, le=1000)]
KINDS = ("signed_in", "refused", "personal", "exported")


class TrailQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which facts: of an account (with what was merged into it, its opportunities and findings) or an opportunity; by
    a member, or `worker` or `import`; of a kind (topics or aggregates, separated by commas); recorded `from` `to` or
    occurred then; of a correlation or command; recorded by people more than `late` days after they occurred. `access`
    merges the access log in. `format` (or Accept) is json, a page, or ndjson or csv, a stream of everything; Parquet is
    written by `kams audit trail --out`."""

    account: Named | None = None
    opportunity: Named | None = None
    actor: Named | None = None
    kind: str = ""
    since: When | None = msgspec.field(name="from", default=None)
    to: When | None = None
    occurred_from: When | None = None
    occurred_to: When | None = None
    correlation: UUID | None = None
    command: UUID | None = None
    late: Annotated[float, msgspec.Meta(ge=0, le=36500)] | None = None
    corrections: bool = False
    overrides: bool = False
    access: bool = False
    format: ExportFormat | None = None
    limit: TrailLimit = 100
    cursor: str | None = None


class TrailAnswer(Answer, kw_only=True):
    """A page of the trail, newest first; `next` is the cursor of the following one, null on the last."""

    lines: list[TrailLine]
    next: str | None


class AccessQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which lines of the access log: of a member, of kinds (signed_in, refused, personal, exported), written `from`
    `to`, about an account, opportunity or member that was named."""

    member: Named | None = None
    kind: str = ""
    since: When | None = msgspec.field(name="from", default=None)
    to: When | None = None
    about: UUID | None = None
    correlation: UUID | None = None
    format: ExportFormat | None = None
    limit: TrailLimit = 100
    cursor: str | None = None


class AccessThenQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when (default: now); `account`: only this one, with the events by which it could be seen."""

    account: Named | None = None
    after: UUID | None = None
    limit: TrailLimit = 200


class LogLine(msgspec.Struct, kw_only=True):
    """A line of the access log; `source` marks it where it stands beside the trail. `path` holds the identifiers
    of what was named, in its place or behind it; `about` is what these are called, for those who may see it."""

    source: str = "access"
    id: int
    at: datetime
    kind: str
    member: UUID | None
    member_name: str | None
    key_id: str
    method: str
    path: str
    status: int
    rule: str
    correlation_id: UUID
    about: list[str] = []


class AccessLogAnswer(Answer, kw_only=True):
    """A page of the access log, newest first; `next` is the cursor of the following one, null on the last."""

    lines: list[LogLine]
    next: str | None


def endpoints() -> list[Endpoint]:
    """The trail and the log."""
    trail_about = "Who did what and when, with before and after, newest first. For auditors and admins."
    log_about = "Who signed in, was refused, read personal data or took data away, newest first."
    verify_about = "Whether each sealed hour of the access log is as it was sealed, and those that are not."
    then_about = "What a member could see and change on a day, by which right, and the events behind it."
    return [
        question("/audit/trail", "audit.trail", trail_about, _trail, TrailAnswer, TrailQuery),
        question("/audit/access/{member}", "audit.access", then_about, _then, AccessThenAnswer, AccessThenQuery),
        question("/audit/access-log/verify", "audit.access_log.verify", verify_about, _verify, LogVerdict, Clocks),
        question("/audit/access-log", "audit.access_log", log_about, _log, AccessLogAnswer, AccessQuery),
    ]


def _trail(call: Call) -> Reply:
    call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    query, place = call.query(TrailQuery), place_of(call.query(TrailQuery).cursor)
    wanted = wanted_format(call, query.format)

    def lines(view: View) -> Iterator[TrailLine]:
        return trail(TrailTeller(call.doors.journal, view), asked(call, view, query), place)

    if wanted is not ExportFormat.JSON:
        return _streamed(call, query, lines, TrailLine, wanted)
    with viewing(call, query) as view:
        shown, following = page(lines(view), query.limit, place)
        call.opened_personal = view.visibility.personal
        return Reply(TrailAnswer(**view.head(), lines=shown, next=cursor_of(following)))


def _log(call: Call) -> Reply:
    call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    query = call.query(AccessQuery)
    wanted = wanted_format(call, query.format)
    if wanted is not ExportFormat.JSON:
        filters, place = _wanted_of_log(call, query), place_of(query.cursor)

        def lines(view: View) -> Iterator[LogLine]:
            teller = TrailTeller(call.doors.journal, view)
            return log_lines(teller, access_lines(view.connection, filters, place.access))

        return _streamed(call, query, lines, LogLine, wanted)
    with viewing(call, query) as view:
        return Reply(page_of_log(call, view, query))


def page_of_log(call: Call, view: View, query: AccessQuery) -> AccessLogAnswer:
    """A page of the access log, for who may audit; that names were opened for it is noted. Raises NotFound,
    Malformed."""
    found = access_lines(view.connection, _wanted_of_log(call, query), place_of(query.cursor).access, query.limit)
    shown = list(log_lines(TrailTeller(call.doors.journal, view), found))
    following = Place(access=shown[-1].id) if len(shown) == query.limit else None
    call.opened_personal = call.opened_personal or view.visibility.personal
    return AccessLogAnswer(**view.head(), lines=shown, next=cursor_of(following))


def _wanted_of_log(call: Call, query: AccessQuery) -> AccessFilters:
    """Which lines a query asks for. Raises NotFound, Malformed."""
    filters = AccessFilters(
        member=member_of(call, query.member),
        kinds=kinds_of(query.kind),
        since=call.doors.calendar.beginning("from", query.since),
        until=call.doors.calendar.moment("to", query.to),
        about=(query.about,) if query.about else (),
        correlation=query.correlation,
    )
    must_go_forward("to", filters.since, filters.until)
    return filters


def _verify(call: Call) -> Reply:
    call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    with viewing(call, call.query(Clocks)) as view:
        return Reply(verified(call.doors.journal, view.connection))


def _then(call: Call) -> Reply:
    call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    query = call.query(AccessThenQuery)
    member = identified(call, Member, str(call.path["member"]))
    with viewing(call, query) as view:
        account = account_of(call, query.account)
        name = TrailTeller(call.doors.journal, view).name_of(member)
        found = access_then(
            call.doors.journal, view, member, name=name, account=account, after=query.after, limit=query.limit
        )
        call.opened_personal = name is not None
        return Reply(found)


def log_lines(teller: TrailTeller, lines: Iterator[AccessLine]) -> Iterator[LogLine]:
    """Lines with the names of members and of what they are about, for who may read them."""
    while found := list(islice(lines, CHUNK)):
        abouts = teller.about(found)
        teller.find_members(line.member for line in found)
        for line, about in zip(found, abouts, strict=True):
            yield LogLine(member_name=teller.name_of(line.member), about=about, **msgspec.structs.asdict(line))


def asked(call: Call, view: View, query: TrailQuery) -> Asked:
    """What a query asks of the trail. Raises NotFound, Malformed."""
    streams: tuple[UUID, ...] | None = None
    more: tuple[int, ...] = ()
    if query.account is not None:
        account = account_of(call, query.account)
        assert account is not None
        streams, more = streams_of(view, account), beside(view, account)
    if query.opportunity is not None:
        deal = identified(call, Opportunity, query.opportunity)
        streams, more = (deal,) if streams is None or deal in streams else (), ()
    origin = actor_of(query.actor or "")
    moment = call.doors.calendar.moment
    filters = TrailFilters(
        streams=streams,
        beside=more,
        topics=topics_of(query.kind),
        actor=None if origin else member_of(call, query.actor),
        origin=origin,
        recorded_from=call.doors.calendar.beginning("from", query.since),
        recorded_to=moment("to", query.to),
        occurred_from=call.doors.calendar.beginning("occurred_from", query.occurred_from),
        occurred_to=moment("occurred_to", query.occurred_to),
        correlation=query.correlation,
        command=query.command,
        late=None if query.late is None else timedelta(days=query.late),
        corrections=query.corrections,
        overrides=query.overrides,
    )
    must_go_forward("to", filters.recorded_from, filters.recorded_to)
    must_go_forward("occurred_to", filters.occurred_from, filters.occurred_to)
    return Asked(filters=filters, access=access_beside(filters) if query.access else None)


def wanted_format(call: Call, stated: ExportFormat | None) -> ExportFormat:
    """The format that is stated, or accepted."""
    accepted = call.headers.get("accept", "")
    by_media = next((each for each, media in MEDIA.items() if media.partition(";")[0] in accepted), ExportFormat.JSON)
    return stated or by_media


def kinds_of(stated: str) -> tuple[str, ...]:
    """Kinds of lines, separated by commas. Raises Malformed."""
    kinds = tuple(kind.strip() for kind in stated.split(",") if kind.strip())
    for kind in kinds:
        if kind not in KINDS:
            raise Malformed(Fault("kind", kind[:80], say("expected one of {known}", known=", ".join(KINDS))))
    return kinds


def _streamed(
    call: Call, query: Clocks, lines: Callable[[View], Iterator[Any]], kind: type[msgspec.Struct], wanted: ExportFormat
) -> Reply:
    """Everything, sent as it is read, in one transaction that ends with the answer. What is refused is refused now."""
    call.exported = True

    def parts() -> Iterator[bytes]:
        with ExitStack() as stack:
            found = lines(stack.enter_context(viewing(call, query)))
            yield b""
            yield from ndjson(found) if wanted is ExportFormat.NDJSON else csv(kind, found)

    begun = parts()
    return Reply(chain([next(begun)], begun), media=MEDIA[wanted])
