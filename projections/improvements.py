"""Improvements that came of issues, as rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.issue.issue import Issue
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class ImprovementRow(Row):
    """What changed because of an issue, and in which area. The account is that of the issue."""

    issue: UUID | None = None
    improvement: UUID | None = None
    area: str = ""
    made: datetime | None = None
    what: Sealed | None = None


def _improvement(envelope: Envelope, event: Issue.ImprovementMade) -> UUID:
    return child_key(envelope, event.improvement_id.bytes)


class ImprovementModel(ReadModel):
    """One row per improvement."""

    name = "improvement"
    version = 1
    row = ImprovementRow
    indexes = (("issue",),)

    @on(Issue.ImprovementMade, key=_improvement)
    def made(self, row: ImprovementRow | None, event: Issue.ImprovementMade, envelope: Envelope) -> ImprovementRow:
        """Something is better."""
        return ImprovementRow(
            issue=envelope.aggregate_id,
            improvement=event.improvement_id,
            area=event.area,
            made=envelope.occurred_at,
            what=event.what,
        )


IMPROVEMENTS = ImprovementModel()
