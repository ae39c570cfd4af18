"""Milestones of account plans as rows: until when, reached or missed."""

from __future__ import annotations

import enum
from datetime import date, datetime
from uuid import UUID

from domain.account.dealings import Side
from domain.account_plan.plan_milestones import PlanMilestones
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class PlanMilestoneStatus(enum.StrEnum):
    """How far a milestone is: missed was noticed after its day; it may be reached late all the same."""

    OPEN = "open"
    REACHED = "reached"
    MISSED = "missed"
    REACHED_LATE = "reached_late"
    DROPPED = "dropped"


class PlanMilestoneRow(Row):
    """A milestone of a plan: by us (`owner`, a member) or by the customer (`stakeholder`), for an objective or none.
    `missed` is the due day that was noticed as missed, `misses` how often that was noticed. `stated` and `ended` are
    the positions of the events that set it, and that said it was reached; `due_since` is when its day was stated."""

    account: UUID | None = None
    plan: UUID | None = None
    milestone: UUID | None = None
    title: str = ""
    status: PlanMilestoneStatus = PlanMilestoneStatus.OPEN
    due: date | None = None
    side: Side = Side.US
    owner: UUID | None = None
    stakeholder: UUID | None = None
    objective: UUID | None = None
    private: bool = False
    reached_on: date | None = None
    missed: date | None = None
    misses: int = 0
    stated: int = 0
    ended: int | None = None
    due_since: datetime | None = None


MilestoneEvent = (
    PlanMilestones.MilestoneSet
    | PlanMilestones.MilestoneReached
    | PlanMilestones.MilestoneMissed
    | PlanMilestones.MilestoneMissWithdrawn
    | PlanMilestones.MilestoneDropped
)


def _milestone(envelope: Envelope, event: MilestoneEvent) -> UUID:
    return child_key(envelope, event.milestone_id.bytes)


class PlanMilestoneModel(ReadModel):
    """One row per milestone of a plan."""

    name = "plan_milestone"
    version = 1
    row = PlanMilestoneRow
    indexes = (("account",), ("plan",))

    @on(PlanMilestones.MilestoneSet, key=_milestone)
    def set(
        self, row: PlanMilestoneRow | None, event: PlanMilestones.MilestoneSet, envelope: Envelope
    ) -> PlanMilestoneRow:
        """To be reached until its day; put to another day it is not missed yet."""
        missed = row.missed if row and row.due == event.due else None
        return PlanMilestoneRow(
            account=event.account,
            plan=envelope.aggregate_id,
            milestone=event.milestone_id,
            title=event.title,
            status=PlanMilestoneStatus.MISSED if missed else PlanMilestoneStatus.OPEN,
            due=event.due,
            side=event.side,
            owner=event.owner,
            stakeholder=event.stakeholder,
            objective=event.objective,
            private=event.private,
            missed=missed,
            misses=row.misses if row else 0,
            stated=envelope.position,
            due_since=row.due_since if row and row.due == event.due else envelope.occurred_at,
        )

    @on(PlanMilestones.MilestoneReached, key=_milestone)
    def reached(
        self, row: PlanMilestoneRow | None, event: PlanMilestones.MilestoneReached, envelope: Envelope
    ) -> PlanMilestoneRow | None:
        """It is there."""
        if row:
            row.reached_on, row.ended = event.on, envelope.position
            row.status = _stands(row)
        return row

    @on(PlanMilestones.MilestoneMissed, key=_milestone)
    def missed(
        self, row: PlanMilestoneRow | None, event: PlanMilestones.MilestoneMissed, envelope: Envelope
    ) -> PlanMilestoneRow | None:
        """Its day was over; whether it was missed is told by the facts."""
        if row:
            row.missed, row.misses = event.due, row.misses + 1
            row.status = _stands(row)
        return row

    @on(PlanMilestones.MilestoneMissWithdrawn, key=_milestone)
    def not_missed(
        self, row: PlanMilestoneRow | None, event: PlanMilestones.MilestoneMissWithdrawn, envelope: Envelope
    ) -> PlanMilestoneRow | None:
        """It was reached in time."""
        if row:
            row.missed = None
            row.status = _stands(row)
        return row

    @on(PlanMilestones.MilestoneDropped, key=_milestone)
    def dropped(
        self, row: PlanMilestoneRow | None, event: PlanMilestones.MilestoneDropped, envelope: Envelope
    ) -> PlanMilestoneRow | None:
        """Nobody waits for it."""
        if row:
            row.status = PlanMilestoneStatus.DROPPED
        return row


def _stands(row: PlanMilestoneRow) -> PlanMilestoneStatus:
    if row.status is PlanMilestoneStatus.DROPPED:
        return row.status
    if row.reached_on and row.due:
        in_time = row.reached_on <= row.due
        return PlanMilestoneStatus.REACHED if in_time else PlanMilestoneStatus.REACHED_LATE
    return PlanMilestoneStatus.MISSED if row.missed == row.due else PlanMilestoneStatus.OPEN


PLAN_MILESTONES = PlanMilestoneModel()
