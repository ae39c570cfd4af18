"""Payments as rows: one per invoice of an account."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.payments import Payments
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class PaymentRow(Row):
    """An invoice: when it was due and paid (None: still open), in its own currency."""

    account: UUID | None = None
    at: datetime | None = None
    invoice_no: str = ""
    amount: Annotated[Decimal, Scale(3)] = Decimal(0)
    currency: str = ""
    due_on: date | None = None
    paid_on: date | None = None


def _invoice(envelope: Envelope, event: Payments.PaymentRecorded | Payments.PaymentSettled) -> UUID:
    return child_key(envelope, b"invoice", event.invoice_no.encode())


class PaymentModel(ReadModel):
    """One row per invoice."""

    name = "payment"
    version = 1
    row = PaymentRow
    indexes = (("account",),)

    @on(Payments.PaymentRecorded, key=_invoice)
    def recorded(self, row: PaymentRow | None, event: Payments.PaymentRecorded, envelope: Envelope) -> PaymentRow:
        """An invoice, paid or open."""
        return PaymentRow(
            account=envelope.aggregate_id,
            at=envelope.occurred_at,
            invoice_no=event.invoice_no,
            amount=event.amount.amount,
            currency=event.amount.currency,
            due_on=event.due_on,
            paid_on=event.paid_on,
        )

    @on(Payments.PaymentSettled, key=_invoice)
    def settled(self, row: PaymentRow | None, event: Payments.PaymentSettled, envelope: Envelope) -> PaymentRow | None:
        """It was paid."""
        if row:
            row.paid_on = event.paid_on
        return row


PAYMENTS = PaymentModel()
