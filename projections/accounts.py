"""Accounts as rows: profile, manager, key status."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import UNSET

from domain.account.account import Account
from domain.account.standing import Standing
from projections.engine import Envelope, ReadModel, Row, on

COPIED = (
    "name", "industry", "territory", "country", "currency", "parent", "tax_number", "address", "website",
)  # fmt: skip


class AccountRow(Row):
    """An account; `relationship_type` is empty where it is no key account."""

    name: str = ""
    external_id: str = ""
    account_kind: str = ""
    industry: str = ""
    territory: str = ""
    country: str = ""
    currency: str = ""
    parent: UUID | None = None
    manager: UUID | None = None
    relationship_type: str = ""
    review_due: date | None = None
    tax_number: str = ""
    address: str = ""
    website: str = ""


class AccountModel(ReadModel):
    """One row per account."""

    name = "account"
    version = 2
    row = AccountRow
    indexes = (("manager",), ("territory",))

    @on(Account.Registered)
    def registered(self, row: AccountRow | None, event: Account.Registered, envelope: Envelope) -> AccountRow:
        """A customer appears."""
        return _copied(AccountRow(external_id=event.external_id), event)

    @on(Account.ProfileChanged)
    def profile_changed(
        self, row: AccountRow | None, event: Account.ProfileChanged, envelope: Envelope
    ) -> AccountRow | None:
        """The stated fields hold."""
        return _copied(row, event) if row else None

    @on(Account.AccountHandedOver)
    def handed_over(
        self, row: AccountRow | None, event: Account.AccountHandedOver, envelope: Envelope
    ) -> AccountRow | None:
        """Another looks after it."""
        if row:
            row.manager = event.to
        return row

    @on(Account.ManagerAssigned)
    def manager_assigned(
        self, row: AccountRow | None, event: Account.ManagerAssigned, envelope: Envelope
    ) -> AccountRow | None:
        """Somebody looks after the account from now on."""
        if row:
            row.manager = event.manager
        return row

    @on(Standing.KeyStatusGranted, Standing.KeyStatusReviewed)
    def key_status(
        self,
        row: AccountRow | None,
        event: Standing.KeyStatusGranted | Standing.KeyStatusReviewed,
        envelope: Envelope,
    ) -> AccountRow | None:
        """A key account, of this relationship type."""
        if row:
            row.relationship_type, row.review_due = str(event.relationship_type), event.review_due
        return row

    @on(Standing.KeyStatusWithdrawn)
    def key_status_withdrawn(
        self, row: AccountRow | None, event: Standing.KeyStatusWithdrawn, envelope: Envelope
    ) -> AccountRow | None:
        """A key account no longer."""
        if row:
            row.relationship_type, row.review_due = "", None
        return row


def _copied(row: AccountRow, event: Account.Registered | Account.ProfileChanged) -> AccountRow:
    for field in COPIED:
        value = getattr(event, field, UNSET)
        if value is not UNSET:
            setattr(row, field, value)
    if event.kind is not UNSET:
        row.account_kind = str(event.kind)
    return row


ACCOUNTS = AccountModel()
