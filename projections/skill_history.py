"""The levels of skill that were confirmed, over time (技能水平的历史)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.policies.skill_model import SkillDimension
from domain.sealed import Sealed
from projections.scorecards import seen
from projections.seen import sealed
from projections.skill_levels import SKILL_LEVELS, SkillLevelRow
from projections.versions import versions_sql
from projections.view import Listing, View

_COLUMNS = ", ".join(SkillLevelRow.__struct_fields__)
REASON = SkillLevelRow.__struct_fields__.index("reason")


class SkillLine(msgspec.Struct, kw_only=True):
    """A level as it was confirmed, with what the rule of `edition` proposed and on how many `facts` that rested (which
    ones: the event at `position`). `stands` is False where the same period was assessed again later. `reason` is there
    for who may read personal data."""

    member: UUID
    name: str
    dimension: SkillDimension
    period: str
    level: int
    proposed: int | None
    edition: int
    facts: int
    confirmed_by: UUID | None
    confirmed_by_name: str = ""
    confirmed_at: datetime
    stands: bool
    reason: str | None = None
    position: int


class SkillsAnswer(Listing, kw_only=True):
    """Levels of skill by member, dimension and time."""

    listed: ClassVar[str] = "levels"
    levels: list[SkillLine]


def skill_history(view: View, member: UUID | None = None) -> tuple[SkillsAnswer, dict[int, Sealed]]:
    """What was confirmed of whom the asker sees, the oldest first, and the sealed reasons by position."""
    people = [each for each in seen(view) if member in (None, each)]
    names = view.members()
    sql = versions_sql(SKILL_LEVELS, _COLUMNS, "member = any(%(people)s)") + " order by valid_from, cause"
    newest: dict[UUID, int] = {}
    rows: list[tuple[UUID, SkillLevelRow]] = []
    for key, _, _, *columns in view.connection.execute(sql.encode(), view.parameters(people=people)):
        row = SkillLevelRow(*columns)
        row.reason = None if row.reason is None else sealed(columns[REASON])
        newest[key] = row.position
        rows.append((key, row))
    levels = [_line(row, names, stands=newest[key] == row.position) for key, row in rows]
    order = list(SkillDimension)
    levels.sort(key=lambda each: (each.name, each.member, order.index(each.dimension), each.confirmed_at))
    return SkillsAnswer(**view.head(), levels=levels), {row.position: row.reason for _, row in rows if row.reason}


def _line(row: SkillLevelRow, names: dict[UUID, tuple[str, str]], *, stands: bool) -> SkillLine:
    assert row.member is not None
    assert row.confirmed_at is not None
    return SkillLine(
        member=row.member,
        name=names.get(row.member, ("", ""))[0],
        dimension=SkillDimension(row.dimension),
        period=row.period,
        level=row.level,
        proposed=row.proposed,
        edition=row.edition,
        facts=row.facts,
        confirmed_by=row.confirmed_by,
        confirmed_by_name=names.get(row.confirmed_by, ("", ""))[0] if row.confirmed_by else "",
        confirmed_at=row.confirmed_at,
        stands=stands,
        position=row.position,
    )
