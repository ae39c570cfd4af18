"""Samples as rows: lent and returned."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.opportunity.samples import Samples
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class SampleRow(Row):
    """A sample lent on an opportunity; `returned` is None as long as it is out."""

    opportunity: UUID | None = None
    sample: UUID | None = None
    what: str = ""
    stakeholder: UUID | None = None
    lent_on: date | None = None
    due_back: date | None = None
    returned: datetime | None = None
    worth: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""


def _sample(envelope: Envelope, event: Samples.SampleLent | Samples.SampleReturned) -> UUID:
    return child_key(envelope, event.sample_id.bytes)


class SampleModel(ReadModel):
    """One row per loan."""

    name = "sample"
    version = 1
    row = SampleRow
    indexes = (("opportunity",),)

    @on(Samples.SampleLent, key=_sample)
    def lent(self, row: SampleRow | None, event: Samples.SampleLent, envelope: Envelope) -> SampleRow:
        """It is out."""
        return SampleRow(
            opportunity=envelope.aggregate_id,
            sample=event.sample_id,
            what=event.what,
            stakeholder=event.stakeholder,
            lent_on=event.lent_on,
            due_back=event.due_back,
            worth=event.worth.amount if event.worth else None,
            currency=event.worth.currency if event.worth else "",
        )

    @on(Samples.SampleReturned, key=_sample)
    def returned(self, row: SampleRow | None, event: Samples.SampleReturned, envelope: Envelope) -> SampleRow | None:
        """It came back."""
        if row:
            row.returned = envelope.occurred_at
        return row


SAMPLES = SampleModel()
