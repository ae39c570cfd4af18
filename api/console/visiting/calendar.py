"""The calendar of visits: months and weeks as days, each with its visits."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import day_of, is_working_day
from domain.policies.company import Company
from projections.visit_columns import CalendarVisit
from projections.visit_list import VisitLine
from projections.visits import VisitStatus

IN_A_DAY = 4
WEEK = timedelta(days=7)
OF_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Entry:
    """A visit on a day; `overdue` where its time is over and nobody said what came of it."""

    visit: CalendarVisit
    at: datetime | None
    overdue: bool

    @property
    def tone(self) -> str:
        """How it looks."""
        if self.overdue:
            return "overdue"
        return str(self.visit.status.value)


@dataclass
class Day:
    """A day with its visits; `within` the month that is shown."""

    day: date
    within: bool
    working: bool
    today: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """What is shown: a month, or a week; the days before and after it."""

    unit: str
    anchor: date
    weeks: list[list[Day]]
    first: date
    last: date
    before: date
    after: date

    @property
    def month(self) -> str:
        """The month that is shown, or that of the week."""
        return f"{self.anchor:%Y-%m}"

    @property
    def days(self) -> list[Day]:
        """All days."""
        return [day for week in self.weeks for day in week]


def shown(company: Company, unit: str, stated: str, now: datetime) -> Shown:
    """The days of a month or week around a day (default: that of the moment). Raises Malformed."""
    today = day_of(company, now)
    anchor = _day(stated) if stated else today
    if unit == "week":
        first = anchor - timedelta(days=anchor.weekday())
        weeks = [[first + timedelta(days=n) for n in range(7)]]
        before, after = anchor - WEEK, anchor + WEEK
    else:
        weeks = Calendar().monthdatescalendar(anchor.year, anchor.month)
        before = anchor.replace(day=1) - timedelta(days=1)
        after = anchor.replace(day=28) + timedelta(days=5)

    def made(day: date) -> Day:
        within = unit == "week" or day.month == anchor.month
        return Day(day, within, is_working_day(company, day), day == today)

    if unit == "month":
        before, after = before.replace(day=1), after.replace(day=1)
    return Shown(
        unit, anchor, [[made(day) for day in week] for week in weeks], weeks[0][0], weeks[-1][-1], before, after
    )


def _day(stated: str) -> date:
    text = f"{stated}-01" if re.fullmatch(r"\d{4}-\d{2}", stated) else stated
    try:
        if not OF_A_DAY.fullmatch(text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1000 < found.year < 9000:
        raise Malformed(Fault("day", stated[:40], say("expected a month (2026-03) or a day (2026-03-31)")))
    return found


def fill(company: Company, calendar: Shown, visits: Iterable[CalendarVisit], now: datetime) -> None:
    """Put visits onto their days, in the order of their moments."""
    days = {each.day: each for each in calendar.days}
    for visit in visits:
        moment = visit.at or visit.start
        if moment is None:
            continue
        day = days.get(day_of(company, moment))
        if day is not None:
            overdue = visit.status is VisitStatus.PLANNED and moment <= now
            day.entries.append(Entry(visit, visit.start, overdue))


def calendar_visit(line: VisitLine) -> CalendarVisit:
    """A visit of a list as a calendar shows it."""
    who = line.people[0] if line.people else None
    return CalendarVisit(line.visit, line.account, line.status, line.what, line.start, line.at, who, line.account_name)
