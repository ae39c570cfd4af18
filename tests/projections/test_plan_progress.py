"""Plan progress as of two clocks: straight lines, values from facts, milestones, three years."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.standing import Standing
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import MeasuredBy
from domain.account_plan.plan_milestones import PlanMilestones
from domain.aggregate import Event
from domain.errors import NotFound
from domain.money import Money
from domain.objective import Line, Metric
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.plan_measures import MilestoneState, line_of, state_of
from projections.plan_progress import ObjectiveProgress, PlanProgress, plan_progress, plans
from tests.domain.given import day, eur, sealed, some_id
from tests.domain.plan_facts import (
    APPROVED,
    DRAFTED,
    DUE,
    LAST,
    REVENUE,
    SURVEY,
    WORKSHOP,
    milestone,
    objective,
    result,
    visits,
)
from tests.domain.plan_facts import progressed as said
from tests.domain.test_opportunity import STEEL
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal

PLAN, BETA, OTHERS = some_id("plan"), some_id("beta"), some_id("others' plan")
BOUGHT, NPS, WALLET = some_id("bought"), some_id("nps"), some_id("wallet")
JUNE = 181
"""Day 181 is 1 July 2025: 181 of 364 days of the year are over."""


WERKE = Company.Defined(
    edition=1,
    name="Werke",
    currency="EUR",
    gift_limit=None,
    language="en",
    fiscal_year_start=1,
    time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY,
    working_hours=NINE_TO_SIX,
)


def facts_objective(which: UUID, metric: Metric, target: Any, **fields: Any) -> Event:
    given = {"objective_id": which, "title": "More", "metric": metric, "measured_by": MeasuredBy.FACTS}
    return objective(**{**given, "target": Decimal(target), **fields})


def purchase(number: str, amount: Money, margin: Money | None = None) -> Event:
    return Purchases.PurchaseRecorded(document_no=number, revenue=amount, margin=margin)


def survey(name: str, kind: SurveyKind, score: int) -> Event:
    return Satisfaction.SatisfactionSurveyed(survey_id=some_id(name), kind=kind, score=score)


STORY: list[tuple[UUID, Event, datetime]] = [
    (policy_id("Company"), WERKE, day(0)),
    (policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), day(1)),
    (STEEL, Account.Registered(name="Steel works", external_id="A-1", currency="EUR"), day(1)),
    (BETA, Account.Registered(name="Beta"), day(1)),
    (PLAN, DRAFTED, day(2)),
    (OTHERS, AccountPlan.Drafted(account=BETA, fiscal_year=2026), day(2)),
    (PLAN, objective(), day(2)),  # 7: 0 to 1,200,000 EUR by hand
    (PLAN, visits(fiscal_year=2026, private=True), day(2)),  # 8
    (PLAN, facts_objective(BOUGHT, Metric.REVENUE, 1000, baseline=Decimal(700)), day(2)),  # 9
    (PLAN, facts_objective(NPS, Metric.SATISFACTION, 50, currency="", unit="nps"), day(2)),  # 10
    (PLAN, facts_objective(WALLET, Metric.SHARE_OF_WALLET, "0.5", currency=""), day(2)),  # 11
    (PLAN, milestone(), day(2)),  # 12
    (PLAN, APPROVED, day(3)),
    (STEEL, purchase("D-1", eur(300)), day(20)),  # 14
    (STEEL, purchase("D-2", Money.of(100, "USD")), day(30)),  # 15
    (STEEL, purchase("D-3", Money.of(100, "GBP")), day(31)),  # 16: without a rate
    (STEEL, survey("one", SurveyKind.NPS, 9), day(40)),  # 17
    (STEEL, survey("two", SurveyKind.NPS, 3), day(50)),  # 18
    (STEEL, survey("three", SurveyKind.CSAT, 1), day(51)),  # 19
    (
        STEEL,
        Standing.AccountScored(model="key", edition=1, scores={}, wallet_share=Decimal("0.3")),
        day(60),
    ),  # 20
    (PLAN, said(900_000, date(2025, 6, 2)), day(152)),  # 21
    (PLAN, AccountPlan.CustomerAgreed(stakeholder=some_id("li"), on=DUE), day(153)),  # 22
    (PLAN, AccountPlan.Revised(revision=1, reason="x"), day(154)),  # 23
    (PLAN, said(100_000, date(2025, 3, 2)), day(60)),  # 24: late
    (PLAN, PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=DUE), day(9)),  # 25: late
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def progress(office: Office, at: int = JUNE, known_at: int | None = None) -> PlanProgress:
    with office.view(day(at), known_at) as view:
        return plan_progress(view, PLAN)


def of(answer: PlanProgress, which: UUID) -> ObjectiveProgress:
    return next(each for each in answer.objectives if each.objective == which)


def test_an_objective_is_held_against_its_straight_line(office: Office) -> None:
    found = of(progress(office), REVENUE)
    assert (found.value, found.value_on) == (Decimal(900_000), date(2025, 6, 2))
    assert found.expected == Decimal("596703.30")  # 1,200,000 × 181 / 364
    assert found.deviation == Decimal("0.2527")  # (900,000 − 596,703.30) / 1,200,000
    assert (found.behind, found.positions) == (False, [7, 21])


def test_as_of_an_earlier_day_it_stands_as_it_stood_and_as_it_was_known(office: Office) -> None:
    assert of(progress(office, 100), REVENUE).value == Decimal(100_000)
    before = of(progress(office, 100, 23), REVENUE)
    assert (before.value, before.deviation, before.behind) == (None, Decimal("-0.2747"), True)


def test_revenue_from_facts_counts_what_was_bought_since_the_start_in_its_own_currency(office: Office) -> None:
    answer = progress(office)
    found = of(answer, BOUGHT)
    assert (found.value, found.expected) == (Decimal("350.00"), Decimal("497.25"))  # 300 + 100 USD; 1000 × 181 / 364
    assert (found.deviation, found.behind, found.positions) == (Decimal("-0.1473"), False, [9, 14, 15])
    assert answer.missing_rates == {"GBP": 1}
    assert of(progress(office, 25), BOUGHT).value == Decimal("300.00")
    assert of(progress(office, 10), BOUGHT).value is None


def test_satisfaction_and_share_of_wallet_come_from_surveys_and_scores(office: Office) -> None:
    answer = progress(office)
    assert of(answer, NPS).value == Decimal(0)  # a promoter and a detractor
    assert of(answer, NPS).positions == [10, 17, 18]
    assert of(progress(office, 45), NPS).value == Decimal(100)
    assert (of(answer, WALLET).value, of(answer, WALLET).positions) == (Decimal("0.3"), [11, 20])


def test_a_plan_shows_its_milestones_its_years_and_what_the_customer_agreed_to(office: Office) -> None:
    answer = progress(office)
    assert [(each.fiscal_year, each.objectives) for each in answer.years] == [
        (2025, [REVENUE, BOUGHT, NPS, WALLET]),
        (2026, [SURVEY]),
        (2027, []),
    ]
    (stone,) = answer.milestones
    assert (stone.state, stone.reached_on, stone.positions) == (MilestoneState.REACHED, DUE, [12, 25])
    assert (answer.plan.status, answer.plan.revision, answer.plan.agreed_to_this) == ("revised", 1, False)
    assert progress(office, 153).plan.agreed_to_this


def test_a_milestone_is_missed_until_it_becomes_known_that_it_was_reached(office: Office) -> None:
    assert [each.state for each in progress(office, 20, 24).milestones] == [MilestoneState.MISSED]
    assert [each.state for each in progress(office, 7, 24).milestones] == [MilestoneState.DUE]
    assert progress(office, 20).plan.reached == 1


def test_plans_are_listed_with_how_far_they_are(office: Office) -> None:
    with office.view(day(JUNE)) as view:
        lines = plans(view).plans
        assert [(each.name, each.fiscal_year) for each in lines] == [("Beta", 2026), ("Steel works", 2025)]
        assert [each.plan for each in plans(view, account=STEEL).plans] == [PLAN]
        assert [each.plan for each in plans(view, fiscal_year=2026).plans] == [OTHERS]
    steel = lines[1]
    assert (steel.objectives, steel.behind, steel.reached, steel.missed) == (5, 2, 1, 0)
    assert (steel.approved_on, steel.agreed_on, steel.account_external_id) == (date(2025, 1, 4), DUE, "A-1")


def test_a_plan_of_an_account_that_is_not_to_be_seen_is_not_there(office: Office) -> None:
    nobody = Visibility(member=some_id("nobody"))
    with office.view(day(JUNE), visibility=nobody) as view:
        assert plans(view).plans == []
        with pytest.raises(NotFound):
            plan_progress(view, PLAN)
    with office.view(day(1)) as view, pytest.raises(NotFound):
        plan_progress(view, PLAN)


def test_a_closed_plan_shows_its_results_and_is_listed_on_demand(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    closed = AccountPlan.Closed(results=(result(),), lessons=sealed("x"))
    office.tell(STORY[2], STORY[4], STORY[6], (PLAN, closed, day(360)))
    with office.view(day(361)) as view:
        assert plans(view).plans == []
        assert [each.closed_on for each in plans(view, every=True).plans] == [date(2025, 12, 27)]
        found = of(plan_progress(view, PLAN), REVENUE)
    assert (found.reached, found.met, found.value, found.status) == (
        Decimal(1_000_000),
        "partly",
        Decimal(1_000_000),
        "closed",
    )


def line(begins: int, target: int) -> Line:
    return Line(date(2025, 1, 1), Decimal(begins), date(2025, 1, 11), Decimal(target))


def test_the_deviation_is_a_share_of_the_whole_way_whichever_way_it_goes() -> None:
    middle = date(2025, 1, 6)
    assert line(0, 100).deviation(Decimal(30), middle) == Decimal("-0.2000")
    assert line(100, 0).deviation(Decimal(70), middle) == Decimal("-0.2000")
    assert line(100, 0).deviation(Decimal(20), middle) == Decimal("0.3000")
    assert line(100, 200).deviation(None, middle) == Decimal("-0.5000")
    assert line(100, 200).deviation(None, date(2025, 3, 1)) == Decimal("-1.0000")
    assert line(80, 80).deviation(Decimal(60), middle) == Decimal("-0.2500")
    assert line(0, 0).deviation(Decimal(-1), middle) == Decimal("-1.0000")


def test_the_line_of_what_is_counted_from_facts_begins_at_nothing() -> None:
    stated = {"start": DUE, "baseline": Decimal(7), "due": LAST, "target": Decimal(9)}
    assert line_of(Metric.MARGIN, MeasuredBy.FACTS, **stated).begins == 0  # type: ignore[arg-type]
    assert line_of(Metric.MARGIN, MeasuredBy.RECORDED, **stated).begins == 7  # type: ignore[arg-type]
    assert line_of(Metric.SATISFACTION, MeasuredBy.FACTS, **stated).begins == 7  # type: ignore[arg-type]


def test_a_milestone_stands_by_its_day() -> None:
    assert state_of(DUE, None, date(2024, 12, 26)) is MilestoneState.TO_COME
    assert state_of(DUE, None, date(2024, 12, 27)) is MilestoneState.DUE
    assert state_of(DUE, None, DUE) is MilestoneState.DUE
    assert state_of(DUE, None, date(2025, 1, 11)) is MilestoneState.MISSED
    assert state_of(DUE, date(2025, 1, 11), LAST) is MilestoneState.REACHED_LATE
