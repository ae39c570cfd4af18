"""What can be asked of the journal, and what of the library is not offered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.journal.connections import JournalUnreachable, connect, is_lost, once_more
from domain.journal.context import Context
from domain.journal.journal import Journal, TooBusy
from domain.journal.reading import end_of_append
from domain.journal.recorder import JournalFactory, NotOffered
from tests.domain.ledger import Ledger

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


@pytest.fixture
def ledgers(journal: Journal) -> list[UUID]:
    """Two ledgers; 1, 2 and 3 are put into the first on three days."""
    ledgers = [uuid4(), uuid4()]
    for code, ledger in zip(("L-1", "L-2"), ledgers, strict=True):
        journal.run(Ledger, ledger, lambda it, code=code: it.open(code=code), Context(at=MONDAY))
    for amount in (1, 2, 3):
        at = MONDAY + timedelta(days=amount)
        journal.run(Ledger, ledgers[0], lambda it, amount=amount: it.put(amount=amount), Context(at=at))
    return ledgers


def test_histories_of_many_come_together(journal: Journal, ledgers: list[UUID]) -> None:
    found = journal.streams.histories([*ledgers, uuid4()])
    assert {ledger: len(facts) for ledger, facts in found.items()} == {ledgers[0]: 4, ledgers[1]: 1}


def test_facts_are_read_by_position_and_name(journal: Journal, ledgers: list[UUID]) -> None:
    assert [fact.position for fact in journal.streams.facts(2, 2)] == [3, 4]
    assert [fact.position for fact in journal.streams.facts(0, 10, ["Ledger.Opened"])] == [1, 2]


def test_claims_are_found(journal: Journal, ledgers: list[UUID]) -> None:
    found = journal.streams.claimed("ledger", "", ["L-1", "L-2", "L-3"])
    assert found == {"L-1": ledgers[0], "L-2": ledgers[1]}


def test_a_state_known_at_a_position_leaves_out_what_came_later(journal: Journal, ledgers: list[UUID]) -> None:
    journal.withdraw(Ledger, ledgers[0], 4, "typed twice", Context(at=MONDAY))
    balances = [
        journal.streams.state_at(Ledger, ledgers[0], MONDAY + timedelta(days=9), at).balance for at in (3, 5, 6)
    ]
    assert balances == [1, 6, 4]


def test_a_snapshot_serves_until_an_earlier_fact_or_a_withdrawal(migrated_url: str) -> None:
    journal, ledger = Journal(migrated_url), uuid4()
    journal.run(Ledger, ledger, lambda it: it.open(), Context(at=MONDAY))
    for day in range(105):
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), Context(at=MONDAY + timedelta(days=day)))
    assert journal.streams.state(Ledger, ledger).balance == 105
    journal.withdraw(Ledger, ledger, 50, "typed twice", Context(at=MONDAY))
    assert journal.streams.state(Ledger, ledger).balance == 104
    journal.close()


def test_what_the_library_reads_by_position_and_version(journal: Journal, ledgers: list[UUID]) -> None:
    assert [n.id for n in journal.notification_log.select(2, 2)] == [2, 3]
    exclusive = journal.recorder.select_notifications(2, 10, stop=4, inclusive_of_start=False)
    assert [notification.id for notification in exclusive] == [3, 4]
    newest_first = journal.recorder.select_events(ledgers[0], gt=1, lte=3, desc=True)
    assert [event.originator_version for event in newest_first] == [3, 2]


def test_what_has_an_engine_of_its_own_is_not_offered(journal: Journal) -> None:
    factory = JournalFactory(journal.recorder)
    for ask in (
        journal.recorder.subscribe,
        factory.aggregate_recorder,
        factory.tracking_recorder,
        factory.process_recorder,
    ):
        with pytest.raises(NotOffered):
            ask()


def test_the_default_isolation_of_a_database_does_not_matter(journal: Journal, migrated_url: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(migrated_url)["dbname"]
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute(f"alter database {name} set default_transaction_isolation = 'serializable'")
    with connect(migrated_url) as connection:
        assert connection.execute("show transaction_isolation").fetchone() == ("read committed",)


def test_a_fault_of_the_question_is_not_asked_again(journal: Journal) -> None:
    asked = []

    def slow(connection: psycopg.Connection) -> None:
        asked.append(1)
        connection.execute("set statement_timeout = 10")
        try:
            connection.execute("select pg_sleep(5)")
        finally:
            connection.execute("reset statement_timeout")

    with pytest.raises(psycopg.errors.QueryCanceled):
        once_more(journal.pool, slow)
    assert asked == [1]


def test_a_connection_that_dies_twice_is_reported(journal: Journal) -> None:
    def die(connection: psycopg.Connection) -> None:
        connection.execute("select pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(JournalUnreachable, match="does not answer"):
        once_more(journal.pool, die)
    assert journal.streams.head() == 0


def test_the_place_of_an_event_and_the_end_of_its_append_are_known(journal: Journal, ledgers: list[UUID]) -> None:
    stream, recorded_at = journal.streams.place_of(3) or (None, None)
    assert stream == ledgers[0]
    assert recorded_at == journal.streams.facts(2, 1)[0].recorded_at
    assert journal.streams.place_of(99) is None
    with journal.pool.connection() as connection:
        assert [end_of_append(connection, position) for position in (1, 5)] == [1, 5]


def test_all_claims_of_a_kind_are_found(journal: Journal, ledgers: list[UUID]) -> None:
    assert journal.streams.all_claimed("ledger", "") == {"L-1": ledgers[0], "L-2": ledgers[1]}
    assert journal.streams.all_claimed("ledger", "elsewhere") == {}


def test_a_command_without_an_id_was_never_given_before(journal: Journal) -> None:
    assert journal.repeated(Context(at=MONDAY)) is None


def test_who_always_comes_second_is_told_that_too_many_change_it(
    journal: Journal, ledgers: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_try", lambda *_: None)
    with pytest.raises(TooBusy, match=str(ledgers[0])):
        journal.run(Ledger, ledgers[0], lambda it: it.put(amount=1), Context(at=MONDAY))


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (psycopg.InterfaceError("the connection is closed"), True),
        (psycopg.OperationalError("server closed the connection"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.DiskFull(), False),
        (psycopg.errors.UniqueViolation(), False),
    ],
)
def test_only_an_error_of_a_dead_connection_leaves_the_outcome_open(error: psycopg.Error, lost: bool) -> None:
    assert is_lost(error) is lost
