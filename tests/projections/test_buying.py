"""Buying behaviour as a question to a real PostgreSQL, as of two clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.dealings import Side
from domain.account.payments import Payments
from domain.account.purchases import Purchases
from domain.account.value import Value, ValueKind
from domain.aggregate import Event
from domain.errors import NotFound
from domain.money import Money
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.buying import AccountBuying, BuyingAnswer, PeriodBackwards, Wallet, buying
from projections.buying_facts import CostToServe
from projections.buying_figures import Punctuality
from tests.domain.given import eur, sealed, some_id
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_relationship_health import ACME, BETA, TODAY, Asking, ago, logged

LAST = TODAY.date()
FIRST = LAST - timedelta(days=364)
COMPANY = Company.Defined(
    edition=1,
    name="Werke",
    currency="EUR",
    gift_limit=None,
    language="en",
    fiscal_year_start=1,
    time_zone="Asia/Shanghai",
    working_days=MONDAY_TO_FRIDAY,
    working_hours=NINE_TO_SIX,
)
Told = tuple[UUID, Event, datetime]


def rate(value: str, days_ago: float) -> Told:
    set_ = ExchangeRates.RateSet(currency="USD", rate=Decimal(value))
    return policy_id("ExchangeRates"), set_, ago(days_ago)


def purchase(number: int, money: Money, days_ago: float, line: str = "pumps", margin: Money | None = None) -> Told:
    event = Purchases.PurchaseRecorded(document_no=f"R-{number}", revenue=money, product_line=line, margin=margin)
    return ACME, event, ago(days_ago)


def invoice(number: int, money: Money, due: float, paid: float | None, at: float) -> Told:
    paid_on = None if paid is None else ago(paid).date()
    event = Payments.PaymentRecorded(invoice_no=f"I-{number}", amount=money, due_on=ago(due).date(), paid_on=paid_on)
    return ACME, event, ago(at)


def given(number: int, by: Side, cost: Money | None, worth: Money | None) -> Value.ValueGiven:
    return Value.ValueGiven(
        value_id=some_id(f"value {number}"),
        kind=ValueKind.TRAINING,
        what=sealed("a course"),
        given_by=by,
        worth=worth,
        reckoned=sealed("two days"),
        cost=cost,
    )


def called(number: int, days_ago: float) -> Told:
    event = Contacts.ContactLogged(
        contact_id=some_id(f"call {number}"),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.OUT,
        people=(),
        stakeholders=(),
        subject=None,
        message_id="",
    )
    return ACME, event, ago(days_ago)


def visited(number: int, days_ago: float, minutes: int | None) -> Told:
    return ACME, logged(visit_id=some_id(f"visit {number}"), ad_hoc=True, minutes=minutes), ago(days_ago)


@pytest.fixture
def asking(journal: Journal, engine_of: Callable[..., Any]) -> Asking:
    made = Asking(journal, engine_of)
    made.tell((policy_id("Company"), COMPANY, ago(900)))
    return made


def ask(asking: Asking, account: UUID | None = ACME, since: date | None = None, **clocks: Any) -> BuyingAnswer:
    with asking.view(**clocks) as view:
        return buying(view, account, since)


def one(asking: Asking, **more: Any) -> AccountBuying:
    (found,) = ask(asking, **more).accounts
    return found


def test_an_account_without_facts_is_silent(asking: Asking) -> None:
    answer = ask(asking)
    assert (answer.from_day, answer.to_day, answer.currency) == (FIRST, LAST, "EUR")
    (acme,) = answer.accounts
    assert (acme.documents, acme.revenue, acme.margin, acme.mix) == (0, Decimal(0), None, [])
    assert acme.wallet == Wallet(None, Decimal(0), "", None, "the profile states no annual purchase volume", [])
    assert acme.payments == Punctuality(0, None, None, Decimal(0), Decimal(0), 0, [])
    assert acme.cost_to_serve == CostToServe()


def test_purchases_are_added_at_the_rate_of_their_day_and_lead_back_to_their_facts(asking: Asking) -> None:
    asking.tell(rate("0.8", 300), rate("0.9", 30))
    head = asking.tell(
        purchase(1, Money.of(100, "USD"), 200, margin=Money.of(10, "USD")),
        purchase(2, Money.of(100, "USD"), 20),
        purchase(3, eur(30), 10, "valves"),
        purchase(4, Money.of(9, "JPY"), 10),
    )
    acme = one(asking)
    assert (acme.documents, acme.revenue, acme.margin) == (3, Decimal("200.00"), Decimal("8.00"))
    shown = [(line.product_line, line.revenue, line.share, line.margin_rate, line.positions) for line in acme.mix]
    assert shown == [
        ("pumps", Decimal("170.00"), 0.85, 0.1, [head - 3, head - 2]),
        ("valves", Decimal("30.00"), 0.15, None, [head - 1]),
    ]
    assert acme.concentration.herfindahl == round(0.85**2 + 0.15**2, 4)
    assert acme.without_rate == {"JPY": 1}
    assert (acme.rhythm.purchase_days, acme.rhythm.median_days, acme.rhythm.days_since) == (3, 95.0, 10)


def test_a_period_may_begin_on_any_day(asking: Asking) -> None:
    asking.tell(purchase(1, eur(100), 200), purchase(2, eur(50), 20), purchase(3, eur(40), 20 + 365))
    acme = one(asking, since=ago(30).date())
    assert (acme.documents, acme.revenue, acme.trend.before, acme.trend.change) == (
        1,
        eur(50).amount,
        eur(40).amount,
        0.25,
    )
    with pytest.raises(PeriodBackwards, match="2025-07-02 to 2025-07-01"):
        ask(asking, since=date(2025, 7, 2))


def test_our_share_of_the_wallet_is_the_last_year_by_the_volume_that_the_profile_states(asking: Asking) -> None:
    asking.tell(rate("0.8", 300))
    bought = asking.tell(purchase(1, eur(100), 20))
    stated = asking.tell((ACME, Account.ProfileChanged(annual_purchase_volume="USD 1,000"), ago(15)))
    asking.tell((ACME, Account.ProfileChanged(industry="steel"), ago(14)))
    assert one(asking).wallet == Wallet(0.125, eur(100).amount, "USD 1,000", Decimal("800.0"), "", [bought, stated])
    asking.tell((ACME, Account.ProfileChanged(annual_purchase_volume="JPY 5"), ago(10)))
    assert one(asking).wallet.reason == "no exchange rate for JPY"
    asking.tell((ACME, Account.ProfileChanged(annual_purchase_volume="three lorries"), ago(9)))
    assert "'three lorries' is not a number" in one(asking).wallet.reason
    asking.tell((ACME, Account.ProfileChanged(annual_purchase_volume=""), ago(8)))
    assert one(asking).wallet.reason == "the profile states no annual purchase volume"


def test_payments_and_effort_are_counted(asking: Asking) -> None:
    asking.tell(rate("0.8", 300))
    head = asking.tell(
        invoice(1, eur(300), 100, 100, 100),
        invoice(2, Money.of(125, "USD"), 80, 60, 60),
        invoice(3, eur(70), 20, None, 50),
        invoice(4, Money.of(9, "JPY"), 20, None, 50),
        visited(1, 40, 30),
        visited(2, 41, None),
        visited(3, 500, 30),
        called(1, 5),
        called(2, 500),
    )
    acme = one(asking)
    assert acme.payments == Punctuality(
        2, 0.75, 5.0, Decimal("70.00"), Decimal("70.00"), 20, [head - 8, head - 7, head - 6]
    )
    assert acme.cost_to_serve == CostToServe(2, 30, 1, 1, Decimal(0), [head - 4, head - 3, head - 1])
    assert acme.without_rate == {"JPY": 1}
    asking.tell((ACME, Payments.PaymentSettled(invoice_no="I-3", paid_on=ago(3).date()), ago(3)))
    assert one(asking).payments.open_amount == Decimal(0)
    assert one(asking, as_of=ago(4)).payments.open_amount == Decimal("70.00")


def test_a_late_fact_is_not_known_before_it_was_recorded(asking: Asking) -> None:
    before = asking.tell(purchase(1, eur(100), 20))
    late = asking.tell(purchase(2, eur(11), 100), invoice(1, eur(5), 100, 90, 90))
    assert one(asking).revenue == eur(111).amount
    assert one(asking, as_of=ago(50)).revenue == eur(11).amount
    assert (one(asking, known_at=before).revenue, one(asking, known_at=before).payments.paid) == (eur(100).amount, 0)
    assert one(asking, known_at=late).payments.paid == 1


def test_accounts_stand_by_revenue_and_only_those_that_the_asker_may_see(asking: Asking) -> None:
    asking.tell((BETA, Purchases.PurchaseRecorded(document_no="B-1", revenue=eur(7)), ago(5)))
    assert [each.name for each in ask(asking, None).accounts] == ["Beta", "Acme"]
    nobody = Visibility(member=None, personal=False, scope="nothing")
    assert ask(asking, None, visibility=nobody).accounts == []
    with pytest.raises(NotFound):
        ask(asking, visibility=nobody)


def test_value_given_counts_at_what_it_cost_us_or_else_is_worth(asking: Asking) -> None:
    asking.tell(rate("0.8", 300))
    told = [
        (Side.US, Money.of(50, "USD"), eur(100), 20),
        (Side.US, None, eur(7), 19),
        (Side.US, None, None, 18),
        (Side.CUSTOMER, eur(5), eur(5), 17),
        (Side.US, eur(5), None, 500),
    ]
    head = asking.tell(*((ACME, given(number, *each[:3]), ago(each[3])) for number, each in enumerate(told)))
    acme = one(asking)
    assert acme.cost_to_serve.value_given == Decimal("47.00")
    assert acme.cost_to_serve.positions == [head - 4, head - 3]


def test_merged_accounts_are_one_customer(asking: Asking) -> None:
    asking.tell(
        purchase(1, eur(100), 200),
        (BETA, Purchases.PurchaseRecorded(document_no="R-1", revenue=eur(7)), ago(100)),
        (BETA, Account.ProfileChanged(annual_purchase_volume="1070"), ago(99)),
    )
    before = asking.tell((BETA, Account.ProfileChanged(industry="steel"), ago(60)))
    asking.tell((BETA, Account.AccountsMerged(into=ACME, reason="twice", people={}), ago(50)))
    (whole,) = ask(asking, None).accounts
    assert (whole.account, whole.revenue, whole.rhythm.median_days) == (ACME, eur(107).amount, 100.0)
    assert whole.wallet.share == 0.1
    assert one(asking, account=BETA) == whole
    assert one(asking, account=BETA, known_at=before).revenue == eur(7).amount
    assert [each.name for each in ask(asking, None, as_of=ago(55)).accounts] == ["Acme", "Beta"]


def test_without_a_company_the_only_currency_counts(journal: Journal, engine_of: EngineOf) -> None:
    asking = Asking(journal, engine_of)
    asking.tell((ACME, Purchases.PurchaseRecorded(document_no="R-1", revenue=Money.of(7, "CNY")), ago(5)))
    answer = ask(asking)
    assert (answer.currency, answer.accounts[0].revenue) == ("CNY", Decimal("7.00"))


def test_a_day_is_a_day_of_the_companys_calendar(asking: Asking) -> None:
    asking.tell(purchase(1, eur(100), 0.2), (ACME, Account.ProfileChanged(industry="steel"), ago(0)))
    evening = datetime(2025, 7, 1, 17, tzinfo=UTC)
    answer = ask(asking, as_of=evening)
    assert (answer.to_day, answer.accounts[0].rhythm.last_purchase) == (date(2025, 7, 2), date(2025, 7, 1))
