"""Milestones reached as rows; the evidence stays sealed in the journal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.opportunity.milestones import Milestones
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class MilestoneRow(Row):
    """A milestone of the process that an opportunity has reached; `stage` is the one to which it belongs."""

    opportunity: UUID | None = None
    milestone: str = ""
    stage: str = ""
    reached: datetime | None = None


class MilestoneModel(ReadModel):
    """One row per opportunity and milestone reached."""

    name = "milestone"
    version = 1
    row = MilestoneRow
    indexes = (("opportunity",),)

    @on(Milestones.MilestoneReached, key=lambda envelope, event: child_key(envelope, event.milestone.encode()))
    def reached(self, row: MilestoneRow | None, event: Milestones.MilestoneReached, envelope: Envelope) -> MilestoneRow:
        """It was reached."""
        return MilestoneRow(
            opportunity=envelope.aggregate_id,
            milestone=event.milestone,
            stage=event.stage,
            reached=envelope.occurred_at,
        )


MILESTONES = MilestoneModel()
