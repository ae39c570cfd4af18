"""The account plan: drafted, approved, agreed by the customer, changed only by a revision, closed with results."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.account.account import Account
from domain.account.stakeholders import NothingStated, StakeholderUnknown
from domain.account.visit_kinds import ObjectiveMet
from domain.account_plan.account_plan import (
    AccountPlan,
    ApproverWithoutRole,
    HorizonOutOfRange,
    NotAFiscalYear,
    NothingRevised,
    PlanApprovedAlready,
    PlanIsApproved,
    PlanIsClosed,
    PlanNotApproved,
    PlanWithoutObjective,
    RevisionOutOfOrder,
)
from domain.account_plan.closing import ObjectiveResultsMissing, ResultNotANumber
from domain.account_plan.objectives import Objectives, ObjectiveTerms
from domain.account_plan.plan_milestones import MilestoneTerms, PlanMilestones
from domain.aggregate import AlreadyOpened, LaterFactForbids, NotYetOpened
from domain.claims import Claim
from domain.member.member import Member, Role
from domain.objective import Metric
from domain.opportunity.outcome import ReasonBlank
from domain.policies.company import default_company
from tests.domain.given import ROOT, after_snapshot, contents, day, given, history, late, on, recorded, sealed, without
from tests.domain.plan_facts import (
    APPROVED,
    DIRECTOR,
    DRAFTED,
    DUE,
    FIRST,
    LAST,
    REVENUE,
    SURVEY,
    WORKSHOP,
    analysed,
    milestone,
    objective,
    progressed,
    result,
    visits,
)
from tests.domain.test_opportunity import STEEL
from tests.domain.test_opportunity_buyers import LI, STRANGER, account

COMPANY = default_company()
TERMS = ObjectiveTerms(
    objective_id=SURVEY,
    title="Visits to the board",
    metric=Metric.OTHER,
    baseline=Decimal(0),
    target=Decimal(10),
    unit="visits",
)


def member(*roles: Role) -> Member:
    granted = (Member.RoleGranted(role=role) for role in roles)
    return given(Member, Member.Invited(name=sealed("Zhao Lei")), *granted, aggregate_id=DIRECTOR)


def revise(it: AccountPlan, **changes: object) -> None:
    stated = {"reason": "the plant was sold", "customer": account(), "company": COMPANY, **changes}
    it.revise(**stated)  # type: ignore[arg-type]


def test_a_plan_is_drafted_for_a_year_and_three() -> None:
    it = AccountPlan(id=ROOT)
    it.draft(account=STEEL, fiscal_year=2025, customer=account(), external_id="P-1")
    (event,) = recorded(it)
    assert event == AccountPlan.Drafted(account=STEEL, fiscal_year=2025, horizon_years=3, external_id="P-1")
    assert event.claims(ROOT) == [Claim("plan-year", str(STEEL), "2025"), Claim("accountplan", "", "P-1")]
    assert DRAFTED.claims(ROOT) == [Claim("plan-year", str(STEEL), "2025")]
    assert it.whose == STEEL


def test_a_plan_is_drafted_once_for_a_year_that_is_one_and_a_horizon_that_is_one() -> None:
    with pytest.raises(AlreadyOpened):
        given(AccountPlan, DRAFTED).draft(account=STEEL, fiscal_year=2025, customer=account())
    with pytest.raises(NotAFiscalYear, match="25 is no fiscal year"):
        AccountPlan(id=ROOT).draft(account=STEEL, fiscal_year=25, customer=account())
    for years in (0, 6):
        with pytest.raises(HorizonOutOfRange, match=f"{years} years"):
            AccountPlan(id=ROOT).draft(account=STEEL, fiscal_year=2025, customer=account(), horizon_years=years)


def test_a_director_or_an_admin_approves_a_plan_that_has_an_objective() -> None:
    for role in (Role.DIRECTOR, Role.ADMIN):
        it = given(AccountPlan, DRAFTED, objective())
        it.approve(by=DIRECTOR, member=member(role))
        assert recorded(it) == [APPROVED]


def test_nobody_else_approves_and_nothing_without_objective_is_approved() -> None:
    it = given(AccountPlan, DRAFTED, objective())
    gone = member(Role.DIRECTOR)
    gone.left = True
    for nobody in (member(Role.MANAGER), member(), gone):
        with pytest.raises(ApproverWithoutRole, match="neither director nor admin") as refused:
            it.approve(by=DIRECTOR, member=nobody)
        assert "manager" not in str(refused.value)
    with pytest.raises(PlanWithoutObjective):
        given(AccountPlan, DRAFTED).approve(by=DIRECTOR, member=member(Role.DIRECTOR))


def test_a_plan_is_approved_once_as_it_stands_and_again_after_a_revision() -> None:
    it = given(AccountPlan, DRAFTED, objective(), APPROVED)
    with pytest.raises(PlanApprovedAlready, match="revision 0"):
        it.approve(by=DIRECTOR, member=member(Role.DIRECTOR))
    revise(it, objectives=(TERMS,))
    recorded(it)
    it.approve(by=DIRECTOR, member=member(Role.DIRECTOR))
    assert recorded(it) == [AccountPlan.Approved(by=DIRECTOR, revision=1)]


def test_the_customer_agrees_to_an_approved_plan_by_a_stakeholder_who_is_there() -> None:
    it = given(AccountPlan, DRAFTED, objective(), APPROVED, now=day(20))
    it.agree(stakeholder=LI, customer=account(), company=COMPANY)
    assert recorded(it) == [AccountPlan.CustomerAgreed(stakeholder=LI, on=date(2025, 1, 21), revision=0)]
    it.agree(stakeholder=LI, customer=account(), company=COMPANY)
    assert recorded(it) == []
    with pytest.raises(StakeholderUnknown):
        it.agree(stakeholder=STRANGER, customer=account(), company=COMPANY)
    with pytest.raises(PlanNotApproved, match="customer's agreement needs an approved plan"):
        given(AccountPlan, DRAFTED, objective()).agree(stakeholder=LI, customer=account(), company=COMPANY)


def test_an_approved_plan_changes_only_by_a_revision() -> None:
    it = given(AccountPlan, DRAFTED, objective(), milestone(), APPROVED)
    with pytest.raises(PlanIsApproved):
        it.situation.analyse(strengths=sealed("Price"))
    with pytest.raises(PlanIsApproved):
        it.objectives.drop(objective_id=REVENUE, reason="x")
    with pytest.raises(PlanIsApproved):
        it.milestones.drop(milestone_id=WORKSHOP, reason="x")
    with pytest.raises(PlanIsApproved):
        it.milestones.set(milestone_id=WORKSHOP, title="Later", due=LAST, customer=account())
    assert recorded(it) == []


def test_a_revision_says_why_and_what_changes() -> None:
    it = given(AccountPlan, DRAFTED, objective(), milestone(), analysed(), APPROVED)
    later = MilestoneTerms(milestone_id=DIRECTOR, title="Second workshop", due=LAST)
    revise(it, objectives=(TERMS,), milestones=(later,), drop_milestones=(WORKSHOP,), threats=sealed("New owner"))
    assert recorded(it) == [
        AccountPlan.Revised(revision=1, reason="the plant was sold"),
        visits(revision=1),
        milestone(milestone_id=DIRECTOR, title="Second workshop", due=LAST, revision=1),
        PlanMilestones.MilestoneDropped(milestone_id=WORKSHOP, reason="the plant was sold", revision=1),
        analysed(threats=sealed("New owner"), revision=1),
    ]
    revise(it, drop_objectives=(REVENUE,))
    assert recorded(it)[1:] == [
        Objectives.ObjectiveDropped(objective_id=REVENUE, reason="the plant was sold", revision=2)
    ]
    assert contents(after_snapshot(it)) == contents(it)


def test_a_revision_needs_an_approved_plan_a_reason_and_a_change() -> None:
    with pytest.raises(PlanNotApproved, match="A revision needs an approved plan"):
        revise(given(AccountPlan, DRAFTED, objective()), objectives=(TERMS,))
    it = given(AccountPlan, DRAFTED, objective(), analysed(), APPROVED)
    with pytest.raises(ReasonBlank, match="Revising a plan needs its reason"):
        revise(it, reason=" ", objectives=(TERMS,))
    with pytest.raises(NothingRevised):
        revise(it, strengths=sealed("Service nearby"))


def test_what_a_revision_changes_stands_with_its_number() -> None:
    facts = DRAFTED, objective(), APPROVED
    with pytest.raises(RevisionOutOfOrder, match="Revision 2 does not follow: the next one at that moment is 1"):
        given(AccountPlan, *facts).record(AccountPlan.Revised(revision=2, reason="x"))
    it = given(AccountPlan, *facts, AccountPlan.Revised(revision=1, reason="x"))
    with pytest.raises(RevisionOutOfOrder):
        it.objectives.record(visits(revision=2))
    with pytest.raises(PlanNotApproved):
        given(AccountPlan, DRAFTED, objective()).objectives.record(visits(revision=1))


def test_a_revision_is_not_taken_back_below_what_it_changed() -> None:
    facts = history(DRAFTED, objective(), APPROVED, AccountPlan.Revised(revision=1, reason="x"), visits(revision=1))
    with pytest.raises(LaterFactForbids):
        without(AccountPlan, facts, 4)
    assert set(without(AccountPlan, facts, 5).objectives.objectives) == {REVENUE}


def test_the_draft_is_changed_late_before_it_was_approved_and_not_after() -> None:
    facts = history(DRAFTED, objective(), on(day(9), APPROVED))
    assert late(AccountPlan, facts, day(5), lambda it: it.situation.analyse(threats=sealed("New owner"))) == [
        analysed(strengths=None, threats=sealed("New owner"))
    ]
    with pytest.raises(PlanIsApproved):
        late(AccountPlan, facts, day(10), lambda it: it.situation.analyse(threats=sealed("New owner")))
    with pytest.raises(LaterFactForbids):
        late(AccountPlan, facts, day(4), lambda it: it.objectives.drop(objective_id=REVENUE, reason="x"))


def test_the_situation_is_analysed_as_a_whole() -> None:
    it = given(AccountPlan, DRAFTED)
    it.situation.analyse(strengths=sealed("Service nearby"))
    assert recorded(it) == [analysed()]
    it.situation.analyse(strengths=sealed("Service nearby"))
    assert recorded(it) == []
    it.situation.analyse(weaknesses=sealed("Price"))
    assert recorded(it) == [analysed(strengths=None, weaknesses=sealed("Price"))]
    assert it.situation.strengths is None
    with pytest.raises(NothingStated, match="strengths, weaknesses, opportunities, threats"):
        it.situation.analyse()
    with pytest.raises(NothingStated):
        given(AccountPlan, DRAFTED).situation.analyse()
    with pytest.raises(NotYetOpened):
        AccountPlan(id=ROOT).situation.analyse(threats=sealed("New owner"))


def test_a_plan_is_closed_with_the_result_of_each_objective() -> None:
    it = given(AccountPlan, DRAFTED, objective(), visits(), APPROVED, progressed(900_000, FIRST))
    it.close(results=(result(), result(SURVEY, 10, ObjectiveMet.YES)), lessons=sealed("Begin earlier"))
    assert recorded(it) == [
        AccountPlan.Closed(results=(result(), result(SURVEY, 10, ObjectiveMet.YES)), lessons=sealed("Begin earlier"))
    ]
    with pytest.raises(PlanIsClosed, match="plan of 2025 is closed"):
        it.objectives.progress(objective_id=REVENUE, value=Decimal(1), company=COMPANY)


def test_a_plan_is_not_closed_without_a_result_for_each_objective() -> None:
    it = given(AccountPlan, DRAFTED, objective(), visits())
    with pytest.raises(ObjectiveResultsMissing, match=f"with several: {SURVEY}; no objectives of this plan: {DUE_ID}"):
        it.close(results=(result(), result(DUE_ID)))
    with pytest.raises(ObjectiveResultsMissing, match=f"with several: {SURVEY}; no objectives of this plan: none"):
        it.close(results=(result(), result(SURVEY), result(SURVEY)))
    with pytest.raises(ObjectiveResultsMissing, match=f"no objectives of this plan: {DUE_ID}"):
        it.close(results=(result(), result(SURVEY), result(DUE_ID)))
    infinite = result(SURVEY)
    infinite = type(infinite)(objective_id=SURVEY, reached=Decimal("Infinity"), met=ObjectiveMet.NO)
    with pytest.raises(ResultNotANumber, match="Infinity is nothing"):
        it.close(results=(result(), infinite))


def test_of_the_time_before_the_closing_a_worker_still_notices() -> None:
    closed = AccountPlan.Closed(results=(result(),))
    it = given(AccountPlan, DRAFTED, objective(), milestone(), on(day(12), closed))
    it.milestones.record(PlanMilestones.MilestoneMissed(milestone_id=WORKSHOP, due=DUE))
    assert it.milestones.milestones[WORKSHOP].missed == DUE
    facts = history(DRAFTED, objective(), milestone(), on(day(12), closed))
    with pytest.raises(LaterFactForbids):
        late(AccountPlan, facts, day(5), lambda plan: plan.objectives.drop(objective_id=REVENUE, reason="x"))


DUE_ID = WORKSHOP


def test_an_account_is_looked_at_as_whose_plan_it_is() -> None:
    assert given(AccountPlan, DRAFTED).account == STEEL
    assert isinstance(account(), Account)
