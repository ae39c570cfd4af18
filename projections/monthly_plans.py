"""Monthly visit plans as rows (月拜访计划): when each was first handed in, and what it says now."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.member.visit_plans import VisitPlans
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class MonthlyPlanRow(Row):
    """A member's plan of a month such as 2026-10. `first_at` is when it was first handed in, by which it is on time
    or not; visits and chance are those of the newest, handed in at `newest_at`."""

    member: UUID | None = None
    month: str = ""
    first_at: datetime | None = None
    newest_at: datetime | None = None
    submissions: int = 0
    visits: tuple[UUID, ...] = ()
    chance: Decimal | None = None


class MonthlyPlanModel(ReadModel):
    """One row per member and month."""

    name = "monthly_plan"
    version = 1
    row = MonthlyPlanRow
    indexes = (("month",),)

    @on(VisitPlans.MonthlyVisitPlanSubmitted, key=lambda envelope, event: child_key(envelope, event.month.encode()))
    def submitted(
        self, row: MonthlyPlanRow | None, event: VisitPlans.MonthlyVisitPlanSubmitted, envelope: Envelope
    ) -> MonthlyPlanRow:
        """The newest content; the first date stays."""
        row = row or MonthlyPlanRow(member=envelope.aggregate_id, month=event.month, first_at=envelope.occurred_at)
        row.newest_at, row.submissions = envelope.occurred_at, row.submissions + 1
        row.visits, row.chance = tuple([each.visit for each in event.visits]), event.chance
        return row


MONTHLY_PLANS = MonthlyPlanModel()
