"""Trails: what a row was, step by step, agrees with the row as of any moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.account.influence import InfluenceKind, InfluenceNature
from projections.buyers import BUYERS
from projections.engine import as_of_sql
from projections.influences import INFLUENCES
from projections.map_facts import Influence, Stand
from projections.trails import Step, Trail, trails
from tests.domain.given import day, some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal

WANG, LI = some_id("wang"), some_id("li")


def influence(strength: int, nature: InfluenceNature = InfluenceNature.POLITICAL) -> Influence:
    return Influence(WANG, LI, InfluenceKind.ADVISES, strength, nature)


STRONG, FORMAL = influence(3), influence(3, InfluenceNature.FORMAL)
TRAIL = Trail([Step(day(1), 1, influence(1)), Step(day(3), 5, STRONG), Step(day(4), 4, None), Step(day(5), 6, STRONG)])


def test_a_trail_says_what_holds_and_what_held() -> None:
    assert TRAIL.now == STRONG
    assert [TRAIL.then(day(n)) for n in (0, 2, 3, 4)] == [None, influence(1), STRONG, None]


def test_a_field_has_begun_with_the_step_since_which_it_holds() -> None:
    assert TRAIL.begun("strength") == [6]
    two = Trail([Step(day(1), 1, influence(1)), Step(day(2), 2, STRONG), Step(day(3), 3, FORMAL)])
    assert (two.begun("strength"), two.begun("nature"), two.begun("influence")) == ([2], [3], [1])
    assert two.begun() == [1, 2, 3]
    assert Trail([*two.steps, Step(day(4), 9, None)]).begun("strength") == [9]


def test_what_changed_a_field_after_a_moment() -> None:
    assert TRAIL.after(day(1), "strength") == [5, 4, 6]
    assert TRAIL.after(day(3), "strength") == [4, 6]
    assert TRAIL.after(day(0), "strength") == [1, 5, 4, 6]
    assert TRAIL.after(day(5), "strength") == []


@pytest.mark.parametrize("seed", range(4))
def test_where_a_trail_ends_is_the_row_at_the_same_clocks(journal: Journal, engine_of: EngineOf, seed: int) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, seed, Business(facts=400, calls=False))
    found = 0
    for _ in range(25):
        as_of, known_at = questions.clocks()
        with office.view(as_of, known_at) as view:
            for model, value, column, ids in (
                (BUYERS, Stand, "opportunity", questions.chronicle.deals),
                (INFLUENCES, Influence, "account", questions.chronicle.accounts),
            ):
                asked: Any = value
                known = trails(view, model, asked, column, ids)
                columns = ", ".join(value.__struct_fields__)
                rows = view.connection.execute(as_of_sql(model, f"key, {columns}").encode(), view.parameters())
                made = {key: msgspec.convert(dict(zip(value.__struct_fields__, row, strict=True)), value)
                        for key, *row in rows}  # fmt: skip
                assert {key: trail.now for key, trail in known.items() if trail.now} == made
                found += len(made)
                earlier = as_of - timedelta(days=3)
                with office.view(earlier, known_at) as then:
                    before = trails(then, model, asked, column, ids)
                    assert {k: t.now for k, t in before.items() if t.now} == {
                        k: t.then(earlier) for k, t in known.items() if t.then(earlier)
                    }
    assert found > 50
