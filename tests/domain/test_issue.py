"""Issues: raised with due moments, acknowledged, escalated, resolved, confirmed, reopened, improved upon."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.account.stakeholders import StakeholderUnknown
from domain.aggregate import LaterFactForbids, NotYetOpened
from domain.claims import Claim
from domain.commands import commands_of
from domain.issue.departments import (
    DepartmentBlank,
    Departments,
    RequestDueBefore,
    RequestNotOpen,
    RequestOpenAlready,
    RequestWithoutDue,
)
from domain.issue.issue import Issue
from domain.issue.sla import NotDueThen, Sla
from domain.issue.terms import (
    Due,
    EscalatedToNobody,
    IssueIsOver,
    IssueKind,
    IssueNotResolved,
    IssueResolvedAlready,
    SeverityOutOfRange,
)
from domain.opportunity.outcome import ReasonBlank
from domain.policies.company import default_company
from domain.policies.service_policy import ServiceLevel, default_service_policy
from domain.wording import TextBlank
from tests.domain.dealings import ANNA, DEAL, LI, WANG, account
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

REQUEST, IMPROVEMENT = some_id("request"), some_id("improvement")
RESPONSE_DUE, RESOLUTION_DUE = datetime(2025, 1, 3, 11, tzinfo=UTC), datetime(2025, 1, 9, 11, tzinfo=UTC)


def raised(**fields):
    said = {
        "account": ROOT,
        "kind": IssueKind.COMPLAINT,
        "severity": 2,
        "category": "late delivery",
        "description": sealed("came late"),
        "service_level": ServiceLevel.NONE,
        "response_due": RESPONSE_DUE,
        "resolution_due": RESOLUTION_DUE,
    }
    return Issue.Raised(**{**said, **fields})


def resolved(cause="carrier", how="sent anew"):
    return Issue.Resolved(root_cause=cause, resolution=sealed(how))


RESOLVED, CONFIRMED = resolved(), Issue.ResolutionConfirmed(stakeholder=WANG)
REOPENED = Issue.Reopened(reason="came back")
ASKED = Departments.DepartmentAsked(request_id=REQUEST, department="quality", what=sealed("why?"), due=day(9))
ESCALATED = Issue.Escalated(reason="a week old", level="director")
BREACHED = Sla.SlaBreached(which=Due.RESPONSE, due=RESPONSE_DUE)
WITHDRAWN = Sla.SlaBreachWithdrawn(which=Due.RESPONSE, due=RESPONSE_DUE)


def issue(*facts, now=None):
    return given(Issue, raised(), *facts, now=now)


def raise_one(now, severity=2, customer=None, policy=None, company=None, **fields):
    it = Issue(id=some_id("issue"))
    it.at(now)
    said = {"account": ROOT, "kind": IssueKind.COMPLAINT, "category": "Late  Delivery", "description": sealed("late")}
    it.raise_issue(
        **{**said, **fields},
        severity=severity,
        customer=customer or account(),
        company=company or default_company("EUR"),
        service_policy=policy or default_service_policy(),
    )
    (event,) = recorded(it)
    return event


def test_an_issue_is_raised_with_both_due_moments_of_its_severity():
    event = raise_one(day(2, 15), raised_by=WANG, opportunity=DEAL)
    assert event == raised(
        description=sealed("late"),
        raised_by=WANG,
        opportunity=DEAL,
        response_due=datetime(2025, 1, 7, 15, tzinfo=UTC),
        resolution_due=datetime(2025, 1, 17, 15, tzinfo=UTC),
    )


def test_the_service_level_of_that_moment_fixes_what_is_due():
    strategic = account()
    strategic.standing.relationship_type = "strategic"
    event = raise_one(day(2, 15), customer=strategic)
    assert event.service_level is ServiceLevel.STRATEGIC
    assert event.response_due == datetime(2025, 1, 3, 17, tzinfo=UTC)
    assert event.resolution_due == datetime(2025, 1, 7, 15, tzinfo=UTC)


def test_a_severity_that_is_counted_round_the_clock_is_due_at_the_weekend():
    policy, company = default_service_policy(), default_company("EUR")
    policy.round_the_clock, company.working_hours = (1,), (time(8), time(12))
    assert raise_one(day(2, 15), 1, policy=policy, company=company).response_due == day(3, 0)
    assert raise_one(day(2, 15), 2, policy=policy, company=company).response_due == datetime(
        2025, 1, 10, 10, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"severity": 0}, SeverityOutOfRange),
        ({"severity": 5}, SeverityOutOfRange),
        ({"category": " "}, TextBlank),
        ({"raised_by": ANNA}, StakeholderUnknown),
    ],
)
def test_an_issue_off_the_scale_without_category_or_of_nobody_is_refused(wrong, refusal):
    with pytest.raises(refusal):
        raise_one(day(2), **wrong)
    with pytest.raises(SeverityOutOfRange):
        raised(severity=5).check(Issue(id=ROOT))


def test_an_external_id_is_one_issues():
    assert raised(external_id="T-1").claims(ROOT) == [Claim("issue", "", "T-1")]
    assert raised().claims(ROOT) == []


def test_an_issue_is_acknowledged_once_and_may_be_until_it_is_over():
    it = issue()
    it.acknowledge(by=ANNA)
    it.acknowledge()
    assert recorded(it) == [Issue.Acknowledged(by=ANNA)]
    it = issue(RESOLVED)
    it.acknowledge()
    assert recorded(it) == [Issue.Acknowledged()]
    with pytest.raises(IssueIsOver):
        issue(RESOLVED, CONFIRMED).acknowledge()


def test_an_issue_is_escalated_to_a_member_or_a_level_for_a_reason():
    it = issue()
    it.escalate(reason="a week old", level=" director ")
    it.escalate(reason="a week old", level="director")
    it.escalate(reason="a week old", to=ANNA)
    assert recorded(it) == [ESCALATED, Issue.Escalated(reason="a week old", to=ANNA)]
    with pytest.raises(EscalatedToNobody):
        it.escalate(reason="old", level=" ")
    with pytest.raises(ReasonBlank):
        it.escalate(reason=" ", level="director")
    with pytest.raises(IssueIsOver):
        issue(RESOLVED, CONFIRMED).escalate(reason="old", level="director")


def test_an_issue_is_resolved_with_a_cause_that_is_counted():
    it = issue()
    it.resolve(root_cause="  Carrier ", resolution=sealed("sent anew"))
    it.resolve(root_cause="carrier", resolution=sealed("sent anew"))
    assert recorded(it) == [RESOLVED]
    with pytest.raises(IssueResolvedAlready) as refusal:
        it.resolve(root_cause="packaging", resolution=sealed("sent anew"))
    assert "of cause carrier" in str(refusal.value)
    with pytest.raises(TextBlank):
        issue().resolve(root_cause=" ", resolution=sealed("sent anew"))


def test_a_person_of_the_customer_confirms_what_is_resolved():
    it = issue(RESOLVED)
    it.confirm(stakeholder=WANG, account=account())
    it.confirm(stakeholder=LI, account=account())
    assert recorded(it) == [CONFIRMED]
    with pytest.raises(IssueNotResolved):
        issue().confirm(stakeholder=WANG, account=account())
    with pytest.raises(StakeholderUnknown):
        issue(RESOLVED).confirm(stakeholder=ANNA, account=account())
    with pytest.raises(IssueIsOver):
        CONFIRMED.check(issue(RESOLVED, CONFIRMED))


def test_what_is_resolved_or_confirmed_can_be_reopened_and_runs_on():
    it = issue(RESOLVED, CONFIRMED)
    it.reopen(reason="came back")
    assert recorded(it) == [REOPENED]
    assert (it.resolved, it.confirmed, it.due(Due.RESOLUTION)) == (None, False, RESOLUTION_DUE)
    with pytest.raises(IssueNotResolved):
        it.reopen(reason="came back")
    with pytest.raises(ReasonBlank):
        issue(RESOLVED).reopen(reason="")


def test_an_improvement_may_come_after_the_end_and_is_recorded_once():
    it = issue(RESOLVED, CONFIRMED)
    it.improve(improvement_id=IMPROVEMENT, area="Packaging", what=sealed("stronger pallets"))
    (made,) = recorded(it)
    assert made == Issue.ImprovementMade(improvement_id=IMPROVEMENT, area="packaging", what=sealed("stronger pallets"))
    assert made.claims(ROOT) == [Claim("improvement", str(ROOT), str(IMPROVEMENT))]
    with pytest.raises(TextBlank):
        it.improve(improvement_id=IMPROVEMENT, area=" ", what=sealed("stronger pallets"))


def test_a_department_is_asked_and_answers_once():
    it = issue(now=day(3))
    it.departments.ask(request_id=REQUEST, department=" Quality", what=sealed("why?"), due=day(9))
    it.departments.ask(request_id=REQUEST, department="quality", what=sealed("why?"), due=day(9))
    (asked,) = recorded(it)
    assert asked == ASKED
    assert asked.claims(ROOT) == [Claim("department-request", str(ROOT), str(REQUEST))]
    it.departments.ask(request_id=REQUEST, department="quality", what=sealed("why?"), due=day(10))
    (again,) = recorded(it)
    assert (again.restated, again.due, again.claims(ROOT)) == (True, day(10), [])
    it.departments.answer(request_id=REQUEST, answer=sealed("wet wood"))
    assert recorded(it) == [Departments.DepartmentAnswered(request_id=REQUEST, answer=sealed("wet wood"))]
    assert it.departments.open == {}
    with pytest.raises(RequestNotOpen):
        it.departments.answer(request_id=REQUEST)


def test_a_department_is_to_answer_when_the_issue_is_due_unless_a_moment_is_stated():
    it = issue()
    promised = it.resolution_due
    assert promised is not None
    it.at(promised - timedelta(hours=1)).departments.ask(request_id=REQUEST, department="quality", what=sealed("why?"))
    it.departments.ask(request_id=REQUEST, department="quality", what=sealed("why?"))
    (asked,) = recorded(it)
    assert asked.due == promised
    with pytest.raises(RequestWithoutDue, match="quality"):
        issue(now=promised).departments.ask(request_id=REQUEST, department="quality", what=sealed("why?"))


def test_a_department_without_a_name_or_time_is_not_asked_and_nobody_asks_once_it_is_over():
    it = issue(now=day(3))
    with pytest.raises(DepartmentBlank):
        it.departments.ask(request_id=REQUEST, department=" ", what=sealed("why?"), due=day(9))
    with pytest.raises(RequestDueBefore):
        it.departments.ask(request_id=REQUEST, department="quality", what=sealed("why?"), due=day(3))
    with pytest.raises(IssueIsOver):
        issue(RESOLVED, CONFIRMED).departments.ask(
            request_id=REQUEST, department="quality", what=sealed("why?"), due=day(99)
        )
    with pytest.raises(RequestOpenAlready):
        ASKED.check(issue(ASKED).departments)
    over = issue(ASKED, RESOLVED, CONFIRMED)
    over.departments.answer(request_id=REQUEST)
    assert recorded(over) == [Departments.DepartmentAnswered(request_id=REQUEST)]


def test_what_was_due_and_not_done_is_a_breach_once():
    it = issue(now=RESPONSE_DUE)
    it.sla.note_breach(Due.RESPONSE)
    it.sla.note_breach(Due.RESPONSE)
    assert recorded(it) == [BREACHED]
    it.sla.note_breach(Due.RESOLUTION)
    assert recorded(it) == [Sla.SlaBreached(which=Due.RESOLUTION, due=RESOLUTION_DUE)]


def test_what_was_done_is_no_breach_and_what_is_not_promised_neither():
    answered = issue(Issue.Acknowledged())
    answered.sla.note_breach(Due.RESPONSE)
    settled = issue(RESOLVED)
    settled.sla.note_breach(Due.RESPONSE)
    settled.sla.note_breach(Due.RESOLUTION)
    free = given(Issue, raised(response_due=None, resolution_due=None))
    free.sla.note_breach(Due.RESPONSE)
    free.sla.withdraw_breach(Due.RESPONSE)
    assert recorded(answered) + recorded(settled) + recorded(free) == []


def test_a_breach_of_what_is_not_due_then_is_refused():
    with pytest.raises(NotDueThen):
        Sla.SlaBreached(which=Due.RESPONSE, due=day(9)).check(issue().sla)
    with pytest.raises(NotDueThen):
        Sla.SlaBreachWithdrawn(which=Due.RESOLUTION, due=day(9)).check(issue().sla)


def test_a_breach_that_was_none_is_withdrawn_once_and_one_that_stands_is_not():
    standing = issue(on(RESPONSE_DUE, BREACHED), now=RESPONSE_DUE)
    standing.sla.withdraw_breach(Due.RESPONSE)
    assert recorded(standing) == []
    it = issue(on(day(2), Issue.Acknowledged()), on(RESPONSE_DUE, BREACHED), now=RESPONSE_DUE)
    it.sla.withdraw_breach(Due.RESPONSE)
    it.sla.withdraw_breach(Due.RESPONSE)
    assert recorded(it) == [WITHDRAWN]
    assert it.sla.breached == set()


def test_what_happened_in_time_is_accepted_after_the_breach_an_escalation_and_an_answer():
    facts = history(
        raised(),
        on(RESPONSE_DUE, BREACHED),
        on(day(4), Issue.Acknowledged()),
        on(day(5), ESCALATED),
        on(day(6), ASKED),
    )
    said = late(Issue, facts, day(1, 20), lambda it: it.resolve(root_cause="carrier", resolution=sealed("sent anew")))
    assert said == [RESOLVED]


def test_what_a_later_fact_needs_is_not_withdrawn_and_what_it_excludes_not_recorded():
    facts = history(raised(), RESOLVED, CONFIRMED)
    with pytest.raises(LaterFactForbids):
        without(Issue, facts, 2)
    with pytest.raises(LaterFactForbids):
        late(Issue, facts, day(1, 12), lambda it: it.resolve(root_cause="x", resolution=sealed("y")))
    assert contents(without(Issue, facts, 3)) == contents(issue(RESOLVED)) | {"version": 3}


def test_nothing_is_said_of_an_issue_that_nobody_raised():
    with pytest.raises(NotYetOpened):
        Issue(id=ROOT).acknowledge()


def test_a_snapshot_of_an_issue_holds_all_of_it():
    it = issue(ASKED, on(RESPONSE_DUE, BREACHED), ESCALATED, RESOLVED)
    assert contents(after_snapshot(it)) == contents(it)


def test_no_command_of_people_records_a_breach():
    assert not [name for name in commands_of(Issue) if "breach" in name]
