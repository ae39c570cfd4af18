"""What is open with an account and the figures of its page, from a real PostgreSQL, as of two clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.commitments import CommitmentKind, Commitments
from domain.account.credit import Credit, CreditRating
from domain.account.dealings import Side
from domain.account.joint_activities import JointActivities, JointActivityKind
from domain.account.needs import NeedKind, Needs
from domain.account.payments import Payments
from domain.account.purchases import Satisfaction, SurveyKind
from domain.account.visits import Visits
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.plan_milestones import PlanMilestones
from domain.issue.departments import Departments
from domain.issue.issue import Issue
from domain.issue.terms import IssueKind
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.service_policy import ServiceLevel
from projections.account_figures import (
    CreditLine,
    PlanShare,
    SatisfactionLine,
    credit_of,
    opportunities_of,
    plan_shares,
    satisfaction_of,
)
from projections.account_list import next_items, visits_of
from projections.buying import buying_of
from projections.open_items import OpenItem, OpenItemKind, open_items
from tests.domain.given import eur, sealed, some_id
from tests.projections.test_buying import COMPANY, purchase
from tests.projections.test_relationship_health import ACME, BETA, DEAL, MEI, TODAY, ZOE, Asking, ago, opened
from tests.projections.test_visits import PLANNED, logged

ITEM, PROMISE, NEED, FAIR = (some_id(name) for name in ("item", "promise", "need", "fair"))
LAST = TODAY.date()


@pytest.fixture
def asking(journal: Any, engine_of: Callable[..., Any]) -> Asking:
    made = Asking(journal, engine_of)
    made.tell((policy_id("Company"), COMPANY, ago(900)))
    return made


def item(**more: Any) -> ActionItems.ActionItemOpened:
    return ActionItems.ActionItemOpened(item_id=ITEM, text=sealed("send drawings"), owner=MEI, **more)


def test_what_is_open_comes_by_its_day_and_ends(asking: Asking) -> None:
    visit = msgspec.structs.replace(PLANNED, start=TODAY + timedelta(days=3))
    promise = Commitments.CommitmentMade(
        commitment_id=PROMISE, made_by=Side.US, kind=CommitmentKind.PRICE, what=sealed("10 %"), due_on=LAST, owner=ZOE
    )
    ends = date(2025, 9, 1)
    fair = JointActivities.JointActivityProposed(
        activity_id=FAIR, kind=JointActivityKind.EVENT, title="Fair", aim=sealed("seen"), end_on=ends
    )
    head = asking.tell(
        (ACME, visit, ago(20)),
        (ACME, item(due_on=LAST - timedelta(days=1)), ago(19)),
        (ACME, promise, ago(18)),
        (ACME, Needs.NeedRecorded(need_id=NEED, kind=NeedKind.PROBLEM, words=sealed("rust"), importance=3), ago(17)),
        (ACME, fair, ago(16)),
        (
            ACME,
            Payments.PaymentRecorded(invoice_no="I-1", amount=eur(900), due_on=date(2025, 6, 1), paid_on=None),
            ago(15),
        ),
        (BETA, item(), ago(15)),
    )
    with asking.view() as view:
        found = open_items(view, [ACME])
    kind = OpenItemKind
    visit_on, yesterday = LAST + timedelta(days=3), LAST - timedelta(days=1)
    assert found == [
        OpenItem(kind.INVOICE, None, ACME, date(2025, 6, 1), True, None, "I-1 900 EUR", None, head - 1),
        OpenItem(kind.ACTION_ITEM, ITEM, ACME, yesterday, True, MEI, "", sealed("send drawings"), head - 5),
        OpenItem(kind.COMMITMENT, PROMISE, ACME, LAST, False, ZOE, "us", sealed("10 %"), head - 4),
        OpenItem(kind.VISIT, PLANNED.visit_id, ACME, visit_on, False, PLANNED.people[0], "demo", None, head - 6),
        OpenItem(kind.JOINT_ACTIVITY, FAIR, ACME, date(2025, 9, 1), False, None, "Fair", None, head - 2),
        OpenItem(kind.NEED, NEED, ACME, None, False, None, "problem", sealed("rust"), head - 3),
    ]
    asking.tell(
        (ACME, Visits.VisitCancelled(visit_id=PLANNED.visit_id), ago(10)),
        (ACME, Payments.PaymentSettled(invoice_no="I-1", paid_on=date(2025, 6, 20)), ago(10)),
    )
    with asking.view() as view:
        assert [each.kind for each in open_items(view, [ACME])] == [each.kind for each in found[1:3] + found[4:]]
    with asking.view(as_of=ago(12)) as view:
        assert len(open_items(view, [ACME])) == 6
    with asking.view(known_at=head) as view:
        assert open_items(view, [ACME]) == found


def test_the_step_agreed_on_the_last_visit_is_open_until_somebody_goes_there_again(asking: Asking) -> None:
    agreed, again = some_id("agreed"), some_id("again")
    due = LAST - timedelta(days=10)
    head = asking.tell(
        (ACME, logged(visit_id=some_id("before"), next_step_on=LAST - timedelta(days=30)), ago(50)),
        (ACME, logged(visit_id=agreed, people=(MEI,), next_step_on=due), ago(40)),
    )
    step = OpenItem(OpenItemKind.NEXT_STEP, agreed, ACME, due, True, MEI, "", None, head)
    with asking.view() as view:
        assert open_items(view, [ACME]) == [step]
        assert next_items(view, [ACME], visits_of(view, [ACME])) == {ACME: step}
    asking.tell((ACME, logged(visit_id=again), ago(1)))
    with asking.view() as view:
        assert open_items(view, [ACME]) == []
    with asking.view(as_of=ago(3)) as view:
        assert open_items(view, [ACME]) == [step]


def test_issues_what_departments_were_asked_and_missed_milestones_are_open(asking: Asking) -> None:
    complaint, plan, asked, stone, ahead = (some_id(name) for name in ("complaint", "plan", "asked", "stone", "ahead"))
    raised = Issue.Raised(
        account=ACME,
        kind=IssueKind.COMPLAINT,
        severity=2,
        category="delivery",
        description=sealed("came late"),
        service_level=ServiceLevel.NONE,
        response_due=ago(3),
        resolution_due=ago(-5),
    )
    due = LAST - timedelta(days=2)
    request = Departments.DepartmentAsked(
        request_id=asked, department="logistics", what=sealed("why late"), due=TODAY + timedelta(days=1)
    )
    head = asking.tell(
        (complaint, raised, ago(9)),
        (complaint, request, ago(8)),
        (plan, AccountPlan.Drafted(account=ACME, fiscal_year=2025), ago(9)),
        (
            plan,
            PlanMilestones.MilestoneSet(account=ACME, milestone_id=stone, title="Trial", due=due, owner=MEI),
            ago(8),
        ),
        (plan, PlanMilestones.MilestoneSet(account=ACME, milestone_id=ahead, title="Later", due=LAST), ago(8)),
    )
    kind = OpenItemKind
    with asking.view() as view:
        assert open_items(view, [ACME]) == [
            OpenItem(kind.ISSUE, complaint, ACME, ago(3).date(), True, None, "delivery", sealed("came late"), head - 4),
            OpenItem(kind.PLAN_MILESTONE, stone, ACME, due, True, MEI, "Trial", None, head - 1),
            OpenItem(
                *(kind.DEPARTMENT_REQUEST, asked, ACME, LAST + timedelta(days=1), False, None, "logistics"),
                *(sealed("why late"), head - 3),
            ),
        ]
        assert open_items(view, [BETA]) == []
    asking.tell(
        (complaint, Issue.Acknowledged(), ago(2)),
        (complaint, Departments.DepartmentAnswered(request_id=asked, answer=sealed("strike")), ago(2)),
        (plan, PlanMilestones.MilestoneReached(milestone_id=stone, on=LAST), ago(1)),
    )
    with asking.view() as view:
        assert [(each.kind, each.due, each.overdue) for each in open_items(view, [ACME])] == [
            (kind.ISSUE, ago(-5).date(), False)
        ]


def test_what_goes_on_elsewhere_since_a_merge_is_open_once(asking: Asking) -> None:
    other = some_id("the same item there")
    merged = Account.AccountsMerged(into=BETA, reason="twice", people={}, open_items={ITEM: other})
    asking.tell(
        (ACME, item(), ago(19)),
        (BETA, msgspec.structs.replace(item(), item_id=other), ago(18)),
        (ACME, merged, ago(10)),
    )
    with asking.view() as view:
        assert [each.id for each in open_items(view, view.together(BETA))] == [other]


def test_the_newest_credit_assessment_expires_after_its_last_day(asking: Asking) -> None:
    rated = Credit.CreditAssessed(
        rating=CreditRating.B, limit=eur(500), valid_until=LAST, assessor=MEI, agency="", evidence=None
    )
    head = asking.tell(
        (ACME, rated, ago(28)),
    )
    with asking.view() as view:
        assert credit_of(view, [ACME]) == CreditLine("B", eur(500), LAST, False, MEI, "", ago(28), head)
        assert credit_of(view, [BETA]) is None
    with asking.view(as_of=ago(30)) as view:
        assert credit_of(view, [ACME]) is None
    with asking.view(as_of=ago(-1)) as view:
        assert [credit_of(view, [ACME]).expired] == [True]  # type: ignore[union-attr]


def answered(number: int, score: int, days_ago: float) -> Any:
    survey = some_id(f"survey {number}")
    return ACME, Satisfaction.SatisfactionSurveyed(survey_id=survey, kind=SurveyKind.NPS, score=score), ago(days_ago)


def test_satisfaction_is_the_mean_of_a_year_and_the_newest_answer(asking: Asking) -> None:
    head = asking.tell(answered(1, 2, 400), answered(2, 8, 100), answered(3, 9, 50))
    with asking.view() as view:
        assert satisfaction_of(view, [ACME]) == [SatisfactionLine(SurveyKind.NPS, 2, 8.5, 9, ago(50), [head - 1, head])]
    with asking.view(as_of=TODAY + timedelta(days=700)) as view:
        assert satisfaction_of(view, [ACME]) == [SatisfactionLine(SurveyKind.NPS, 0, None, 9, ago(50), [head])]


def test_the_share_of_plan_is_what_was_won_and_bought_of_the_target(asking: Asking) -> None:
    def target(period: str, amount: int) -> Any:
        set_ = SalesTarget.TargetSet(
            scope=TargetScope.ACCOUNT, key=str(ACME), period=period, amount=eur(amount), previous=None
        )
        return policy_id("SalesTarget"), set_, ago(300)

    asking.tell(
        target("2025-Q2", 100),
        target("2025-Q3", 300),
        purchase(1, eur(60), 0.2),
        purchase(2, eur(40), 100),
        (DEAL, opened(), ago(50)),
        (DEAL, Opportunity.Won(signed=eur(120)), ago(0.1)),
    )
    with asking.view() as view:
        assert plan_shares(view, ACME) == [
            PlanShare("2025-Q3", Decimal("300.00"), Decimal("120.00"), 0.4, Decimal("60.00"), 0.2),
            PlanShare("2025", Decimal("400.00"), Decimal("120.00"), 0.3, Decimal("100.00"), 0.25),
        ]
        assert plan_shares(view, BETA)[0] == PlanShare("2025-Q3", None, Decimal(0), None, Decimal(0), None)
        assert opportunities_of(view, [ACME]) == [DEAL]
        assert buying_of(view, some_id("nobody")).accounts == []
