"""Tables in the terminal say in few cells what the answers have in full."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec

from api.cli import issues_output
from api.cli.programme_output import _rewards
from api.cli.questions.scorecards import _by_period
from api.cli.what_if_output import MOST_FIELDS, _fields
from domain.policies.skill_model import SkillDimension
from projections.skill_history import SkillLine
from projections.whatif.side_by_side import FieldChange, Overridden

LU = UUID(int=1)
MORNING = datetime(2026, 4, 6, 1, tzinfo=UTC)


def level(dimension: SkillDimension, period: str = "2026-Q1", **differs: Any) -> SkillLine:
    """Level 3, nothing proposed."""
    line = SkillLine(
        member=LU,
        name="Lu",
        dimension=dimension,
        period=period,
        level=3,
        proposed=None,
        edition=0,
        facts=0,
        confirmed_by=None,
        confirmed_by_name="Luo",
        confirmed_at=MORNING,
        stands=True,
        position=1,
    )
    return msgspec.structs.replace(line, **differs)


def skills(*levels: SkillLine) -> list[list[Any]]:
    answer: Any = SimpleNamespace(levels=list(levels))
    return _by_period(answer)[1]


def test_levels_of_a_period_stand_side_by_side_and_that_nothing_was_proposed_is_one_word() -> None:
    first, second, *_ = SkillDimension
    rows = skills(
        level(first, "2026-Q2"),
        level(first),
        level(second, level=2),
        level(second, level=5, stands=False),
    )
    assert rows == [
        ["Lu", "2026-Q1", "3", "2", "–", "–", "–", "without", "Luo", date(2026, 4, 6)],
        ["Lu", "2026-Q2", "3", "–", "–", "–", "–", "without", "Luo", date(2026, 4, 6)],
    ]


def test_a_level_that_was_proposed_stands_in_brackets() -> None:
    first, second, *_ = SkillDimension
    (row,) = skills(level(first, proposed=4), level(second))
    assert row[2:8] == ["3 (4)", "3", "–", "–", "–", "1 of 2"]


def test_rewards_due_are_counted_with_their_periods() -> None:
    periods = [("2026-Q1", ["sign"]), ("2025-Q4", ["sign"]), ("2025-Q3", [])]
    one: Any = SimpleNamespace(periods=[SimpleNamespace(period=period, due=due) for period, due in periods])
    assert _rewards(one) == "2 (2026-Q1, 2025-Q4)"
    nothing: Any = SimpleNamespace(periods=one.periods[2:])
    assert _rewards(nothing) == ""


def test_fields_that_are_empty_on_both_sides_are_left_out_and_ten_are_shown() -> None:
    fields = [FieldChange("note", "", None), *(FieldChange(f"f{n}", "1", "2") for n in range(12))]
    rows = list(_fields(Overridden("rates", "", "a document", "as shipped", fields)))
    assert [row[2] for row in rows] == [*(f"f{n}" for n in range(MOST_FIELDS)), "… and 2 more"]
    assert MOST_FIELDS == 10


def test_what_is_promised_on_an_issue_is_told_to_the_hour_when_it_was_raised_to_the_day() -> None:
    moments = {name: issues_output._brief(name, "2026-04-06 09:30") for name in ("raised", "due", "overdue since")}
    assert moments == {"raised": "2026-04-06", "due": "2026-04-06 09:30", "overdue since": "2026-04-06 09:30"}
