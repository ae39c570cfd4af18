"""Purchases as rows: one per document of an account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.purchases import Purchases
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class PurchaseRow(Row):
    """What an account bought, in the currency of the document; negative revenue is a credit note."""

    account: UUID | None = None
    at: datetime | None = None
    document_no: str = ""
    product_line: str = ""
    quantity: Decimal | None = None
    revenue: Annotated[Decimal, Scale(3)] = Decimal(0)
    margin: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""


class PurchaseModel(ReadModel):
    """One row per document."""

    name = "purchase"
    version = 1
    row = PurchaseRow
    indexes = (("account",),)

    @on(Purchases.PurchaseRecorded, key=lambda envelope, event: child_key(envelope, event.document_no.encode()))
    def recorded(self, row: PurchaseRow | None, event: Purchases.PurchaseRecorded, envelope: Envelope) -> PurchaseRow:
        """The customer bought something."""
        return PurchaseRow(
            account=envelope.aggregate_id,
            at=envelope.occurred_at,
            document_no=event.document_no,
            product_line=event.product_line,
            quantity=event.quantity,
            revenue=event.revenue.amount,
            margin=event.margin.amount if event.margin else None,
            currency=event.revenue.currency,
        )


PURCHASES = PurchaseModel()
