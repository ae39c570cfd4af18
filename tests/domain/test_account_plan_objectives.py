"""Objectives of a plan: which make sense, what they hang on, and how far they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import (
    DueBeforeStart,
    MeasuredBy,
    MeasuredByFacts,
    NotFromFacts,
    ObjectiveHasParts,
    ObjectiveIsItsOwnPart,
    ObjectiveNotOpen,
    ObjectiveSetAlready,
    ObjectiveUntitled,
    ParentUnknown,
    UnitMissing,
    UnitNotWanted,
    ValueNotPossible,
    YearOutsideHorizon,
)
from domain.account_plan.objectives import Objectives
from domain.claims import Claim
from domain.objective import Metric
from domain.opportunity.outcome import ReasonBlank
from domain.policies.company import Company, default_company
from domain.policies.policy import policy_id
from tests.domain.given import ROOT, day, given, recorded, sealed
from tests.domain.plan_facts import DRAFTED, FIRST, LAST, REVENUE, SURVEY, objective, progressed, visits

COMPANY = default_company()


def put(it: AccountPlan, company: Company = COMPANY, **fields: Any) -> None:
    stated = {
        "objective_id": REVENUE,
        "title": " Twice the revenue ",
        "metric": Metric.REVENUE,
        "baseline": Decimal(0),
        "target": Decimal(1_200_000),
        "currency": "eur",
        **fields,
    }
    it.objectives.set(**stated, company=company)


def test_an_objective_runs_through_the_plans_year_where_nothing_else_is_stated() -> None:
    it = given(AccountPlan, DRAFTED)
    put(it)
    assert recorded(it) == [objective()]
    put(it)
    assert recorded(it) == []
    assert objective().claims(ROOT) == [Claim("plan-objective", str(ROOT), str(REVENUE))]
    assert objective(restated=True).claims(ROOT) == []


def test_the_year_is_the_companys_fiscal_year_of_the_due_day() -> None:
    april = Company(id=policy_id("Company"), fiscal_year_start=4)
    it = given(AccountPlan, DRAFTED)
    put(it, april, due=date(2026, 3, 31))
    (event,) = recorded(it)
    assert isinstance(event, Objectives.ObjectiveSet)
    assert (event.fiscal_year, event.start, event.due) == (2026, date(2025, 4, 1), date(2026, 3, 31))
    put(it, april, fiscal_year=2027)
    (event,) = recorded(it)
    assert (event.start, event.due) == (date(2026, 4, 1), date(2027, 3, 31))  # type: ignore[attr-defined]


def test_an_objective_is_stated_anew_as_a_whole_and_keeps_what_was_recorded() -> None:
    it = given(AccountPlan, DRAFTED, objective(), progressed(300_000, FIRST))
    put(it, target=Decimal(1_500_000))
    assert recorded(it) == [objective(target=Decimal("1500000.00"), restated=True)]
    assert it.objectives.objectives[REVENUE].value == Decimal(300_000)


@pytest.mark.parametrize(
    ("fields", "refusal", "said"),
    [
        ({"title": " "}, ObjectiveUntitled, "title"),
        ({"currency": ""}, UnitMissing, "revenue needs its currency"),
        ({"unit": "pieces"}, UnitNotWanted, "revenue has no unit, and pieces"),
        ({"metric": Metric.OTHER, "unit": "visits"}, UnitNotWanted, "other has no currency, and eur"),
        ({"metric": Metric.OTHER, "currency": ""}, UnitMissing, "other needs its unit"),
        ({"metric": Metric.SATISFACTION, "currency": "", "unit": "stars"}, UnitMissing, "nps or csat"),
        ({"metric": Metric.SATISFACTION, "currency": ""}, ValueNotPossible, "1200000 is not possible as target"),
        ({"metric": Metric.SHARE_OF_WALLET, "currency": "", "target": Decimal(2)}, ValueNotPossible, "0 to 1"),
        ({"metric": Metric.SHARE_OF_WALLET, "currency": "", "unit": "%"}, UnitNotWanted, "share_of_wallet"),
        ({"baseline": Decimal(-1)}, ValueNotPossible, "-1.00 is not possible as baseline .*0 or more"),
        ({"target": Decimal("NaN")}, ValueNotPossible, "NaN .*a number"),
        ({"start": LAST, "due": LAST}, DueBeforeStart, "2025-12-31"),
        ({"fiscal_year": 2028}, YearOutsideHorizon, "state 2025 to 2027"),
        ({"fiscal_year": 2024}, YearOutsideHorizon, "2024"),
        ({"metric": Metric.NEW_PRODUCT, "currency": "", "measured_by": "facts"}, NotFromFacts, "new_product"),
        ({"parent": SURVEY}, ParentUnknown, "There are: none"),
        ({"parent": REVENUE}, ObjectiveIsItsOwnPart, "lies below it"),
    ],
)
def test_an_objective_that_makes_no_sense_is_refused(fields: dict[str, Any], refusal: Any, said: str) -> None:
    if "measured_by" in fields:
        fields = {**fields, "measured_by": MeasuredBy(fields["measured_by"])}
    it = given(AccountPlan, DRAFTED)
    with pytest.raises(refusal, match=said):
        put(it, **fields)
    assert recorded(it) == []


@pytest.mark.parametrize(
    ("metric", "unit", "target", "kept"),
    [
        (Metric.SATISFACTION, "", Decimal(40), "nps"),
        (Metric.SATISFACTION, "CSAT", Decimal("4.5"), "csat"),
        (Metric.SHARE_OF_WALLET, "", Decimal("0.4"), ""),
        (Metric.NEW_PRODUCT, "", Decimal(3), ""),
        (Metric.OTHER, "visits", Decimal(-3), "visits"),
    ],
)
def test_each_metric_has_its_unit(metric: Metric, unit: str, target: Decimal, kept: str) -> None:
    it = given(AccountPlan, DRAFTED)
    put(it, metric=metric, unit=unit, baseline=min(target, Decimal(1)), target=target, currency="")
    (event,) = recorded(it)
    assert isinstance(event, Objectives.ObjectiveSet)
    assert (event.unit, event.target, event.currency) == (kept, target, "")


def test_a_margin_may_begin_below_nothing() -> None:
    it = given(AccountPlan, DRAFTED)
    put(it, metric=Metric.MARGIN, baseline=Decimal("-50000.005"))
    (event,) = recorded(it)
    assert event.baseline == Decimal("-50000.00")  # type: ignore[attr-defined]


def test_objectives_hang_on_others_without_a_circle() -> None:
    it = given(AccountPlan, DRAFTED, objective(), visits(parent=REVENUE))
    with pytest.raises(ObjectiveIsItsOwnPart):
        put(it, parent=SURVEY)
    with pytest.raises(ObjectiveHasParts, match=f"below it: {SURVEY}"):
        it.objectives.drop(objective_id=REVENUE, reason="x")
    it.objectives.drop(objective_id=SURVEY, reason="nobody has time")
    it.objectives.drop(objective_id=REVENUE, reason="x")
    assert recorded(it) == [
        Objectives.ObjectiveDropped(objective_id=SURVEY, reason="nobody has time"),
        Objectives.ObjectiveDropped(objective_id=REVENUE, reason="x"),
    ]


def test_what_is_dropped_says_why_and_must_be_there() -> None:
    it = given(AccountPlan, DRAFTED, objective())
    with pytest.raises(ReasonBlank, match="Dropping an objective"):
        it.objectives.drop(objective_id=REVENUE, reason="")
    with pytest.raises(ObjectiveNotOpen, match=f"There are: {REVENUE}"):
        it.objectives.drop(objective_id=SURVEY, reason="x")


def test_an_objective_is_set_once_unless_it_is_stated_anew() -> None:
    it = given(AccountPlan, DRAFTED, objective())
    with pytest.raises(ObjectiveSetAlready):
        it.objectives.record(objective())
    with pytest.raises(ObjectiveNotOpen):
        it.objectives.record(visits(restated=True))


def test_progress_is_recorded_with_what_shows_it() -> None:
    it = given(AccountPlan, DRAFTED, objective(), now=day(30))
    it.objectives.progress(objective_id=REVENUE, value=Decimal(90_000), evidence=sealed("ledger"), company=COMPANY)
    progressed_with = Objectives.ObjectiveProgressed(
        objective_id=REVENUE, value=Decimal(90_000), on=date(2025, 1, 31), evidence=sealed("ledger")
    )
    assert recorded(it) == [progressed_with]
    it.objectives.progress(objective_id=REVENUE, value=Decimal(90_000), company=COMPANY)
    assert recorded(it) == []
    assert (it.objectives.objectives[REVENUE].value, it.objectives.objectives[REVENUE].on) == (
        Decimal(90_000),
        date(2025, 1, 31),
    )


def test_progress_is_a_number_of_an_objective_that_is_recorded_by_hand() -> None:
    it = given(AccountPlan, DRAFTED, objective(measured_by=MeasuredBy.FACTS), visits())
    with pytest.raises(MeasuredByFacts, match="derived from facts \\(revenue\\)"):
        it.objectives.progress(objective_id=REVENUE, value=Decimal(1), company=COMPANY)
    with pytest.raises(ValueNotPossible, match="Infinity is not possible as value"):
        it.objectives.progress(objective_id=SURVEY, value=Decimal("Infinity"), company=COMPANY)
    with pytest.raises(ObjectiveNotOpen):
        it.objectives.progress(objective_id=DRAFTED.account, value=Decimal(1), company=COMPANY)
