"""What every part claims is taken once, though it leaves the state, and free again when the fact is withdrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from domain.account.commitments import CommitmentKind
from domain.account.contacts import ContactChannel, ContactDirection
from domain.account.dealings import Side
from domain.account.joint_activities import JointActivityKind
from domain.account.needs import NeedKind
from domain.account.purchases import SurveyKind
from domain.account.value import ValueKind
from domain.aggregate import Aggregate, LaterFactForbids
from domain.claims import AlreadyClaimed
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.quote_lines import QuoteLine
from domain.policies.company import default_company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.rate_card import RateCard, ResourceRate
from domain.policies.sales_process import SalesProcess
from tests.domain.given import sealed, some_id

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY, WANG, JUNE = some_id("key"), some_id("wang"), date(2026, 6, 1)
ACME = Account(id=some_id("acme"), opened=True)
COMPANY, TEN = default_company("EUR"), Money.of(10, "EUR")
DAYS = RateCard(id=policy_id("RateCard"), rates={"presales": ResourceRate("presales", "Presales", TEN)})
PROCESS = SalesProcess(id=policy_id("SalesProcess", "plain"))
PRICED = {"price_list": PriceList(id=policy_id("PriceList")), "company": COMPANY}
LINES = (QuoteLine("pump", Decimal(1), Decimal(90)),)
Step = Callable[[Any], None]


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


def begin(it: Any) -> None:
    if isinstance(it, Account):
        it.register(name="Acme")
        it.stakeholders.add(stakeholder_id=WANG, name=sealed("王"))
    else:
        it.open(account=ACME.id, title="Line", process="plain", sales_process=PROCESS, customer=ACME)


def take(journal: Journal, root: type[Aggregate], stream: UUID, day: int, step: Step) -> int:
    return journal.run(root, stream, step, Context(at=MONDAY + timedelta(days=day))).position


@pytest.mark.parametrize(
    ("root", "claim", "end"),
    [
        (
            Account,
            lambda it: it.payments.add(
                invoice_no="R-1", amount=TEN, due_on=JUNE, company=COMPANY, exchange_rates=ExchangeRates(id=KEY)
            ),
            lambda it: it.payments.settle(invoice_no="R-1", paid_on=MONDAY.date(), company=COMPANY),
        ),
        (
            Account,
            lambda it: it.needs.add(need_id=KEY, kind=NeedKind.NEED, words=sealed("steel")),
            lambda it: it.needs.meet(need_id=KEY),
        ),
        (
            Account,
            lambda it: it.commitments.make(
                commitment_id=KEY, made_by=Side.US, kind=CommitmentKind.PRICE, what=sealed("5 %"), due_on=JUNE
            ),
            lambda it: it.commitments.keep(commitment_id=KEY),
        ),
        (
            Account,
            lambda it: it.value.give(value_id=KEY, kind=ValueKind.HELP, what=sealed("days"), given_by=Side.US),
            lambda it: it.value.acknowledge(value_id=KEY, stakeholder=WANG),
        ),
        (
            Account,
            lambda it: it.joint_activities.propose(
                activity_id=KEY, kind=JointActivityKind.EVENT, title="Fair", aim=sealed("orders")
            ),
            lambda it: it.joint_activities.conclude(activity_id=KEY, result=sealed("none")),
        ),
        (
            Account,
            lambda it: it.action_items.add(item_id=KEY, text=sealed("call"), department="sales"),
            lambda it: it.action_items.done(item_id=KEY),
        ),
        (
            Opportunity,
            lambda it: it.samples.lend(sample_id=KEY, what="pump", due_back=JUNE, account=ACME, company=COMPANY),
            lambda it: it.samples.take_back(sample_id=KEY),
        ),
        (
            Opportunity,
            lambda it: it.quotes.issue(quote_no="Q-1", lines=LINES, currency="EUR", valid_until=JUNE, **PRICED),
            lambda it: it.quotes.accept(quote_no="Q-1", account=ACME, company=COMPANY),
        ),
    ],
    ids=["invoice", "need", "commitment", "value", "joint activity", "action item", "sample", "quote"],
)
def test_what_is_over_stays_taken_and_is_free_when_all_of_it_is_withdrawn(
    journal: Journal, root: type[Aggregate], claim: Step, end: Step
) -> None:
    stream = uuid4()
    take(journal, root, stream, 0, begin)
    first = take(journal, root, stream, 1, claim)
    last = take(journal, root, stream, 2, end)
    with pytest.raises(AlreadyClaimed, match=f"at position {first}"):
        take(journal, root, stream, 3, claim)
    with pytest.raises(LaterFactForbids, match=f"at position {last}"):
        journal.withdraw(root, stream, first, "typo", Context(at=MONDAY + timedelta(days=3)))
    for position in (last, first):
        journal.withdraw(root, stream, position, "typo", Context(at=MONDAY + timedelta(days=3)))
    assert take(journal, root, stream, 3, claim) == last + 3


@pytest.mark.parametrize(
    ("root", "claim"),
    [
        (
            Account,
            lambda it: it.contacts.log(
                contact_id=uuid4(), channel=ContactChannel.EMAIL, direction=ContactDirection.IN, message_id="<1@x>"
            ),
        ),
        (Account, lambda it: it.satisfaction.survey(survey_id=KEY, kind=SurveyKind.NPS, score=9)),
        (Account, lambda it: it.purchases.add(document_no="D-1", revenue=TEN)),
        (
            Account,
            lambda it: it.gifts.declare(
                gift_id=KEY,
                stakeholder=WANG,
                what=sealed("tea"),
                value=TEN,
                giver=KEY,
                company=COMPANY,
                exchange_rates=ExchangeRates(id=KEY),
            ),
        ),
        (
            Opportunity,
            lambda it: it.resources.spend(
                kind="presales", person_days=Decimal(1), external_id="T-1", rate_card=DAYS, sales_process=PROCESS
            ),
        ),
    ],
    ids=["message", "survey", "document", "gift", "time sheet"],
)
def test_what_is_recorded_once_is_free_again_when_it_is_withdrawn(
    journal: Journal, root: type[Aggregate], claim: Step
) -> None:
    stream = uuid4()
    take(journal, root, stream, 0, begin)
    first = take(journal, root, stream, 1, claim)
    with pytest.raises(AlreadyClaimed, match=f"at position {first} of {stream}: use another one, or withdraw"):
        take(journal, root, stream, 2, claim)
    journal.withdraw(root, stream, first, "typo", Context(at=MONDAY + timedelta(days=3)))
    assert take(journal, root, stream, 2, claim) == first + 2


def test_a_quote_number_is_used_once_in_the_company_and_an_invoice_number_once_per_account(journal: Journal) -> None:
    deals, accounts = [uuid4(), uuid4()], [uuid4(), uuid4()]
    for stream in deals:
        take(journal, Opportunity, stream, 0, begin)
    for stream in accounts:
        take(journal, Account, stream, 0, begin)

    def quote(it: Any) -> None:
        it.quotes.request(quote_no="Q-1", account=ACME, company=COMPANY)

    def invoice(it: Any) -> None:
        it.payments.add(
            invoice_no="R-1", amount=TEN, due_on=JUNE, company=COMPANY, exchange_rates=ExchangeRates(id=KEY)
        )

    take(journal, Opportunity, deals[0], 1, quote)
    with pytest.raises(AlreadyClaimed, match=str(deals[0])):
        take(journal, Opportunity, deals[1], 1, quote)
    for stream in accounts:
        take(journal, Account, stream, 1, invoice)
