"""Random events of account plans: approved, agreed, revised, their situation, objectives and milestones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from domain.account.dealings import Side
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.closing import ObjectiveResult
from domain.account_plan.objective_terms import MeasuredBy
from domain.account_plan.objectives import Objectives
from domain.account_plan.plan_milestones import PlanMilestones
from domain.account_plan.situation import Situation
from domain.aggregate import Event
from domain.objective import Metric
from tests.domain.given import sealed, some_id

PLANS = (some_id("plan 0"), some_id("plan 1"))
WHOSE = {PLANS[0]: some_id("account 0"), PLANS[1]: some_id("account 1")}
OBJECTIVES = (some_id("objective 0"), some_id("objective 1"))
MILESTONES = (some_id("plan milestone 0"), some_id("plan milestone 1"))
DAYS = (date(2026, 2, 1), date(2026, 3, 15), date(2026, 5, 1))


def drafts() -> list[tuple[UUID, Event, int]]:
    """The plans are there from the beginning."""
    return [(plan, AccountPlan.Drafted(account=WHOSE[plan], fiscal_year=2027), 0) for plan in PLANS]


def of_plan(chance: random.Random) -> tuple[UUID, Event]:
    """Something that was said about a plan."""
    plan = chance.choice(PLANS)
    return plan, chance.choice([_whole, _objective, _objective, _milestone, _milestone])(chance, WHOSE[plan])


def approved_plan(chance: random.Random, account: UUID, start: date, days: int) -> Iterator[Event]:
    """A plan that is approved: objectives recorded by hand and measured by facts, milestones, over so many days."""
    yield AccountPlan.Drafted(account=account, fiscal_year=start.year)
    for which, measured_by in zip(OBJECTIVES, MeasuredBy, strict=True):
        yield Objectives.ObjectiveSet(
            account=account,
            objective_id=which,
            title="More",
            metric=Metric.REVENUE,
            baseline=Decimal(0),
            target=Decimal(2000),
            currency="EUR",
            unit="",
            fiscal_year=start.year,
            start=start,
            due=start + timedelta(days=days),
            measured_by=measured_by,
        )
    for which in MILESTONES:
        due = start + timedelta(days=chance.randint(1, days))
        yield PlanMilestones.MilestoneSet(account=account, milestone_id=which, title="Workshop", due=due)
    yield AccountPlan.Approved(by=some_id("member 0"))


def progress(chance: random.Random, day: date) -> Event:
    """How far an approved plan is on a day."""
    value, reached = Decimal(chance.randint(0, 2000)), chance.choice(MILESTONES)
    said = Objectives.ObjectiveProgressed(objective_id=OBJECTIVES[0], value=value, on=day)
    return chance.choice([said, said, said, PlanMilestones.MilestoneReached(milestone_id=reached, on=day)])


def _whole(chance: random.Random, account: UUID) -> Event:
    results = tuple(
        ObjectiveResult(each, Decimal(7), chance.choice(["yes", "no"]))  # type: ignore[arg-type]
        for each in OBJECTIVES[: chance.randint(0, 2)]
    )
    threats = chance.choice([None, sealed("a rival")])
    return chance.choice(
        [
            AccountPlan.Approved(by=some_id("member 0"), revision=chance.randint(0, 2)),
            AccountPlan.CustomerAgreed(stakeholder=some_id("person 0"), on=chance.choice(DAYS)),
            AccountPlan.Revised(revision=chance.randint(1, 3), reason="x"),
            Situation.SituationAnalysed(account=account, strengths=sealed("near"), threats=threats),
            AccountPlan.Closed(results=results),
        ]
    )


def _objective(chance: random.Random, account: UUID) -> Event:
    which, money = chance.choice(OBJECTIVES), chance.random() < 0.5
    set_anew = Objectives.ObjectiveSet(
        account=account,
        objective_id=which,
        title="More",
        metric=Metric.REVENUE if money else Metric.OTHER,
        baseline=Decimal(0),
        target=Decimal(chance.choice(["100.05", "812.35"])),
        currency=chance.choice(["EUR", "USD"]) if money else "",
        unit="" if money else "visits",
        fiscal_year=2027,
        start=DAYS[0],
        due=chance.choice(DAYS[1:]),
        private=chance.random() < 0.3,
        measured_by=MeasuredBy.FACTS if money and chance.random() < 0.5 else MeasuredBy.RECORDED,
    )
    progressed = Objectives.ObjectiveProgressed(objective_id=which, value=Decimal(42), on=chance.choice(DAYS))
    return chance.choice([set_anew, progressed, Objectives.ObjectiveDropped(objective_id=which, reason="x")])


def _milestone(chance: random.Random, account: UUID) -> Event:
    which, due = chance.choice(MILESTONES), chance.choice(DAYS)
    side = chance.choice(list(Side))
    owner = some_id("member 1") if side is Side.US else None
    return chance.choice(
        [
            PlanMilestones.MilestoneSet(
                account=account, milestone_id=which, title="Workshop", due=due, side=side, owner=owner
            ),
            PlanMilestones.MilestoneReached(milestone_id=which, on=due),
            PlanMilestones.MilestoneMissed(milestone_id=which, due=due),
            PlanMilestones.MilestoneMissWithdrawn(milestone_id=which, due=due),
            PlanMilestones.MilestoneDropped(milestone_id=which, reason="x"),
        ]
    )
