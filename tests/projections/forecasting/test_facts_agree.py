"""What could be known, held against the rows of the funnel: where every fact was imported the two clocks are one."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from domain.aggregate import Event, Origin, Recorded
from domain.journal.mapper import encode_state
from domain.policies.calendar import day_of
from projections.deals import COLUMNS, valued_sql
from projections.engine import as_of_sql
from projections.forecasting.facts import histories, load
from projections.forecasting.histories import NEVER, NONE, Histories, day_of_number
from projections.opportunities import FUNNEL
from projections.view import View
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import START, Connections, EngineOf, Journal


class ImportedJournal(Journal):
    """A journal in which everything was imported, long after it occurred."""

    def _row(self, position: int, stream: UUID, event: Event, at: datetime) -> tuple[object, ...]:
        columns = super()._row(position, stream, event, at)
        fact = Recorded(originator_id=stream, originator_version=1, event=event, occurred_at=at, origin=Origin.IMPORT)
        return *columns[:5], encode_state(fact)


def as_rows(found: Histories) -> dict[UUID, tuple[Any, ...]]:
    codes = found.codes
    rows = {}
    for n, deal in enumerate(found.ids):
        rows[deal] = (
            codes.owners[found.owner[n]] if found.owner[n] >= 0 else None,
            codes.stages[found.stage[n]],
            day_of_number(int(found.since[n])),
            day_of_number(int(found.opened[n])),
            codes.products[found.product[n]] if found.product[n] >= 0 else None,
            day_of_number(int(found.close_on[n])) if found.close_on[n] != NEVER else None,
            codes.categories[found.category[n]] if found.category[n] >= 0 else "",
            ["", "won", "lost", "disqualified"][found.outcome[n]],
            day_of_number(int(found.closed[n])) if found.closed[n] != NEVER else None,
            None if np.isnan(found.amount[n]) else round(float(found.amount[n]), 4),
            None if np.isnan(found.signed[n]) else round(float(found.signed[n]), 4),
        )
    return rows


def expected(view: View) -> dict[UUID, tuple[Any, ...]]:
    sql, parameters = valued_sql(view, as_of_sql(FUNNEL, COLUMNS), territory=True)
    sql += " select key, owner, process, stage, since, opened, products, close_on, category, outcome, closed, value,"
    sql += " case when outcome = 'won' then signed_value end from valued"
    company, rows = view.policies.company, {}
    for (
        key,
        owner,
        process,
        stage,
        since,
        opened,
        products,
        close_on,
        category,
        outcome,
        closed,
        value,
        signed,
    ) in view.connection.execute(sql.encode(), parameters):
        rows[key] = (
            owner,
            (process, stage),
            day_of(company, since),
            day_of(company, opened),
            products[0] if products else None,
            close_on,
            category,
            outcome,
            day_of(company, closed) if closed else None,
            None if value is None else float(value),
            None if signed is None else float(signed),
        )
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_imported_histories_equal_the_funnel_as_of_every_moment(
    reused: Connections, sample_events: None, engine_of: EngineOf, seed: int
) -> None:
    journal = ImportedJournal(reused)
    journal.wipe()
    Chronicle(seed, Business(facts=400, zone="America/New_York" if seed % 2 else "Asia/Shanghai")).write(journal)
    office = Office(journal, engine_of)
    office.tell()
    chance = random.Random(seed)
    for _ in range(6):
        moment = START + timedelta(hours=chance.randint(0, 125 * 24))
        step = chance.choice(journal.facts[30:]).step
        for known_at in (len(journal.facts), step):
            with office.view(moment, known_at) as view:
                found = histories(load(view.connection), view, moment)
                assert as_rows(found) == expected(view)


@pytest.mark.parametrize("seed", range(2))
def test_deals_of_one_moment_stand_at_another_where_their_identifiers_stand(
    reused: Connections, sample_events: None, engine_of: EngineOf, seed: int
) -> None:
    journal = ImportedJournal(reused)
    journal.wipe()
    Chronicle(seed, Business(facts=400)).write(journal)
    office = Office(journal, engine_of)
    office.tell()
    chance = random.Random(seed)
    moments = [START + timedelta(hours=chance.randint(0, 125 * 24)) for _ in range(4)]
    with office.view(max(moments), len(journal.facts)) as view:
        facts = load(view.connection)
        for one, other in itertools.permutations([histories(facts, view, moment) for moment in moments], 2):
            places = one.places_of_those_in(other, np.arange(len(other), dtype=np.int32))
            assert places.tolist() == [one.place.get(deal, NONE) for deal in other.ids]
            assert one.among(other.ids).tolist() == [deal in other.place for deal in one.ids]
