"""Resources spent as rows: one per fact."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.opportunity.resources import Resources
from projections.child_key import fact_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class ResourceRow(Row):
    """Person-days of a kind, spent on an opportunity in a stage, and their cost by the rate card of that day."""

    opportunity: UUID | None = None
    at: datetime | None = None
    resource: str = ""
    stage: str = ""
    person_days: Decimal = Decimal(0)
    cost: Annotated[Decimal, Scale(3)] = Decimal(0)
    currency: str = ""
    member: UUID | None = None


class ResourceModel(ReadModel):
    """One row per fact: spending the same again is spending more."""

    name = "resource"
    version = 1
    row = ResourceRow
    indexes = (("opportunity",),)

    @on(Resources.ResourceSpent, key=fact_key)
    def spent(self, row: ResourceRow | None, event: Resources.ResourceSpent, envelope: Envelope) -> ResourceRow:
        """Resources were spent."""
        return ResourceRow(
            opportunity=envelope.aggregate_id,
            at=envelope.occurred_at,
            resource=event.kind,
            stage=event.stage,
            person_days=event.person_days,
            cost=event.cost.amount,
            currency=event.cost.currency,
            member=event.member,
        )


RESOURCES = ResourceModel()
