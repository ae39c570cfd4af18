"""Decisions to pursue as rows: one per opportunity."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.opportunity.pursuit import Decision, Pursuit
from projections.engine import Envelope, ReadModel, Row, Scale, on


class PursuitRow(Row):
    """The decision that holds about an opportunity, and the resources that it allows; none where it sets no limit."""

    decision: Decision = Decision.GO
    by: UUID | None = None
    decided: datetime | None = None
    cost_allowed: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""
    days_allowed: Decimal | None = None


class PursuitModel(ReadModel):
    """One row per opportunity about which was decided."""

    name = "pursuit"
    version = 1
    row = PursuitRow

    @on(Pursuit.PursuitDecided)
    def decided(self, row: PursuitRow | None, event: Pursuit.PursuitDecided, envelope: Envelope) -> PursuitRow:
        """The newest decision holds."""
        limit = event.cost_allowed
        return PursuitRow(
            decision=event.decision,
            by=event.by,
            decided=envelope.occurred_at,
            cost_allowed=limit.amount if limit else None,
            currency=limit.currency if limit else "",
            days_allowed=event.days_allowed,
        )


PURSUITS = PursuitModel()
