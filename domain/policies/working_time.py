"""Working time on the company's calendar: when so many hours of it are over, how much of it lies between two moments.

Working hours are the company's, by its own clock, on its working days. A day on which the clock changes inside them has
the hours that really pass: one less in spring, one more in autumn.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.policies.calendar import day_of, is_working_day
from domain.policies.company import Company

NOTHING, DAY = timedelta(0), timedelta(days=1)


def working_span(company: Company, day: date) -> tuple[datetime, datetime] | None:
    """From when to when people work on a day, as UTC; None on a day off.

    A time of day that the clock leaves out is as much later as it jumps; of one that comes twice, the first opens and
    the second closes.
    """
    if not is_working_day(company, day):
        return None
    zone, (opening, closing) = ZoneInfo(company.time_zone), company.working_hours
    start, end = _moment(day, opening, zone), _moment(day, closing, zone, last=True)
    return start, max(start, end)


def add_working_time(company: Company, moment: datetime, duration: timedelta) -> datetime:
    """The first moment, as UTC, by which so much working time has passed since a moment; the moment itself for none."""
    left, at = duration, moment.astimezone(UTC)
    if left <= NOTHING:
        return at
    day = day_of(company, at)
    while True:
        if span := working_span(company, day):
            start = max(span[0], at)
            if start < span[1]:
                if left <= span[1] - start:
                    return start + left
                left -= span[1] - start
        day += DAY


def working_time_between(company: Company, start: datetime, end: datetime) -> timedelta:
    """How much working time lies from one moment to another; none where the end is not later."""
    passed, day, last = NOTHING, day_of(company, start), day_of(company, end)
    while day <= last:
        if span := working_span(company, day):
            passed += max(NOTHING, min(span[1], end) - max(span[0], start))
        day += DAY
    return passed


def _moment(day: date, clock: time, zone: ZoneInfo, last: bool = False) -> datetime:
    """A time of day as UTC; of one that comes twice the first, or the last."""
    first = datetime.combine(day, clock, zone).astimezone(UTC)
    return max(first, datetime.combine(day, clock.replace(fold=1), zone).astimezone(UTC)) if last else first
