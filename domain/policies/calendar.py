"""The company's calendar: days as moments, fiscal periods, working days. Pure functions on the company's state.

A fiscal year is named by the calendar year in which it ends: with a start in April, 2018 is April 2017 to
March 2018 and 2018-Q1 is April to June 2017. Months are calendar months.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from domain.errors import Refused
from domain.policies.company import Company

QUARTER = re.compile(r"(\d{4})-Q([1-4])")
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
YEAR = re.compile(r"(\d{4})")
WEEK = re.compile(r"(\d{4})-W(\d{2})")
DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")

Unit = Literal["quarter", "month", "year"]


class PeriodUnknown(Refused):
    """{found} is not a period: state a quarter (2017-Q4), a month (2017-10), a fiscal year (2017), or the first and the
    last day (2017-10-15..2017-11-14)."""

    about = ("period",)


class WeekUnknown(Refused):
    """{found} is not a week: state one of the year's ISO weeks, such as 2026-W44."""


class Period(msgspec.Struct, frozen=True):
    """A stretch of days, both ends included."""

    key: str
    first: date
    last: date


def day_start(company: Company, day: date) -> datetime:
    """The first moment of a day in the company's time zone, as UTC."""
    return _start(company.time_zone, day)


@lru_cache(4_096)
def _start(zone: str, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_end(company: Company, day: date) -> datetime:
    """The last microsecond of a day in the company's time zone, as UTC."""
    return day_start(company, day + timedelta(days=1)) - timedelta(microseconds=1)


def day_of(company: Company, moment: datetime) -> date:
    """The company's day in which a moment lies."""
    return moment.astimezone(ZoneInfo(company.time_zone)).date()


def fiscal_year(company: Company, day: date) -> int:
    """The fiscal year of a day, named by the calendar year in which it ends."""
    start = company.fiscal_year_start
    return day.year + 1 if start > 1 and day.month >= start else day.year


def period(company: Company, key: str) -> Period:
    """The days of a quarter ('2017-Q4'), a calendar month ('2017-10'), a fiscal year ('2017'), or from one day to
    another ('2017-10-15..2017-11-14')."""
    if found := DAYS.fullmatch(key):
        return _days(key, found[1], found[2])
    if found := MONTH.fullmatch(key):
        return _months(key, int(found[1]), int(found[2]), 1)
    if found := QUARTER.fullmatch(key) or YEAR.fullmatch(key):
        start, number = company.fiscal_year_start, found.groups()[1:]
        first_year = int(found[1]) - (1 if start > 1 else 0)
        return _months(key, first_year, start + 3 * (int(number[0]) - 1 if number else 0), 3 if number else 12)
    raise PeriodUnknown(found=key)


def quarter(company: Company, key: str) -> tuple[date, date]:
    """The first and the last day of a quarter such as '2017-Q4'."""
    if not QUARTER.fullmatch(key):
        raise PeriodUnknown(found=key)
    found = period(company, key)
    return found.first, found.last


def period_of(company: Company, day: date, unit: Unit = "quarter") -> str:
    """The key of the quarter, month or fiscal year in which a day lies."""
    if unit == "month":
        return f"{day:%Y-%m}"
    year = fiscal_year(company, day)
    if unit == "year":
        return f"{year:04}"
    return f"{year:04}-Q{(day.month - company.fiscal_year_start) % 12 // 3 + 1}"


def week(key: str) -> Period:
    """The seven days of an ISO week ('2026-W44'), Monday to Sunday."""
    found = WEEK.fullmatch(key)
    try:
        first = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        first = None
    if first is None:
        raise WeekUnknown(found=key)
    return Period(key, first, first + timedelta(days=6))


def week_of(day: date) -> str:
    """The key of the ISO week in which a day lies."""
    year, number, _ = day.isocalendar()
    return f"{year:04}-W{number:02}"


def is_working_day(company: Company, day: date) -> bool:
    """Whether people work on a day: by its weekday, unless it is a holiday or a make-up day."""
    special = company.holidays.get(day)
    return special.working if special else day.isoweekday() in company.working_days


def add_working_days(company: Company, day: date, count: int) -> date:
    """The working day that lies `count` working days after a day (before it where negative); the day itself for 0."""
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        day += step
        if is_working_day(company, day):
            count -= 1 if count > 0 else -1
    return day


def working_days_between(company: Company, first: date, last: date) -> int:
    """How many working days lie from one day to another, both included; 0 where the last is before the first."""
    return sum(is_working_day(company, first + timedelta(days=n)) for n in range((last - first).days + 1))


def _days(key: str, first: str, last: str) -> Period:
    try:
        made = Period(key, date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise PeriodUnknown(found=key) from None
    if made.first > made.last:
        raise PeriodUnknown(found=key)
    return made


def _months(key: str, year: int, month: int, count: int) -> Period:
    return Period(key, _first_of(year, month), _first_of(year, month + count) - timedelta(days=1))


def _first_of(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
