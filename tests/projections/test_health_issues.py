"""Issues, as a component of relationship health, by worked examples; nothing gets better by waiting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.issue.issue import Issue
from domain.issue.terms import IssueKind
from domain.policies.service_policy import ServiceLevel
from projections.explained_health import explain_health
from projections.health_components import Ahead
from projections.health_issues import Complaint, issues
from projections.health_moved import moved
from projections.relationship_health import health
from tests.domain.given import day, sealed, some_id
from tests.projections.asking import Office
from tests.projections.people import ACME, at, registered

NOW = day(1000)
COMPLAINT = some_id("complaint")


def open_one(severity, breached=False, overdue_in=None, position=1):
    later = None if overdue_in is None else NOW + timedelta(days=overdue_in)
    return Complaint(some_id(str(position)), severity, None, breached, later, position)


def over(severity, days_ago, breached=False, position=1):
    return Complaint(some_id(str(position)), severity, NOW - timedelta(days=days_ago), breached, None, position)


def score(*found, days=0.0):
    component = issues(found, NOW)
    assert component is not None
    return component.course.at(Ahead(days, 0))


def test_who_never_had_an_issue_has_no_component():
    assert issues([], NOW) is None


def test_every_open_issue_costs_the_points_of_its_severity():
    assert [score(open_one(severity)) for severity in (1, 2, 3, 4)] == [60, 75, 90, 95]
    assert score(open_one(1), open_one(2), open_one(3), open_one(4)) == 20
    assert score(open_one(1), open_one(1), open_one(2)) == 0


def test_an_open_issue_that_is_overdue_costs_twice_as_much():
    assert score(open_one(2, breached=True)) == 50
    assert score(open_one(1, breached=True), open_one(2)) == 0


def test_what_is_resolved_in_time_costs_nothing_and_a_breach_a_quarter():
    assert score(over(1, 5)) == 100
    assert score(over(1, 5, breached=True), over(2, 4, breached=True, position=2)) == 83.75


def test_a_breach_is_forgotten_after_ten_later_resolutions_and_never_by_waiting():
    old = over(1, 4000, breached=True, position=1)
    later = [over(3, 100 - n, position=n + 2) for n in range(10)]
    assert score(old, *later[:9]) == 90
    assert score(old, *later) == 100
    component = issues([old, *later], NOW)
    assert component is not None
    assert component.positions == tuple(range(2, 12))


def test_an_open_issue_loses_more_as_soon_as_it_is_overdue():
    waiting = open_one(2, overdue_in=3)
    assert [score(waiting, days=days) for days in (0, 3, 3.01, 900)] == [75, 75, 50, 50]


def test_the_reason_counts_what_is_open_overdue_and_was_late():
    component = issues([open_one(2, breached=True), open_one(3), over(1, 5, breached=True), over(2, 6)], NOW)
    assert component is not None
    assert component.reason == "2 open issues, 1 of them overdue; of the last 2 resolved 1 too late"


complaints = st.lists(
    st.one_of(
        st.builds(open_one, st.integers(1, 4), st.booleans(), st.none(), st.integers(1, 9)),
        st.builds(open_one, st.integers(1, 4), st.just(False), st.integers(0, 9), st.integers(1, 9)),
        st.builds(over, st.integers(1, 4), st.integers(0, 99), st.booleans(), st.integers(1, 9)),
    ),
    min_size=1,
)


@given(complaints, st.lists(st.floats(0, 1000), min_size=2, max_size=5))
def test_nothing_gets_better_by_waiting(found, days):
    said = [score(*found, days=each) for each in sorted(days)]
    assert said == sorted(said, reverse=True)
    assert all(0 <= each <= 100 for each in said)


# Over rows


@pytest.fixture
def office(journal, engine_of):
    found = Office(journal, engine_of)
    found.tell(registered())
    return found


def raised(severity=2, when=10.0):
    event = Issue.Raised(
        account=ACME,
        kind=IssueKind.COMPLAINT,
        severity=severity,
        category="delivery",
        description=sealed("late"),
        service_level=ServiceLevel.NONE,
        response_due=at(when + 2),
        resolution_due=at(when + 8),
    )
    return COMPLAINT, event, at(when)


def resolved(when):
    return COMPLAINT, Issue.Resolved(root_cause="carrier", resolution=sealed("sent anew")), at(when)


def said(office, as_of, known_at=None):
    with office.view(at(as_of), known_at) as view:
        (found,) = health(view, ACME).accounts
    return [(each.name, each.score, each.positions) for each in found.components]


def test_health_falls_with_a_complaint_again_when_it_is_overdue_and_recovers_when_it_was_in_time(office):
    first = office.tell(raised())
    assert said(office, 9) == []
    assert said(office, 11) == [("issues", 75.0, [first])]
    assert said(office, 13) == [("issues", 50.0, [first])]
    late = office.tell(resolved(11.5))
    assert said(office, 13) == [("issues", 100.0, [late])]
    assert said(office, 13, first) == [("issues", 50.0, [first])]
    assert said(office, 11) == [("issues", 75.0, [first])]


def test_a_late_resolution_leaves_a_quarter_behind(office):
    office.tell(raised())
    position = office.tell(resolved(30))
    assert said(office, 31) == [("issues", 93.8, [position])]


def test_the_score_turns_red_on_the_day_on_which_the_issue_becomes_overdue(office):
    office.tell(raised(when=10))
    with office.view(at(11)) as view:
        (found,) = health(view, ACME).accounts
    assert found.turns_red_on == at(12).date()


def test_a_score_is_explained_by_its_issues_and_moves_by_time_where_nothing_came(office):
    position = office.tell(raised())
    with office.view(at(13)) as view:
        found = explain_health(view, ACME)
        (share,) = found.components
        (move,) = moved(view.at(at(11)), view, ACME).accounts
    assert (found.score, share.name, [each.position for each in share.events]) == (50, "issues", [position])
    assert share.lines == []
    (component,) = move.components
    assert (component.before, component.after, component.positions, component.by_time) == (75.0, 50.0, [], True)
