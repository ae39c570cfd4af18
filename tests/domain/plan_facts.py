"""Facts of an account's plan, as tests state them: of Steel works, for the fiscal year 2025."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.closing import ObjectiveResult
from domain.account_plan.objectives import Objectives
from domain.account_plan.plan_milestones import PlanMilestones
from domain.account_plan.situation import Situation
from domain.objective import Metric
from tests.domain.given import sealed, some_id
from tests.domain.test_opportunity import STEEL

DIRECTOR, REVENUE, SURVEY, WORKSHOP = (some_id(name) for name in ("director", "revenue", "survey", "workshop"))
DRAFTED = AccountPlan.Drafted(account=STEEL, fiscal_year=2025)
APPROVED = AccountPlan.Approved(by=DIRECTOR)
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
DUE = date(2025, 1, 10)


def objective(**fields: Any) -> Objectives.ObjectiveSet:
    """Revenue of the year from 0 to 1,200,000 EUR, recorded by hand."""
    stated = {
        "account": STEEL,
        "objective_id": REVENUE,
        "title": "Twice the revenue",
        "metric": Metric.REVENUE,
        "baseline": Decimal("0.00"),
        "target": Decimal("1200000.00"),
        "currency": "EUR",
        "unit": "",
        "fiscal_year": 2025,
        "start": FIRST,
        "due": LAST,
        **fields,
    }
    return Objectives.ObjectiveSet(**stated)


def visits(**fields: Any) -> Objectives.ObjectiveSet:
    """Ten visits to the board."""
    other = {"objective_id": SURVEY, "title": "Visits to the board", "metric": Metric.OTHER, "unit": "visits"}
    return objective(**{**other, "currency": "", "baseline": Decimal(0), "target": Decimal(10), **fields})


def milestone(**fields: Any) -> PlanMilestones.MilestoneSet:
    """A workshop until 10 January."""
    return PlanMilestones.MilestoneSet(
        **{"account": STEEL, "milestone_id": WORKSHOP, "title": "First workshop", "due": DUE, **fields}
    )


def progressed(value: int | str, on: date) -> Objectives.ObjectiveProgressed:
    """How far the revenue is."""
    return Objectives.ObjectiveProgressed(objective_id=REVENUE, value=Decimal(value), on=on)


def analysed(**fields: Any) -> Situation.SituationAnalysed:
    """Where we stand."""
    return Situation.SituationAnalysed(**{"account": STEEL, "strengths": sealed("Service nearby"), **fields})


def result(objective_id: Any = REVENUE, reached: int = 1_000_000, met: Any = "partly") -> ObjectiveResult:
    """What an objective came to."""
    return ObjectiveResult(objective_id=objective_id, reached=Decimal(reached), met=met)
