"""Opportunities as rows: what the funnel, the bridge and the forecast are made of."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.opportunity.opportunity import Opportunity
from projections.engine import Envelope, ReadModel, Row, Scale, on


class FunnelRow(Row):
    """An opportunity. `amount` is None until one is stated: then the list price of its products stands for it."""

    account: UUID | None = None
    owner: UUID | None = None
    process: str = ""
    stage: str = ""
    since: datetime | None = None
    opened: datetime | None = None
    amount: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""
    products: tuple[str, ...] = ()
    close_on: date | None = None
    category: str = ""
    pushes: int = 0
    outcome: str = ""
    closed: datetime | None = None
    signed: Annotated[Decimal, Scale(3)] | None = None
    signed_currency: str = ""


class FunnelModel(ReadModel):
    """One row per opportunity."""

    name = "funnel"
    version = 1
    row = FunnelRow
    open_when = "outcome = ''"
    covers = ("stage", "amount")
    indexes = (("account",), ("closed",))
    open_indexes = (("close_on",),)

    @on(Opportunity.Opened)
    def opened(self, row: FunnelRow | None, event: Opportunity.Opened, envelope: Envelope) -> FunnelRow:
        """A new opportunity enters the funnel."""
        return FunnelRow(
            account=event.account,
            owner=event.owner,
            process=event.process,
            stage=event.stage,
            since=envelope.occurred_at,
            opened=envelope.occurred_at,
            amount=event.amount.amount if event.amount else None,
            currency=event.amount.currency if event.amount else "",
            products=event.products,
            close_on=event.close_on,
        )

    @on(Opportunity.StageAdvanced, Opportunity.StageReverted)
    def moved(
        self,
        row: FunnelRow | None,
        event: Opportunity.StageAdvanced | Opportunity.StageReverted,
        envelope: Envelope,
    ) -> FunnelRow | None:
        """Stands at another stage from now on."""
        if row:
            row.stage, row.since = event.to, envelope.occurred_at
        return row

    @on(Opportunity.AmountRevised)
    def amount_revised(
        self, row: FunnelRow | None, event: Opportunity.AmountRevised, envelope: Envelope
    ) -> FunnelRow | None:
        """Is worth another amount."""
        if row:
            row.amount, row.currency = event.amount.amount, event.amount.currency
        return row

    @on(Opportunity.CloseDateMoved)
    def close_date_moved(
        self, row: FunnelRow | None, event: Opportunity.CloseDateMoved, envelope: Envelope
    ) -> FunnelRow | None:
        """A later close date counts as a push."""
        if row:
            row.pushes += row.close_on is not None and event.close_on > row.close_on
            row.close_on = event.close_on
        return row

    @on(Opportunity.ForecastCategorySet)
    def categorised(
        self, row: FunnelRow | None, event: Opportunity.ForecastCategorySet, envelope: Envelope
    ) -> FunnelRow | None:
        """Its owner counts on it in another way."""
        if row:
            row.category = str(event.category)
        return row

    @on(Opportunity.OwnerChanged)
    def owner_changed(
        self, row: FunnelRow | None, event: Opportunity.OwnerChanged, envelope: Envelope
    ) -> FunnelRow | None:
        """Somebody else pursues it."""
        if row:
            row.owner = event.owner
        return row

    @on(Opportunity.Won)
    def won(self, row: FunnelRow | None, event: Opportunity.Won, envelope: Envelope) -> FunnelRow | None:
        """Leaves the funnel by winning."""
        if row:
            row.outcome, row.closed = "won", envelope.occurred_at
            row.signed, row.signed_currency = event.signed.amount, event.signed.currency
        return row

    @on(Opportunity.Lost)
    def lost(self, row: FunnelRow | None, event: Opportunity.Lost, envelope: Envelope) -> FunnelRow | None:
        """Leaves the funnel by losing."""
        if row:
            row.outcome, row.closed = "lost", envelope.occurred_at
        return row

    @on(Opportunity.Disqualified)
    def disqualified(
        self, row: FunnelRow | None, event: Opportunity.Disqualified, envelope: Envelope
    ) -> FunnelRow | None:
        """Leaves the funnel because it was none."""
        if row:
            row.outcome, row.closed = "disqualified", envelope.occurred_at
        return row

    @on(Opportunity.Reopened)
    def reopened(self, row: FunnelRow | None, event: Opportunity.Reopened, envelope: Envelope) -> FunnelRow | None:
        """Is back in the funnel."""
        if row:
            row.outcome, row.closed, row.signed, row.signed_currency = "", None, None, ""
        return row


FUNNEL = FunnelModel()
