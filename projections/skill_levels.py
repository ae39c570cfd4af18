"""Levels of skill as rows (技能水平): one per member, dimension and period, as it was confirmed last."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.member.skills import Skills
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class SkillLevelRow(Row):
    """A level that was confirmed; what the rule of `edition` proposed, and on how many facts that rested. The measures
    and the positions of these facts are in the event at `position`."""

    member: UUID | None = None
    dimension: str = ""
    period: str = ""
    level: int = 0
    proposed: int | None = None
    edition: int = 0
    facts: int = 0
    confirmed_by: UUID | None = None
    reason: Sealed | None = None
    confirmed_at: datetime | None = None
    position: int = 0


class SkillLevelModel(ReadModel):
    """One row per member, dimension and period."""

    name = "skill_level"
    version = 1
    row = SkillLevelRow
    indexes = (("member",),)

    @on(
        Skills.SkillAssessed,
        key=lambda envelope, event: child_key(envelope, f"{event.dimension} {event.period}".encode()),
    )
    def assessed(self, row: SkillLevelRow | None, event: Skills.SkillAssessed, envelope: Envelope) -> SkillLevelRow:
        """What was confirmed last for the period."""
        return SkillLevelRow(
            member=envelope.aggregate_id,
            dimension=event.dimension,
            period=event.period,
            level=event.level,
            proposed=event.computed.level,
            edition=event.computed.edition,
            facts=sum(each.facts for each in event.computed.measures),
            confirmed_by=event.confirmed_by,
            reason=event.reason,
            confirmed_at=envelope.occurred_at,
            position=envelope.position,
        )


SKILL_LEVELS = SkillLevelModel()
