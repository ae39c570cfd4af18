"""Open quotes: until when they hold, and where somebody has to ask; as of two clocks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.aggregate import Event
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.quotes import Quotes
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from projections.deals import Filters
from projections.open_quotes import Follow, QuoteLine, QuotesAnswer, quotes
from projections.quotes import QuoteStatus
from tests.domain.given import day, some_id
from tests.domain.test_opportunity_quotes import APRIL, MARCH, accepted, issued, requested, revised
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_winning_cost import ACME, BETA, MEI, ZOE, opened

DEAL, OTHER, GONE = (some_id(name) for name in ("deal", "other deal", "gone deal"))
STORY: list[tuple[UUID, Event, datetime]] = [
    (policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), day(1)),
    (ACME, Account.Registered(name="Acme"), day(1)),
    (BETA, Account.Registered(name="Beta"), day(1)),
    (DEAL, opened(ACME, MEI), day(2)),
    (OTHER, opened(BETA, ZOE), day(2)),
    (GONE, opened(BETA, ZOE), day(2)),
    (DEAL, issued(), day(2)),  # follow up on 20 January, day 19; valid until 31 March, day 89
    (OTHER, requested(quote_no="Q-2"), day(2)),
    (GONE, issued(quote_no="Q-3"), day(2)),
    (DEAL, issued(quote_no="Q-4", total=Money.of(800, "USD"), follow_up_on=None), day(3)),
    (GONE, Opportunity.Lost(), day(10)),
    (DEAL, revised(follow_up_on=date(2025, 2, 10)), day(30)),
    (DEAL, accepted(2), day(60)),
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def asked(office: Office, at: int, known_at: int | None = None, **which: Any) -> QuotesAnswer:
    with office.view(day(at), known_at) as view:
        return quotes(view, **which)


def numbers(answer: QuotesAnswer) -> list[str]:
    return [line.quote_no for line in answer.quotes]


def line(answer: QuotesAnswer, number: str) -> QuoteLine:
    return next(each for each in answer.quotes if each.quote_no == number)


def test_an_open_quote_says_what_it_is_worth_and_until_when_it_holds(office: Office) -> None:
    assert line(asked(office, 5), "Q-1") == QuoteLine(
        opportunity=DEAL,
        account=ACME,
        owner=MEI,
        quote_no="Q-1",
        status=QuoteStatus.ISSUED,
        version=1,
        total=Decimal("2864.000"),
        currency="EUR",
        value=Decimal("2864.00"),
        discount=Decimal("0.0498"),
        requested_on=None,
        issued_on=date(2025, 1, 3),
        valid_until=MARCH,
        expired=False,
        follow_up_on=date(2025, 1, 20),
        follow_up=Follow.PLANNED,
        followed_up_on=None,
        requirements=(),
        opportunity_open=True,
        position=7,
    )
    assert line(asked(office, 5), "Q-4").value == Decimal("400.00")


def test_quotes_on_open_deals_are_open_until_they_are_answered(office: Office) -> None:
    assert sorted(numbers(asked(office, 5))) == ["Q-1", "Q-2", "Q-3", "Q-4"]
    assert sorted(numbers(asked(office, 20))) == ["Q-1", "Q-2", "Q-4"]
    assert sorted(numbers(asked(office, 70))) == ["Q-2", "Q-4"]


def test_every_quote_is_there_when_all_are_asked_for(office: Office) -> None:
    answer = asked(office, 70, every=True)
    assert numbers(answer)[:2] == ["Q-4", "Q-2"]  # open ones first, by their last day
    it = line(answer, "Q-1")
    assert (it.status, it.version, it.total, it.valid_until, it.position) == (
        QuoteStatus.ACCEPTED,
        2,
        Decimal("2700.000"),
        APRIL,
        13,
    )
    assert (line(answer, "Q-3").opportunity_open, line(answer, "Q-3").follow_up) == (False, Follow.NONE)


def test_a_follow_up_is_planned_due_and_overdue_until_the_next_is_planned(office: Office) -> None:
    found = {at: line(asked(office, at), "Q-1").follow_up for at in (18, 19, 20, 31)}
    assert found == {18: Follow.PLANNED, 19: Follow.DUE, 20: Follow.OVERDUE, 31: Follow.PLANNED}
    assert line(asked(office, 20), "Q-2").follow_up is Follow.NONE
    assert numbers(asked(office, 20))[0] == "Q-1"


def test_a_quote_expires_after_its_last_day(office: Office) -> None:
    assert [line(asked(office, at), "Q-4").expired for at in (89, 90)] == [False, True]


def test_what_was_recorded_late_is_not_known_before(office: Office) -> None:
    before = len(office.journal.facts)
    office.tell((OTHER, Quotes.QuoteDeclined(quote_no="Q-2", reason="no capacity"), day(4)))
    assert "Q-2" not in numbers(asked(office, 5))
    assert "Q-2" in numbers(asked(office, 5, before))


def test_a_filter_takes_its_quotes(office: Office) -> None:
    assert sorted(numbers(asked(office, 5, filters=Filters(owner=ZOE, account=BETA)))) == ["Q-2", "Q-3"]


def test_a_currency_without_a_rate_is_named(office: Office) -> None:
    office.tell((OTHER, issued(quote_no="Q-5", total=Money.of(900, "CNY")), day(5)))
    answer = asked(office, 6)
    assert (line(answer, "Q-5").value, answer.missing_rates) == (None, {"CNY": 1})
