"""The figures of buying behaviour, worked by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.policies.calendar import Period
from projections.buying_figures import (
    Bought,
    Concentration,
    Invoice,
    LineShare,
    Punctuality,
    Rhythm,
    Trend,
    a_year_before,
    by_quarter,
    concentration,
    converted,
    mix,
    punctuality,
    revenue_of_the_year,
    rhythm,
    trend,
    volume_of,
)

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)


def bought(day: date, revenue: str, position: int, line: str = "pumps", margin: str | None = None) -> Bought:
    amount = Decimal(revenue)
    margins = (Decimal(margin), amount) if margin is not None else (Decimal(0), Decimal(0))
    return Bought(day, line, amount, *margins, amount > 0, 1, (position,))


def test_the_rhythm_is_the_gaps_between_purchase_days_that_end_within_the_period() -> None:
    days = [date(2024, 12, 12), date(2025, 1, 11), date(2025, 1, 21), date(2025, 3, 12)]
    facts = [bought(day, "10", position) for position, day in enumerate(days, start=1)]
    twice_on_a_day = bought(days[3], "7", 5, "valves")
    credit_note = bought(date(2025, 6, 1), "-3", 6)
    # Gaps that end in 2025: 30, 10 and 50 days; the last purchase was 294 days before the end of the year.
    assert rhythm([*facts, twice_on_a_day, credit_note], FIRST, LAST) == Rhythm(
        3, 30.0, 30.0, date(2025, 3, 12), 294, 264.0, [2, 3, 4, 5, 6]
    )


def test_earlier_gaps_stand_for_a_period_without_any() -> None:
    facts = [bought(date(2024, 6, 1), "10", 1), bought(date(2024, 9, 9), "10", 2)]
    assert rhythm(facts, FIRST, LAST) == Rhythm(0, 100.0, 100.0, date(2024, 9, 9), 478, 378.0, [2])


def test_one_purchase_has_no_rhythm_and_none_has_no_last_one() -> None:
    once = [bought(date(2025, 12, 1), "10", 1)]
    assert rhythm(once, FIRST, LAST) == Rhythm(1, None, None, date(2025, 12, 1), 30, None, [1])
    assert rhythm([], FIRST, LAST) == Rhythm(0, None, None, None, None, None, [])


def test_a_purchase_that_is_not_due_yet_is_overdue_by_less_than_nothing() -> None:
    facts = [bought(date(2025, 10, 1), "10", 1), bought(date(2025, 12, 20), "10", 2)]
    assert rhythm(facts, FIRST, LAST).overdue_by == 11 - 80


def test_the_mix_shows_lines_with_share_and_margin_of_what_states_one() -> None:
    facts = [
        bought(date(2024, 12, 31), "999", 1),
        bought(date(2025, 2, 1), "60", 2, margin="15"),
        bought(date(2025, 3, 1), "20", 3),
        bought(date(2025, 3, 1), "20", 4, "valves"),
    ]
    assert mix(facts, FIRST) == [
        LineShare("pumps", Decimal(80), 0.8, Decimal(15), 0.25, [2, 3]),
        LineShare("valves", Decimal(20), 0.2, None, None, [4]),
    ]


def test_a_mix_of_credit_notes_alone_has_no_shares() -> None:
    assert mix([bought(date(2025, 2, 1), "-5", 1)], FIRST) == [LineShare("pumps", Decimal(-5), None, None, None, [1])]


def test_concentration_is_the_sum_of_squared_shares() -> None:
    lines = [
        LineShare(name, Decimal(revenue), None, None, None, []) for name, revenue in (("a", 50), ("b", 30), ("c", 20))
    ]
    # 0.5² + 0.3² + 0.2² = 0.38, the three-firm example of any textbook.
    assert concentration(lines) == Concentration(0.38, "a", 0.5)
    assert concentration([*lines, LineShare("d", Decimal(-9), None, None, None, [])]) == Concentration(0.38, "a", 0.5)
    assert concentration(lines[:1]) == Concentration(1.0, "a", 1.0)
    assert concentration([]) == Concentration(None, "", None)


def test_the_trend_is_against_the_same_days_a_year_before() -> None:
    facts = [
        bought(date(2023, 12, 31), "1000", 1),
        bought(date(2024, 1, 1), "40", 2),
        bought(date(2024, 12, 31), "40", 3),
        bought(date(2025, 5, 1), "100", 4),
    ]
    expected = Trend(Decimal(100), Decimal(80), date(2024, 1, 1), date(2024, 12, 31), 0.25, [2, 3, 4])
    assert trend(facts, FIRST, LAST) == expected
    assert trend(facts[3:], FIRST, LAST).change is None


def test_a_year_before_the_29th_of_february_is_the_28th() -> None:
    assert a_year_before(date(2024, 2, 29)) == date(2023, 2, 28)


def test_punctuality_is_weighted_by_amount() -> None:
    due = date(2025, 6, 1)
    invoices = [
        Invoice(Decimal(300), due, due, 1),
        Invoice(Decimal(100), due, due + timedelta(days=20), 2),
        Invoice(Decimal(900), date(2024, 6, 1), date(2024, 12, 31), 3),
        Invoice(Decimal(50), date(2025, 12, 1), None, 4),
        Invoice(Decimal(70), date(2025, 12, 31), None, 5),
        Invoice(Decimal(10), date(2025, 12, 30), date(2026, 1, 2), 6),
    ]
    assert punctuality(invoices, FIRST, LAST) == Punctuality(
        2, 0.75, 5.0, Decimal(130), Decimal(60), 30, [1, 2, 4, 5, 6]
    )
    assert punctuality([], FIRST, LAST) == Punctuality(0, None, None, Decimal(0), Decimal(0), 0, [])


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("1200000", (Decimal(1_200_000), "EUR")),
        (" 1,200,000.50 ", (Decimal("1200000.50"), "EUR")),
        ("USD 3 000", (Decimal(3_000), "USD")),
        ("120万 CNY", (Decimal(1_200_000), "CNY")),
        ("1.5亿", (Decimal(150_000_000), "EUR")),
        ("0", None),
        ("", None),
        ("about 3 lorries", None),
        ("USD 3 EUR", None),
    ],
)
def test_an_annual_volume_is_read_where_it_is_a_number(stated: str, meant: tuple[Decimal, str] | None) -> None:
    assert volume_of(stated, "EUR") == meant


def test_the_year_that_ends_today_has_365_days() -> None:
    facts = [bought(LAST - timedelta(days=days), "10", days) for days in (365, 364, 0)]
    assert revenue_of_the_year(facts, LAST) == (Decimal(20), [0, 364])


def test_an_amount_without_a_rate_is_not_guessed() -> None:
    assert converted(Decimal(10), "USD", {"USD": Decimal("0.9")}) == Decimal("9.0")
    assert converted(Decimal(10), "JPY", {"USD": Decimal("0.9")}) is None


def test_quarters_stand_beside_those_a_year_before_the_running_one_up_to_the_same_day() -> None:
    facts = [
        bought(date(2024, 7, 1), "5", 1),
        bought(date(2024, 9, 30), "7", 2),
        bought(date(2024, 11, 20), "20", 3),
        bought(date(2024, 11, 21), "400", 4),
        bought(date(2025, 8, 8), "18", 5),
        bought(date(2025, 10, 1), "12", 6),
        bought(date(2025, 11, 20), "-2", 7),
        bought(date(2025, 11, 21), "900", 8),
    ]
    quarters = [
        Period("2025-Q3", date(2025, 7, 1), date(2025, 9, 30)),
        Period("2025-Q4", date(2025, 10, 1), date(2025, 12, 31)),
    ]
    over, running = by_quarter(facts, quarters, date(2025, 11, 20))
    assert (over.revenue, over.before, over.change) == (Decimal(18), Decimal(12), 0.5)
    assert (over.last, over.positions, over.positions_before) == (date(2025, 9, 30), [5], [1, 2])
    assert (running.revenue, running.before, running.change) == (Decimal(10), Decimal(20), -0.5)
    assert (running.last, running.positions, running.positions_before) == (date(2025, 11, 20), [6, 7], [3])


@pytest.mark.parametrize(
    ("first", "last", "today", "counted"),
    [
        (date(2024, 12, 1), date(2025, 2, 28), date(2025, 3, 5), [1, 2]),
        (date(2023, 12, 1), date(2024, 2, 29), date(2024, 2, 28), [3]),
        (date(2023, 12, 1), date(2024, 2, 29), date(2024, 2, 29), [3]),
    ],
)
def test_a_quarter_that_ends_in_february_stands_beside_the_whole_of_the_one_before(
    first: date, last: date, today: date, counted: list[int]
) -> None:
    facts = [bought(date(2024, 2, 28), "1", 1), bought(date(2024, 2, 29), "1", 2), bought(date(2023, 2, 28), "1", 3)]
    (found,) = by_quarter(facts, [Period("quarter", first, last)], today)
    assert found.positions_before == counted
