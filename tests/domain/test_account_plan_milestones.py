"""Milestones of a plan: set for a day, reached in time or not, missed once at the end of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.account.dealings import Side
from domain.account.stakeholders import StakeholderUnknown
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import ObjectiveNotOpen
from domain.account_plan.plan_milestones import (
    OwnerOfAnotherSide,
    PlanMilestoneNotDueYet,
    PlanMilestoneNotReachedInTime,
    PlanMilestoneReachedInTime,
    PlanMilestones,
    PlanMilestoneSetAlready,
    PlanMilestoneUnknown,
    PlanMilestoneUntitled,
)
from domain.claims import Claim
from domain.opportunity.outcome import ReasonBlank
from domain.policies.calendar import day_end
from domain.policies.company import Company, default_company
from domain.policies.policy import policy_id
from tests.domain.given import ROOT, day, given, history, late, on, recorded, sealed
from tests.domain.plan_facts import DRAFTED, DUE, REVENUE, SURVEY, WORKSHOP, milestone, objective
from tests.domain.test_opportunity import ANNA
from tests.domain.test_opportunity_buyers import LI, STRANGER, account

COMPANY = default_company()
END = day_end(COMPANY, DUE)
MISSED = PlanMilestones.MilestoneMissed(milestone_id=WORKSHOP, due=DUE)
REACHED = PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=DUE)


def put(it: AccountPlan, **fields: Any) -> None:
    it.milestones.set(
        **{"milestone_id": WORKSHOP, "title": "First workshop ", "due": DUE, **fields}, customer=account()
    )


def test_a_milestone_is_set_for_a_day_by_one_of_ours_or_of_the_customers() -> None:
    it = given(AccountPlan, DRAFTED, objective())
    put(it, owner=ANNA, objective=REVENUE, private=True)
    assert recorded(it) == [milestone(owner=ANNA, objective=REVENUE, private=True)]
    put(it, owner=ANNA, objective=REVENUE, private=True)
    assert recorded(it) == []
    put(it, side=Side.CUSTOMER, stakeholder=LI)
    assert recorded(it) == [milestone(side=Side.CUSTOMER, stakeholder=LI, restated=True)]
    assert milestone().claims(ROOT) == [Claim("plan-milestone", str(ROOT), str(WORKSHOP))]
    assert milestone(restated=True).claims(ROOT) == []


def test_a_milestone_that_makes_no_sense_is_refused() -> None:
    it = given(AccountPlan, DRAFTED)
    with pytest.raises(PlanMilestoneUntitled):
        put(it, title="  ")
    with pytest.raises(OwnerOfAnotherSide, match="A milestone of us names stakeholder"):
        put(it, stakeholder=LI)
    with pytest.raises(OwnerOfAnotherSide, match="A milestone of customer names owner"):
        put(it, side=Side.CUSTOMER, owner=ANNA)
    with pytest.raises(StakeholderUnknown):
        put(it, side=Side.CUSTOMER, stakeholder=STRANGER)
    with pytest.raises(ObjectiveNotOpen):
        put(it, objective=SURVEY)
    assert recorded(it) == []


def test_a_milestone_is_set_once_unless_it_is_stated_anew_while_it_is_open() -> None:
    it = given(AccountPlan, DRAFTED, milestone(), REACHED)
    with pytest.raises(PlanMilestoneSetAlready):
        it.milestones.record(milestone())
    with pytest.raises(PlanMilestoneUnknown, match="Open are: none"):
        put(it, title="Another")


def test_a_milestone_is_reached_once_with_what_shows_it() -> None:
    it = given(AccountPlan, DRAFTED, milestone(), now=day(5))
    it.milestones.reach(milestone_id=WORKSHOP, evidence=sealed("minutes"), company=COMPANY)
    assert recorded(it) == [
        PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=date(2025, 1, 6), evidence=sealed("minutes"))
    ]
    with pytest.raises(PlanMilestoneUnknown, match="Open are: none"):
        it.milestones.reach(milestone_id=WORKSHOP, company=COMPANY)
    with pytest.raises(PlanMilestoneUnknown):
        it.milestones.reach(milestone_id=SURVEY, company=COMPANY)


def test_a_milestone_is_missed_at_the_end_of_its_day_once() -> None:
    it = given(AccountPlan, DRAFTED, milestone(), now=END - timedelta(microseconds=1))
    with pytest.raises(PlanMilestoneNotDueYet, match="due on 2025-01-10"):
        it.milestones.miss(milestone_id=WORKSHOP, company=COMPANY)
    it.at(END)
    it.milestones.miss(milestone_id=WORKSHOP, company=COMPANY)
    assert recorded(it) == [MISSED]
    it.milestones.miss(milestone_id=WORKSHOP, company=COMPANY)
    assert recorded(it) == []
    with pytest.raises(PlanMilestoneUnknown, match=f"Open are: {WORKSHOP}"):
        it.milestones.miss(milestone_id=SURVEY, company=COMPANY)


def test_the_day_ends_by_the_companys_clock() -> None:
    china = Company(id=policy_id("Company"), time_zone="Asia/Shanghai")
    it = given(AccountPlan, DRAFTED, milestone(), now=datetime(2025, 1, 10, 15, 59, 59, 999_999, UTC))
    it.milestones.miss(milestone_id=WORKSHOP, company=china)
    assert recorded(it) == [MISSED]


def test_what_was_reached_in_time_is_not_missed_and_what_was_missed_is_reached_late() -> None:
    it = given(AccountPlan, DRAFTED, milestone(), on(day(5), REACHED), now=END)
    with pytest.raises(PlanMilestoneReachedInTime, match="reached on 2025-01-10 and is due on 2025-01-10"):
        it.milestones.miss(milestone_id=WORKSHOP, company=COMPANY)
    it = given(AccountPlan, DRAFTED, milestone(), on(END, MISSED), now=day(30))
    it.milestones.reach(milestone_id=WORKSHOP, company=COMPANY)
    found = it.milestones.milestones[WORKSHOP]
    assert (found.reached_on, found.missed, found.reached_in_time) == (date(2025, 1, 31), DUE, False)


def test_reached_in_time_and_recorded_late_takes_the_miss_back() -> None:
    facts = history(DRAFTED, milestone(), on(END, MISSED))
    (reached,) = late(
        AccountPlan, facts, day(8), lambda it: it.milestones.reach(milestone_id=WORKSHOP, company=COMPANY)
    )
    assert reached == PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=date(2025, 1, 9))
    known = history(DRAFTED, milestone(), on(END, MISSED), on(day(8), reached))
    assert late(AccountPlan, known, END, lambda it: it.milestones.withdraw_miss(milestone_id=WORKSHOP)) == [
        PlanMilestones.MilestoneMissWithdrawn(milestone_id=WORKSHOP, due=DUE)
    ]


def test_a_miss_stands_where_nothing_was_reached_in_time_and_is_taken_back_once() -> None:
    it = given(AccountPlan, DRAFTED, milestone(), on(END, MISSED))
    with pytest.raises(PlanMilestoneNotReachedInTime, match="until 2025-01-10"):
        it.milestones.withdraw_miss(milestone_id=WORKSHOP)
    it = given(AccountPlan, DRAFTED, milestone(), REACHED)
    it.milestones.withdraw_miss(milestone_id=WORKSHOP)
    assert recorded(it) == []
    with pytest.raises(PlanMilestoneUnknown):
        it.milestones.withdraw_miss(milestone_id=SURVEY)
    with pytest.raises(PlanMilestoneUnknown):
        it.milestones.record(PlanMilestones.MilestoneMissWithdrawn(milestone_id=SURVEY, due=DUE))


def test_a_milestone_put_to_another_day_is_not_missed_yet() -> None:
    it = given(AccountPlan, DRAFTED, milestone(), on(END, MISSED))
    put(it, title="Workshop")
    assert it.milestones.milestones[WORKSHOP].missed == DUE
    put(it, due=date(2025, 3, 1))
    assert it.milestones.milestones[WORKSHOP].missed is None


def test_a_milestone_is_dropped_with_the_reason() -> None:
    it = given(AccountPlan, DRAFTED, milestone())
    with pytest.raises(ReasonBlank, match="Dropping a milestone"):
        it.milestones.drop(milestone_id=WORKSHOP, reason="")
    it.milestones.drop(milestone_id=WORKSHOP, reason="no room")
    assert recorded(it) == [PlanMilestones.MilestoneDropped(milestone_id=WORKSHOP, reason="no room")]
    with pytest.raises(PlanMilestoneUnknown):
        it.milestones.reach(milestone_id=WORKSHOP, company=COMPANY)
