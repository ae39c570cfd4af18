"""Value given as rows: by us or by the customer, acknowledged or not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.dealings import Side
from domain.account.value import Value, ValueKind
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class ValueRow(Row):
    """What one side did for the other at `given`. `worth` is what the giver says, `acknowledged_worth` what who
    received it says, if he does; `confirmed_by` is a stakeholder for value that we gave, else a member."""

    account: UUID | None = None
    value: UUID | None = None
    value_kind: ValueKind = ValueKind.OTHER
    given_by: Side = Side.US
    given: datetime | None = None
    worth: Annotated[Decimal, Scale(3)] | None = None
    worth_currency: str = ""
    cost: Annotated[Decimal, Scale(3)] | None = None
    cost_currency: str = ""
    acknowledged: datetime | None = None
    acknowledged_worth: Annotated[Decimal, Scale(3)] | None = None
    acknowledged_currency: str = ""
    confirmed_by: UUID | None = None
    what: Sealed | None = None
    people: tuple[UUID, ...] = ()
    stakeholders: tuple[UUID, ...] = ()
    opportunities: tuple[UUID, ...] = ()


def _value(envelope: Envelope, event: Value.ValueGiven | Value.ValueAcknowledged) -> UUID:
    return child_key(envelope, event.value_id.bytes)


class ValueModel(ReadModel):
    """One row per value given."""

    name = "value_given"
    version = 1
    row = ValueRow
    indexes = (("account",),)

    @on(Value.ValueGiven, key=_value)
    def given(self, row: ValueRow | None, event: Value.ValueGiven, envelope: Envelope) -> ValueRow:
        """One side did something for the other."""
        return ValueRow(
            account=envelope.aggregate_id,
            value=event.value_id,
            value_kind=event.kind,
            given_by=event.given_by,
            given=envelope.occurred_at,
            worth=event.worth.amount if event.worth else None,
            worth_currency=event.worth.currency if event.worth else "",
            cost=event.cost.amount if event.cost else None,
            cost_currency=event.cost.currency if event.cost else "",
            what=event.what,
            people=event.people,
            stakeholders=event.stakeholders,
            opportunities=event.opportunities,
        )

    @on(Value.ValueAcknowledged, key=_value)
    def acknowledged(self, row: ValueRow | None, event: Value.ValueAcknowledged, envelope: Envelope) -> ValueRow | None:
        """Who received it confirmed it."""
        if row:
            row.acknowledged, row.confirmed_by = envelope.occurred_at, event.stakeholder or event.member
            if event.worth:
                row.acknowledged_worth, row.acknowledged_currency = event.worth.amount, event.worth.currency
        return row


VALUES = ValueModel()
