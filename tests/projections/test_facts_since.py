"""Facts of some kinds since a moment are those that whole histories have of them, whatever was taken back when."""

from __future__ import annotations

import random

from domain.aggregate import Withdrawal, in_business_order
from domain.journal.trail import facts_since
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.naive import Fact
from tests.projections.people import at
from tests.projections.test_kept_answers import Written


def standing(facts: list[Fact], known_at: int) -> list[Fact]:
    """Those that are known by a position and not taken back by then."""
    known = [fact for fact in facts if fact.position <= known_at]
    gone = {fact.event.position for fact in known if isinstance(fact.event, Withdrawal)}
    return [fact for fact in known if fact.position not in gone]


def test_what_is_read_alone_is_what_the_histories_hold(journal: Journal, engine_of: EngineOf) -> None:
    office, chance, written, found, taken_back = Office(journal, engine_of), random.Random(4), Written(), 0, 0
    Chronicle(4, Business(facts=700, late=0.4, withdrawn=0.1, merges=True)).write(written)  # type: ignore[arg-type]
    office.journal.append_all([list(each) for each in written.appends])
    facts = office.journal.facts
    every, kinds = sorted({fact.stream for fact in facts}), sorted({fact.event.topic for fact in facts})
    for _ in range(60):
        streams, topics = chance.sample(every, len(every) // 2), chance.sample(kinds, len(kinds) // 2)
        moment, known_at = at(chance.uniform(0, 90)), chance.randrange(len(facts) // 2, len(facts) + 1)
        with office.journal.reading() as connection:
            read = facts_since(connection, streams, topics, moment)
        told = in_business_order(fact for fact in read if fact.position <= known_at)
        alone = {fact.position for fact in told if fact.event.topic in topics and fact.occurred_at >= moment}
        of_these = [fact for fact in facts if fact.stream in streams]
        wanted = [fact for fact in of_these if fact.event.topic in topics and fact.occurred_at >= moment]
        stand = {fact.position for fact in standing(of_these, known_at)}
        assert alone == {fact.position for fact in wanted} & stand
        found += len(alone)
        taken_back += len(wanted) - len(alone)
    assert found > 1_000
    assert taken_back > 50
