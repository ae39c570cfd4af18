"""Purchases against plan, the whole, and the day on which it turns red."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.policies.company import Company
from domain.policies.service_policy import default_service_policy
from projections.health_components import Ahead, Component, Fading
from projections.health_outlook import Part, band, parts_of, total, turns_red_on
from projections.health_purchases import Bought, Planned, PurchasesCourse, purchases
from projections.relationship_health import horizon
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


def test_the_whole_is_the_weighted_mean_of_what_has_facts() -> None:
    parts = [Part(Fading(80), 20), Part(Fading(20), 10), Part(PurchasesCourse([]), 50)]
    assert total(parts, NOW) == 60
    assert total([], NOW) is None


def test_a_component_without_weight_does_not_count() -> None:
    components = [Component(name, Fading(50), "", ()) for name in ("contact", "mood")]
    assert [part.weight for part in parts_of(components, {"contact": Decimal(25), "coverage": Decimal(1)})] == [25]


def test_the_borders_belong_to_the_worse_band() -> None:
    policy = default_service_policy()
    found = [band(score, policy) for score in (None, 0, 50, 50.1, 75, 75.1)]
    assert found == [None, "red", "red", "yellow", "yellow", "green"]


def test_a_contact_of_100_turns_red_after_one_half_life() -> None:
    assert turns_red_on([Part(Fading(0, 100, 30), 1)], DAYS, 50) == TODAY + timedelta(days=30)


def test_what_stays_above_the_border_never_turns_red() -> None:
    assert turns_red_on([Part(Fading(60, 40, 30), 1)], DAYS, 50) is None


def test_the_horizon_ends_days_in_the_company_s_time_zone() -> None:
    company = Company(id=some_id("company"), time_zone="Asia/Shanghai")
    days = horizon(company, datetime(2025, 3, 1, 20, tzinfo=UTC))
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
    parts = [Part(Fading(floor, min(above, 100 - floor), 60), 20), Part(course, weight)]
    red = [n for n, ahead in enumerate(DAYS) if (score := total(parts, ahead)) is not None and score <= 50]
    expected = TODAY + timedelta(days=red[0]) if red else None
    assert turns_red_on(parts, DAYS, 50) == expected
