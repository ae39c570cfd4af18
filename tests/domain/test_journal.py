"""The journal's promises, on a real PostgreSQL."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgpack
import msgspec
import psycopg
import pytest

from domain.aggregate import LaterFactForbids, NothingToWithdraw, OpeningStays
from domain.claims import AlreadyClaimed, Claim
from domain.errors import Conflict, NotFound, RepeatedDifferently
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.journal.migrate import migrate, missing
from tests.domain.ledger import Ledger, Overdrawn

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def day(number: float) -> Context:
    return Context(at=MONDAY + timedelta(days=number))


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


def opened(journal: Journal, code: str = "") -> UUID:
    ledger = uuid4()
    journal.run(Ledger, ledger, lambda it: it.open(code=code), day(0))
    return ledger


def put(journal: Journal, ledger: UUID, amount: int, at: float) -> int:
    return journal.run(Ledger, ledger, lambda it: it.put(amount=amount), day(at)).position


def names(journal: Journal, ledger: UUID) -> list[str]:
    return [fact.event.topic for fact in journal.streams.history(ledger)]


def test_a_command_answers_with_its_positions_without_gaps(journal: Journal) -> None:
    ledger = opened(journal)
    first = journal.run(Ledger, ledger, lambda it: (it.put(amount=1), it.put(amount=2))[0], day(1))
    second = journal.run(Ledger, ledger, lambda it: it.put(amount=3), day(2))
    assert (first.positions, second.positions) == ((2, 3), (4,))
    assert second.version == 4


def test_what_is_appended_together_is_one_step_and_steps_rise_strictly(journal: Journal) -> None:
    ledger = opened(journal)
    journal.run(Ledger, ledger, lambda it: (it.put(amount=1), it.put(amount=2))[0], day(1))
    put(journal, ledger, 3, 2)
    one, two, three, four = (fact.recorded_at for fact in journal.streams.history(ledger))
    assert one < two == three < four


def test_nothing_to_record_records_nothing(journal: Journal) -> None:
    ledger = opened(journal)
    outcome = journal.run(Ledger, ledger, lambda it: it.put(amount=0), day(1))
    assert (outcome.positions, outcome.position) == ((), 1)


def test_a_refused_command_leaves_nothing_in_the_kept_state(journal: Journal) -> None:
    ledger = opened(journal)
    put(journal, ledger, 5, 1)
    with pytest.raises(Overdrawn, match="Only 5 is there, 9 was asked"):
        journal.run(Ledger, ledger, lambda it: (it.put(amount=0), it.take_out(amount=9))[0], day(2))
    assert journal.run(Ledger, ledger, lambda it: it.take_out(amount=5), day(3)).version == 3


def test_a_late_command_is_decided_on_the_state_of_its_moment(journal: Journal) -> None:
    ledger = opened(journal)
    put(journal, ledger, 10, 5)
    with pytest.raises(Overdrawn):
        journal.run(Ledger, ledger, lambda it: it.take_out(amount=3), day(4))
    assert journal.run(Ledger, ledger, lambda it: it.take_out(amount=3), day(6)).positions == (3,)


def test_a_late_command_that_makes_a_later_fact_impossible_is_refused_and_names_it(journal: Journal) -> None:
    ledger = opened(journal)
    put(journal, ledger, 10, 1)
    journal.run(Ledger, ledger, lambda it: it.take_out(amount=8), day(9))
    with pytest.raises(LaterFactForbids, match="Ledger.Taken at position 3"):
        journal.run(Ledger, ledger, lambda it: it.take_out(amount=5), day(4))
    assert journal.run(Ledger, ledger, lambda it: it.take_out(amount=2), day(4)).positions == (4,)


def test_a_withdrawn_fact_counts_no_more_but_stays_in_the_history(journal: Journal) -> None:
    ledger = opened(journal)
    position = put(journal, ledger, 10, 1)
    outcome = journal.withdraw(Ledger, ledger, position, "typed twice", day(3))
    assert journal.streams.state(Ledger, ledger).balance == 0
    assert names(journal, ledger) == ["Ledger.Opened", "Ledger.Put", "Ledger.FactWithdrawn"]
    assert journal.streams.history(ledger)[-1].causation_id == position
    assert outcome.version == 3


def test_a_withdrawal_that_a_later_fact_needs_is_refused(journal: Journal) -> None:
    ledger = opened(journal)
    position = put(journal, ledger, 10, 1)
    journal.run(Ledger, ledger, lambda it: it.take_out(amount=8), day(2))
    with pytest.raises(LaterFactForbids, match="Ledger.Taken"):
        journal.withdraw(Ledger, ledger, position, "wrong", day(3))


def test_a_correction_withdraws_and_records_in_one_step(journal: Journal) -> None:
    ledger = opened(journal)
    position = put(journal, ledger, 10, 1)
    journal.run(Ledger, ledger, lambda it: it.take_out(amount=8), day(2))
    with pytest.raises(LaterFactForbids):
        journal.withdraw(Ledger, ledger, position, "typo", day(3), (lambda it: it.put(amount=7), MONDAY))
    outcome = journal.withdraw(
        Ledger, ledger, position, "typo", day(3), (lambda it: it.put(amount=9), MONDAY + timedelta(days=1))
    )
    assert outcome.positions == (4, 5)
    assert journal.streams.state(Ledger, ledger).balance == 1


def test_what_opened_the_stream_cannot_be_withdrawn_nor_what_is_not_there(journal: Journal) -> None:
    ledger = opened(journal)
    with pytest.raises(OpeningStays):
        journal.withdraw(Ledger, ledger, 1, "no", day(1))
    with pytest.raises(NothingToWithdraw):
        journal.withdraw(Ledger, ledger, 99, "no", day(1))


def test_a_repeated_command_answers_with_the_first_result(journal: Journal) -> None:
    ledger, command = opened(journal), uuid4()
    context = Context(at=MONDAY, command_id=command, digest=digest_of(b"put 5"))
    first = journal.run(Ledger, ledger, lambda it: it.put(amount=5), context)
    again = journal.run(Ledger, ledger, lambda it: it.put(amount=5), context)
    assert (again.positions, again.version, again.repeated) == (first.positions, first.version, True)
    assert journal.streams.state(Ledger, ledger).balance == 5


def test_a_repeated_command_with_another_content_is_told_so(journal: Journal) -> None:
    ledger, command = opened(journal), uuid4()
    journal.run(
        Ledger, ledger, lambda it: it.put(amount=5), Context(at=MONDAY, command_id=command, digest=digest_of(b"5"))
    )
    with pytest.raises(RepeatedDifferently, match=str(command)):
        journal.run(
            Ledger, ledger, lambda it: it.put(amount=6), Context(at=MONDAY, command_id=command, digest=digest_of(b"6"))
        )


def test_whoever_states_a_version_learns_that_it_is_old(journal: Journal) -> None:
    ledger = opened(journal)
    put(journal, ledger, 5, 1)
    context = msgspec.structs.replace(day(2), version=1)
    with pytest.raises(Conflict, match="stands at version 2, not at 1. What came in between: Ledger.") as conflict:
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), context)
    (fact,) = conflict.value.details["facts"]
    assert (fact.position, fact.topic, fact.actor, fact.occurred_at) == (2, "Ledger.Put", None, day(1).at)
    assert "What came in between: Ledger.Put on 2026-03-03. Read" in str(conflict.value)
    assert str(fact) in str(conflict.value)


def test_a_long_in_between_is_told_in_part_and_a_version_to_come_has_none(journal: Journal) -> None:
    ledger = opened(journal)
    for _ in range(12):
        put(journal, ledger, 5, 1)
    with pytest.raises(Conflict, match="; and 2 more. Read it again") as conflict:
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), msgspec.structs.replace(day(2), version=1))
    assert len(conflict.value.details["facts"]) == 12
    assert [fact.position for fact in conflict.value.details["in_between"].newest] == list(range(13, 3, -1))
    with pytest.raises(Conflict, match="nothing, that version was not reached yet"):
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), msgspec.structs.replace(day(2), version=20))


def test_unique_things_are_claimed_once(journal: Journal) -> None:
    ledger = opened(journal, code="L-7")
    with pytest.raises(AlreadyClaimed, match="ledger L-7 is recorded already, at position 1"):
        opened(journal, code="L-7")
    assert journal.streams.find(Claim("ledger", "", "L-7")) == ledger
    with pytest.raises(NotFound):
        journal.streams.find(Claim("ledger", "", "L-8"))


def test_two_processes_see_each_others_facts_whatever_they_keep_in_memory(journal: Journal, migrated_url: str) -> None:
    ledger = opened(journal)
    other = Journal(migrated_url)
    try:
        put(other, ledger, 10, 1)
        assert journal.run(Ledger, ledger, lambda it: it.take_out(amount=10), day(2)).version == 3
        with pytest.raises(Overdrawn):
            other.run(Ledger, ledger, lambda it: it.take_out(amount=1), day(3))
    finally:
        other.close()


def test_many_threads_on_one_aggregate_lose_nothing(journal: Journal, migrated_url: str) -> None:
    ledger = opened(journal)
    other = Journal(migrated_url)
    threads = [
        threading.Thread(target=lambda j=j: [put(j, ledger, 1, 1) for _ in range(20)])
        for j in (journal, other, journal, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert journal.streams.state(Ledger, ledger).balance == 80


def test_a_snapshot_changes_no_answer_and_an_earlier_fact_ignores_it(journal: Journal, migrated_url: str) -> None:
    ledger = opened(journal)
    for number in range(1, 120):
        put(journal, ledger, 1, number)
    with psycopg.connect(migrated_url) as connection:
        assert connection.execute("select version from snapshots").fetchone() == (100,)
    put(journal, ledger, 1000, 0.5)
    assert journal.streams.state(Ledger, ledger).balance == 1119
    assert journal.streams.state_at(Ledger, ledger, MONDAY + timedelta(days=3.5)).balance == 1003
    assert journal.streams.state_at(Ledger, ledger, MONDAY + timedelta(days=3.5), known_at=120).balance == 3


def test_events_cannot_be_changed_or_removed(journal: Journal, migrated_url: str) -> None:
    opened(journal)
    for statement in ("update events set topic = ''", "delete from events", "truncate events"):
        with (
            psycopg.connect(migrated_url) as connection,
            pytest.raises(psycopg.Error, match="append-only|permission denied"),
        ):
            connection.execute(statement)


def test_every_stored_event_decodes_with_plain_msgpack(journal: Journal, migrated_url: str) -> None:
    ledger = opened(journal, code="客户")
    with psycopg.connect(migrated_url) as connection:
        ((state,),) = connection.execute("select state from events where aggregate_id = %s", (ledger,)).fetchall()
    version, occurred_at, event, *_ = msgpack.unpackb(state, timestamp=3)
    assert (version, occurred_at, event) == (1, MONDAY, {"code": "客户"})


def test_a_bulk_append_is_one_step_all_or_nothing_and_repeatable(journal: Journal) -> None:
    facts = []
    for number in range(3):
        ledger = Ledger(id=uuid4())
        ledger.at(MONDAY)
        ledger.open(code=f"B-{number}")
        ledger.put(amount=number + 1)
        facts += [day(0).stamp(fact) for fact in ledger.collect_events()]
    command = uuid4()
    first = journal.append_in_bulk(facts, command)
    again = journal.append_in_bulk(facts, command)
    assert (first.first, first.last, again.first, again.last, again.repeated) == (1, 6, 1, 6, True)
    taken = Ledger(id=uuid4())
    taken.at(MONDAY)
    taken.open(code="B-1")
    with pytest.raises(AlreadyClaimed):
        journal.append_in_bulk(taken.collect_events(), uuid4())
    assert journal.streams.head() == 6


def test_positions_are_found_by_the_time_they_were_recorded(journal: Journal) -> None:
    ledger = opened(journal)
    journal.run(Ledger, ledger, lambda it: (it.put(amount=1), it.put(amount=2))[0], day(1))
    put(journal, ledger, 3, 2)
    moments = [fact.recorded_at for fact in journal.streams.history(ledger)]

    def answer(sql: str, value: object) -> object:
        return journal.streams.read(lambda c: c.execute(sql, (value,)).fetchone())[0]

    assert [answer("select position_recorded_by(%s)", moment) for moment in moments] == [1, 3, 3, 4]
    assert [answer("select end_of_append(%s)", position) for position in (1, 2, 3, 4)] == [1, 3, 3, 4]


def test_migrating_again_changes_nothing(migrated_url: str) -> None:
    assert migrate(migrated_url) == []
    with psycopg.connect(migrated_url) as connection:
        assert missing(connection) == []
