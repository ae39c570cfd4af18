"""Histories of several streams at two clocks: the state after the last step is that of the journal, backward is as
forward, and what was known then against what is known now is the difference of naive folds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import pytest

from domain.aggregate import ROOTS, Origin, Recorded, Withdrawal, fold
from domain.changes import Change, difference
from domain.history import History, Step, learned
from domain.journal.changed import changes_at
from domain.journal.journal import Journal as RealJournal
from domain.journal.states import encoded
from domain.journal.streams import KeptChanges
from domain.opportunity.opportunity import Opportunity
from tests.domain.given import day, eur, history, on, some_id
from tests.projections.business import Business
from tests.projections.conftest import Journal
from tests.projections.histories_checked import Checked

BUSINESS = Business(facts=900, deals=4, late=0.4, withdrawn=0.12, merges=True)
DEAL = some_id("deal")


@pytest.fixture
def real(journal: Journal) -> Iterator[RealJournal]:
    with closing(RealJournal(journal.url)) as opened:
        yield opened


def opened(amount: int) -> Opportunity.Opened:
    return Opportunity.Opened(
        account=some_id("account"), title="Line", process="four-funnel", process_edition=1, stage="potential",
        amount=eur(amount),
    )  # fmt: skip


def revised(amount: int) -> Opportunity.AmountRevised:
    return Opportunity.AmountRevised(previous=None, amount=eur(amount))


def advanced() -> Opportunity.StageAdvanced:
    return Opportunity.StageAdvanced(from_="", to="ours", process_edition=1, after=())


def told(*facts) -> dict[UUID, list[Recorded]]:
    """The facts of one opportunity, each recorded on the day that stands beside it."""
    recorded = history(*(on(day(occurred), event) for occurred, event, _ in facts), aggregate_id=DEAL)
    return {
        DEAL: [
            Recorded(**{name: getattr(fact, name) for name in fact.__struct_fields__} | {"recorded_at": day(late)})
            for fact, (_, _, late) in zip(recorded, facts, strict=True)
        ]
    }


def shown(found: History) -> list[tuple[int, int | None, int | None, list[Change]]]:
    return [
        (
            step.fact.position,
            step.withdrawn_by.position if step.withdrawn_by else None,
            step.lag.days if step.lag else None,
            found.changes(number),
        )
        for number, step in enumerate(found.steps, start=1)
    ]


def test_facts_stand_in_business_order_and_a_late_one_says_how_late_it_came():
    facts = told((1, opened(100), 1), (9, revised(300), 9), (4, revised(200), 30))
    assert shown(History(facts, day(99), 3)) == [
        (1, None, None, [Change(("account",), None, some_id("account")), Change(("process",), "", "four-funnel"),
                         Change(("stage",), "", "potential"), Change(("amount",), None, eur(100))]),
        (3, None, 26, [Change(("amount",), eur(100), eur(200))]),
        (2, None, None, [Change(("amount",), eur(200), eur(300))]),
    ]  # fmt: skip


def test_what_was_recorded_or_happened_later_is_not_there():
    facts = told((1, opened(100), 1), (9, revised(300), 9), (4, revised(200), 30))
    assert [step.fact.position for step in History(facts, day(99), 2).steps] == [1, 2]
    assert [step.fact.position for step in History(facts, day(4), 3).steps] == [1, 3]
    assert History(facts, day(0), 3).steps == []


def test_a_withdrawn_fact_is_marked_and_changes_nothing():
    facts = told((1, opened(100), 1), (2, revised(200), 2), (3, Opportunity.FactWithdrawn(position=2, reason="x"), 3))
    found = History(facts, day(99), 3)
    assert shown(found)[1:] == [(2, 3, None, []), (3, None, None, [])]
    assert [step.withdraws for step in found.steps] == [None, None, 2]
    assert History(facts, day(99), 2).steps[1] == Step(facts[DEAL][1])


def test_an_import_is_never_late():
    (fact,) = told((1, opened(100), 300))[DEAL]
    assert Step(fact).lag == timedelta(days=299)
    assert Step(Recorded(**_fields(fact) | {"origin": Origin.IMPORT})).lag is None
    assert Step(Recorded(**_fields(fact) | {"recorded_at": None})).lag is None


def test_known_then_against_known_now_is_what_came_late_and_what_was_withdrawn():
    facts = told(
        (1, opened(100), 1), (2, revised(200), 2), (3, advanced(), 20),
        (4, Opportunity.FactWithdrawn(position=2, reason="x"), 21),
    )  # fmt: skip
    found = learned(History(facts, day(9), 2), History(facts, day(9), 4))
    assert found.different == {DEAL: [Change(("stage",), "potential", "ours"), Change(("amount",), eur(200), eur(100))]}
    assert [step.fact.position for step in found.late] == [3]
    (gone,) = found.withdrawn
    assert (gone.fact.position, gone.withdrawn_by) == (2, facts[DEAL][3])


def test_a_stream_that_was_not_known_then_is_all_new():
    facts = told((1, opened(100), 20))
    found = learned(History(facts, day(9), 0), History(facts, day(9), 1))
    assert Change(("amount",), None, eur(100)) in found.different[DEAL]


def test_what_came_late_and_was_withdrawn_since_makes_no_difference():
    facts = told((1, opened(100), 1), (2, revised(200), 20), (2, Opportunity.FactWithdrawn(position=2, reason="x"), 21))
    found = learned(History(facts, day(9), 1), History(facts, day(9), 3))
    assert (found.different, found.late, found.withdrawn) == ({}, [], [])


def test_a_step_is_found_by_its_position():
    facts = told((1, opened(100), 1), (9, revised(300), 9), (4, revised(200), 30))
    found = History(facts, day(99), 3)
    assert [found.number_of(position) for position in (1, 2, 3, 4)] == [1, 3, 2, None]
    assert found.state(DEAL, 0) is None
    assert found.state(some_id("another"), 3) is None


@pytest.mark.parametrize("seed", range(3))
def test_on_random_histories_the_state_after_the_last_step_is_that_of_the_journal(
    seed: int, journal: Journal, real: RealJournal
) -> None:
    written = Checked(seed, BUSINESS)
    journal.append_all(written.told)
    streams = [key for key, facts in written.streams.items() if facts]
    facts = real.streams.histories(streams)
    for _ in range(12):
        as_of = written.chronicle.moment(written.chronicle.random.randint(0, 24 * BUSINESS.days))
        known_at = written.chronicle.random.randint(1, len(written.facts))
        found = History(facts, as_of, known_at)
        forward = [(found.changes(n), _state(found, n)) for n in range(1, len(found) + 1)]
        for stream in found.streams:
            state = found.state(stream, len(found))
            assert state is not None
            expected = real.streams.state_at(type(state), stream, as_of, known_at)
            assert encoded(state) == encoded(expected)
        backward = [(found.changes(n), _state(found, n)) for n in range(len(found), 0, -1)]
        assert backward == forward[::-1]


@pytest.mark.parametrize("seed", range(3))
def test_on_random_histories_known_then_against_now_is_the_difference_of_naive_folds(seed: int) -> None:
    written = Checked(seed, BUSINESS)
    facts = {key: told for key, told in written.streams.items() if told}
    differing = 0
    for _ in range(20):
        as_of = written.chronicle.moment(written.chronicle.random.randint(0, 24 * BUSINESS.days))
        then, now = sorted(written.chronicle.random.choices(range(len(written.facts) + 1), k=2))
        found = learned(History(facts, as_of, then), History(facts, as_of, now))
        for stream, history_of_it in facts.items():
            before, after = (_naive(history_of_it, as_of, known) for known in (then, now))
            assert found.different.get(stream, []) == difference(before, after)
            differing += bool(found.different.get(stream))
        late = {step.fact.position for step in found.late}
        assert all(then < position <= now for position in late)
    assert differing > 30


def test_changes_at_positions_load_each_stream_once(journal: Journal, real: RealJournal) -> None:
    written = Checked(5, BUSINESS)
    journal.append_all(written.told)
    found = changes_at(real.streams, range(1, len(written.facts) + 1))
    assert list(found.keys() | {0}) == [0, *sorted(found)]
    assert len(found) == len(written.facts)
    some = [7, 100, len(written.facts), 10**9]
    assert changes_at(real.streams, some) == {position: found[position] for position in some[:3]}
    assert changes_at(real.streams, []) == {}
    real.streams.changes = KeptChanges()
    assert changes_at(real.streams, some) == {position: found[position] for position in some[:3]}


def _fields(fact: Recorded) -> dict[str, object]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def _state(found: History, number: int) -> bytes:
    state = found.state(found.steps[number - 1].fact.originator_id, number)
    return encoded(state) if state else b""


def _naive(facts: list[Recorded], as_of, known_at: int):
    known = [fact for fact in facts if fact.position <= known_at]
    gone = {fact.event.position for fact in known if isinstance(fact.event, Withdrawal)}
    held = [fact for fact in known if fact.occurred_at <= as_of and fact.position not in gone]
    return fold(ROOTS[facts[0].event.topic.partition(".")[0]], facts[0].originator_id, held)
