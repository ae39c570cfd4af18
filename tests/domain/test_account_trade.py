"""Credit, payments, contacts: who judged, one invoice once, a currency with a rate, one message once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.credit import AssessorMissing, Credit, CreditLimitNegative, CreditOver, CreditRating
from domain.account.payments import (
    InvoiceNotOpen,
    InvoiceNumberBlank,
    PaidInTheFuture,
    PaymentNotPositive,
    Payments,
    RateMissing,
)
from domain.account.stakeholders import StakeholderHasLeft, Stakeholders, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.currencies import NotACurrency
from domain.money import Money
from domain.policies.company import Company, default_company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    eur,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

WANG, ANNA, CALL = some_id("Wang"), some_id("Anna"), some_id("call")
REGISTERED = on(day(1), Account.Registered(name="Huarui Steel"))
WANG_ADDED = on(day(1), Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王")))
WANG_LEFT = Stakeholders.StakeholderLeft(stakeholder_id=WANG)
RATES = ExchangeRates(id=policy_id("ExchangeRates"), rates={"USD": Decimal("0.9"), "CNY": Decimal("0.125")})
EUROPE = default_company("EUR")
NOWHERE = default_company()
SHANGHAI = Company(id=policy_id("Company"), currency="CNY", time_zone="Asia/Shanghai")


def account(*facts: object) -> Account:
    return given(Account, REGISTERED, WANG_ADDED, *facts)


# --- credit


def assessed(**other: object) -> Credit.CreditAssessed:
    known = {
        "rating": CreditRating.B,
        "limit": eur(50_000),
        "valid_until": date(2025, 12, 31),
        "assessor": ANNA,
        "agency": "",
        "evidence": sealed("balance sheet"),
    }
    return Credit.CreditAssessed(**known | other)


def assess(huarui: Account, **other: object) -> list[object]:
    event = assessed(**other)
    huarui.credit.assess(company=EUROPE, **{name: getattr(event, name) for name in event.__struct_fields__})
    return recorded(huarui)


def test_a_credit_assessment_is_recorded_with_its_grounds():
    assert assess(account()) == [assessed()]


def test_an_agency_may_assess():
    assert assess(account(), assessor=None, agency="Sinosure") == [assessed(assessor=None, agency="Sinosure")]


def test_the_same_assessment_again_records_nothing():
    assert assess(account(assessed())) == []
    assert assess(account(assessed()), rating=CreditRating.C) == [assessed(rating=CreditRating.C)]


@pytest.mark.parametrize(
    ("wrong", "refusal", "says"),
    [
        ({"limit": eur(-1)}, CreditLimitNegative, r"-1\.00 EUR is negative: state 0 or more"),
        ({"valid_until": date(2025, 1, 2)}, CreditOver, "until 2025-01-02, before its own day 2025-01-03"),
        ({"assessor": None}, AssessorMissing, "one of ours, or `agency`"),
        ({"assessor": None, "agency": " "}, AssessorMissing, "one of ours, or `agency`"),
    ],
)
def test_an_assessment_without_sense_is_refused(wrong, refusal, says):
    huarui = account()
    with pytest.raises(refusal, match=says):
        assess(huarui, **wrong)
    assert recorded(huarui) == []


def test_an_assessment_may_end_on_its_own_day_of_the_companys_calendar():
    huarui = account()
    huarui.at(day(1, hour=20))
    event = assessed(valid_until=date(2025, 1, 2))
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    with pytest.raises(CreditOver, match="before its own day 2025-01-03"):
        huarui.credit.assess(company=SHANGHAI, **fields)
    huarui.credit.assess(company=EUROPE, **fields)
    assert recorded(huarui) == [event]


# --- payments


def payment(paid_on: date | None = date(2025, 1, 2), **other: object) -> Payments.PaymentRecorded:
    known = {"invoice_no": "I-1", "amount": eur(900), "due_on": date(2025, 1, 5)}
    return Payments.PaymentRecorded(paid_on=paid_on, **known | other)


def pay(huarui: Account, company: Company = EUROPE, **other: object) -> list[object]:
    known = {"invoice_no": " I-1 ", "amount": eur(900), "due_on": date(2025, 1, 5), "paid_on": date(2025, 1, 2)}
    huarui.payments.add(company=company, exchange_rates=RATES, **known | other)
    return recorded(huarui)


EARLY = date(2025, 1, 3)
SETTLED = Payments.PaymentSettled(invoice_no="I-1", paid_on=date(2025, 1, 3))


def test_a_payment_is_recorded_with_the_days_on_which_it_was_due_and_made():
    assert pay(account()) == [payment()]


def test_an_open_invoice_is_settled_later():
    huarui = account()
    assert pay(huarui, paid_on=None) == [payment(None)]
    assert huarui.payments.open == {"I-1": eur(900)}
    huarui.payments.settle(invoice_no="I-1 ", paid_on=date(2025, 1, 3), company=EUROPE)
    assert recorded(huarui) == [SETTLED]
    assert huarui.payments.open == {}


def test_only_an_open_invoice_is_settled():
    huarui = account(payment(None, invoice_no="I-2"), payment(None, invoice_no="I-3"), payment())
    with pytest.raises(InvoiceNotOpen, match="no open invoice I-1 at that moment. Open are: I-3, I-2"):
        huarui.payments.settle(invoice_no="I-1", paid_on=date(2025, 1, 3), company=EUROPE)
    assert recorded(huarui) == []


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"invoice_no": " "}, InvoiceNumberBlank),
        ({"amount": eur(0)}, PaymentNotPositive),
        ({"amount": eur(-5)}, PaymentNotPositive),
        ({"amount": Money(Decimal(5), "Taler")}, NotACurrency),
        ({"paid_on": date(2025, 1, 4)}, PaidInTheFuture),
    ],
)
def test_a_payment_without_number_amount_or_a_possible_day_is_refused(wrong, refusal):
    huarui = account()
    with pytest.raises(refusal):
        pay(huarui, **wrong)
    assert recorded(huarui) == []


def test_an_invoice_is_not_settled_in_the_future():
    huarui = account(payment(None))
    with pytest.raises(PaidInTheFuture, match="I-1 would be paid on 2025-02-01, after 2025-01-05"):
        huarui.payments.settle(invoice_no="I-1", paid_on=date(2025, 2, 1), company=EUROPE)
    assert recorded(huarui) == []


def test_a_payment_in_a_currency_without_a_rate_is_refused_and_says_what_to_do():
    huarui = account()
    with pytest.raises(RateMissing) as refusal:
        pay(huarui, amount=Money.of(900, "JPY"))
    said = str(refusal.value)
    assert "no exchange rate for JPY at 2025-01-03T09:00:00+00:00, only for: EUR, CNY, USD" in said
    assert "Set the rate of JPY to EUR" in said
    assert recorded(huarui) == []


def test_a_currency_with_a_rate_and_the_reporting_currency_are_fine():
    assert pay(account(), amount=Money.of(900, "USD")) == [payment(amount=Money.of(900, "USD"))]
    assert pay(account(), SHANGHAI, amount=Money.of(900, "CNY")) == [payment(amount=Money.of(900, "CNY"))]


def test_without_a_reporting_currency_every_currency_is_fine():
    assert pay(account(), NOWHERE, amount=Money.of(900, "JPY")) == [payment(amount=Money.of(900, "JPY"))]


def test_an_invoice_counts_once_per_account_open_or_paid():
    assert payment().claims(ROOT) == payment(None).claims(ROOT) == [Claim("invoice", str(ROOT), "I-1")]
    assert SETTLED.claims(ROOT) == []


def test_what_is_paid_leaves_the_state_as_it_was():
    assert contents(account(payment(None), SETTLED, payment(invoice_no="I-9"))) | {"version": 0, "latest": ""} == (
        contents(account()) | {"version": 0, "latest": ""}
    )


def test_a_settlement_recorded_late_or_without_its_invoice_is_refused():
    facts = history(REGISTERED, WANG_ADDED, on(day(5), payment(None)), on(day(9), SETTLED))
    with pytest.raises(LaterFactForbids, match="no open invoice I-1"):
        late(
            Account, facts, day(7), lambda a: a.payments.settle(invoice_no="I-1", paid_on=day(7).date(), company=EUROPE)
        )
    with pytest.raises(LaterFactForbids, match="no open invoice I-1"):
        without(Account, facts, 3)
    assert without(Account, facts, 4).payments.open == {"I-1": eur(900)}


# --- contacts


def contact(**other: object) -> Contacts.ContactLogged:
    known = {
        "contact_id": CALL,
        "channel": ContactChannel.EMAIL,
        "direction": ContactDirection.IN,
        "people": (ANNA,),
        "stakeholders": (WANG,),
        "subject": sealed("the offer"),
        "message_id": "<1@huarui.cn>",
    }
    return Contacts.ContactLogged(**known | other)


def log(huarui: Account, **other: object) -> list[object]:
    event = contact(**other)
    huarui.contacts.log(**{name: getattr(event, name) for name in event.__struct_fields__})
    return recorded(huarui)


def test_a_contact_is_logged_with_whoever_was_there():
    assert log(account(), message_id=" <1@huarui.cn> ") == [contact()]


def test_a_contact_with_people_who_are_unknown_or_gone_is_refused_and_says_who_is_there():
    with pytest.raises(StakeholderUnknown, match=f"Its stakeholders are: {WANG}"):
        log(account(), stakeholders=(ANNA,))
    with pytest.raises(StakeholderHasLeft, match="Present are: none yet"):
        log(account(WANG_LEFT))


def test_a_contact_counts_once_and_a_message_too():
    assert contact().claims(ROOT) == [
        Claim("contact", str(ROOT), str(CALL)),
        Claim("message", str(ROOT), "<1@huarui.cn>"),
    ]
    assert contact(message_id="").claims(ROOT) == [Claim("contact", str(ROOT), str(CALL))]


def test_contacts_leave_the_state_as_it_was():
    assert contents(account(contact()).contacts) == contents(account().contacts)


def test_a_leaving_recorded_late_is_refused_where_the_person_was_in_contact_later():
    facts = history(REGISTERED, WANG_ADDED, on(day(9), contact()))
    with pytest.raises(LaterFactForbids, match="ContactLogged"):
        late(Account, facts, day(5), lambda a: a.stakeholders.leave(stakeholder_id=WANG))


def test_an_account_with_credit_payments_and_contacts_comes_back_from_its_snapshot():
    huarui = account(assessed(), payment(None), contact())
    assert contents(after_snapshot(huarui)) == contents(huarui)
