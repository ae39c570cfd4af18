"""Random events about credit, payments and contacts."""

from __future__ import annotations

import random
from datetime import timedelta

from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.credit import Credit, CreditRating
from domain.account.payments import Payments
from domain.aggregate import Event
from domain.money import Money
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START


def of_trade_terms(chance: random.Random) -> Event:
    """A credit assessment, an invoice, its settlement or a contact."""
    day = (START + timedelta(days=chance.randint(0, 90))).date()
    amount = Money.of(chance.choice([10, 20]), chance.choice(["EUR", "USD"]))
    invoice = chance.choice(["I-1", "I-2"])
    assessed = Credit.CreditAssessed(
        rating=chance.choice(list(CreditRating)),
        limit=amount,
        valid_until=day,
        assessor=some_id("member 1"),
        agency="",
        evidence=sealed("balance sheet"),
    )
    paid_on = chance.choice([None, day])
    billed = Payments.PaymentRecorded(invoice_no=invoice, amount=amount, due_on=day, paid_on=paid_on)
    settled = Payments.PaymentSettled(invoice_no=invoice, paid_on=day)
    logged = Contacts.ContactLogged(
        contact_id=some_id(chance.choice(["call 1", "call 2"])),
        channel=chance.choice(list(ContactChannel)),
        direction=chance.choice(list(ContactDirection)),
        people=(some_id("member 1"),),
        stakeholders=(some_id("stakeholder 1"),),
        subject=chance.choice([None, sealed("the offer")]),
        message_id="",
    )
    volume = Account.ProfileChanged(annual_purchase_volume=chance.choice(["", "1200", "lots"]))
    return chance.choice([assessed, billed, settled, logged, volume])
