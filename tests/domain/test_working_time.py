"""Working time on the company's calendar: worked cases, written out by hand, and what holds for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policies.company import Holiday, default_company
from domain.policies.service_hours import due_after
from domain.policies.working_time import add_working_time, working_time_between

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
GOLDEN_WEEK = [Holiday(date(2026, 10, n), "国庆节") for n in range(1, 8)]
MADE_UP = [Holiday(date(2026, 9, 20), working=True), Holiday(date(2026, 10, 10), working=True)]


def company(zone, days=(1, 2, 3, 4, 5), hours=(time(9), time(18)), holidays=()):
    made = default_company("EUR")
    made.time_zone, made.working_days, made.working_hours = zone, days, hours
    made.holidays = {each.day: each for each in holidays}
    return made


COMPANIES = {
    "shanghai": company("Asia/Shanghai", holidays=[*GOLDEN_WEEK, *MADE_UP]),
    "utc": default_company("EUR"),
    "berlin": company("Europe/Berlin"),
    "nights": company("Europe/Berlin", EVERY_DAY, (time(0), time(6))),
    "from the gap": company("Europe/Berlin", EVERY_DAY, (time(2, 30), time(10))),
    "into the gap": company("Europe/Berlin", EVERY_DAY, (time(0), time(2, 30))),
}
CASES = [
    ("within a day", "shanghai", "2026-09-07T10:00+08:00", 2, "2026-09-07T12:00+08:00"),
    ("friday evening", "shanghai", "2026-09-11T17:00+08:00", 2, "2026-09-14T10:00+08:00"),
    ("exactly at closing", "shanghai", "2026-09-11T18:00+08:00", 1, "2026-09-14T10:00+08:00"),
    ("a whole day from opening", "shanghai", "2026-09-07T09:00+08:00", 9, "2026-09-07T18:00+08:00"),
    ("an hour more than a day", "shanghai", "2026-09-07T09:00+08:00", 10, "2026-09-08T10:00+08:00"),
    ("before opening", "shanghai", "2026-09-07T07:30+08:00", 1, "2026-09-07T10:00+08:00"),
    ("after closing", "shanghai", "2026-09-07T21:00+08:00", 1, "2026-09-08T10:00+08:00"),
    ("on a saturday", "shanghai", "2026-09-12T12:00+08:00", 4, "2026-09-14T13:00+08:00"),
    ("at midnight", "shanghai", "2026-09-14T00:00+08:00", 1, "2026-09-14T10:00+08:00"),
    ("a week of holidays in between", "shanghai", "2026-09-30T17:00+08:00", 2, "2026-10-08T10:00+08:00"),
    ("on a holiday", "shanghai", "2026-10-01T12:00+08:00", 1, "2026-10-08T10:00+08:00"),
    ("a make-up saturday", "shanghai", "2026-10-09T17:00+08:00", 2, "2026-10-10T10:00+08:00"),
    ("after a make-up saturday", "shanghai", "2026-10-10T17:00+08:00", 2, "2026-10-12T10:00+08:00"),
    ("a make-up sunday after a free saturday", "shanghai", "2026-09-18T17:00+08:00", 2, "2026-09-20T10:00+08:00"),
    ("two weeks", "shanghai", "2026-09-07T09:00+08:00", 90, "2026-09-18T18:00+08:00"),
    ("four weeks over make-up day and holidays", "shanghai", "2026-09-07T09:00+08:00", 180, "2026-10-08T18:00+08:00"),
    ("no time at all", "shanghai", "2026-09-12T12:00+08:00", 0, "2026-09-12T12:00+08:00"),
    ("half an hour over the weekend", "shanghai", "2026-09-11T17:45+08:00", 0.5, "2026-09-14T09:15+08:00"),
    ("stated in another zone", "shanghai", "2026-09-07T04:00+02:00", 1, "2026-09-07T11:00+08:00"),
    ("yesterday by UTC", "shanghai", "2026-09-06T23:30+00:00", 1, "2026-09-07T10:00+08:00"),
    ("a company that nobody defined", "utc", "2026-09-11T16:30+00:00", 3, "2026-09-14T10:30+00:00"),
    ("new year is a day like others there", "utc", "2026-12-31T17:00+00:00", 2, "2027-01-01T10:00+00:00"),
    ("spring weekend", "berlin", "2026-03-27T17:00+01:00", 2, "2026-03-30T10:00+02:00"),
    ("autumn weekend", "berlin", "2026-10-23T17:00+02:00", 2, "2026-10-26T10:00+01:00"),
    ("the short night has five hours", "nights", "2026-03-29T00:00+01:00", 5, "2026-03-29T06:00+02:00"),
    ("the sixth hour is the next night's", "nights", "2026-03-29T00:00+01:00", 6, "2026-03-30T01:00+02:00"),
    ("the long night has seven hours", "nights", "2026-10-25T00:00+02:00", 7, "2026-10-25T06:00+01:00"),
    ("the hour that comes twice counts twice", "nights", "2026-10-25T00:00+02:00", 3, "2026-10-25T02:00+01:00"),
    ("from the night before", "nights", "2026-03-28T05:00+01:00", 2, "2026-03-29T01:00+01:00"),
    ("opening in the hour that is left out", "from the gap", "2026-03-29T00:00+01:00", 1, "2026-03-29T04:30+02:00"),
    ("closing in the hour that is left out", "into the gap", "2026-03-29T00:00+01:00", 2.5, "2026-03-29T03:30+02:00"),
    ("closing in the hour that comes twice", "into the gap", "2026-10-25T00:00+02:00", 3.5, "2026-10-25T02:30+01:00"),
]
NAMED = pytest.mark.parametrize(("name", "whose", "start", "hours", "end"), CASES, ids=[case[0] for case in CASES])


@NAMED
def test_working_hours_are_over_at_the_moment_written_down(name, whose, start, hours, end):
    found = add_working_time(COMPANIES[whose], datetime.fromisoformat(start), timedelta(hours=hours))
    assert found == datetime.fromisoformat(end)
    assert found.tzinfo is UTC


@NAMED
def test_between_both_moments_lie_exactly_those_hours(name, whose, start, hours, end):
    passed = working_time_between(COMPANIES[whose], datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert passed == timedelta(hours=hours)


def test_nothing_passes_between_a_moment_and_an_earlier_one():
    monday, tuesday = datetime(2026, 9, 7, 12, tzinfo=UTC), datetime(2026, 9, 8, 12, tzinfo=UTC)
    assert working_time_between(COMPANIES["utc"], tuesday, monday) == timedelta(0)
    noon, morning = monday, monday - timedelta(hours=2)
    assert working_time_between(COMPANIES["utc"], noon, morning) == timedelta(0)


def test_hours_of_the_clock_run_over_night_and_weekend():
    friday = datetime.fromisoformat("2026-09-11T17:00+08:00")
    assert due_after(COMPANIES["shanghai"], friday, 20, True) == datetime.fromisoformat("2026-09-12T13:00+08:00")
    assert due_after(COMPANIES["shanghai"], friday, 2, False) == datetime.fromisoformat("2026-09-14T10:00+08:00")


moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
durations = st.timedeltas(timedelta(0), timedelta(hours=200))
companies = st.sampled_from(sorted(COMPANIES)).map(COMPANIES.get)


@settings(max_examples=150, deadline=None)
@given(companies, moments, durations)
def test_what_is_added_is_measured(whose, start, duration):
    end = add_working_time(whose, start, duration)
    assert end >= start
    assert working_time_between(whose, start, end) == duration


@settings(max_examples=150, deadline=None)
@given(companies, moments, moments, durations, durations)
def test_who_begins_later_or_needs_longer_is_not_done_earlier(whose, one, other, short, long):
    first, last = sorted((one, other))
    few, many = sorted((short, long))
    assert add_working_time(whose, first, few) <= add_working_time(whose, last, few)
    assert add_working_time(whose, first, few) <= add_working_time(whose, first, many)


@settings(max_examples=100, deadline=None)
@given(companies, moments, moments, moments)
def test_what_passes_in_two_stretches_passes_in_both_together(whose, one, two, three):
    first, middle, last = sorted((one, two, three))
    parts = working_time_between(whose, first, middle) + working_time_between(whose, middle, last)
    assert parts == working_time_between(whose, first, last)
