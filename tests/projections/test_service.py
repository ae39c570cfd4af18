"""Issues and service as of two clocks: what is open, what was kept, how long it took, which causes repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.account.account import Account
from domain.aggregate import Withdrawal
from domain.errors import NotFound
from domain.issue.departments import Departments
from domain.issue.issue import Issue
from domain.issue.sla import Sla
from domain.issue.terms import Due, IssueKind
from domain.member import Member, Role
from domain.policies.calendar import PeriodUnknown
from domain.policies.service_policy import ServiceLevel
from domain.visibility import Visibility
from projections.findings_answer import FindingFilters, findings
from projections.issue_list import issue, issues
from projections.issues import IssueStatus
from projections.service import ServiceBy, service
from projections.todo import todo
from tests.domain.given import sealed, some_id
from tests.projections.asking import Office

ACME, BETA, MEI, TOM = (some_id(name) for name in ("acme", "beta", "mei", "tom"))
ONE, TWO, THREE, FOUR = (some_id(f"issue {n}") for n in range(4))
REQUEST, CHANGE = some_id("request"), some_id("change")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(days, hours=0):
    return MONDAY + timedelta(days=days, hours=hours)


def raised(key, account=ACME, days=0.0, severity=2, category="delivery", promised=True):
    event = Issue.Raised(
        account=account,
        kind=IssueKind.COMPLAINT,
        severity=severity,
        category=category,
        description=sealed("late"),
        service_level=ServiceLevel.NONE,
        response_due=at(days + 1) if promised else None,
        resolution_due=at(days + 4) if promised else None,
        external_id=f"I-{key.hex[:4]}",
    )
    return key, event, at(days)


def resolved(key, days, hours=0, cause="carrier"):
    return key, Issue.Resolved(root_cause=cause, resolution=sealed("sent")), at(days, hours)


@pytest.fixture
def office(journal, engine_of):
    found = Office(journal, engine_of)
    found.tell(
        (MEI, Member.Invited(name=sealed("Mei"), external_id="M"), at(-9)),
        (MEI, Member.RoleGranted(role=Role.MANAGER), at(-9)),
        (ACME, Account.Registered(name="Acme", external_id="A", territory="north"), at(-9)),
        (ACME, Account.ManagerAssigned(manager=MEI), at(-9)),
        (BETA, Account.Registered(name="Beta", external_id="B", territory="south"), at(-9)),
    )
    return found


def asked(office, question, days, known_at=None, visibility=None, **more):
    with office.view(at(days), known_at, **({"visibility": visibility} if visibility else {})) as view:
        return question(view, **more)


def test_an_issue_shows_what_was_promised_and_whether_it_was_kept(office):
    first = office.tell(raised(ONE))
    (line,) = asked(office, issues, 0.5).issues
    assert (line.status, line.response_kept, line.resolution_kept) == (IssueStatus.OPEN, None, None)
    assert (line.account_name, line.overdue_since, line.positions) == ("Acme", None, [first])
    (line,) = asked(office, issues, 2).issues
    assert (line.response_kept, line.resolution_kept, line.overdue_since) == (False, None, at(1))
    second = office.tell((ONE, Issue.Acknowledged(), at(0.9)))
    (line,) = asked(office, issues, 2).issues
    assert (line.status, line.response_kept, line.overdue_since) == (IssueStatus.ACKNOWLEDGED, True, None)
    (line,) = asked(office, issues, 2, known_at=first).issues
    assert (line.response_kept, line.positions) == (False, [first])
    last = office.tell(resolved(ONE, 5))
    (line,) = asked(office, issues, 6).issues
    assert (line.resolution_kept, line.overdue_since, line.root_cause) == (False, at(4), "carrier")
    assert line.positions == [last]
    (line,) = asked(office, issues, 6, known_at=second).issues
    assert (line.resolved, line.overdue_since) == (None, at(4))


def test_open_issues_come_first_the_earliest_due_before_the_others(office):
    office.tell(raised(ONE), raised(TWO, days=1), raised(THREE, days=2), resolved(ONE, 1), raised(FOUR, BETA, 0.5))
    found = asked(office, issues, 3)
    assert [line.issue for line in found.issues] == [FOUR, TWO, THREE, ONE]
    assert [line.issue for line in asked(office, issues, 3, only_open=True, account=ACME).issues] == [TWO, THREE]
    assert asked(office, issues, 3, severity=1).issues == []


def test_one_issue_has_its_requests_and_improvements(office):
    quality = Departments.DepartmentAsked(request_id=REQUEST, department="quality", what=sealed("why?"), due=at(2))
    change = Issue.ImprovementMade(improvement_id=CHANGE, area="packaging", what=sealed("pallets"))
    office.tell(raised(ONE), (ONE, quality, at(1)))
    made = office.tell((ONE, change, at(2)))
    found = asked(office, issue, 3, key=ONE, read=lambda _, field: f"opened {field}")
    (request,) = found.requests
    assert (request.department, request.due, request.answered, request.overdue) == ("quality", at(2), None, True)
    assert [(each.area, each.what, each.positions) for each in found.improvements] == [
        ("packaging", "opened what", [made])
    ]
    assert (request.what, found.issue.description) == ("opened what", "opened description")
    office.tell((ONE, Departments.DepartmentAnswered(request_id=REQUEST), at(1.5)))
    (request,) = asked(office, issue, 3, key=ONE).requests
    assert (request.answered, request.overdue, request.what) == (at(1.5), False, None)
    with pytest.raises(NotFound):
        asked(office, issue, -1, key=ONE)


def test_who_may_not_see_the_account_sees_no_issue_of_it(office):
    office.tell(raised(ONE), raised(TWO, BETA))
    mei = Visibility(member=MEI, managers=frozenset({MEI}))
    assert [line.issue for line in asked(office, issues, 1, visibility=mei).issues] == [ONE]
    assert asked(office, issues, 1, visibility=mei, account=BETA).issues == []
    assert asked(office, service, 1, visibility=mei).whole.raised == 1
    with pytest.raises(NotFound):
        asked(office, issue, 1, visibility=mei, key=TWO)


def test_merged_accounts_are_one_customer(office):
    office.tell(raised(ONE), raised(TWO, BETA))
    office.tell((BETA, Account.AccountsMerged(into=ACME, reason="the same", people={}, open_items={}), at(1)))
    found = asked(office, service, 2, by=ServiceBy.ACCOUNT)
    assert [(line.name, line.raised) for line in found.lines] == [("Acme", 2)]
    assert {line.account for line in asked(office, issues, 2, account=ACME).issues} == {ACME}


def test_service_tells_shares_and_times_by_severity(office):
    office.tell(
        raised(ONE),
        raised(TWO),
        raised(THREE, severity=1),
        raised(FOUR, promised=False),
        resolved(ONE, 0, 4),
        resolved(TWO, 7),
    )
    found = asked(office, service, 8)
    assert [line.name for line in found.lines] == ["1", "2"]
    grave, usual = found.lines
    assert (grave.raised, grave.open, grave.overdue, grave.hours) == (1, 1, 1, None)
    assert (grave.response.share, grave.resolution.share) == (0.0, 0.0)
    assert (usual.raised, usual.open, usual.overdue) == (3, 1, 0)
    assert (usual.response.kept, usual.response.missed, usual.response.share) == (1, 1, 0.5)
    assert (usual.resolution.kept, usual.resolution.missed) == (1, 1)
    assert (usual.hours, usual.working_hours) == (86.0, 24.5)
    assert (found.whole.raised, found.whole.resolution.share) == (4, 0.3333)
    assert found.first == at(8).date() - timedelta(days=365)


def test_service_of_a_period_counts_what_was_raised_in_it_and_groups_by_what_is_asked(office):
    office.tell(raised(ONE), raised(TWO, BETA, days=31, category="quality"))
    march = asked(office, service, 40, period_key="2026-03")
    assert march.whole.raised == 1
    groups = {by: [line.name for line in asked(office, service, 40, by=by).lines] for by in ServiceBy}
    assert groups[ServiceBy.CATEGORY] == ["delivery", "quality"]
    assert groups[ServiceBy.TERRITORY] == ["north", "south"]
    keys = {line.key for line in asked(office, service, 40, by=ServiceBy.MANAGER).lines}
    assert keys == {MEI, None}
    with pytest.raises(PeriodUnknown):
        asked(office, service, 40, period_key="spring")


def test_a_cause_repeats_within_a_year_at_one_account(office):
    office.tell(*[fact for key in (ONE, TWO) for fact in (raised(key), resolved(key, 1))])
    office.tell(raised(THREE, BETA), resolved(THREE, 1))
    (cause,) = asked(office, service, 2).repeated_causes
    assert (cause.cause, cause.count, cause.name, len(cause.positions)) == ("carrier", 2, "Acme", 2)
    assert asked(office, service, 366).repeated_causes == []


def test_breaches_are_rows_and_a_withdrawn_resolution_is_open_again(office):
    breach = Sla.SlaBreached(which=Due.RESPONSE, due=at(1))
    office.tell(raised(ONE), (ONE, breach, at(1)))
    position = office.tell(resolved(ONE, 2))
    assert asked(office, issues, 3).issues[0].status is IssueStatus.RESOLVED
    office.tell((ONE, Issue.FactWithdrawn(position=position, reason="another one"), at(3)))
    assert asked(office, issues, 3).issues[0].status is IssueStatus.OPEN
    assert issubclass(Issue.FactWithdrawn, Withdrawal)


def found_by_rules(office, days):
    filters = FindingFilters(rules=("issue_cause_repeats", "open_issue_overdue"))
    return [(each.rule, each.text, each.member) for each in asked(office, findings, days, filters=filters).findings]


def test_the_third_issue_of_a_cause_within_a_year_is_found_at_one_account_alone(office):
    office.tell(*[fact for key in (ONE, TWO) for fact in (raised(key), resolved(key, 0, 2))])
    office.tell(raised(THREE, BETA), resolved(THREE, 0, 2))
    assert found_by_rules(office, 1) == []
    office.tell(raised(FOUR, days=1), resolved(FOUR, 1, 2))
    assert found_by_rules(office, 2) == [("issue_cause_repeats", "carrier: 3 issues within a year", MEI)]
    assert found_by_rules(office, 366) == []


def test_an_open_issue_that_is_overdue_is_found_until_it_is_resolved(office):
    office.tell(raised(ONE))
    assert found_by_rules(office, 1) == []
    assert found_by_rules(office, 1.1) == [("open_issue_overdue", "an open issue of severity 2 is overdue", MEI)]
    office.tell(resolved(ONE, 2))
    assert found_by_rules(office, 3) == []
    assert len(found_by_rules(office, 1.5)) == 1


def test_what_is_due_stands_on_the_to_do_list(office):
    asked_for = Departments.DepartmentAsked(request_id=REQUEST, department="quality", what=sealed("why?"), due=at(3))
    first = office.tell(raised(ONE))
    request = office.tell((ONE, asked_for, at(0)))
    items = [each for each in asked(office, todo, 2).items if each.kind in ("issue", "department_request")]
    assert [(each.kind, each.member, each.reason, each.positions) for each in items] == [
        ("issue", MEI, "answer the issue: delivery, overdue for 1 day", [first]),
        ("department_request", MEI, "quality is to answer, due on 2026-03-05", [request]),
    ]
    office.tell((ONE, Issue.Acknowledged(), at(0.5)), (ONE, Issue.Escalated(reason="old", to=TOM), at(1)))
    items = [each for each in asked(office, todo, 2).items if each.kind == "issue"]
    assert {each.reason for each in items} == {"resolve the issue: delivery, due on 2026-03-06"}
    assert sorted(each.member for each in items) == sorted([MEI, TOM]), "whoever it was escalated to, and the manager"
    office.tell(resolved(ONE, 1), (ONE, Departments.DepartmentAnswered(request_id=REQUEST), at(1)))
    kinds = {each.kind for each in asked(office, todo, 2).items}
    assert kinds & {"issue", "department_request"} == set()
