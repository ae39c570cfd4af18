"""Concessions as rows: one per fact; the words stay sealed in the journal."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.opportunity.concessions import Concessions
from projections.child_key import fact_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class ConcessionRow(Row):
    """What was conceded on an opportunity: whether something came in return, and what both are worth if stated."""

    opportunity: UUID | None = None
    at: datetime | None = None
    stage: str = ""
    in_return: bool = False
    worth: Annotated[Decimal, Scale(3)] | None = None
    worth_currency: str = ""
    return_worth: Annotated[Decimal, Scale(3)] | None = None
    return_currency: str = ""


class ConcessionModel(ReadModel):
    """One row per concession."""

    name = "concession"
    version = 1
    row = ConcessionRow
    indexes = (("opportunity",),)

    @on(
        Concessions.ConcessionMade,
        key=fact_key,
    )
    def made(self, row: ConcessionRow | None, event: Concessions.ConcessionMade, envelope: Envelope) -> ConcessionRow:
        """We gave way."""
        return ConcessionRow(
            opportunity=envelope.aggregate_id,
            at=envelope.occurred_at,
            stage=event.stage,
            in_return=event.received is not None,
            worth=event.worth.amount if event.worth else None,
            worth_currency=event.worth.currency if event.worth else "",
            return_worth=event.return_worth.amount if event.return_worth else None,
            return_currency=event.return_worth.currency if event.return_worth else "",
        )


CONCESSIONS = ConcessionModel()
