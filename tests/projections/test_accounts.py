"""Accounts as rows."""

from datetime import date
from typing import Any

from domain.account.account import Account
from domain.account.profile import AccountKind
from domain.account.standing import RelationshipType, ReviewDecision, Standing
from projections.accounts import ACCOUNTS, AccountRow
from tests.domain.given import some_id
from tests.projections.rows import rows_after

ACME, GROUP, MEI, ZOE = (some_id(name) for name in ("acme", "group", "mei", "zoe"))
REGISTERED = Account.Registered(
    name="Acme",
    kind=AccountKind.DEALER,
    industry="chemistry",
    territory="north",
    country="DE",
    currency="EUR",
    parent=GROUP,
    external_id="A-1",
)
GRANTED = Standing.KeyStatusGranted(
    relationship_type=RelationshipType.PARTNER, justification="grows", override="known", review_due=date(2025, 9, 1)
)


def row_of(*events: Any) -> AccountRow:
    (row,) = rows_after(ACCOUNTS, *((ACME, event) for event in events))
    assert isinstance(row, AccountRow)
    return row


def test_a_customer_appears_with_what_was_stated() -> None:
    assert row_of(REGISTERED) == AccountRow(
        name="Acme",
        external_id="A-1",
        account_kind="dealer",
        industry="chemistry",
        territory="north",
        country="DE",
        currency="EUR",
        parent=GROUP,
    )


def test_what_a_change_states_holds_and_the_rest_stays() -> None:
    row = row_of(REGISTERED, Account.ProfileChanged(name="Acme AG", parent=None), Account.ProfileChanged(territory=""))
    assert (row.name, row.parent, row.territory) == ("Acme AG", None, "")
    assert (row.industry, row.account_kind, row.external_id) == ("chemistry", "dealer", "A-1")


def test_a_change_of_what_the_row_does_not_show_changes_nothing() -> None:
    assert row_of(REGISTERED, Account.ProfileChanged(segment="A")) == row_of(REGISTERED)


def test_the_manager_is_the_one_assigned_last() -> None:
    assert row_of(REGISTERED, Account.ManagerAssigned(manager=MEI), Account.ManagerAssigned(manager=ZOE)).manager == ZOE


def test_key_status_is_granted_reviewed_and_withdrawn() -> None:
    row = row_of(REGISTERED, GRANTED)
    assert (row.relationship_type, row.review_due) == ("partner", date(2025, 9, 1))
    reviewed = Standing.KeyStatusReviewed(
        decision=ReviewDecision.PROMOTE, relationship_type=RelationshipType.STRATEGIC, justification="doubled"
    )
    row = row_of(REGISTERED, GRANTED, reviewed)
    assert (row.relationship_type, row.review_due) == ("strategic", None)
    row = row_of(REGISTERED, GRANTED, Standing.KeyStatusWithdrawn(reason="left us"))
    assert (row.relationship_type, row.review_due) == ("", None)


def test_what_is_told_of_a_customer_that_was_not_registered_leaves_no_row() -> None:
    told = (Account.ProfileChanged(name="x"), Account.ManagerAssigned(manager=MEI), GRANTED)
    told = (*told, Standing.KeyStatusWithdrawn(reason="x"))  # type: ignore[assignment]
    assert rows_after(ACCOUNTS, *((ACME, event) for event in told)) == []
