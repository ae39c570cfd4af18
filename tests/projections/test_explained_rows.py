"""Every field of every row of every read model leads to the events that made it; the contributions to a number add up
to it; over random histories, at random clocks, against a naive fold."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.aggregate import Withdrawal
from domain.errors import NotFound
from domain.issue.departments import Departments
from domain.journal.reading import microseconds
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Clock, ReadModel
from projections.engine.model import Envelope, Plan
from projections.explained_rows import FieldLine, explain_row, total
from projections.row_columns import columns_of, model_named
from projections.rows_taken import batches
from projections.view import KnownAt, View
from tests.domain.given import day, sealed, some_id
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.checks import question
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_issues import raises
from tests.projections.naive import Fact

HISTORIES = {
    "in order": Business(facts=900, late=0.0, withdrawn=0.0, merges=True),
    "a third late": Business(facts=600, merges=True),
    "nearly all late, many ties": Business(facts=600, late=0.9, days=4, withdrawn=0.15, merges=True),
}
END = datetime(2030, 1, 1, tzinfo=UTC)
ABSENT = ("there is no row",)


@dataclass
class Told:
    """A row as a naive fold makes it, with the event that last changed each of its fields."""

    row: Any = None
    given: dict[str, int] = field(default_factory=dict)
    touched: list[int] = field(default_factory=list)


@pytest.mark.parametrize("name", HISTORIES)
def test_every_field_of_every_model_leads_to_its_events(name: str, journal: Journal, engine_of: EngineOf) -> None:
    Chronicle(5, HISTORIES[name]).write(journal)
    engine_of(*READ_MODELS).catch_up()
    chance = random.Random(5)
    explained = dict.fromkeys((model.name for model in READ_MODELS), 0)
    for model in READ_MODELS:
        for asked in range(4):
            as_of, known_at = question(chance, journal.facts) if asked else (END, len(journal.facts))
            rows = naive(model, journal.facts, as_of, known_at)
            for key in chance.sample(sorted(rows), min(len(rows), 6)):
                explained[model.name] += _explains(journal, model, key, rows[key], as_of, known_at)
    assert sum(explained.values()) > 200
    there = {model.name for model in READ_MODELS if naive(model, journal.facts, END, len(journal.facts))}
    assert {model for model, number in explained.items() if number} >= there
    assert len(there) > 25


def _explains(journal: Journal, model: ReadModel, key: UUID, told: Told, as_of: datetime, known_at: int) -> int:
    with journal.reading() as connection:
        view = View(connection, Clock(as_of, known_at), KnownAt(known_at, None), Visibility.whole(), True)
        found = explain_row(view, model.name, key)
    plan = Plan(model)
    assert found.there == (told.row is not None)
    assert [each.position for each in found.events] == told.touched
    for place, line in enumerate(found.fields):
        assert line.value == (told.row[place] if told.row else None), (model.name, line.field)
        assert line.position == told.given[line.field], (model.name, line.field)
        _adds_up(line)
    assert [line.field for line in found.fields] == [column.name for column in plan.shape.columns]
    return 1


def _adds_up(line: FieldLine) -> None:
    """What the events contributed is the number; each change goes on from the one before."""
    if isinstance(line.value, int | Decimal) and not isinstance(line.value, bool):
        assert total(line) == line.value
        assert all(change.contribution is not None for change in line.changes if change.before or change.after)
    for earlier, later in zip(line.changes, line.changes[1:], strict=False):
        assert earlier.after == later.before


def naive(model: ReadModel, facts: list[Fact], as_of: datetime, known_at: int) -> dict[UUID, Told]:
    """Every row that ever was, by folding the whole history; shares only the handlers."""
    plan = Plan(model)
    names = [column.name for column in plan.shape.columns]
    known = [fact for fact in facts if fact.step <= known_at]
    withdrawn = {fact.event.position for fact in known if isinstance(fact.event, Withdrawal)}
    handled = [f for f in known if f.event.topic in plan.handlings]
    held = [f for f in handled if f.occurred_at <= as_of and f.position not in withdrawn]
    rows: dict[UUID, Told] = {}
    for fact in sorted(held, key=lambda fact: (fact.occurred_at, fact.position)):
        at, topic = microseconds(fact.occurred_at), fact.event.topic
        e = Envelope(fact.position, fact.step, fact.stream.bytes, topic, at, fact.occurred_at, fact.event)
        for key in plan.keys(e):
            told = rows.setdefault(UUID(bytes=key), Told(row=ABSENT))
            before = None if told.row is ABSENT else told.row
            made = plan.handlings[topic].handle(plan.shape.make(before), fact.event, e)
            after = plan.shape.take(made, before)
            _note(told, names, after, fact.position)
    return {key: told for key, told in rows.items() if told.given}


def _note(told: Told, names: list[str], after: Any, position: int) -> None:
    before = told.row
    if before is not ABSENT and after == before:
        return
    told.row = after
    told.touched.append(position)
    if after is None or before is None or before is ABSENT:
        if after is not None or before not in (None, ABSENT):
            told.given = dict.fromkeys(names, position)
        return
    told.given |= {name: position for place, name in enumerate(names) if after[place] != before[place]}


def test_what_belongs_to_an_issue_is_read_by_those_who_see_its_account(journal: Journal, engine_of: EngineOf) -> None:
    office, mei, model = Office(journal, engine_of), some_id("mei"), model_named("department_request")
    asked = Departments.DepartmentAsked(
        request_id=some_id("request"), department="quality", what=sealed("why?"), due=day(9)
    )
    for name in ("own", "foreign"):
        account, issue = some_id(name), some_id(f"issue of {name}")
        office.tell((account, Account.Registered(name=name), day(1)))
        office.tell((issue, raises(random.Random(1), account, day(1)), day(1)), (issue, asked, day(2)))
    office.tell((some_id("own"), Account.ManagerAssigned(manager=mei), day(1)))
    with office.view(day(3)) as view:
        keys = {row[1]: row[0] for page in batches(view, model, columns_of(model)) for row in page}
    own, foreign = (UUID(keys[str(some_id(f"issue of {name}"))]) for name in ("own", "foreign"))
    whose = Visibility(member=mei, managers=frozenset({mei}), scope="own accounts")
    with office.view(day(3), visibility=whose) as view:
        assert [row[0] for page in batches(view, model, columns_of(model)) for row in page] == [str(own)]
        assert explain_row(view, model.name, own).account == some_id("own")
        with pytest.raises(NotFound):
            explain_row(view, model.name, foreign)
