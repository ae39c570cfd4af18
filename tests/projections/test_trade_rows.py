"""Payments, credit assessments and contacts as rows."""

from datetime import date
from decimal import Decimal

from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.credit import Credit, CreditRating
from domain.account.payments import Payments
from projections.contacts import CONTACTS, ContactRow
from projections.credit import CREDIT, CreditRow
from projections.payments import PAYMENTS, PaymentRow
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.rows import rows_after

ACME, OTHER, ANNA, WANG, CALL = (some_id(name) for name in ("acme", "other", "anna", "wang", "call"))
DUE, PAID = date(2025, 2, 1), date(2025, 2, 4)
OPEN = Payments.PaymentRecorded(invoice_no="I-1", amount=eur(900), due_on=DUE, paid_on=None)
SETTLED = Payments.PaymentSettled(invoice_no="I-1", paid_on=PAID)


def test_an_invoice_is_a_row_open_until_it_is_settled() -> None:
    still_open = PaymentRow(ACME, day(1), "I-1", Decimal("900.00"), "EUR", DUE, None)
    assert rows_after(PAYMENTS, (ACME, OPEN)) == [still_open]
    assert rows_after(PAYMENTS, (ACME, OPEN), (ACME, SETTLED)) == [
        PaymentRow(ACME, day(1), "I-1", Decimal("900.00"), "EUR", DUE, PAID)
    ]
    assert rows_after(PAYMENTS, (ACME, OPEN), (OTHER, SETTLED)) == [still_open]


def test_an_account_has_the_newest_credit_assessment() -> None:
    first = Credit.CreditAssessed(
        rating=CreditRating.D, limit=eur(1), valid_until=DUE, assessor=None, agency="Sinosure", evidence=None
    )
    second = Credit.CreditAssessed(
        rating=CreditRating.A, limit=eur(50), valid_until=PAID, assessor=ANNA, agency="", evidence=sealed("paid up")
    )
    assert rows_after(CREDIT, (ACME, first)) == [
        CreditRow(ACME, day(1), CreditRating.D, Decimal("1.00"), "EUR", DUE, None, "Sinosure")
    ]
    assert rows_after(CREDIT, (ACME, first), (ACME, second)) == [
        CreditRow(ACME, day(2), CreditRating.A, Decimal("50.00"), "EUR", PAID, ANNA, "")
    ]


def test_a_contact_is_a_row() -> None:
    logged = Contacts.ContactLogged(
        contact_id=CALL,
        channel=ContactChannel.WECHAT,
        direction=ContactDirection.IN,
        people=(ANNA,),
        stakeholders=(WANG,),
        subject=sealed("the offer"),
        message_id="m1",
    )
    assert rows_after(CONTACTS, (ACME, logged)) == [
        ContactRow(
            ACME, CALL, day(1), ContactChannel.WECHAT, ContactDirection.IN, (ANNA,), (WANG,), sealed("the offer")
        )
    ]
