"""Diff over HTTP."""

from __future__ import annotations

import msgspec

from api.asking import LongLimit, Which, known, question, viewing
from api.diff import Diff, DiffAnswer
from api.endpoints import Call, Endpoint, Reply
from api.moments import When
from api.opening import opened
from domain.errors import Fault, Malformed
from domain.member import KeyScope, Role
from projections.view import View


class DiffQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """What changed from the moment `from` to the moment `to`; or, as of one moment, from what was known at `known_from`
    (a position or a time) to what was known at `known_to`. A day stands for its end; `period` is that of the forecast
    and of the expected close."""

    since: When | None = msgspec.field(default=None, name="from")
    to: When | None = None
    known_from: str | None = None
    known_to: str | None = None
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """The diff."""
    about = "What changed between two moments, or in what was known about one."
    return [question("/audit/diff", "diff", about, _diff, DiffAnswer, DiffQuery)]


def _diff(call: Call) -> Reply:
    return Reply(diff_of(call, call.query(DiffQuery)).answer)


def diff_of(call: Call, query: DiffQuery) -> Diff:
    """The diff that a query asks for. Raises NotAllowed, Malformed, NotFound."""
    call.asker.must_have(KeyScope.READ)
    call.asker.must_be(Role.AUDITOR, Role.ADMIN)
    _must_be_one_of_both(query)
    asked = msgspec.structs.replace(query, known_at=query.known_to) if query.known_from else query
    end = call.doors.calendar.moment("to", query.to)
    with viewing(call, asked, end) as now:
        start = call.doors.calendar.moment("from", query.since) or now.clock.as_of
        known_at = known(call, query.known_from) if query.known_from else now.clock.known_at
        with call.doors.reader.view(call.asker.visibility, as_of=start, known_at=known_at, now=call.now) as then:
            must_go_forward(then, now)
            filters = query.filters(call)
            found = Diff(
                call.doors.journal,
                then,
                now,
                filters,
                lambda sealed, field: opened(call, sealed, field),
                limit=query.limit,
            )
    call.opened_personal = call.opened_personal or call.asker.visibility.personal
    return found


def _must_be_one_of_both(query: DiffQuery) -> None:
    moments = bool(query.since or query.to)
    knowledge = bool(query.known_from or query.known_to)
    if moments == knowledge or not (query.since or query.known_from):
        raise Malformed(Fault("from", query.since or "", "state `from` (and `to`), or `known_from` (and `known_to`)"))
    if query.known_at and knowledge:
        raise Malformed(Fault("known_at", query.known_at[:80], "state `known_from` and `known_to` alone"))
    if query.as_of and moments:
        raise Malformed(Fault("as_of", query.as_of, "state `from` and `to` alone"))


def must_go_forward(then: View, now: View) -> None:
    """Refuse a diff that ends before it starts. Raises Malformed."""
    if then.clock.as_of > now.clock.as_of:
        raise Malformed(Fault("to", now.clock.as_of.isoformat(), "lies before the start"))
    if then.clock.known_at > now.clock.known_at:
        raise Malformed(Fault("known_to", str(now.clock.known_at), "lies before the start"))
