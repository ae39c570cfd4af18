"""Gifts as rows: one per declaration."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.gifts import Gifts
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class GiftRow(Row):
    """A gift of one of ours to a person of the customer; `above_limit` by the company's limit of that moment."""

    account: UUID | None = None
    gift: UUID | None = None
    given: datetime | None = None
    stakeholder: UUID | None = None
    giver: UUID | None = None
    approved_by: UUID | None = None
    worth: Annotated[Decimal, Scale(3)] = Decimal(0)
    currency: str = ""
    above_limit: bool = False
    what: Sealed | None = None


class GiftModel(ReadModel):
    """One row per gift."""

    name = "gift"
    version = 1
    row = GiftRow
    indexes = (("account",),)

    @on(Gifts.GiftDeclared, key=lambda envelope, event: child_key(envelope, event.gift_id.bytes))
    def declared(self, row: GiftRow | None, event: Gifts.GiftDeclared, envelope: Envelope) -> GiftRow:
        """Somebody gave something."""
        return GiftRow(
            account=envelope.aggregate_id,
            gift=event.gift_id,
            given=envelope.occurred_at,
            stakeholder=event.stakeholder,
            giver=event.giver,
            approved_by=event.approved_by,
            worth=event.value.amount,
            currency=event.value.currency,
            above_limit=event.above_limit,
            what=event.what,
        )


GIFTS = GiftModel()
