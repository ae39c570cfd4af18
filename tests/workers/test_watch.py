"""Subscribers are told when a rule of thumb begins to hold and when it ends: once each, whoever looks how often."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from domain.aggregate import Origin
from domain.commands import Commands, command_type
from domain.finding import Finding, NotRaised, finding_id
from domain.journal.context import Context
from domain.opportunity.opportunity import Opportunity
from domain.visibility import Visibility
from projections.finding_facts import Facts
from projections.finding_records import FINDING_RECORDS, FindingRow
from projections.findings_answer import found_by
from projections.seen import rows_as_of
from projections.view import Reader, View
from tests.workers.following import Company
from workers.watch import Watch

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Office:
    """A company with one deal, and a watch whose clock the test turns."""

    def __init__(self, company: Company) -> None:
        self.company, self.now = company, NOW
        self.watch = Watch(company.journal, Reader(company.journal, company.engine), lambda: self.now)
        self.account, self.deal = uuid4(), uuid4()
        self.give(Account, self.account, "register", name="Acme")
        expected = {"process": "plain", "close_on": date(2026, 3, 10)}
        self.give(Opportunity, self.deal, "open", account=self.account, title="line", **expected)

    def give(self, root: type, aggregate_id: UUID, what: str, **values: object) -> None:
        body = command_type(root, what).body(**values)
        Commands(self.company.journal).give(root, aggregate_id, what, body, Context(at=self.now))

    def look(self, days: int = 0) -> list[str]:
        """What is recorded by a look some days later, of the rule that the tests follow."""
        self.now += timedelta(days=days)
        self.company.engine.catch_up()
        before = self.company.journal.streams.head()
        self.watch.note_findings()
        facts = self.company.journal.streams.facts(before, 100)
        self.company.engine.catch_up()
        return [fact.event.topic for fact in facts if getattr(fact.event, "rule", "") == "close_date_past"]


@pytest.fixture
def office(company: Company) -> Office:
    return Office(company)


def test_a_finding_is_raised_once_and_cleared_once(office: Office) -> None:
    assert office.look() == []
    assert office.look(days=10) == ["Finding.Raised"]
    assert office.look(days=1) == []
    office.give(Opportunity, office.deal, "move_close_date", close_on=date(2026, 9, 1))
    assert office.look() == ["Finding.Cleared"]
    assert office.look(days=1) == []


def test_it_is_raised_anew_after_it_was_cleared(office: Office) -> None:
    office.look(days=10)
    office.give(Opportunity, office.deal, "move_close_date", close_on=date(2026, 4, 1))
    office.look()
    assert office.look(days=60) == ["Finding.Raised"]


def test_it_says_rule_subject_and_causes_as_of_the_look(office: Office) -> None:
    office.look(days=10)
    facts = office.company.journal.streams.facts(0, 100)
    (fact,) = [fact for fact in facts if getattr(fact.event, "rule", "") == "close_date_past"]
    assert (fact.event.subject, fact.event.account, fact.origin) == (office.deal, office.account, Origin.WORKER)
    assert (fact.occurred_at, fact.originator_id) == (office.now, finding_id("close_date_past", 1, office.deal))
    assert fact.event.causes == (2,)


def test_two_who_look_at_once_record_nothing_twice(office: Office) -> None:
    office.now += timedelta(days=10)
    office.company.engine.catch_up()
    other = Watch(office.company.journal, Reader(office.company.journal, office.company.engine), lambda: office.now)
    assert office.watch.note_findings() > 0
    other.note_findings()
    facts = office.company.journal.streams.facts(0, 100)
    raised = [(fact.event.rule, fact.event.subject) for fact in facts if isinstance(fact.event, Finding.Raised)]
    assert len(raised) == len(set(raised)) > 0


def test_many_that_begin_to_hold_at_once_are_one_step_of_knowledge(office: Office) -> None:
    expected = {"process": "plain", "close_on": date(2026, 3, 10)}
    for number in range(30):
        office.give(Opportunity, uuid4(), "open", account=office.account, title=f"line {number}", **expected)
    assert office.look(days=10) == ["Finding.Raised"] * 31
    facts = [fact for fact in office.company.journal.streams.facts(0, 200) if isinstance(fact.event, Finding.Raised)]
    assert len({fact.recorded_at for fact in facts}) == len({fact.command_id for fact in facts}) == 1
    assert office.look() == []


class Meanwhile(Reader):
    """A reader after whose look another notes what the office's deal is not found for."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.company.journal, office.company.engine)
        self._office = office

    @contextlib.contextmanager
    def view(self, *asked: Any, **at: Any) -> Iterator[View]:
        with super().view(*asked, **at) as view:
            found = [(rule, one) for rule, one in found_by(Facts(view)) if rule.name != "close_date_past"]
            yield view
        assert found
        for rule, one in found:
            told = {"rule": rule.name, "rule_version": rule.version, "subject_kind": one.kind, "subject": one.subject}
            key = finding_id(rule.name, rule.version, one.subject)
            self._office.give(Finding, key, "notice", **told, causes=one.causes, account=one.account)


def test_where_another_noted_a_part_meanwhile_only_the_rest_is_noted(office: Office) -> None:
    office.now += timedelta(days=10)
    office.company.engine.catch_up()
    watch = Watch(office.company.journal, Meanwhile(office), lambda: office.now)
    assert watch.note_findings() == 1
    assert office.look() == []


def test_where_another_was_faster_nothing_of_the_step_is_noted_and_the_next_look_notes_the_rest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.now += timedelta(days=10)
    office.company.engine.catch_up()
    watch = Watch(office.company.journal, Meanwhile(office), lambda: office.now)
    with monkeypatch.context() as before_the_other:
        before_the_other.setattr(office.company.journal.streams, "histories", lambda keys: {})
        assert watch.note_findings() == 0
    assert office.look() == ["Finding.Raised"]


def test_while_read_models_lag_nothing_is_noted(office: Office) -> None:
    office.now += timedelta(days=10)
    assert office.watch.note_findings() == 0


def test_rows_keep_what_subscribers_were_told(office: Office) -> None:
    office.look(days=10)
    office.give(Opportunity, office.deal, "move_close_date", close_on=date(2026, 9, 1))
    office.look(days=1)
    with Reader(office.company.journal, office.company.engine).view(Visibility.whole(), now=office.now) as view:
        rows = {each.row.rule: each.row for each in rows_as_of(view, FINDING_RECORDS, FindingRow)}
    assert rows["close_date_past"].raised == NOW + timedelta(days=10)
    assert rows["close_date_past"].cleared == NOW + timedelta(days=11)


def test_what_does_not_hold_cannot_be_cleared(office: Office) -> None:
    with pytest.raises(NotRaised):
        office.give(Finding, uuid4(), "clear", rule="x", rule_version=1, subject_kind="account", subject=office.account)
