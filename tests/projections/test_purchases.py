"""Purchases as rows."""

from decimal import Decimal

from domain.account.purchases import Purchases
from projections.purchases import PURCHASES, PurchaseRow
from tests.domain.given import day, eur, some_id
from tests.projections.rows import rows_after

ACME, OTHER = some_id("acme"), some_id("other")
BOUGHT = Purchases.PurchaseRecorded(
    document_no="R-1", revenue=eur(900), product_line="pumps", quantity=Decimal(3), margin=eur("210.50")
)


def test_a_document_is_a_row() -> None:
    assert rows_after(PURCHASES, (ACME, BOUGHT)) == [
        PurchaseRow(ACME, day(1), "R-1", "pumps", Decimal(3), Decimal("900.00"), Decimal("210.50"), "EUR")
    ]


def test_two_customers_may_use_the_same_document_number() -> None:
    assert len(rows_after(PURCHASES, (ACME, BOUGHT), (OTHER, BOUGHT))) == 2
