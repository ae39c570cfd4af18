"""Purchases against plan, the whole, and the day on which it turns red."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.policies.company import Company
from domain.policies.service_policy import default_service_policy
from projections.health_components import Ahead, Component, Course, Fading
from projections.health_outlook import Whole, band
from projections.health_purchases import Bought, Comparison, Planned, PurchasesCourse, purchases
from projections.relationship_health import Horizon
from tests.domain.given import some_id

TODAY = date(2025, 12, 31)
NOW = Ahead(0, TODAY.toordinal())
DAYS = [Ahead(float(n), TODAY.toordinal() + n) for n in range(1096)]


def bought(days_ago: int, amount: float, position: int = 1) -> Bought:
    return Bought(TODAY - timedelta(days=days_ago), amount, (position,))


def quarter(number: int, amount: float) -> Planned:
    starts = [date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 1)]
    return Planned(starts[number - 1], starts[number] - timedelta(days=1), amount)


def test_without_a_target_a_year_is_held_against_the_year_before() -> None:
    found = purchases([bought(400, 200, 1), bought(30, 150, 2)], [], "EUR", TODAY)
    assert found is not None
    assert found.course.at(NOW) == 75
    assert found.reason == "bought 150 EUR in the last 365 days, 75 % of 200 of the 365 days before"
    assert found.positions == (2,)


def test_a_target_comes_before_the_year_before() -> None:
    found = purchases([bought(400, 10), bought(30, 50)], [quarter(4, 200)], "EUR", TODAY)
    assert found is not None
    assert found.course.at(NOW) == 25
    assert found.reason == "bought 50 EUR in the last 365 days, 25 % of 200 planned for them"


def test_only_what_was_bought_in_planned_quarters_counts_against_the_plan() -> None:
    assert PurchasesCourse([bought(300, 500), bought(30, 50)], [quarter(4, 200)]).at(NOW) == 25


def test_two_plans_for_the_same_days_add_up_and_what_was_bought_counts_once() -> None:
    year = Planned(date(2025, 1, 1), date(2025, 12, 31), 365)
    course = PurchasesCourse([bought(300, 7), bought(30, 50)], [quarter(4, 200), quarter(4, 300)])
    assert course.compare(NOW.day) == Comparison(50, 500, True)
    course = PurchasesCourse([bought(300, 7), bought(30, 50)], [quarter(4, 92), year, quarter(1, 90)])
    assert course.compare(NOW.day) == Comparison(57, 547, True)


def test_of_the_current_quarter_the_days_gone_by_are_planned() -> None:
    half = Ahead(0, date(2025, 11, 15).toordinal())
    found = PurchasesCourse([bought(60, 50)], [quarter(4, 200)]).compare(half.day)
    assert found is not None
    assert found.against == 100


def test_more_than_planned_is_100_and_credit_notes_do_not_fall_below_0() -> None:
    assert PurchasesCourse([bought(400, 10), bought(1, 50)]).at(NOW) == 100
    assert PurchasesCourse([bought(400, 10), bought(1, -50)]).at(NOW) == 0


def test_a_new_customer_without_a_target_is_held_against_nothing() -> None:
    assert purchases([bought(30, 150)], [], "EUR", TODAY) is None
    assert purchases([], [], "EUR", TODAY) is None


def test_a_customer_who_stopped_buying_goes_to_0() -> None:
    course = PurchasesCourse([bought(0, 100)])
    assert [course.at(DAYS[n]) for n in (0, 364, 365, 729, 730)] == [None, None, 0, 0, None]


def test_amounts_without_a_rate_are_named() -> None:
    found = purchases([bought(400, 10), bought(1, 10)], [], "EUR", TODAY, ["XYZ"])
    assert found is not None
    assert found.reason.endswith("; without XYZ: no rate")


def whole(*parts: tuple[Course, float]) -> Whole:
    """Courses and their weights."""
    components = [Component(str(n), course, "", ()) for n, (course, _) in enumerate(parts)]
    return Whole(components, {str(n): Decimal(weight) for n, (_, weight) in enumerate(parts)})


def test_the_whole_is_the_weighted_mean_of_what_has_facts() -> None:
    assert whole((Fading(80), 20), (Fading(20), 10), (PurchasesCourse([]), 50)).at(NOW) == 60
    assert whole((Fading(80), 20), (PurchasesCourse([bought(400, 10)]), 20)).at(NOW) == 40
    assert whole().at(NOW) is None
    assert whole((PurchasesCourse([]), 5)).turns_red_on(DAYS, 50) is None


def test_a_component_without_weight_does_not_count() -> None:
    assert whole((Fading(80), 20), (Fading(20), 0)).at(NOW) == 80
    assert Whole([Component("mood", Fading(80), "", ())], {"contact": Decimal(25)}).at(NOW) is None


def test_the_borders_belong_to_the_worse_band() -> None:
    policy = default_service_policy()
    found = [band(score, policy) for score in (None, 0, 50, 50.1, 75, 75.1)]
    assert found == [None, "red", "red", "yellow", "yellow", "green"]


def test_a_contact_of_100_turns_red_after_one_half_life() -> None:
    assert whole((Fading(0, 100, 30), 1)).turns_red_on(DAYS, 50) == TODAY + timedelta(days=30)


def test_what_stays_above_the_border_never_turns_red() -> None:
    assert whole((Fading(60, 40, 30), 1)).turns_red_on(DAYS, 50) is None


def test_the_horizon_ends_days_in_the_company_s_time_zone() -> None:
    company = Company(id=some_id("company"), time_zone="Asia/Shanghai")
    days = Horizon(company, datetime(2025, 3, 1, 20, tzinfo=UTC))
    assert date.fromordinal(days[0].day) == date(2025, 3, 2)
    assert round(days[0].days * 24, 3) == 20


@given(
    st.lists(st.tuples(st.integers(0, 800), st.floats(-50, 100)), max_size=8),
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(1, 40),
    st.booleans(),
)
def test_the_first_red_day_is_the_one_that_looking_at_every_day_finds(
    documents: list[tuple[int, float]], floor: float, above: float, weight: float, has_plan: bool
) -> None:
    course = PurchasesCourse([bought(*each) for each in documents], [quarter(4, 100)] if has_plan else [])
    health = whole((Fading(floor, min(above, 100 - floor), 60), 20), (course, weight))
    red = [n for n, ahead in enumerate(DAYS) if (score := health.at(ahead)) is not None and score <= 50]
    expected = TODAY + timedelta(days=red[0]) if red else None
    assert health.turns_red_on(DAYS, 50) == expected
