"""The engine, rule by rule: versions, both clocks, exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from projections.engine import Clock, Engine, ReadModel, as_of_sql
from projections.engine.rows import Shape
from tests.projections.conftest import START, Journal
from tests.projections.sample import Deals, DealRow, Trial

DAY = timedelta(days=1)
ACCOUNT = UUID(int=7)
DEALS = Deals()


def rows_as_of(engine: Engine, model: ReadModel, as_of: datetime, known_at: int, only_open: bool) -> dict[UUID, Any]:
    sql = as_of_sql(model, "*", only_open=only_open)
    names = ", ".join(f'"{column.name}"' for column in Shape(model.name, model.row).columns)
    sql = as_of_sql(model, f"key, {names}", only_open=only_open)
    with engine.pool.connection() as connection:
        found = connection.execute(sql, Clock(as_of, known_at).parameters).fetchall()
    assert len({row[0] for row in found}) == len(found), "a row twice"
    return {row[0]: row[1:] for row in found}


def stage_of(engine: Engine, deal: UUID, as_of: datetime, known_at: int) -> str | None:
    row = rows_as_of(engine, DEALS, as_of, known_at, True).get(deal)
    return row[1] if row else None


def opened(amount: int = 100) -> Trial.Opened:
    return Trial.Opened(account=ACCOUNT, amount=Decimal(amount))


def test_a_late_fact_changes_the_past_from_its_own_position_on(journal: Journal, engine: Engine) -> None:
    deal = uuid4()
    first = journal.append((deal, opened(), START))
    second = journal.append((deal, Trial.Advanced(stage="third"), START + 9 * DAY))
    late = journal.append((deal, Trial.Advanced(stage="second"), START + 4 * DAY))
    engine.catch_up()
    fifth_day = START + 5 * DAY
    assert stage_of(engine, deal, fifth_day, first) == "first"
    assert stage_of(engine, deal, fifth_day, second) == "first"
    assert stage_of(engine, deal, fifth_day, late) == "second"
    assert stage_of(engine, deal, START + 10 * DAY, first) == "first"
    assert stage_of(engine, deal, START + 10 * DAY, late) == "third"
    assert stage_of(engine, deal, START - DAY, late) is None
