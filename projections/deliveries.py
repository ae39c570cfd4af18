"""Deliveries as rows: what was promised after winning, and the acceptance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.opportunity.delivery import Delivery
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class DeliveryRow(Row):
    """A promise of an opportunity, `due` as planned last and `first_due` as planned first; or, with a blank
    `milestone`, its acceptance."""

    opportunity: UUID | None = None
    milestone: str = ""
    what: str = ""
    due: date | None = None
    first_due: date | None = None
    missed_on: date | None = None
    reached_on: date | None = None
    accepted_on: date | None = None
    stakeholder: UUID | None = None


Promised = Delivery.DeliveryMilestonePlanned | Delivery.DeliveryMilestoneReached | Delivery.DeliveryMilestoneMissed


def _promise(envelope: Envelope, event: Promised) -> UUID:
    return child_key(envelope, b"promise ", event.milestone.encode())


class DeliveryModel(ReadModel):
    """One row per promise of an opportunity, and one for its acceptance."""

    name = "delivery"
    version = 1
    row = DeliveryRow
    indexes = (("opportunity",),)

    @on(Delivery.DeliveryMilestonePlanned, key=_promise)
    def planned(
        self, row: DeliveryRow | None, event: Delivery.DeliveryMilestonePlanned, envelope: Envelope
    ) -> DeliveryRow:
        """It is promised, or promised anew: then it is open again."""
        first = row.first_due if row and row.reached_on is None else event.due
        return DeliveryRow(
            opportunity=envelope.aggregate_id,
            milestone=event.milestone,
            what=event.what,
            due=event.due,
            first_due=first,
        )

    @on(Delivery.DeliveryMilestoneReached, key=_promise)
    def reached(
        self, row: DeliveryRow | None, event: Delivery.DeliveryMilestoneReached, envelope: Envelope
    ) -> DeliveryRow | None:
        """It was delivered."""
        if row:
            row.reached_on = event.reached_on
        return row

    @on(Delivery.DeliveryMilestoneMissed, key=_promise)
    def missed(
        self, row: DeliveryRow | None, event: Delivery.DeliveryMilestoneMissed, envelope: Envelope
    ) -> DeliveryRow | None:
        """Its day is over."""
        if row:
            row.missed_on = event.missed_on
        return row

    @on(Delivery.DeliveryAccepted, key=lambda envelope, _: child_key(envelope, b"acceptance"))
    def accepted(self, row: DeliveryRow | None, event: Delivery.DeliveryAccepted, envelope: Envelope) -> DeliveryRow:
        """A person of the customer accepts it."""
        return DeliveryRow(
            opportunity=envelope.aggregate_id, accepted_on=event.accepted_on, stakeholder=event.stakeholder
        )


DELIVERIES = DeliveryModel()
