"""What is told of all deals at once, and of some of them alone, is what their histories say, whatever was told late,
taken back or opened twice."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from domain.aggregate import Event, Origin, Recorded
from domain.journal.mapper import encode_state
from projections.forecasting.facts import histories, load
from projections.forecasting.folded import Folded
from projections.forecasting.histories import Histories, Outcome
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import START, Connections, EngineOf, Journal
from tests.projections.forecasting.test_facts_agree import as_rows

RECORDED = START + timedelta(days=1000)


class MixedJournal(Journal):
    """A journal of which a part was imported, and the rest was recorded bit by bit."""

    imported = 0.5

    def _row(self, position: int, stream: UUID, event: Event, at: datetime) -> tuple[object, ...]:
        columns = super()._row(position, stream, event, at)
        if random.Random(str(stream)).random() >= self.imported:
            return columns
        fact = Recorded(originator_id=stream, originator_version=1, event=event, occurred_at=at, origin=Origin.IMPORT)
        return *columns[:5], encode_state(fact)


@pytest.mark.parametrize("seed", range(6))
def test_spans_and_parts_say_what_histories_say(
    reused: Connections, sample_events: None, engine_of: EngineOf, seed: int
) -> None:
    journal = MixedJournal(reused)
    journal.imported = (0.0, 0.5, 1.0)[seed % 3]
    journal.wipe()
    Chronicle(seed, Business(facts=900, deals=60, late=0.1 * seed, withdrawn=0.02 * (seed % 4))).write(journal)
    office = Office(journal, engine_of)
    office.tell()
    chance, told, folded = random.Random(seed), 0, 0
    for _ in range(12):
        by_then = RECORDED + timedelta(milliseconds=chance.randint(1, journal.appends))
        moment = chance.choice((START + timedelta(hours=chance.randint(0, 125 * 24)), by_then))
        with office.view(moment, chance.choice((len(journal.facts), chance.randint(1, len(journal.facts))))) as view:
            found = histories(load(view.connection), view, moment)
        assert isinstance(found, Folded)
        plain = Folded(found.fold.of(np.arange(len(found.fold.tables.deals), dtype=np.int32)))
        told += found.fold.spans is not None
        folded += len(found.fold.others.rows) if found.fold.spans else 0
        must_say_the_same(found, plain, chance)
    assert told > 3
    assert folded or not seed % 4


def must_say_the_same(found: Folded, plain: Histories, chance: random.Random) -> None:
    """All questions about all deals; and some deals alone."""
    first, last = plain.day - chance.randint(0, 90), plain.day - chance.randint(0, 30)
    is_open = plain.outcome == Outcome.OPEN
    won = (plain.outcome == Outcome.WON) & (plain.closed >= first) & (plain.closed <= last)
    assert found.open().tolist() == np.flatnonzero(is_open).tolist()
    assert found.at_stake(first, last).tolist() == np.flatnonzero(is_open | won).tolist()
    assert found.closed_and_won == (np.count_nonzero(~is_open), np.count_nonzero(plain.outcome == Outcome.WON))
    assert list(found.ends_by_stage.items()) == list(plain_ends(plain).items())
    assert found.closed_since(first).tolist() == np.flatnonzero(~is_open & (plain.closed >= first)).tolist()
    whole, stays = as_rows(plain), stays_of(plain)
    assert as_rows(found) == whole
    assert stays_of(found) == stays
    assert found.codes.stages == plain.codes.stages
    for count in (len(plain) // 3, len(plain) // 20):
        rows = np.array(sorted(chance.sample(range(len(plain)), count)), np.int32)
        part = found.part(rows)
        assert as_rows(part) == {plain.ids[row]: whole[plain.ids[row]] for row in rows.tolist()}
        assert stays_of(part) == [each for each in stays if each[0] in part.place]
    assert part.places_of_those_in(found, rows).tolist() == list(range(len(rows)))
    assert found.places_of(plain.keys).tolist() == list(range(len(plain)))


def stays_of(h: Histories) -> list[tuple[UUID, tuple[str, str], int, int, tuple[str, str] | None]]:
    """Which deals stood at which stages, from when until when, and where they went."""
    of, stages = h.spells, h.codes.stages
    columns = zip(of.deal.tolist(), of.stage.tolist(), of.start.tolist(), of.end.tolist(), of.to.tolist(), strict=True)
    return [
        (h.ids[deal], stages[stage], start, end, stages[to] if to >= 0 else None)
        for deal, stage, start, end, to in columns
    ]


def plain_ends(h: Histories) -> dict[tuple[str, str], tuple[int, int]]:
    """Of the deals that ever stood at each stage, how many closed and were won: deal by deal."""
    stood = {name: set[int]() for name in h.codes.stages}
    for deal, stage in zip(h.spells.deal.tolist(), h.spells.stage.tolist(), strict=True):
        stood[h.codes.stages[stage]].add(deal)
    outcome = h.outcome.tolist()
    return {
        name: (
            sum(outcome[deal] != Outcome.OPEN for deal in deals),
            sum(outcome[deal] == Outcome.WON for deal in deals),
        )
        for name, deals in stood.items()
    }
