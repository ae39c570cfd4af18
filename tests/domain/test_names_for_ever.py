"""What was stored once is read for ever: names, schemas, and the journals of every released version."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.account.visits import Visits
from domain.aggregate import EVENTS, Event, Recorded, fold
from domain.journal.mapper import JournalMapper, Row
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from tests.architecture.everything import events
from tests.domain.release import DATA, Stored, present_names, stored_names
from tests.domain.story import ACCOUNT, DEAL, OWNER, VISIT

JOURNALS = sorted(DATA.glob("journal-*.msgpack"))
REMEDY = "give the event a new schema_version and an upcaster, then run: python -m tests.domain.release"


def test_every_stored_name_has_its_schema_on_the_list():
    known = stored_names()
    changed = [name for name, digest in present_names().items() if known.get(name) != digest]
    assert changed == [], REMEDY


def test_what_stands_on_the_list_is_still_understood():
    present = events()
    for topic, version in stored_names():
        assert topic in present, f"{topic} was stored once: its class must stay"
        newest = present[topic].schema_version
        assert version <= newest
        assert all(step in present[topic].upcasts for step in range(version, newest)), f"{topic}: {REMEDY}"


def replayed(journal: Path) -> list[Recorded]:
    rows = msgspec.msgpack.decode(journal.read_bytes(), type=list[Stored])
    mapper = JournalMapper()
    return [
        mapper.to_domain_event(Row(UUID(bytes=stream), version, topic, state, position))
        for position, (stream, version, topic, state) in enumerate(rows, 1)
    ]


def test_there_is_a_journal_of_a_released_version():
    assert JOURNALS


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda journal: journal.stem)
def test_a_journal_of_a_released_version_is_replayed(journal):
    facts = replayed(journal)
    deal = fold(Opportunity, DEAL, [fact for fact in facts if fact.originator_id == DEAL])
    account = fold(Account, ACCOUNT, [fact for fact in facts if fact.originator_id == ACCOUNT])
    assert (deal.stage, deal.amount, deal.owner) == ("confirmed", Money(Decimal(120_000), "EUR"), OWNER)
    assert deal.ending is not None
    assert deal.ending.outcome is Outcome.WON
    assert (account.opened, account.version) == (True, 2)
    assert [fact.event.visit_id for fact in facts if isinstance(fact.event, Visits.VisitLogged)][:1] == [VISIT]


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda journal: journal.stem)
def test_every_kind_of_fact_of_a_released_version_is_in_its_journal(journal):
    assert {fact.event.topic for fact in replayed(journal)} <= set(EVENTS)


class Renamed(Event):
    """A price was agreed; version 1 called it cost, version 2 had no currency."""

    topic = "Test.Renamed"
    schema_version = 3
    upcasts = {
        1: lambda fields: {"price": fields["cost"]},
        2: lambda fields: {**fields, "currency": "EUR"},
    }

    price: Decimal
    currency: str


MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "fields"),
    [(1, {"cost": "12.50"}), (2, {"price": "12.50"}), (3, {"price": "12.50", "currency": "EUR"})],
)
def test_an_event_of_an_older_schema_comes_back_as_one_of_today(monkeypatch, version, fields):
    monkeypatch.setitem(EVENTS, "Test.Renamed", Renamed)
    state = msgspec.msgpack.encode([version, MOMENT, fields, "day", "import", None, None, 7])
    fact = JournalMapper().to_domain_event(Row(UUID(int=1), 1, "Test.Renamed", state, 5))
    assert fact.event == Renamed(price=Decimal("12.50"), currency="EUR")
    assert (fact.occurred_at, fact.precision, fact.origin, fact.causation_id) == (MOMENT, "day", "import", 7)
