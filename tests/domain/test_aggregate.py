"""One order of folding: whatever was recorded late or taken back, the aggregate equals the fold of its stream."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest

from domain.account.account import Account
from domain.aggregate import (
    Aggregate,
    AlreadyOpened,
    AlreadyWithdrawn,
    LaterFactForbids,
    NothingToWithdraw,
    NotYetOpened,
    Recorded,
    decide,
    fold,
    withdraw,
)
from domain.errors import NotFound, Refused
from domain.journal.states import States, decoded, encoded, snapshot_topic
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.gates import Answer
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import DEFAULT_PROCESS
from tests.domain.given import contents
from tests.domain.ledger import Ledger, Overdrawn

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
STREAM = UUID("0d9a1e52-3b0e-4f1e-8f57-5f0f7a529d0e")
PROCESS = SalesProcess(id=policy_id("SalesProcess", DEFAULT_PROCESS))
Step = Callable[[Any], None]


class Stream:
    """A stream in memory, to which commands and withdrawals are given as the journal would."""

    def __init__(self, root: type[Aggregate]) -> None:
        self.root = root
        self.facts: list[Recorded] = []
        self.refused = 0

    def give(self, moment: datetime, step: Step) -> Aggregate | None:
        """The aggregate as it stands after the command; None where it was refused."""
        return self._try(lambda: decide(self.root, STREAM, self.facts, moment, step))

    def take_back(self, position: int, moment: datetime) -> Aggregate | None:
        """The same after the fact at a position is taken back."""
        event = vars(self.root)["FactWithdrawn"](position=position, reason="no")
        version = len(self.facts) + 1
        fact = Recorded(originator_id=STREAM, originator_version=version, event=event, occurred_at=moment)

        def withdrawn() -> Aggregate:
            aggregate = withdraw(self.root, STREAM, self.facts, fact)
            aggregate.pending.append(fact)
            return aggregate

        return self._try(withdrawn)

    def _try(self, decided: Callable[[], Aggregate]) -> Aggregate | None:
        try:
            aggregate = decided()
        except Refused:
            self.refused += 1
            return None
        for fact in aggregate.collect_events():
            self.facts.append(msgspec.structs.replace(fact, position=len(self.facts) + 1))
        return aggregate

    def folded(self) -> Aggregate:
        return fold(self.root, STREAM, self.facts)


def ledger_step(chance: random.Random) -> Step:
    amount = chance.randrange(1, 9)
    return chance.choice([lambda it: it.put(amount=amount), lambda it: it.take_out(amount=amount)])


def deal_step(chance: random.Random) -> Step:
    amount, day = Money.of(chance.randrange(1, 9) * 1000, "EUR"), date(2026, 6, chance.randrange(1, 9))
    owner, stage = uuid5(STREAM, str(chance.randrange(3))), chance.choice([s.key for s in PROCESS.stages])
    question = str(chance.randrange(1, 6))
    steps: list[Step] = [
        lambda it: it.revise_amount(amount=amount, reason="volume"),
        lambda it: it.move_close_date(close_on=day),
        lambda it: it.change_owner(owner=owner),
        lambda it: it.advance(to=stage, override="told so", sales_process=PROCESS),
        lambda it: it.revert(to=stage, reason="no budget", sales_process=PROCESS),
        lambda it: it.qualification.answer(question=question, answer=Answer.YES, sales_process=PROCESS),
    ]
    if chance.random() < 0.1:
        steps = [lambda it: it.win(signed=amount), lambda it: it.reopen(reason="cancelled")]
    return chance.choice(steps)


def account_step(chance: random.Random) -> Step:
    person, visit = uuid5(STREAM, str(chance.randrange(5))), uuid5(STREAM, f"visit {chance.randrange(5)}")
    return chance.choice(
        [
            lambda it: it.assign_manager(manager=person),
            lambda it: it.visits.log(visit_id=visit, minutes=30),
            lambda it: it.visits.plan(visit_id=visit, start=START, end=START + timedelta(hours=1), **PLAN),
        ]
    )


PLAN = {"what": "sales_call", "why": "to understand", "where": "plant", "expected_action": None}
OPENINGS: dict[type[Aggregate], Step] = {
    Ledger: lambda it: it.open(),
    Opportunity: lambda it: it.open(
        account=STREAM,
        title="Line",
        amount=Money.of(9000, "EUR"),
        sales_process=PROCESS,
        customer=Account(id=STREAM, opened=True),
    ),
    Account: lambda it: it.register(name="ACME"),
}
STEPS = {Ledger: ledger_step, Opportunity: deal_step, Account: account_step}


@pytest.mark.parametrize("root", [Ledger, Opportunity])
@pytest.mark.parametrize("seed", range(15))
def test_after_late_commands_and_withdrawals_the_aggregate_equals_the_fold(root, seed):
    chance, stream = random.Random(seed), Stream(root)
    assert stream.give(START, OPENINGS[root])
    for _ in range(60):
        moment = START + timedelta(days=chance.randrange(40))
        if chance.random() < 0.15:
            aggregate = stream.take_back(chance.randrange(1, len(stream.facts) + 1), moment)
        else:
            aggregate = stream.give(moment, STEPS[root](chance))
        if aggregate is not None:
            assert contents(aggregate) == contents(stream.folded())
    assert len(stream.facts) > 15
    assert stream.refused


@pytest.mark.parametrize("root", [Ledger, Opportunity])
@pytest.mark.parametrize("seed", range(5))
def test_a_snapshot_anywhere_changes_nothing(root, seed):
    chance, stream = random.Random(seed), Stream(root)
    aggregate = stream.give(START, OPENINGS[root])
    for day in range(40):
        kept = decoded(root, encoded(aggregate))
        assert contents(kept) == contents(aggregate)
        kept.at(START + timedelta(days=day))
        after = stream.give(START + timedelta(days=day), step := STEPS[root](chance))
        if after is not None:
            step(kept)
            assert contents(kept) == contents(after)
            aggregate = kept
    assert contents(aggregate) == contents(stream.folded())


def test_a_snapshot_of_another_shape_or_another_meaning_has_another_name(monkeypatch):
    before = snapshot_topic.__wrapped__(Ledger)
    monkeypatch.setattr(Ledger, "state_version", 2)
    assert snapshot_topic.__wrapped__(Ledger) != before
    assert snapshot_topic.__wrapped__(Opportunity) != before


def test_of_the_states_in_memory_the_longest_unused_goes_first():
    states, ledgers = States(kept=2), [Ledger(id=uuid5(STREAM, str(n))) for n in range(3)]
    states.keep(ledgers[0])
    states.keep(ledgers[1])
    assert states.get(ledgers[0].id) is ledgers[0]
    states.keep(ledgers[2])
    assert states.get(ledgers[1].id) is None
    assert states.take(ledgers[0].id) is ledgers[0]
    assert states.take(ledgers[0].id) is None


def test_what_is_not_open_takes_nothing_and_what_is_open_is_not_opened_again():
    with pytest.raises(NotYetOpened):
        decide(Ledger, STREAM, [], START, lambda it: it.put(amount=1))
    stream = Stream(Ledger)
    stream.give(START, OPENINGS[Ledger])
    with pytest.raises(AlreadyOpened):
        decide(Ledger, STREAM, stream.facts, START, OPENINGS[Ledger])
    with pytest.raises(LaterFactForbids, match=r"Ledger\.Opened at position 1"):
        decide(Ledger, STREAM, stream.facts, START - timedelta(days=1), OPENINGS[Ledger])


def test_before_it_was_opened_nothing_happened_to_it():
    stream = Stream(Ledger)
    stream.give(START, OPENINGS[Ledger])
    with pytest.raises(NotYetOpened):
        decide(Ledger, STREAM, stream.facts, START - timedelta(days=1), lambda it: it.put(amount=1))


def test_a_fact_is_withdrawn_once_and_a_withdrawal_never():
    stream = Stream(Ledger)
    stream.give(START, OPENINGS[Ledger])
    stream.give(START, lambda it: it.put(amount=1))
    assert stream.take_back(2, START)
    with pytest.raises(AlreadyWithdrawn, match="position 2 was corrected or taken back already, at position 3"):
        withdraw(Ledger, STREAM, stream.facts, 2)
    with pytest.raises(NothingToWithdraw):
        withdraw(Ledger, STREAM, stream.facts, 3)


def test_a_condition_is_asked_again_when_an_earlier_fact_goes():
    stream = Stream(Ledger)
    for step in (OPENINGS[Ledger], lambda it: it.put(amount=5), lambda it: it.take_out(amount=5)):
        stream.give(START, step)
    with pytest.raises(LaterFactForbids, match="Only 0 is there, 5 was asked") as refusal:
        withdraw(Ledger, STREAM, stream.facts, 2)
    assert isinstance(refusal.value.__cause__, Overdrawn)


def test_facts_of_another_kind_are_not_folded():
    stream = Stream(Ledger)
    stream.give(START, OPENINGS[Ledger])
    with pytest.raises(NotFound, match="no Opportunity"):
        fold(Opportunity, STREAM, stream.facts)


def test_the_library_can_replay_a_stream_by_itself():
    stream = Stream(Ledger)
    stream.give(START, OPENINGS[Ledger])
    stream.give(START, lambda it: it.put(amount=3))
    aggregate = None
    for fact in stream.facts:
        aggregate = fact.mutate(aggregate)
    assert contents(aggregate) == contents(stream.folded())
