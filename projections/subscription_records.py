"""Subscriptions as rows: which there were on a day, whose, and in what state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.subscription.subscription import Order, Subscription, Transport
from projections.engine import Envelope, ReadModel, Row, on


class SubscriptionRow(Row):
    """A subscription to the stream of events. It runs where `paused` and `disabled` are empty and it has not ended; how
    far it has delivered is no fact of the business and not here."""

    name: str = ""
    member: UUID | None = None
    transport: Transport = Transport.WEBHOOK
    address: str = ""
    keeps_order: Order = Order.ACCOUNT
    personal: bool = False
    accounts: tuple[UUID, ...] = ()
    types: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    imports: bool = False
    after: int = 0
    lag_alarm_seconds: int = 0
    old_secret_until: datetime | None = None
    paused: str = ""
    disabled: str = ""
    behind: bool = False
    has_ended: bool = False


class SubscriptionModel(ReadModel):
    """One row per subscription; never its secrets."""

    name = "subscription"
    version = 1
    row = SubscriptionRow

    @on(Subscription.Opened)
    def opened(self, row: SubscriptionRow | None, event: Subscription.Opened, envelope: Envelope) -> SubscriptionRow:
        """A new one."""
        row = row or SubscriptionRow()
        row.name, row.member, row.transport, row.after = event.name, event.owner, event.transport, event.after
        return _asking(row, event)

    @on(Subscription.Changed)
    def changed(
        self, row: SubscriptionRow | None, event: Subscription.Changed, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Asks for something else, or is brought elsewhere."""
        return _asking(row, event) if row else None

    @on(Subscription.SecretRotated)
    def secret_rotated(
        self, row: SubscriptionRow | None, event: Subscription.SecretRotated, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Signed with another secret, and with the old one for a while."""
        if row:
            row.old_secret_until = event.old_until
        return row

    @on(Subscription.Paused)
    def paused(
        self, row: SubscriptionRow | None, event: Subscription.Paused, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Stands still because somebody said so."""
        if row:
            row.paused = event.reason
        return row

    @on(Subscription.Disabled)
    def disabled(
        self, row: SubscriptionRow | None, event: Subscription.Disabled, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Stands still because nothing can be brought."""
        if row:
            row.disabled = event.reason
        return row

    @on(Subscription.Resumed)
    def resumed(
        self, row: SubscriptionRow | None, event: Subscription.Resumed, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Runs again."""
        if row:
            row.paused = row.disabled = ""
        return row

    @on(Subscription.FellBehind)
    def fell_behind(
        self, row: SubscriptionRow | None, event: Subscription.FellBehind, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Lags more than its alarm allows."""
        return _behind(row, True)

    @on(Subscription.CaughtUp)
    def caught_up(
        self, row: SubscriptionRow | None, event: Subscription.CaughtUp, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Lags no more."""
        return _behind(row, False)

    @on(Subscription.Ended)
    def ended(
        self, row: SubscriptionRow | None, event: Subscription.Ended, envelope: Envelope
    ) -> SubscriptionRow | None:
        """Over for good."""
        if row:
            row.has_ended = True
        return row


def _asking(row: SubscriptionRow, event: Subscription.Opened | Subscription.Changed) -> SubscriptionRow:
    row.address, row.keeps_order, row.personal = event.address, event.order, event.personal
    row.accounts, row.types, row.territories = event.filter.accounts, event.filter.types, event.filter.territories
    row.imports, row.lag_alarm_seconds = event.filter.imports, event.lag_alarm_seconds
    return row


def _behind(row: SubscriptionRow | None, behind: bool) -> SubscriptionRow | None:
    if row:
        row.behind = behind
    return row


SUBSCRIPTIONS = SubscriptionModel()
