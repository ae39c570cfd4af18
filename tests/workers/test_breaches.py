"""What is overdue is recorded once, as of the moment at which it was due, however late and often somebody looks."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from domain.aggregate import Origin
from domain.commands import Commands, command_type
from domain.issue.issue import Issue
from domain.journal.context import Context
from projections.view import Reader
from tests.workers.following import Company
from workers.breaches import SOURCES, Breaches, Noticed

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
RESPONSE_DUE, RESOLUTION_DUE = datetime(2026, 3, 3, 18, tzinfo=UTC), datetime(2026, 3, 13, 18, tzinfo=UTC)


class Desk:
    """A company with a complaint of Monday, severity 2, and a worker whose clock the test turns."""

    def __init__(self, company: Company) -> None:
        self.company, self.now = company, MONDAY
        self.worker = self.another()
        self.account, self.issue = uuid4(), uuid4()
        self.give(Account, self.account, "register", MONDAY, name="Acme")
        self.complain(self.issue)

    def another(self, **more: object) -> Breaches:
        reader = Reader(self.company.journal, self.company.engine)
        return Breaches(self.company.journal, reader, lambda: self.now, **more)

    def complain(self, issue: UUID) -> None:
        what = {"kind": "complaint", "severity": 2, "category": "delivery", "description": "late"}
        self.give(Issue, issue, "raise_issue", MONDAY, account=self.account, **what)

    def give(self, root: type, aggregate_id: UUID, what: str, at: datetime, **values: object) -> None:
        body = command_type(root, what).body(**values)
        Commands(self.company.journal).give(root, aggregate_id, what, body, Context(at=at))

    def look(self, at: datetime) -> list[tuple[str, str, datetime]]:
        """What the worker records at a moment."""
        self.now = at
        self.company.engine.catch_up()
        before = self.company.journal.streams.head()
        self.worker.note()
        facts = self.company.journal.streams.facts(before, 100)
        self.company.engine.catch_up()
        assert all(fact.origin is Origin.WORKER for fact in facts)
        return [(fact.event.topic, fact.event.which.value, fact.occurred_at) for fact in facts]

    def recorded(self) -> list[str]:
        facts = self.company.journal.streams.facts(0, 200)
        return [fact.event.topic for fact in facts if "Sla" in fact.event.topic]


@pytest.fixture
def desk(company: Company) -> Desk:
    return Desk(company)


def test_nothing_is_recorded_before_it_is_due_nor_at_that_moment(desk: Desk) -> None:
    assert desk.look(RESPONSE_DUE) == []


def test_a_worker_that_slept_a_week_and_more_records_each_breach_once_as_of_its_moment(desk: Desk) -> None:
    breached = "Issue.SlaBreached"
    assert desk.look(RESOLUTION_DUE + timedelta(days=7)) == [
        (breached, "response", RESPONSE_DUE),
        (breached, "resolution", RESOLUTION_DUE),
    ]
    assert desk.look(RESOLUTION_DUE + timedelta(days=8)) == []


def test_what_was_done_in_time_is_no_breach(desk: Desk) -> None:
    desk.give(Issue, desk.issue, "acknowledge", RESPONSE_DUE)
    desk.give(Issue, desk.issue, "resolve", RESOLUTION_DUE, root_cause="carrier", resolution="sent")
    assert desk.look(RESOLUTION_DUE + timedelta(days=1)) == []


def test_what_was_done_too_late_is_a_breach_even_where_nobody_looked_before(desk: Desk) -> None:
    late = RESPONSE_DUE + timedelta(seconds=1)
    desk.give(Issue, desk.issue, "resolve", late, root_cause="carrier", resolution="sent")
    assert desk.look(RESPONSE_DUE + timedelta(days=1)) == [("Issue.SlaBreached", "response", RESPONSE_DUE)]


def test_a_resolution_recorded_later_that_happened_in_time_withdraws_both_breaches(desk: Desk) -> None:
    desk.look(RESOLUTION_DUE + timedelta(days=1))
    desk.give(Issue, desk.issue, "resolve", RESPONSE_DUE, root_cause="carrier", resolution="sent")
    withdrawn = "Issue.SlaBreachWithdrawn"
    assert desk.look(RESOLUTION_DUE + timedelta(days=2)) == [
        (withdrawn, "response", RESPONSE_DUE),
        (withdrawn, "resolution", RESOLUTION_DUE),
    ]
    assert desk.look(RESOLUTION_DUE + timedelta(days=3)) == []


def test_a_breach_comes_back_when_the_late_resolution_is_taken_back(desk: Desk) -> None:
    desk.look(RESPONSE_DUE + timedelta(days=1))
    desk.give(Issue, desk.issue, "acknowledge", MONDAY)
    desk.look(RESPONSE_DUE + timedelta(days=2))
    facts = desk.company.journal.streams.facts(0, 100)
    (position,) = [fact.position for fact in facts if isinstance(fact.event, Issue.Acknowledged)]
    context = Context(at=RESPONSE_DUE + timedelta(days=3))
    desk.company.journal.withdraw(Issue, desk.issue, position, "was another issue", context)
    assert desk.look(RESPONSE_DUE + timedelta(days=3)) == [("Issue.SlaBreached", "response", RESPONSE_DUE)]
    assert desk.look(RESPONSE_DUE + timedelta(days=4)) == []


def test_an_issue_reopened_before_it_is_due_runs_on_to_the_old_moment(desk: Desk) -> None:
    desk.give(Issue, desk.issue, "resolve", RESPONSE_DUE, root_cause="carrier", resolution="sent")
    desk.give(Issue, desk.issue, "reopen", RESPONSE_DUE + timedelta(days=1), reason="came back")
    assert desk.look(RESOLUTION_DUE + timedelta(days=1)) == [("Issue.SlaBreached", "resolution", RESOLUTION_DUE)]


def test_an_issue_reopened_after_it_was_due_is_overdue_from_the_reopening(desk: Desk) -> None:
    reopened = RESOLUTION_DUE + timedelta(days=4)
    desk.give(Issue, desk.issue, "resolve", RESPONSE_DUE, root_cause="carrier", resolution="sent")
    assert desk.look(reopened) == []
    desk.give(Issue, desk.issue, "reopen", reopened, reason="came back")
    assert desk.look(reopened + timedelta(days=1)) == [("Issue.SlaBreached", "resolution", reopened)]
    assert desk.look(reopened + timedelta(days=2)) == []


def test_two_workers_at_once_record_nothing_twice(desk: Desk) -> None:
    for _ in range(5):
        desk.complain(uuid4())
    desk.company.engine.catch_up()
    desk.now = RESOLUTION_DUE + timedelta(days=1)
    both = [threading.Thread(target=desk.another().note) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert desk.recorded() == ["Issue.SlaBreached"] * 12


class Killed(BaseException):
    """The worker was killed."""


def test_a_worker_killed_in_between_leaves_the_rest_to_the_next(desk: Desk) -> None:
    desk.complain(uuid4())
    desk.company.engine.catch_up()
    desk.now = RESOLUTION_DUE + timedelta(days=1)

    def dies(_: object) -> None:
        raise Killed

    def dying(view: object) -> list[Noticed]:
        found = [each for source in SOURCES for each in source(view)]
        return [*found[:2], found[2]._replace(decision=dies), *found[3:]]

    with pytest.raises(Killed):
        desk.another(sources=(dying,)).note()
    assert len(desk.recorded()) == 2
    desk.company.engine.catch_up()
    assert desk.another().note() == 2
    assert desk.look(desk.now) == []
    assert desk.recorded() == ["Issue.SlaBreached"] * 4


def test_while_read_models_lag_nothing_is_recorded(desk: Desk) -> None:
    desk.now = RESOLUTION_DUE + timedelta(days=1)
    assert desk.worker.note() == 0
    assert desk.recorded() == []


def test_one_stream_that_refuses_does_not_stop_the_others(desk: Desk) -> None:
    def refusing(view: object) -> list[Noticed]:
        found = [each for source in SOURCES for each in source(view)]
        return [found[0]._replace(stream=desk.account), *found]

    desk.company.engine.catch_up()
    desk.now = RESOLUTION_DUE + timedelta(days=1)
    assert desk.another(sources=(refusing,)).note() == 2
