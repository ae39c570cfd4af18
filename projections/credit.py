"""Credit assessments as rows: the newest of each account."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.credit import Credit, CreditRating
from projections.engine import Envelope, ReadModel, Row, Scale, on


class CreditRow(Row):
    """How much credit an account deserves: up to `amount` until the end of `valid_until`."""

    account: UUID | None = None
    at: datetime | None = None
    rating: CreditRating = CreditRating.A
    amount: Annotated[Decimal, Scale(3)] = Decimal(0)
    currency: str = ""
    valid_until: date | None = None
    assessor: UUID | None = None
    agency: str = ""


class CreditModel(ReadModel):
    """One row per account that was assessed."""

    name = "credit"
    version = 1
    row = CreditRow
    indexes = (("account",),)

    @on(Credit.CreditAssessed)
    def assessed(self, row: CreditRow | None, event: Credit.CreditAssessed, envelope: Envelope) -> CreditRow:
        """The newest assessment holds."""
        return CreditRow(
            account=envelope.aggregate_id,
            at=envelope.occurred_at,
            rating=event.rating,
            amount=event.limit.amount,
            currency=event.limit.currency,
            valid_until=event.valid_until,
            assessor=event.assessor,
            agency=event.agency,
        )


CREDIT = CreditModel()
