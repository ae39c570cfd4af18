"""Connections that die: what was committed is a success, what was not is done once more, nothing twice."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.aggregate import Recorded
from domain.journal.connections import JournalUnreachable
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.journal.writer import JournalClosed
from tests.domain.ledger import Ledger
from tests.faults.proxy import Proxy, proxy_before
from tests.faults.writers import new_ledger
from workers.follower import Follower

NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))
KILL = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> %s"


@pytest.fixture
def proxy(migrated_url: str) -> Iterator[Proxy]:
    with proxy_before(migrated_url) as proxy:
        yield proxy


@pytest.fixture
def journal(proxy: Proxy) -> Iterator[Journal]:
    journal = Journal(proxy.url)
    yield journal
    journal.close()


def opened(journal: Journal) -> UUID:
    ledger = uuid4()
    journal.run(Ledger, ledger, lambda it: it.open(), NOW)
    return ledger


def kill_all_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(KILL, (connection.info.backend_pid,))


def test_a_connection_cut_after_the_commit_is_a_success_and_no_conflict(journal: Journal, proxy: Proxy) -> None:
    ledger = opened(journal)
    proxy.swallow(b"Ledger.Put")
    outcome = journal.run(Ledger, ledger, lambda it: it.put(amount=5), NOW)
    assert proxy.swallowed.is_set()
    assert (outcome.positions, outcome.version) == ((2,), 2)
    assert journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW).positions == (3,)
    assert journal.streams.state(Ledger, ledger).balance == 6


def test_a_command_repeated_by_its_giver_after_the_cut_answers_with_the_first_result(
    journal: Journal, proxy: Proxy
) -> None:
    ledger, context = opened(journal), Context(at=NOW.at, command_id=uuid4(), digest=digest_of(b"5"))
    proxy.swallow(b"Ledger.Put")
    first = journal.run(Ledger, ledger, lambda it: it.put(amount=5), context)
    again = journal.run(Ledger, ledger, lambda it: it.put(amount=5), context)
    assert (first.positions, again.positions, again.repeated) == ((2,), (2,), True)


def test_a_bulk_append_cut_after_its_commit_is_a_success(journal: Journal, proxy: Proxy) -> None:
    facts: list[Recorded] = new_ledger(99)
    proxy.swallow(b"COMMIT")
    appended = journal.append_in_bulk(facts, uuid4())
    assert proxy.swallowed.is_set()
    assert (appended.first, appended.last) == (1, 100)
    assert journal.streams.head() == 100


def test_a_bulk_append_cut_before_its_commit_is_done_once_more(journal: Journal, proxy: Proxy) -> None:
    proxy.swallow(b"append_commands")
    appended = journal.append_in_bulk(new_ledger(99), uuid4())
    assert proxy.swallowed.is_set()
    assert (appended.first, appended.last, appended.repeated) == (1, 100, False)


def test_keys_of_personal_data_survive_a_cut(journal: Journal, proxy: Proxy) -> None:
    person = uuid4()
    journal.streams.head()
    proxy.swallow(b"insert into person_keys")
    sealed = journal.people.seal_person(person, "name", "王伟")
    assert proxy.swallowed.is_set()
    journal.people.forget_cached()
    assert journal.people.open(sealed, "name") == "王伟"


def test_after_all_connections_died_reading_and_writing_go_on(journal: Journal, migrated_url: str) -> None:
    ledger = opened(journal)
    kill_all_connections(migrated_url)
    assert journal.streams.head() == 1
    assert journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW).positions == (2,)
    kill_all_connections(migrated_url)
    assert journal.append_in_bulk(new_ledger(0), uuid4()).first == 3


def test_a_database_that_is_gone_is_named_and_nothing_is_acknowledged() -> None:
    journal = Journal("postgresql://postgres@/postgres?host=/tmp/nobody-listens-here")
    with pytest.raises(JournalUnreachable, match="does not answer"):
        journal.writer.append(journal_append())
    journal.close()


def test_a_closed_journal_says_so_instead_of_waiting_for_ever(journal: Journal) -> None:
    ledger = opened(journal)
    journal.close()
    with pytest.raises(JournalClosed):
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)


def test_a_follower_whose_connection_is_killed_listens_again(migrated_url: str) -> None:
    journal, seen = Journal(migrated_url), []
    follower = Follower(migrated_url, lambda: seen.append(journal.streams.head()), poll=600)
    follower.start()
    try:
        ledger = opened(journal)
        wait_until(lambda: 1 in seen)
        kill_listeners(migrated_url)
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
        wait_until(lambda: 2 in seen)
        time.sleep(0.1)
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
        wait_until(lambda: 3 in seen)  # long before the poll
    finally:
        follower.stop()
        journal.run(Ledger, uuid4(), lambda it: it.open(), NOW)
        follower.join(60)
        journal.close()
    assert not follower.is_alive()


def journal_append():
    from domain.journal.append import Append, guards_of
    from domain.journal.mapper import row_of

    rows = [row_of(fact) for fact in new_ledger(0)]
    return Append(uuid4(), b"", rows, guards_of(rows))


def kill_listeners(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        killed = connection.execute(KILL + " and query ilike 'listen%%'", (connection.info.backend_pid,)).fetchall()
    assert killed


def wait_until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
