"""Visits over HTTP: the list, a member's month, discipline, the stores, and a calendar to subscribe to."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of, is_identifier, member_of
from api.names import member_names
from api.visit_calendar import MEDIA_TYPE, calendar_of, feed_of
from api.visit_page import VisitAnswer, visit_page
from domain.account.account import Account
from domain.errors import NotFound
from domain.member import KeyScope
from projections.store_standing import StoresAnswer, stores
from projections.view import View
from projections.visit_discipline import DisciplineAnswer, DisciplineBy, discipline
from projections.visit_list import MonthPlanAnswer, VisitsAnswer, month_plan, visits
from projections.visits import VisitStatus


class VisitsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Visits of a `period` (a month, quarter or year; default: the running month); `outlets_of` asks for the outlets of
    a wholesaler."""

    period: str = ""
    member: Named | None = None
    account: Named | None = None
    outlets_of: Named | None = None
    status: VisitStatus | None = None
    limit: LongLimit = 500


class OneQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when, known when."""


class DisciplineQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Discipline in a `period` (a month, quarter or year; default: the running month), by manager or account."""

    period: str = ""
    by: DisciplineBy = DisciplineBy.MANAGER
    member: Named | None = None
    account: Named | None = None
    outlets_of: Named | None = None


class PlanQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Whose month (default: the asker's own), and which one (default: the running one)."""

    member: Named | None = None
    month: str = ""


class StoresQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Stores in a `period` (a month, quarter or year; default: the running month)."""

    period: str = ""
    account: Named | None = None
    outlets_of: Named | None = None


class CalendarQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Whose calendar; default: the asker's own."""

    member: Named | None = None


def endpoints() -> list[Endpoint]:
    """Everything that is asked about visits."""
    listed = "Visits of a period, with who, what, why, where and when."
    whole = "One visit: its plan and its log whole, as of a moment, and every version of both with its position."
    month = "A member's month: the visits one by one, and whether its plan was handed in on time."
    kept = "Visit discipline: planned against logged, plans, cadence, days to the log, steps, objectives."
    stored = "Display, stock and orders per store, and of all together."
    feed = (
        "A member's planned visits as a calendar to subscribe to (iCalendar). It needs the Authorization header as all"
        " questions do: a key in an address would end up in logs. A program that sends no headers takes the file that"
        " `kams visits ics --out FILE` writes."
    )
    calendar = question("/visits.ics", "visits.calendar", feed, _calendar, str, CalendarQuery)
    return [
        question("/visits", "visits", listed, _visits, VisitsAnswer, VisitsQuery),
        replace(
            question("/accounts/{id}/visits/{visit}", "visits.show", whole, _show, VisitAnswer, OneQuery), tag="visits"
        ),
        question("/visits/plan", "visits.plan", month, _plan, MonthPlanAnswer, PlanQuery),
        question("/visits/discipline", "visits.discipline", kept, _discipline, DisciplineAnswer, DisciplineQuery),
        question("/visits/stores", "visits.stores", stored, _stores, StoresAnswer, StoresQuery),
        replace(calendar, media=MEDIA_TYPE, tag="visits"),
    ]


def _visits(call: Call) -> Reply:
    query = call.query(VisitsQuery)
    with viewing(call, query) as view:
        member = _member(call, view, query.member) if query.member else None
        account, outlets_of = seen_account(call, query.account), seen_account(call, query.outlets_of)
        about = {"member": member, "account": account, "outlets_of": outlets_of}
        answer = visits(view, query.period, status=query.status, **about)
        answer.cut(query.limit)
        return Reply(answer)


def _show(call: Call) -> Reply:
    account, stated = call.path["id"], call.path["visit"]
    call.asker.must_have(KeyScope.READ)
    call.doors.access.must_see(call.asker, Account, account)
    if not is_identifier(stated):
        raise NotFound(kind="visit", key=stated[:80])
    with viewing(call, call.query(OneQuery)) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(visit_page(call.doors.journal, view, account, UUID(stated)))


def _plan(call: Call) -> Reply:
    query = call.query(PlanQuery)
    with viewing(call, query) as view:
        return Reply(month_plan(view, _member(call, view, query.member), query.month))


def _discipline(call: Call) -> Reply:
    query = call.query(DisciplineQuery)
    with viewing(call, query) as view:
        member = _member(call, view, query.member) if query.member else None
        account, outlets_of = seen_account(call, query.account), seen_account(call, query.outlets_of)
        about = {"member": member, "account": account, "outlets_of": outlets_of}
        answer = discipline(view, query.period, by=query.by, **about)
        if query.by is DisciplineBy.MANAGER:
            call.opened_personal = call.opened_personal or view.visibility.personal
            names = member_names(call.doors.journal, view)
            for line in answer.lines:
                line.name = names.get(line.key, "") if line.key else ""
        return Reply(answer)


def _stores(call: Call) -> Reply:
    query = call.query(StoresQuery)
    with viewing(call, query) as view:
        account, outlets_of = seen_account(call, query.account), seen_account(call, query.outlets_of)
        return Reply(stores(view, query.period, account=account, outlets_of=outlets_of))


def _calendar(call: Call) -> Reply:
    query = call.query(CalendarQuery)
    with viewing(call, query) as view:
        return Reply(calendar_of(feed_of(view, _member(call, view, query.member))))


def _member(call: Call, view: View, stated: str | None) -> UUID:
    """The member who is named, or the asker. Raises NotFound for one who is not there."""
    member = member_of(call, stated) or call.asker.member
    if member not in view.members():
        raise NotFound(kind="member", key=stated or member)
    return member


def seen_account(call: Call, stated: str | None) -> UUID | None:
    """The account that is named. Raises NotFound for one that the asker does not see."""
    account = account_of(call, stated)
    if account is not None:
        call.doors.access.must_see(call.asker, Account, account)
    return account
