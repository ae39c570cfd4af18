"""The training table: one row per open deal and snapshot, features as knowable then, outcomes beside them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import numpy as np

from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer
from projections.forecasting.training import COLUMNS, training_table
from tests.domain.given import day, eur, some_id
from tests.projections.conftest import START
from tests.projections.forecasting.clocked import (
    FRAME,
    MEI,
    Clocked,
    advanced,
    facts,
    live,
    opened,
)
from tests.projections.forecasting.test_leak import altered, history

OTHER = some_id("other")


def rows(told: list[Clocked], first: int, last: int, **more: Any) -> list[dict[str, Any]]:
    """The rows of all snapshots of the days of the tests' calendar."""
    days = day(first).date(), day(last).date()
    found = []
    for columns in training_table(facts(told), lambda _: FRAME, *days, **more):
        names = list(columns)
        found += [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return found


def told() -> list[Clocked]:
    return [
        live(opened(owner=MEI, amount=eur(100), external_id="O-1", close_on=day(30).date()), 1),
        live(opened(owner=MEI, amount=eur(300), external_id="O-2"), 2, stream=OTHER),
        live(Opportunity.Won(signed=eur(290)), 4, stream=OTHER),
        live(advanced("proposal"), 6),
        live(Qualification.QualificationAnswered(question="1", answer=Answer.YES, process_edition=1), 7),
        live(Opportunity.CloseDateMoved(previous=None, close_on=day(40).date()), 9),
        live(Opportunity.Lost(), 20),
    ]


def test_every_column_is_documented_and_in_that_order() -> None:
    columns = next(training_table(facts(told()), lambda _: FRAME, day(3).date(), day(3).date()))
    assert list(columns) == [column.name for column in COLUMNS]
    assert {len(column) for column in columns.values()} == {2}
    assert all(column.meaning for column in COLUMNS)


def test_a_row_for_each_open_deal_and_snapshot_as_it_was_knowable_then() -> None:
    found = rows(told(), 3, 17, until=day(25).date())
    when = {(str(row["snapshot"]), row["opportunity"]) for row in found}
    wanted = ((3, "O-1"), (3, "O-2"), (10, "O-1"), (17, "O-1"))
    assert when == {(day(number).date().isoformat(), name) for number, name in wanted}
    assert len(found) == len(when)
    later = next(row for row in found if row["snapshot"] == np.datetime64(day(10).date()))
    assert (later["stage"], later["age"], later["stage_age"], later["days_to_close"]) == ("proposal", 9, 4, 30)
    assert (later["pushes"], later["pushed_days"], later["yes"], later["no"]) == (1, 10, 1, 0)
    assert (later["owner_won"], later["owner_lost"], later["amount_to_product"]) == (1, 0, 0.5)
    first = next(row for row in found if row["opportunity"] == "O-1")
    assert (first["stage"], first["yes"], first["pushes"], first["owner_won"]) == ("prospecting", 0, 0, 0)


def test_outcomes_are_those_at_the_end_of_the_table_and_open_deals_have_none() -> None:
    seen = {row["opportunity"]: row for row in rows(told(), 3, 3, until=day(25).date())}
    assert (seen["O-1"]["outcome"], seen["O-1"]["days_until_end"]) == ("lost", 17)
    assert (seen["O-2"]["outcome"], seen["O-2"]["days_until_end"], seen["O-2"]["signed"]) == ("won", 1, 290.0)
    (row,) = rows(told(), 10, 10, until=day(12).date())
    assert (row["outcome"], row["days_followed"]) == ("open", 2)
    assert np.isnan(row["days_until_end"])


def test_features_do_not_change_by_what_was_not_knowable() -> None:
    chronicle, facts_told = history(5)
    chance = random.Random("training")
    names = [column.name for column in COLUMNS if not column.meaning.startswith("outcome")]
    for _ in range(4):
        at: date = (START + timedelta(days=chance.randint(20, 110))).date()
        moment = START.replace(year=at.year, month=at.month, day=at.day, hour=16) - timedelta(microseconds=1)
        other = altered(chronicle, facts_told, moment, chance)
        one, two = (next(training_table(facts(each), lambda _: FRAME, at, at)) for each in (facts_told, other))
        assert len(one["snapshot"])
        for name in names:
            assert np.array_equal(one[name], two[name], equal_nan=one[name].dtype.kind == "f"), name


def test_a_table_without_deals_has_no_rows() -> None:
    columns = next(training_table(facts([]), lambda _: FRAME, day(3).date(), day(3).date()))
    assert {len(column) for column in columns.values()} == {0}
