"""How a customer treats brands, and the market segment that its profile names: what segments ask for besides."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from domain.account.account import Account
from projections.engine import Envelope, ReadModel, Row, on


class AccountTraitRow(Row):
    """Loyalty class and segment as the profile states them; empty where nobody did."""

    loyalty: str = ""
    segment: str = ""


def _where_stated(envelope: Envelope, event: Account.ProfileChanged) -> UUID | None:
    return None if event.loyalty is UNSET and event.segment is UNSET else envelope.aggregate_id


class AccountTraitModel(ReadModel):
    """One row per account whose profile states either."""

    name = "account_trait"
    version = 1
    row = AccountTraitRow

    @on(Account.ProfileChanged, key=_where_stated)
    def changed(
        self, row: AccountTraitRow | None, event: Account.ProfileChanged, envelope: Envelope
    ) -> AccountTraitRow:
        """Somebody found out."""
        row = row or AccountTraitRow()
        if event.loyalty is not UNSET:
            row.loyalty = event.loyalty.value if event.loyalty else ""
        if event.segment is not UNSET:
            row.segment = event.segment
        return row


ACCOUNT_TRAITS = AccountTraitModel()
