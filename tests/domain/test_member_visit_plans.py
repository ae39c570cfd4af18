"""The monthly visit plan: handed in before the month, again where it changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.aggregate import LaterFactForbids, NotYetOpened
from domain.member import Member, MemberHasLeft
from domain.member.visit_plans import (
    ChanceOfPlanOutOfRange,
    MonthIsOver,
    NotAMonthOfPlan,
    PlannedVisit,
    PlanWithoutVisits,
    VisitPlans,
    VisitTwiceInPlan,
    due,
)
from domain.policies.company import Company, Holiday
from domain.policies.policy import policy_id
from tests.domain.given import after_snapshot, contents, given, history, late, on, recorded, sealed, some_id

ACME, FIRST, SECOND = some_id("acme"), some_id("first"), some_id("second")
VISITS = (PlannedVisit(ACME, FIRST, Decimal("0.6")), PlannedVisit(ACME, SECOND))
INVITED = Member.Invited(name=sealed("Anna"))
SEPTEMBER = datetime(2026, 9, 28, 9, tzinfo=UTC)
COMPANY = Company(id=policy_id("Company"), time_zone="Asia/Shanghai")


def submitted(month: str = "2026-10", visits: tuple[PlannedVisit, ...] = VISITS, **more: Any) -> Any:
    return VisitPlans.MonthlyVisitPlanSubmitted(month=month, visits=visits, **more)


def anna(*facts: Any, now: datetime = SEPTEMBER) -> Member:
    return given(Member, on(datetime(2026, 1, 1, tzinfo=UTC), INVITED), *facts, now=now)


def test_a_member_hands_in_the_visits_of_a_month():
    member = anna()
    said = {"chance": Decimal("0.7"), "remark": sealed("Golden week")}
    member.visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY, **said)
    assert recorded(member) == [submitted(**said)]


def test_the_same_plan_again_records_nothing_and_another_one_does():
    member = anna(on(SEPTEMBER, submitted()))
    member.visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY)
    assert recorded(member) == []
    member.visit_plans.submit(month="2026-10", visits=VISITS[:1], company=COMPANY)
    assert recorded(member) == [submitted(visits=VISITS[:1])]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"month": "2026-13"}, NotAMonthOfPlan),
        ({"month": "2026-Q4"}, NotAMonthOfPlan),
        ({"visits": ()}, PlanWithoutVisits),
        ({"visits": (VISITS[0], VISITS[0])}, VisitTwiceInPlan),
        ({"chance": Decimal("1.1")}, ChanceOfPlanOutOfRange),
        ({"chance": Decimal("NaN")}, ChanceOfPlanOutOfRange),
        ({"visits": (PlannedVisit(ACME, FIRST, Decimal(-1)),)}, ChanceOfPlanOutOfRange),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong, refusal):
    member = anna()
    with pytest.raises(refusal):
        member.visit_plans.submit(**{"month": "2026-10", "visits": VISITS, "company": COMPANY} | wrong)
    assert recorded(member) == []


def test_a_plan_is_handed_in_until_the_month_is_over_by_the_companys_days():
    last = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)
    member = anna(now=last)
    member.visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY)
    assert recorded(member) == [submitted()]
    member = anna(now=datetime(2026, 10, 31, 15, 59, 59, 999_999, tzinfo=UTC))  # a fact of the whole last day
    member.visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY)
    assert recorded(member) == [submitted()]
    member = anna(now=datetime(2026, 10, 31, 16, tzinfo=UTC))
    with pytest.raises(MonthIsOver, match="2026-10 was over on 2026-10-31"):
        member.visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY)


def test_who_has_left_or_was_never_here_hands_in_no_plan():
    with pytest.raises(MemberHasLeft):
        anna(Member.Left()).visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY)
    with pytest.raises(NotYetOpened):
        given(Member, now=SEPTEMBER).visit_plans.submit(month="2026-10", visits=VISITS, company=COMPANY)


def test_of_years_of_plans_the_state_keeps_three_months():
    member = anna(*(submitted(f"2026-{month:02}") for month in range(1, 13)))
    assert list(member.visit_plans.months) == ["2026-10", "2026-11", "2026-12"]
    assert contents(after_snapshot(member)) == contents(member)


def test_a_plan_is_due_when_the_first_working_day_of_its_month_begins():
    assert due(COMPANY, "2026-10") == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert due(COMPANY, "2026-11") == datetime(2026, 11, 1, 16, tzinfo=UTC), "1 November 2026 is a Sunday"
    golden = {date(2026, 10, number): Holiday(date(2026, 10, number)) for number in range(1, 8)}
    closed = Company(id=COMPANY.id, time_zone="Asia/Shanghai", holidays=golden)
    assert due(closed, "2026-10") == datetime(2026, 10, 7, 16, tzinfo=UTC)


def test_who_handed_in_a_plan_later_has_not_left_before():
    facts = history(on(datetime(2026, 1, 1, tzinfo=UTC), INVITED), on(SEPTEMBER, submitted()))
    with pytest.raises(LaterFactForbids, match="MonthlyVisitPlanSubmitted"):
        late(Member, facts, datetime(2026, 9, 1, tzinfo=UTC), lambda member: member.leave())
    earlier = late(
        Member,
        facts,
        datetime(2026, 9, 1, tzinfo=UTC),
        lambda member: member.visit_plans.submit(month="2026-10", visits=VISITS[:1], company=COMPANY),
    )
    assert earlier == [submitted(visits=VISITS[:1])]
