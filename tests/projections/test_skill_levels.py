"""Levels of skill as rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.member import Member
from domain.member.skills import Skills
from domain.policies.skill_model import Measured, Proposal, SkillDimension, SkillMeasure
from projections.skill_levels import SKILL_LEVELS
from tests.domain.given import sealed, some_id
from tests.projections.rows import rows_after

MEI, DIRECTOR = some_id("mei"), some_id("director")
FOUND = tuple(
    Measured(measure=measure, value=Decimal("0.5"), facts=facts, positions=(facts,))
    for measure, facts in ((SkillMeasure.WIN_RATE, 4), (SkillMeasure.ATTAINMENT, 1))
)


def assessed(dimension: SkillDimension = SkillDimension.RESULTS, **more: Any) -> Skills.SkillAssessed:
    stated = {"period": "2026-Q1", "level": 2, "computed": Proposal(level=2, edition=3, measures=FOUND)}
    return Skills.SkillAssessed(dimension=dimension, confirmed_by=DIRECTOR, **stated | more)


def rows_of(*events: Any) -> list[Any]:
    return rows_after(SKILL_LEVELS, *((MEI, event) for event in (Member.Invited(name=sealed("Mei")), *events)))


def test_a_level_stands_with_what_was_proposed_and_on_how_much_it_rested() -> None:
    (row,) = rows_of(assessed())
    assert (row.member, row.dimension, row.period, row.level) == (MEI, "results", "2026-Q1", 2)
    assert (row.proposed, row.edition, row.facts, row.confirmed_by, row.reason) == (2, 3, 5, DIRECTOR, None)
    assert row.position == 2


def test_a_level_of_a_period_that_is_assessed_again_takes_its_place() -> None:
    again = assessed(level=3, reason=sealed("Won the lead customer"))
    (row,) = rows_of(assessed(), again)
    assert (row.level, row.proposed, row.reason, row.position) == (3, 2, sealed("Won the lead customer"), 3)


def test_each_dimension_and_period_has_a_row_of_its_own() -> None:
    rows = rows_of(assessed(), assessed(SkillDimension.SERVICE), assessed(period="2026-Q2"))
    assert sorted((row.dimension, row.period) for row in rows) == [
        ("results", "2026-Q1"),
        ("results", "2026-Q2"),
        ("service", "2026-Q1"),
    ]
