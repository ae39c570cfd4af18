"""Commitments as rows: open, kept, broken. Whether one is overdue, or was kept late, follows from its due day."""

from __future__ import annotations

import enum
from datetime import date, datetime
from uuid import UUID

from domain.account.commitments import CommitmentKind, Commitments
from domain.account.dealings import Side
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class CommitmentStatus(enum.StrEnum):
    """How far a commitment is."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"


class CommitmentRow(Row):
    """A promise of one side at `made`, to be kept by the end of `due_on`; `ended` when it was kept or broken."""

    account: UUID | None = None
    commitment: UUID | None = None
    commitment_kind: CommitmentKind = CommitmentKind.OTHER
    made_by: Side = Side.US
    status: CommitmentStatus = CommitmentStatus.OPEN
    made: datetime | None = None
    due_on: date | None = None
    ended: datetime | None = None
    owner: UUID | None = None
    what: Sealed | None = None
    stakeholders: tuple[UUID, ...] = ()
    opportunities: tuple[UUID, ...] = ()


CommitmentEvent = Commitments.CommitmentMade | Commitments.CommitmentKept | Commitments.CommitmentBroken


def _commitment(envelope: Envelope, event: CommitmentEvent) -> UUID:
    return child_key(envelope, event.commitment_id.bytes)


class CommitmentModel(ReadModel):
    """One row per commitment."""

    name = "commitment"
    version = 1
    row = CommitmentRow
    indexes = (("account",),)

    @on(Commitments.CommitmentMade, key=_commitment)
    def made(self, row: CommitmentRow | None, event: Commitments.CommitmentMade, envelope: Envelope) -> CommitmentRow:
        """One side promised something."""
        return CommitmentRow(
            account=envelope.aggregate_id,
            commitment=event.commitment_id,
            commitment_kind=event.kind,
            made_by=event.made_by,
            made=envelope.occurred_at,
            due_on=event.due_on,
            owner=event.owner,
            what=event.what,
            stakeholders=event.stakeholders,
            opportunities=event.opportunities,
        )

    @on(Commitments.CommitmentKept, key=_commitment)
    def kept(
        self, row: CommitmentRow | None, event: Commitments.CommitmentKept, envelope: Envelope
    ) -> CommitmentRow | None:
        """It was done."""
        if row:
            row.status, row.ended = CommitmentStatus.KEPT, envelope.occurred_at
        return row

    @on(Commitments.CommitmentBroken, key=_commitment)
    def broken(
        self, row: CommitmentRow | None, event: Commitments.CommitmentBroken, envelope: Envelope
    ) -> CommitmentRow | None:
        """It was not, and will not be."""
        if row:
            row.status, row.ended = CommitmentStatus.BROKEN, envelope.occurred_at
        return row


COMMITMENTS = CommitmentModel()
