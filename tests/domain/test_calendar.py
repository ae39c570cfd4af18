"""The company's calendar: days, fiscal periods, working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.policies.calendar import (
    Period,
    PeriodUnknown,
    add_working_days,
    day_end,
    day_of,
    day_start,
    fiscal_year,
    is_working_day,
    period,
    period_of,
    quarter,
    working_days_between,
)
from domain.policies.company import Company, Holiday, default_company


def company(zone: str = "UTC", start: int = 1, *holidays: Holiday) -> Company:
    it = default_company("EUR")
    it.time_zone, it.fiscal_year_start = zone, start
    it.holidays = {holiday.day: holiday for holiday in holidays}
    return it


def test_a_day_ends_with_its_last_microsecond_in_the_companys_zone() -> None:
    shanghai = company("Asia/Shanghai")
    assert day_start(shanghai, date(2025, 3, 1)) == datetime(2025, 2, 28, 16, tzinfo=UTC)
    assert day_end(shanghai, date(2025, 3, 1)) == datetime(2025, 3, 1, 15, 59, 59, 999999, tzinfo=UTC)
    assert day_end(shanghai, date(2025, 3, 1)).tzinfo is UTC


def test_a_day_may_have_23_or_25_hours() -> None:
    berlin = company("Europe/Berlin")

    def length(day: date) -> timedelta:
        return day_start(berlin, day + timedelta(days=1)) - day_start(berlin, day)

    assert length(date(2025, 3, 30)) == timedelta(hours=23)
    assert length(date(2025, 10, 26)) == timedelta(hours=25)


def test_a_moment_lies_in_the_companys_day() -> None:
    assert day_of(company("Asia/Shanghai"), datetime(2025, 2, 28, 16, tzinfo=UTC)) == date(2025, 3, 1)
    assert day_of(company(), datetime(2025, 2, 28, 16, tzinfo=UTC)) == date(2025, 2, 28)


@for_all(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin"]))
def test_both_ends_of_a_day_lie_in_it_and_days_leave_no_gap(day: date, zone: str) -> None:
    it = company(zone)
    assert day_of(it, day_start(it, day)) == day_of(it, day_end(it, day)) == day
    assert day_end(it, day) + timedelta(microseconds=1) == day_start(it, day + timedelta(days=1))


@pytest.mark.parametrize(
    ("start", "key", "first", "last"),
    [
        (1, "2017-Q4", date(2017, 10, 1), date(2017, 12, 31)),
        (1, "2017-Q1", date(2017, 1, 1), date(2017, 3, 31)),
        (1, "2017", date(2017, 1, 1), date(2017, 12, 31)),
        (4, "2018-Q1", date(2017, 4, 1), date(2017, 6, 30)),
        (4, "2018-Q4", date(2018, 1, 1), date(2018, 3, 31)),
        (4, "2018", date(2017, 4, 1), date(2018, 3, 31)),
        (12, "2018-Q1", date(2017, 12, 1), date(2018, 2, 28)),
        (4, "2017-10", date(2017, 10, 1), date(2017, 10, 31)),
        (1, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (1, "2017-12", date(2017, 12, 1), date(2017, 12, 31)),
        (4, "2017-10-15..2017-11-14", date(2017, 10, 15), date(2017, 11, 14)),
        (1, "2017-10-15..2017-10-15", date(2017, 10, 15), date(2017, 10, 15)),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_in_which_it_ends(start: int, key: str, first: date, last: date) -> None:
    assert period(company(start=start), key) == Period(key, first, last)


def test_a_quarter_has_a_first_and_a_last_day() -> None:
    assert quarter(company(), "2017-Q4") == (date(2017, 10, 1), date(2017, 12, 31))
    for key in ("2017-10", "2017-Q5", "Q4", ""):
        with pytest.raises(PeriodUnknown):
            quarter(company(), key)


@pytest.mark.parametrize(
    "key", ["2017-13", "2017-Q0", "17", "2017-1", "2017-10-01", "2017-11-14..2017-11-13", "2017-02-29..2017-03-01"]
)
def test_what_is_no_period_is_refused(key: str) -> None:
    with pytest.raises(PeriodUnknown, match="2017-Q4"):
        period(company(), key)


@for_all(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 12), st.sampled_from(["quarter", "month", "year"])
)
def test_every_day_lies_in_its_own_period(day: date, start: int, unit: str) -> None:
    it = company(start=start)
    found = period(it, period_of(it, day, unit))  # type: ignore[arg-type]
    assert found.first <= day <= found.last
    if unit == "year":
        assert int(found.key) == fiscal_year(it, day) == found.last.year


def test_weekdays_holidays_and_make_up_days_decide_about_work() -> None:
    festival, make_up = Holiday(date(2025, 1, 29), "春节"), Holiday(date(2025, 1, 26), "调休", working=True)
    it = company("Asia/Shanghai", 1, festival, make_up)
    assert [is_working_day(it, date(2025, 1, n)) for n in (25, 26, 27, 28, 29)] == [False, True, True, True, False]


def test_working_days_are_counted_over_weekends_and_holidays() -> None:
    it = company("UTC", 1, Holiday(date(2025, 4, 21), "Easter Monday"))
    thursday, tuesday = date(2025, 4, 17), date(2025, 4, 22)
    assert add_working_days(it, thursday, 2) == tuesday
    assert add_working_days(it, tuesday, -2) == thursday
    assert add_working_days(it, date(2025, 4, 19), 0) == date(2025, 4, 19)
    assert working_days_between(it, thursday, tuesday) == 3
    assert working_days_between(it, tuesday, thursday) == 0
