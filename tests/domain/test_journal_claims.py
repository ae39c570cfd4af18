"""Claims, bulk appends and repetitions of the journal, on a real PostgreSQL."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from eventsourcing.persistence import IntegrityError

from domain.account.account import Account
from domain.aggregate import Recorded
from domain.claims import AlreadyClaimed, ClaimedTwice
from domain.errors import Conflict, NotFound, RepeatedDifferently
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from tests.domain.ledger import Ledger, Overdrawn

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = Context(at=MONDAY)


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


def facts_of(*codes: str, puts: int = 0) -> list[Recorded]:
    found: list[Recorded] = []
    for code in codes:
        ledger = Ledger(id=uuid4())
        ledger.at(MONDAY)
        ledger.open(code=code)
        for _ in range(puts):
            ledger.put(amount=1)
        found += ledger.collect_events()
    return found


def opened(journal: Journal, code: str = "") -> UUID:
    ledger = uuid4()
    journal.run(Ledger, ledger, lambda it: it.open(code=code), NOW)
    return ledger


def registered(journal: Journal) -> UUID:
    account = uuid4()
    journal.run(Account, account, lambda it: it.register(name="ACME"), NOW)
    return account


def logged(journal: Journal, account: UUID, visit: UUID, days: float = 1) -> int:
    context = Context(at=MONDAY + timedelta(days=days))
    return journal.run(Account, account, lambda it: it.visits.log(visit_id=visit, external_id="V-1"), context).position


def test_what_a_withdrawn_fact_claimed_is_free_again(journal: Journal) -> None:
    account, visit = registered(journal), uuid4()
    first = logged(journal, account, visit)
    with pytest.raises(AlreadyClaimed):
        logged(journal, account, visit, days=2)
    journal.withdraw(Account, account, first, "logged for the wrong customer", NOW)
    assert logged(journal, account, visit, days=2) == first + 2
    with pytest.raises(AlreadyClaimed, match=f"at position {first + 2}"):
        logged(journal, account, visit, days=3)


def test_a_correction_claims_in_the_same_step_what_it_sets_free(journal: Journal) -> None:
    account, visit = registered(journal), uuid4()
    first = logged(journal, account, visit)
    instead = (lambda it: it.visits.log(visit_id=visit, minutes=30, external_id="V-1"), MONDAY + timedelta(days=1))
    outcome = journal.withdraw(Account, account, first, "minutes were missing", NOW, instead)
    assert outcome.positions == (first + 1, first + 2)
    with pytest.raises(AlreadyClaimed, match=f"at position {first + 2}"):
        logged(journal, account, visit, days=3)


def test_a_refused_correction_sets_nothing_free(journal: Journal) -> None:
    account, other, visit = registered(journal), registered(journal), uuid4()
    first = logged(journal, account, visit)
    journal.run(Account, other, lambda it: it.visits.log(visit_id=uuid4(), external_id="V-2"), NOW)
    taken = (lambda it: it.visits.log(visit_id=visit, external_id="V-2"), MONDAY)
    with pytest.raises(AlreadyClaimed, match="V-2"):
        journal.withdraw(Account, account, first, "wrong", NOW, taken)
    with pytest.raises(AlreadyClaimed, match=f"at position {first}"):
        logged(journal, account, visit, days=2)


def test_a_bulk_append_sets_free_what_its_withdrawals_took_back(journal: Journal) -> None:
    ledger = opened(journal)
    first = journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
    taken_back = Ledger.FactWithdrawn(position=first.position, reason="imported twice")
    fact = Recorded(originator_id=ledger, originator_version=3, event=taken_back, occurred_at=MONDAY)
    journal.append_in_bulk([fact], uuid4())
    assert journal.streams.state(Ledger, ledger).balance == 0


def test_the_same_claim_twice_at_once_is_refused_before_anything_is_written(journal: Journal) -> None:
    with pytest.raises(ClaimedTwice, match="ledger L-1"):
        journal.append_in_bulk(facts_of("L-1", "L-2", "L-1"), uuid4())
    with pytest.raises(ClaimedTwice):
        journal.save(*[_aggregate_of(fact) for fact in facts_of("L-3", "L-3")])
    assert journal.streams.head() == 0


def _aggregate_of(fact: Recorded) -> Ledger:
    ledger = Ledger(id=fact.originator_id)
    ledger.pending.append(fact)
    return ledger


def test_saving_by_the_library_takes_the_same_path(journal: Journal) -> None:
    (first,) = facts_of("L-1")
    journal.save(_aggregate_of(first))
    assert journal.repository.get(first.originator_id).opened
    with pytest.raises(AlreadyClaimed):
        opened(journal, "L-1")
    with pytest.raises(IntegrityError):
        journal.save(_aggregate_of(first))


def test_versions_with_a_gap_are_refused(journal: Journal) -> None:
    facts = facts_of("", puts=3)
    with pytest.raises(IntegrityError, match="version 4 does not follow 2"):
        journal.append_in_bulk([facts[0], facts[1], facts[3]], uuid4())
    with pytest.raises(IntegrityError):
        journal.append_in_bulk(facts[1:], uuid4())
    ledger = _aggregate_of(facts[0])
    ledger.pending.append(facts[2])
    with pytest.raises(IntegrityError, match="version 3 does not follow 1"):
        journal.save(ledger)
    assert journal.streams.head() == 0


def test_a_stream_that_is_there_already_cannot_be_opened_in_bulk(journal: Journal) -> None:
    facts = facts_of("", puts=1)
    journal.append_in_bulk(facts, uuid4())
    with pytest.raises(IntegrityError):
        journal.append_in_bulk(facts, uuid4())
    assert journal.streams.head() == 2


def test_facts_of_several_streams_may_be_mixed_in_bulk(journal: Journal) -> None:
    one, other = facts_of("", puts=2), facts_of("", puts=2)
    mixed = [fact for pair in zip(one, other, strict=True) for fact in pair]
    assert journal.append_in_bulk(mixed, uuid4()).last == 6
    assert [fact.originator_version for fact in journal.streams.history(one[0].originator_id)] == [1, 2, 3]


def test_bulk_appends_beside_commands_on_the_same_streams_lose_nothing(journal: Journal) -> None:
    ledgers = [opened(journal) for _ in range(4)]
    stored = [0]

    def append() -> None:
        while stored[0] < 20:
            newest = journal.streams.newest_versions(ledgers)
            put = Ledger.Put(amount=1)
            facts = [
                Recorded(originator_id=ledger, originator_version=newest[ledger] + 1, event=put, occurred_at=MONDAY)
                for ledger in ledgers
            ]
            try:
                journal.append_in_bulk(facts, uuid4())
                stored[0] += 1
            except IntegrityError:
                continue

    def command(ledger: UUID) -> None:
        for _ in range(20):
            journal.run(Ledger, ledger, lambda it: it.put(amount=100), NOW)

    threads = [threading.Thread(target=append), *(threading.Thread(target=command, args=(each,)) for each in ledgers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {journal.streams.state(Ledger, ledger).balance for ledger in ledgers} == {2020}


def test_a_command_that_two_give_at_once_is_recorded_once_and_answered_to_both(migrated_url: str) -> None:
    journals = [Journal(migrated_url), Journal(migrated_url)]
    ledger = opened(journals[0])
    journals[0].run(Ledger, ledger, lambda it: it.put(amount=5), NOW)
    for _ in range(10):
        journals[0].run(Ledger, ledger, lambda it: it.put(amount=5), NOW)
        context = Context(at=MONDAY, command_id=uuid4(), digest=digest_of(b"all"))
        balance, answers = journals[0].streams.state(Ledger, ledger).balance, []

        def empty(journal: Journal, all_of_it: int = balance, context: Context = context, to: list = answers) -> None:
            to.append(journal.run(Ledger, ledger, lambda it: it.take_out(amount=all_of_it), context))

        threads = [threading.Thread(target=empty, args=(journal,)) for journal in journals * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({(answer.positions, answer.version) for answer in answers}) == 1
        assert len(answers) == 4
    for journal in journals:
        journal.close()


def test_a_repetition_is_answered_also_where_the_command_would_now_be_refused(journal: Journal) -> None:
    ledger = opened(journal)
    journal.run(Ledger, ledger, lambda it: it.put(amount=5), NOW)
    context = Context(at=MONDAY, command_id=uuid4(), digest=b"5", version=2)
    first = journal.run(Ledger, ledger, lambda it: it.take_out(amount=5), context)
    again = journal.run(Ledger, ledger, lambda it: it.take_out(amount=5), context)
    assert (again.positions, again.version, again.repeated) == (first.positions, 3, True)
    with pytest.raises(RepeatedDifferently):
        journal.run(Ledger, ledger, lambda it: it.take_out(amount=9), msgspec.structs.replace(context, digest=b"9"))
    with pytest.raises(Overdrawn):
        journal.run(Ledger, ledger, lambda it: it.take_out(amount=5), NOW)


def test_a_repeated_withdrawal_answers_with_the_first(journal: Journal) -> None:
    ledger = opened(journal)
    position = journal.run(Ledger, ledger, lambda it: it.put(amount=5), NOW).position
    context = Context(at=MONDAY, command_id=uuid4(), digest=b"w")
    first = journal.withdraw(Ledger, ledger, position, "twice", context)
    again = journal.withdraw(Ledger, ledger, position, "twice", context)
    assert (again.positions, again.repeated) == (first.positions, True)


def test_a_withdrawal_minds_the_version_that_the_asker_saw(journal: Journal) -> None:
    ledger = opened(journal)
    position = journal.run(Ledger, ledger, lambda it: it.put(amount=5), NOW).position
    with pytest.raises(Conflict, match="stands at version 2, not at 1"):
        journal.withdraw(Ledger, ledger, position, "twice", msgspec.structs.replace(NOW, version=1))


def test_an_identifier_of_another_kind_of_aggregate_is_not_found(journal: Journal) -> None:
    account = registered(journal)
    with pytest.raises(NotFound, match="no Ledger"):
        journal.run(Ledger, account, lambda it: it.put(amount=1), NOW)
    with pytest.raises(NotFound):
        journal.streams.state_at(Ledger, account, MONDAY)


def test_a_text_that_the_database_cannot_hold_spoils_no_neighbour(journal: Journal) -> None:
    ledger, faults = opened(journal), []

    def spoil() -> None:
        try:
            opened(journal, "NUL \0 and half a character \ud800")
        except (psycopg.Error, ValueError) as error:
            faults.append(error)

    threads = [threading.Thread(target=spoil) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
    for thread in threads:
        thread.join()
    assert len(faults) == 5
    assert journal.streams.state(Ledger, ledger).balance == 20
