"""Milestones of plans whose day is over are recorded as missed once, as of the end of that day."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Origin
from domain.commands import Commands, command_type
from domain.journal.context import Context
from projections.view import Reader
from tests.workers.following import Company
from workers.breaches import Breaches

JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)
MARCH, APRIL = date(2026, 3, 2), date(2026, 4, 1)
ENDS = {day: datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, UTC) for day in (MARCH, APRIL)}
SECOND = timedelta(seconds=1)


class Plan:
    """A company with a plan of two milestones, and a worker whose clock the test turns."""

    def __init__(self, company: Company) -> None:
        self.company, self.now = company, JANUARY
        self.account, self.plan, self.first, self.second = uuid4(), uuid4(), uuid4(), uuid4()
        self.give(Account, self.account, "register", JANUARY, name="Acme")
        self.give(AccountPlan, self.plan, "draft", JANUARY, account=self.account, fiscal_year=2026)
        self.put(self.first, MARCH)
        self.put(self.second, APRIL)

    def put(self, milestone: UUID, due: date, at: datetime = JANUARY) -> None:
        self.say("milestones.set", at, milestone_id=milestone, title="Workshop", due=due)

    def say(self, what: str, at: datetime, **values: Any) -> None:
        self.give(AccountPlan, self.plan, what, at, **values)

    def give(self, root: type[Any], aggregate_id: UUID, what: str, at: datetime, **values: Any) -> None:
        body = command_type(root, what).body(**values)
        Commands(self.company.journal).give(root, aggregate_id, what, body, Context(at=at))

    def worker(self) -> Breaches:
        return Breaches(self.company.journal, Reader(self.company.journal, self.company.engine), lambda: self.now)

    def look(self, at: datetime) -> list[tuple[str, UUID, datetime]]:
        """What a worker records at a moment."""
        self.now = at
        self.company.engine.catch_up()
        before = self.company.journal.streams.head()
        self.worker().note()
        facts = self.company.journal.streams.facts(before, 100)
        self.company.engine.catch_up()
        assert all(fact.origin is Origin.WORKER for fact in facts)
        events: list[Any] = [fact.event for fact in facts]
        return [
            (event.topic.partition(".")[2], event.milestone_id, fact.occurred_at)
            for event, fact in zip(events, facts, strict=True)
        ]


@pytest.fixture
def plan(company: Company) -> Plan:
    return Plan(company)


def test_nothing_is_missed_before_the_day_is_over(plan: Plan) -> None:
    assert plan.look(ENDS[MARCH]) == []
    assert plan.look(ENDS[MARCH] + SECOND) == [("MilestoneMissed", plan.first, ENDS[MARCH])]


def test_a_worker_that_slept_records_each_once_at_its_own_moment(plan: Plan) -> None:
    found = plan.look(ENDS[APRIL] + timedelta(days=7))
    assert sorted(found, key=lambda each: each[2]) == [
        ("MilestoneMissed", plan.first, ENDS[MARCH]),
        ("MilestoneMissed", plan.second, ENDS[APRIL]),
    ]
    assert plan.look(ENDS[APRIL] + timedelta(days=8)) == []


def test_what_was_reached_on_its_day_is_not_missed_and_late_it_is(plan: Plan) -> None:
    plan.say("milestones.reach", ENDS[MARCH], milestone_id=plan.first)
    plan.say("milestones.reach", ENDS[APRIL] + SECOND, milestone_id=plan.second)
    assert plan.look(ENDS[APRIL] + timedelta(days=1)) == [("MilestoneMissed", plan.second, ENDS[APRIL])]


def test_reached_in_time_and_recorded_late_takes_the_miss_back(plan: Plan) -> None:
    plan.look(ENDS[MARCH] + SECOND)
    plan.say("milestones.reach", ENDS[MARCH] - timedelta(days=2), milestone_id=plan.first)
    assert plan.look(ENDS[MARCH] + timedelta(days=1)) == [("MilestoneMissWithdrawn", plan.first, ENDS[MARCH])]
    assert plan.look(ENDS[MARCH] + timedelta(days=2)) == []
    facts = plan.company.journal.streams.history(plan.plan)
    (reached,) = [fact.position for fact in facts if fact.event.topic == "AccountPlan.MilestoneReached"]
    context = Context(at=ENDS[MARCH] + timedelta(days=3))
    plan.company.journal.withdraw(AccountPlan, plan.plan, reached, "of another plan", context)
    assert plan.look(ENDS[MARCH] + timedelta(days=3)) == [("MilestoneMissed", plan.first, ENDS[MARCH])]
    assert plan.look(ENDS[MARCH] + timedelta(days=4)) == []


def test_a_milestone_set_after_its_day_is_missed_from_then_on(plan: Plan) -> None:
    plan.say("milestones.drop", JANUARY, milestone_id=plan.second, reason="no room")
    third, late = uuid4(), ENDS[MARCH] + timedelta(days=5)
    plan.put(third, MARCH, late)
    assert plan.look(late + timedelta(days=1)) == [
        ("MilestoneMissed", plan.first, ENDS[MARCH]),
        ("MilestoneMissed", third, late),
    ]


def test_what_becomes_due_after_the_plan_was_closed_is_not_missed(plan: Plan) -> None:
    plan.say("close", ENDS[MARCH] + timedelta(days=1), results=())
    assert plan.look(ENDS[APRIL] + timedelta(days=1)) == [("MilestoneMissed", plan.first, ENDS[MARCH])]


def test_two_workers_at_once_record_nothing_twice(plan: Plan) -> None:
    for _ in range(5):
        plan.put(uuid4(), MARCH)
    plan.company.engine.catch_up()
    plan.now = ENDS[MARCH] + timedelta(days=1)
    both = [threading.Thread(target=plan.worker().note) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    facts = plan.company.journal.streams.history(plan.plan)
    missed = [fact for fact in facts if fact.event.topic == "AccountPlan.MilestoneMissed"]
    assert len(missed) == 6
    assert {fact.occurred_at for fact in missed} == {ENDS[MARCH]}


def test_while_read_models_lag_nothing_is_recorded(plan: Plan) -> None:
    plan.now = ENDS[APRIL] + timedelta(days=1)
    assert plan.worker().note() == 0
