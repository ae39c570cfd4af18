"""The cascade: goals of company and territories, the objectives of account plans below, and what is in no plan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import MeasuredBy
from domain.account_plan.objectives import Objectives
from domain.money import Money
from domain.objective import Metric
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.strategy.goals import Goals
from domain.visibility import Visibility
from projections.strategy_cascade import CascadeAnswer, GoalLine, cascade
from tests.domain.given import day, eur, some_id
from tests.domain.strategies import DRAFTED, EAST_GROWS, GROW, NORTH_GROWS, adopted, goal, of_north, on_day
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_plan_progress import purchase

FEW, STEEL, PAPER, PLAN, OTHER_PLAN = (some_id(name) for name in ("few", "steel", "paper", "plan", "other plan"))
SELL, SELL_MORE, SHARE = (some_id(name) for name in ("sell", "sell more", "share"))
MEI = some_id("mei")
COMPANY = Company.Defined(
    edition=1, name="Ours", currency="EUR", gift_limit=None, language="en", fiscal_year_start=1, time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
)  # fmt: skip


def objective(account: UUID, target: int, **changes: Any) -> Objectives.ObjectiveSet:
    """Revenue of 2025 with an account, that takes on the goal of the north."""
    stated = Objectives.ObjectiveSet(
        account=account,
        objective_id=SELL,
        title="Sell",
        metric=Metric.REVENUE,
        baseline=Decimal(0),
        target=Decimal(target),
        currency="CNY",
        unit="",
        fiscal_year=2025,
        start=date(2025, 1, 1),
        due=date(2025, 12, 31),
        goal=NORTH_GROWS,
    )
    return msgspec.structs.replace(stated, **changes)


def told(stream: UUID, event: Any, on: int = 1) -> Any:
    return stream, event, day(on)


STORY = [
    told(policy_id("Company"), COMPANY),
    told(policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="CNY", rate=Decimal("0.125"))),
    told(STEEL, Account.Registered(name="Steel")),
    told(STEEL, Account.ManagerAssigned(manager=MEI)),
    told(PAPER, Account.Registered(name="Paper")),
    told(FEW, DRAFTED),
    told(FEW, goal()),  # 7: from 10 to 15 million CNY in 2025
    told(FEW, of_north(baseline=Decimal(4_000_000), target=Decimal(6_000_000)), 2),  # 8
    told(FEW, adopted(in_force_from=date(2025, 1, 3), override="now"), 3),  # 9
    told(PLAN, AccountPlan.Drafted(account=STEEL, fiscal_year=2025), 4),
    told(OTHER_PLAN, AccountPlan.Drafted(account=PAPER, fiscal_year=2025), 4),
    told(PLAN, objective(STEEL, 2_000_000), 5),  # 12
    told(OTHER_PLAN, objective(PAPER, 125_000, currency="EUR", objective_id=SELL_MORE), 6),  # 13: a million CNY
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def asked(office: Office, on: int = 20, known_at: int | None = None, **which: Any) -> CascadeAnswer:
    visibility = which.pop("visibility", None)
    with office.view(day(on), known_at, visibility) as view:
        return cascade(view, **which)


def sums(line: GoalLine) -> tuple[Any, ...]:
    return line.title, line.level, line.against, line.in_goals, line.in_plans, line.gap_share


def test_objectives_of_plans_add_up_below_the_goal_they_take_on_and_all_above_it(office: Office) -> None:
    answer = asked(office)
    assert [sums(line) for line in answer.goals] == [
        ("Grow with key accounts", 0, Decimal(15_000_000), Decimal(6_000_000), Decimal(3_000_000), Decimal("0.8000")),
        ("North grows", 1, Decimal(6_000_000), Decimal(0), Decimal(3_000_000), Decimal("0.5000")),
    ]
    grow, north = answer.goals
    assert (grow.gap, grow.objectives) == (Decimal("12000000.00"), [])
    assert [(each.account, each.plan, each.counted, each.position) for each in north.objectives] == [
        (STEEL, PLAN, Decimal("2000000.00"), 12),
        (PAPER, OTHER_PLAN, Decimal("1000000.00"), 13),
    ]
    assert (grow.positions, north.positions) == ([7], [8])


def test_the_cascade_is_that_of_the_day_and_of_what_was_known(office: Office) -> None:
    assert asked(office, 2).strategy is None
    assert asked(office, 4).goals[1].in_plans == 0
    assert [line.in_plans for line in asked(office, 5).goals] == [Decimal(2_000_000)] * 2
    assert asked(office, 20, 12).goals[1].in_plans == Decimal(2_000_000)
    office.tell(told(PLAN, objective(STEEL, 3_000_000, restated=True), 4))
    assert asked(office, 4).goals[1].in_plans == Decimal(3_000_000)
    assert asked(office, 4, 13).goals[1].in_plans == 0


def test_objectives_of_accounts_that_are_not_seen_are_counted_and_not_shown(office: Office) -> None:
    own = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    grow, north = asked(office, visibility=own).goals
    assert [each.account for each in north.objectives] == [STEEL]
    assert (grow.left_out, north.left_out, north.in_plans) == (1, 1, Decimal(2_000_000))


def test_a_goal_stands_against_its_straight_line_by_what_was_measured(office: Office) -> None:
    half = on_day(date(2025, 7, 2))
    measured = Goals.GoalProgressed(goal_id=GROW, value=Decimal(12_000_000), on=date(2025, 7, 1))
    assert asked(office, half).goals[0].behind == Decimal("0.5000"), "what was never measured stands where it began"
    position = office.tell(told(FEW, measured, half))
    grow = asked(office, half).goals[0]
    assert (grow.value, grow.expected, grow.measured_on) == (Decimal(12_000_000), Decimal(12_500_000), date(2025, 7, 1))
    assert (grow.behind, grow.positions) == (Decimal("0.1000"), [7, position])


def test_an_objective_measured_by_facts_stands_at_what_was_bought(office: Office) -> None:
    half = on_day(date(2025, 7, 2))  # 182 of 364 days
    stated = office.tell(told(PLAN, objective(STEEL, 2_000_000, measured_by=MeasuredBy.FACTS, restated=True), 7))

    def line(on: int = half, known_at: int | None = None) -> tuple[Any, ...]:
        (each,) = (each for each in asked(office, on, known_at).goals[1].objectives if each.account == STEEL)
        return each.value, each.expected, each.behind, each.positions

    assert line() == (None, Decimal(1_000_000), Decimal("0.5000"), [stated])
    first = office.tell(told(STEEL, purchase("D-1", Money.of(300_000, "CNY")), 8))
    second = office.tell(told(STEEL, purchase("D-2", eur(25_000)), half - 1))  # 200,000 CNY
    assert line() == (Decimal(500_000), Decimal(1_000_000), Decimal("0.2500"), [stated, first, second])
    assert line(known_at=first)[0] == Decimal(300_000)
    assert line(half - 2)[0] == Decimal(300_000)
    office.tell(told(STEEL, purchase("D-3", Money.of(1, "USD")), 9))
    assert asked(office, half).missing_rates == {"USD": 1}


@pytest.mark.parametrize(
    "other",
    [
        {"metric": Metric.MARGIN},
        {"parent": SELL},
        {"currency": "USD"},
        {"metric": Metric.OTHER, "currency": "", "unit": "t"},
    ],
)
def test_what_cannot_be_added_is_shown_and_not_counted(office: Office, other: dict[str, Any]) -> None:
    office.tell(told(PLAN, objective(STEEL, 9, objective_id=SHARE, **other), 7))
    answer = asked(office)
    line = next(each for each in answer.goals[1].objectives if each.objective == SHARE)
    assert (line.counted, answer.goals[1].in_plans) == (None, Decimal(3_000_000))
    assert answer.missing_rates == ({"USD": 1} if other.get("currency") == "USD" else {})


def test_a_dropped_objective_and_a_dropped_goal_are_no_part(office: Office) -> None:
    office.tell(told(PLAN, Objectives.ObjectiveDropped(objective_id=SELL, reason="lost"), 7))
    assert asked(office).goals[1].in_plans == Decimal(1_000_000)
    office.tell(told(FEW, Goals.GoalDropped(goal_id=NORTH_GROWS, reason="sold"), 8))
    assert [line.title for line in asked(office).goals] == ["Grow with key accounts"]


def test_shares_and_grades_are_not_added_up(office: Office) -> None:
    grade = goal(goal_id=SHARE, title="Content", metric=Metric.SATISFACTION, currency="", unit="", target=Decimal(9))
    office.tell(told(FEW, grade, 8))
    line = next(each for each in asked(office).goals if each.goal == SHARE)
    assert (line.in_plans, line.gap, line.gap_share, line.target) == (None, None, None, Decimal(9))


def test_a_goal_over_years_is_held_against_its_line_at_the_end_of_a_year(office: Office) -> None:
    years = goal(goal_id=EAST_GROWS, title="Ten years", due=date(2026, 12, 31), start=date(2024, 12, 31))
    office.tell(
        told(FEW, years, 8), told(OTHER_PLAN, objective(PAPER, 5_000_000, goal=EAST_GROWS, objective_id=SHARE), 9)
    )

    def line(year: int | None) -> GoalLine:
        return next(each for each in asked(office, year=year).goals if each.goal == EAST_GROWS)

    assert (line(2025).against, line(2025).in_plans, line(2025).year) == (
        Decimal("12500000.00"), Decimal(5_000_000), 2025,
    )  # fmt: skip
    assert (line(None).against, line(None).in_plans, line(None).year) == (Decimal(15_000_000), Decimal(0), 2026)
    assert [each.title for each in asked(office, year=2026).goals] == ["Ten years"]
    assert asked(office, year=2027).goals == []


def test_more_in_plans_than_the_goal_leaves_no_gap(office: Office) -> None:
    office.tell(told(PLAN, objective(STEEL, 7_000_000, restated=True), 9))
    north = asked(office).goals[1]
    assert (north.gap, north.gap_share) == (Decimal(0), Decimal(0))


def test_goals_in_a_circle_by_late_facts_are_still_shown_once(office: Office) -> None:
    office.tell(told(FEW, goal(parent=NORTH_GROWS, restated=True), 9))
    assert sorted(line.title for line in asked(office).goals) == ["Grow with key accounts", "North grows"]


def test_a_territorys_goals_follow_the_companys(office: Office) -> None:
    office.tell(told(FEW, of_north(goal_id=EAST_GROWS, territory="south", title="South grows", target=Decimal(1)), 9))
    found = [(line.title, line.level, line.territory) for line in asked(office).goals]
    assert found == [
        ("Grow with key accounts", 0, ""), ("North grows", 1, "north"), ("South grows", 1, "south"),
    ]  # fmt: skip
    assert asked(office).goals[0].in_goals == Decimal(6_000_001)


def test_objectives_of_another_fiscal_year_are_not_listed_and_the_most_behind_comes_first(office: Office) -> None:
    later = objective(STEEL, 9, objective_id=SHARE, fiscal_year=2026, due=date(2026, 12, 31))
    office.tell(told(PLAN, later, 7))
    (_, north) = asked(office).goals
    assert SHARE not in [each.objective for each in north.objectives]
    assert {each.fiscal_year for each in north.objectives} == {2025}
    lags = [each.behind for each in north.objectives if each.behind is not None]
    assert lags == sorted(lags, reverse=True)
