"""Visits (拜访): the calendar of what is planned and done, the monthly plan, and how well plans are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

from api.access import may
from api.console.frame import HTML, Frame, Moments, page
from api.console.today.whose import Whose, whose
from api.console.visiting.calendar import IN_A_DAY, Entry, Shown, calendar_visit, fill, shown
from api.console.visiting.logging import given
from api.endpoints import Call, Endpoint, Reply
from api.identity import is_identifier
from api.names import member_names
from api.visit_calendar import MEDIA_TYPE, calendar_of, feed_of
from domain.account.account import Account
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.member import Role
from domain.policies.calendar import day_end, day_of, day_start, period
from projections.names import account_names
from projections.plan_standing import PlanStanding
from projections.view import View
from projections.visit_columns import CalendarVisit, visits_between
from projections.visit_discipline import discipline_of_all
from projections.visit_facts import accounts_asked
from projections.visit_list import lines, month_plan
from projections.visits import VisitStatus

SUBMIT = "Member.visit_plans.submit"
PAGE = "/console/visits"
OVERDUE = 5
"""So many that are overdue are named."""


class CalendarQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """The month or week around a `day`; whose."""

    unit: Literal["month", "week"] = "month"
    day: str = ""
    whose: Literal["mine", "all"] | None = None


def endpoints() -> list[Endpoint]:
    """The calendar, its figures, a file for other calendars, and handing in the plan of a month."""
    file = "The planned visits of whoever asks, as a calendar file."
    about = "Hand in the visit plan of a month."
    return [
        page("/visits", "visits", _calendar, CalendarQuery),
        page("/visits/discipline", "visits_discipline", _discipline, CalendarQuery),
        Endpoint(
            "GET", f"{PAGE}/mine.ics", "console.visits_file", file, _file, bytes, Moments, media=MEDIA_TYPE,
            etag=False, session=True,
        ),
        Endpoint(
            "POST", f"{PAGE}/hand-in", "console.visits_handed_in", about, _handed_in, bytes, media=HTML, etag=False,
            session=True, form=True,
        ),
    ]  # fmt: skip


def _calendar(frame: Frame[CalendarQuery]) -> Mapping[str, Any]:
    """What is planned and what was done, day by day."""
    query = frame.query
    who = whose(frame, query.whose or "")
    asker = frame.call.asker
    with frame.view() as view:
        frame.may_read_people(view)
        company, now = view.policies.company, view.clock.as_of
        calendar = shown(company, query.unit, query.day, now)
        fill(company, calendar, _found(view, who, calendar), now)
        shown_in_day = 50 if calendar.unit == "week" else IN_A_DAY
        overdue = [entry for day in calendar.days for entry in day.entries if entry.overdue]
        _name(view, [*overdue[:OVERDUE], *(each for day in calendar.days for each in day.entries[:shown_in_day])])
        return {
            "title": say("Visits"),
            "whose": who,
            "calendar": calendar,
            "shown_in_day": shown_in_day,
            "overdue": overdue,
            "count": sum(len(day.entries) for day in calendar.days if day.within),
            "names": member_names(frame.call.doors.journal, view) if who.all else {},
            "may_log": may(asker, Account, "visits.log"),
            "plan": _plan(frame, view, who, calendar),
        }


def _found(view: View, who: Whose, calendar: Shown) -> list[CalendarVisit]:
    """The visits of the days that are shown, of somebody or of everybody."""
    company = view.policies.company
    first, last = day_start(company, calendar.first), day_end(company, calendar.last)
    if who.member is None:
        return visits_between(view, first, last)
    return list(map(calendar_visit, lines(view, accounts_asked(view), first, last, member=who.member)))


def _name(view: View, entries: list[Entry]) -> None:
    """Put in the names of the accounts of those that are shown."""
    names = account_names(view, {entry.visit.account for entry in entries})
    for entry in entries:
        entry.visit.account_name = names.get(entry.visit.account, "")


def _plan(frame: Frame[Any], view: View, who: Whose, calendar: Shown) -> dict[str, Any] | None:
    """How the asker's own plan of the month stands, and which visits it would name."""
    if who.all or calendar.unit != "month" or Role.MANAGER not in frame.call.asker.roles:
        return None
    found = month_plan(view, frame.call.asker.member, calendar.month)
    standing: PlanStanding | None = next(iter(found.plans), None)
    planned = [each for each in found.visits if each.status is not VisitStatus.CANCELLED and not each.ad_hoc]
    new = [each for each in planned if not each.in_plan]
    over = period(view.policies.company, calendar.month).last < day_of(view.policies.company, frame.call.now)
    return {"standing": standing, "planned": planned, "new": len(new), "over": over, "key": str(uuid4())}


def _discipline(frame: Frame[CalendarQuery]) -> Mapping[str, Any]:
    """How well plans are kept in a month."""
    who = whose(frame, frame.query.whose or "")
    with frame.view() as view:
        calendar = shown(view.policies.company, "month", frame.query.day, view.clock.as_of)
        return {
            "title": say("How plans are kept"),
            "whose": who,
            "found": discipline_of_all(view, calendar.month, who.member),
            "month": calendar.month,
            "month_first": calendar.anchor,
        }


def _file(call: Call) -> Reply:
    frame = Frame(call, call.query(Moments))
    with frame.view() as view:
        call.exported = True
        made = calendar_of(feed_of(view, call.asker.member))
    return Reply(made, headers={"Content-Disposition": 'attachment; filename="kams-visits.ics"'})


def _handed_in(call: Call) -> Reply:
    """Hand in the plan of a month as it stands, for oneself."""
    month, key = _one(call, "month"), _one(call, "_key")
    pairs = [each.partition(":") for each in call.form.get("visit", [])]
    if not all(is_identifier(account) and is_identifier(visit) for account, _, visit in pairs):
        raise Malformed(Fault("visit", "", say("expected the identifier of a visit")))
    body = {"month": month, "visits": [{"account": account, "visit": visit} for account, _, visit in pairs]}
    answer = given(call, SUBMIT, call.asker.member, key, body)
    query = urlencode({"day": month, "wait_for": answer.position, "whose": "mine"})
    return Reply(b"", status=303, headers={"Location": f"{PAGE}?{query}"})


def _one(call: Call, name: str) -> str:
    return call.form.get(name, [""])[-1].strip()
