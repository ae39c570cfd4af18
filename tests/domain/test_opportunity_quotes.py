"""Quotes: requested, issued, revised, followed up, accepted or declined."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.account.stakeholders import StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.currencies import NotACurrency
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed, ReasonBlank
from domain.opportunity.quote_lines import (
    QuoteLine,
    QuoteLineNotSensible,
    QuoteWithoutLines,
    Requirement,
    total_of,
)
from domain.opportunity.quote_terms import (
    FollowUpPast,
    OpenQuote,
    QuoteExpired,
    QuoteNotIssued,
    QuoteNotOpen,
    QuoteNumberBlank,
    QuoteOpenAlready,
    QuoteSuperseded,
    ValidUntilPast,
)
from domain.opportunity.quotes import Quotes
from domain.policies.company import default_company
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList, Product, ProductUnknown
from tests.domain.given import ROOT, after_snapshot, day, eur, given, history, late, on, recorded, sealed, without
from tests.domain.test_opportunity import WON, opened
from tests.domain.test_opportunity_buyers import LI, STRANGER, account

LINES = (QuoteLine("pump", Decimal(3), Decimal("1000.00"), Decimal("0.05")), QuoteLine("seal", Decimal(2), Decimal(7)))
CHEAPER = (QuoteLine("pump", Decimal(3), Decimal(900)),)
MARCH, APRIL = date(2025, 3, 31), date(2025, 4, 30)
COMPANY = default_company()


def prices(*products: str) -> PriceList:
    it = PriceList(id=policy_id("PriceList"))
    it.products = {key: Product(key, key.title(), eur(1_000)) for key in products}
    return it


def requested(**fields: Any) -> Quotes.QuoteRequested:
    stated = {"quote_no": "Q-1", "requested_on": date(2025, 1, 3), "requirements": (Requirement.DRAWINGS,), **fields}
    return Quotes.QuoteRequested(**stated)


def issued(**fields: Any) -> Quotes.QuoteIssued:
    stated = {
        "quote_no": "Q-1",
        "version": 1,
        "lines": LINES,
        "total": eur(2_864),
        "issued_on": date(2025, 1, 3),
        "valid_until": MARCH,
        "follow_up_on": date(2025, 1, 20),
        **fields,
    }
    return Quotes.QuoteIssued(**stated)


def revised(**fields: Any) -> Quotes.QuoteRevised:
    stated = {
        "quote_no": "Q-1",
        "version": 2,
        "lines": CHEAPER,
        "total": eur(2_700),
        "revised_on": date(2025, 1, 4),
        "valid_until": APRIL,
        **fields,
    }
    return Quotes.QuoteRevised(**stated)


def accepted(version: int = 1, **fields: Any) -> Quotes.QuoteAccepted:
    return Quotes.QuoteAccepted(**{"quote_no": "Q-1", "version": version, "accepted_on": date(2025, 1, 4), **fields})


def request(it: Opportunity, **fields: Any) -> None:
    stated: dict[str, Any] = {"quote_no": "Q-1", "requirements": (Requirement.DRAWINGS,), **fields}
    it.quotes.request(**stated, account=account(), company=COMPANY)


def issue(it: Opportunity, price_list: PriceList | None = None, **fields: Any) -> None:
    stated: dict[str, Any] = {
        "quote_no": "Q-1",
        "lines": LINES,
        "currency": "EUR",
        "valid_until": MARCH,
        "follow_up_on": date(2025, 1, 20),
        **fields,
    }
    it.quotes.issue(**stated, price_list=price_list or prices(), company=COMPANY)


def revise(it: Opportunity, price_list: PriceList | None = None, **fields: Any) -> None:
    stated: dict[str, Any] = {"quote_no": "Q-1", "lines": CHEAPER, "valid_until": APRIL, **fields}
    it.quotes.revise(**stated, price_list=price_list or prices(), company=COMPANY)


def accept(it: Opportunity, **fields: Any) -> None:
    it.quotes.accept(**{"quote_no": "Q-1", **fields}, account=account(), company=COMPANY)


def test_each_line_is_rounded_half_to_even_before_it_is_added() -> None:
    odd = (QuoteLine("a", Decimal(1), Decimal("0.125")), QuoteLine("b", Decimal(1), Decimal("0.135")))
    assert total_of(odd, "EUR") == eur("0.26")  # 0.12 + 0.14
    assert total_of(odd, "JPY") == Money(Decimal(0), "JPY")
    assert total_of(LINES, "EUR") == eur("2864.00")


def test_a_request_keeps_what_was_gathered() -> None:
    it = given(Opportunity, opened())
    request(
        it,
        quote_no=" Q-1 ",
        requirements=(Requirement.USE, Requirement.DRAWINGS, Requirement.USE),
        follow_up_on=date(2025, 1, 10),
        stakeholder=LI,
        wishes=sealed("quiet"),
    )
    assert recorded(it) == [
        requested(
            requirements=(Requirement.DRAWINGS, Requirement.USE),
            follow_up_on=date(2025, 1, 10),
            stakeholder=LI,
            wishes=sealed("quiet"),
        )
    ]
    assert it.quotes.open["Q-1"].version == 0


def test_a_request_is_refused() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(QuoteNumberBlank):
        request(it, quote_no=" ")
    with pytest.raises(StakeholderUnknown):
        request(it, stakeholder=STRANGER)
    with pytest.raises(FollowUpPast):
        request(it, follow_up_on=date(2025, 1, 2))
    with pytest.raises(OpportunityClosed):
        request(given(Opportunity, opened(), WON))
    with pytest.raises(QuoteOpenAlready):
        request(given(Opportunity, opened(), issued()))
    assert recorded(it) == []


def test_a_quote_is_issued_with_its_total() -> None:
    it = given(Opportunity, opened())
    issue(it, currency="eur")
    assert recorded(it) == [issued()]
    assert after_snapshot(it).quotes.open == {"Q-1": OpenQuote(1, LINES, "EUR", MARCH, date(2025, 1, 20))}


def test_a_quote_that_was_requested_adds_to_what_was_gathered() -> None:
    it = given(Opportunity, opened(), requested())
    issue(it, requirements=(Requirement.VOLUME,))
    gathered = (Requirement.DRAWINGS, Requirement.VOLUME)
    assert recorded(it) == [issued(requirements=gathered, was_requested=True, issued_on=date(2025, 1, 4))]


def test_issuing_the_same_again_records_nothing_and_another_under_the_number_is_refused() -> None:
    it = given(Opportunity, opened(), issued())
    issue(it)
    assert recorded(it) == []
    with pytest.raises(QuoteOpenAlready, match="open in version 1"):
        issue(it, lines=CHEAPER)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"quote_no": ""}, QuoteNumberBlank),
        ({"lines": ()}, QuoteWithoutLines),
        ({"lines": (QuoteLine(" ", Decimal(1), Decimal(1)),)}, QuoteLineNotSensible),
        ({"lines": (QuoteLine("pump", Decimal(0), Decimal(1)),)}, QuoteLineNotSensible),
        ({"lines": (QuoteLine("pump", Decimal("Infinity"), Decimal(1)),)}, QuoteLineNotSensible),
        ({"lines": (QuoteLine("pump", Decimal(1), Decimal(-1)),)}, QuoteLineNotSensible),
        ({"lines": (QuoteLine("pump", Decimal(1), Decimal(1), Decimal("1.1")),)}, QuoteLineNotSensible),
        ({"currency": "EURO"}, NotACurrency),
        ({"valid_until": date(2025, 1, 2)}, ValidUntilPast),
        ({"follow_up_on": date(2025, 1, 2)}, FollowUpPast),
    ],
)
def test_a_quote_is_refused(fields: dict[str, Any], refusal: type[Refused]) -> None:
    it = given(Opportunity, opened())
    with pytest.raises(refusal):
        issue(it, **fields)
    assert recorded(it) == []


def test_all_that_is_wrong_with_a_quote_is_named_at_once() -> None:
    it = given(Opportunity, opened())
    lines = (
        QuoteLine("pump", Decimal("NaN"), Decimal(-1)),
        QuoteLine("valve", Decimal(1), Decimal(1)),
        QuoteLine("seal", Decimal(1), Decimal(1), Decimal(2)),
    )
    with pytest.raises(QuoteLineNotSensible) as refused:
        issue(it, prices("pump", "seal"), lines=lines, valid_until=date(2025, 1, 2), follow_up_on=date(2025, 1, 1))
    all_of_it = (refused.value, *refused.value.others)
    assert [each.details.get("within", each.rule) for each in all_of_it] == [
        "lines[0].quantity", "lines[0].unit_price", "lines[2].discount", "lines[1].product",
        "ValidUntilPast", "FollowUpPast",
    ]  # fmt: skip
    assert refused.value.in_full.startswith(f"{refused.value} The unit price -1 of pump is not possible")


def test_where_there_is_a_price_list_its_products_are_quoted() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(ProductUnknown, match="seal .*pump, valve"):
        issue(it, prices("pump", "valve"))
    issue(it, prices("pump", "seal"))
    with pytest.raises(ProductUnknown):
        revise(it, prices("valve"))
    assert recorded(it) == [issued()]


def test_a_revision_supersedes_and_without_lines_those_before_stand() -> None:
    it = given(Opportunity, opened(), issued())
    revise(it)
    assert recorded(it) == [revised()]
    revise(it, lines=(), valid_until=date(2025, 5, 31), reason="more time")
    assert recorded(it) == [revised(version=3, valid_until=date(2025, 5, 31), reason="more time")]
    assert it.quotes.open["Q-1"].version == 3


def test_the_same_revision_again_records_nothing() -> None:
    it = given(Opportunity, opened(), requested(), issued(was_requested=True), revised())
    revise(it)
    assert recorded(it) == []


def test_a_revision_in_another_currency_is_computed_in_it() -> None:
    it = given(Opportunity, opened(), issued())
    revise(it, currency="JPY")
    assert recorded(it) == [revised(total=Money(Decimal(2_700), "JPY"))]


def test_only_what_is_issued_is_revised_or_accepted() -> None:
    it = given(Opportunity, opened(), requested())
    with pytest.raises(QuoteNotIssued):
        revise(it, currency="EUR")
    with pytest.raises(QuoteNotIssued, match="Q-1 is requested and not issued yet: issue it first"):
        revise(it, currency="", lines=())
    with pytest.raises(QuoteNotIssued):
        accept(it)
    with pytest.raises(QuoteNotOpen, match="open are: Q-1"):
        accept(it, quote_no="Q-2")
    with pytest.raises(QuoteNotOpen, match="open are: none"):
        revise(given(Opportunity, opened()))


def test_a_revision_is_refused_for_days_and_lines_that_make_no_sense() -> None:
    it = given(Opportunity, opened(), issued())
    with pytest.raises(ValidUntilPast):
        revise(it, valid_until=date(2025, 1, 1))
    with pytest.raises(QuoteLineNotSensible):
        revise(it, lines=(QuoteLine("pump", Decimal(-3), Decimal(1)),))
    with pytest.raises(OpportunityClosed):
        revise(given(Opportunity, opened(), issued(), WON))
    assert recorded(it) == []


def test_the_newest_version_is_accepted_and_one_that_was_superseded_is_not() -> None:
    it = given(Opportunity, opened(), issued(), revised())
    with pytest.raises(QuoteSuperseded, match="version 2, not 1"):
        accept(it, version=1)
    accept(it, stakeholder=LI)
    assert recorded(it) == [accepted(2, stakeholder=LI, accepted_on=date(2025, 1, 5))]
    assert it.quotes.open == {}


def test_an_expired_quote_is_not_accepted_but_on_its_last_day_it_is() -> None:
    with pytest.raises(QuoteExpired, match="valid until 2025-03-31; 2025-04-01 is later"):
        accept(given(Opportunity, opened(), issued(), now=day(90)))
    it = given(Opportunity, opened(), issued(), now=day(89))
    accept(it)
    assert recorded(it) == [accepted(accepted_on=MARCH)]


def test_the_day_is_that_of_the_company() -> None:
    shanghai = default_company()
    shanghai.time_zone = "Asia/Shanghai"
    it = given(Opportunity, opened(), issued(), now=day(89, 17))
    with pytest.raises(QuoteExpired):
        it.quotes.accept(quote_no="Q-1", account=account(), company=shanghai)


def test_nobody_of_another_account_accepts() -> None:
    with pytest.raises(StakeholderUnknown):
        accept(given(Opportunity, opened(), issued()), stakeholder=STRANGER)


def test_what_was_accepted_is_not_open_any_more() -> None:
    with pytest.raises(QuoteNotOpen):
        accept(given(Opportunity, opened(), issued(), accepted()))


def test_a_follow_up_says_what_came_of_it_and_when_the_next_is() -> None:
    it = given(Opportunity, opened(), issued())
    it.quotes.follow_up(quote_no="Q-1", follow_up_on=date(2025, 2, 1), answer=sealed("ask again"), company=COMPANY)
    assert recorded(it) == [
        Quotes.QuoteFollowedUp(
            quote_no="Q-1",
            followed_up_on=date(2025, 1, 4),
            follow_up_on=date(2025, 2, 1),
            answer=sealed("ask again"),
        )
    ]
    assert it.quotes.open["Q-1"].follow_up_on == date(2025, 2, 1)
    with pytest.raises(FollowUpPast):
        it.quotes.follow_up(quote_no="Q-1", follow_up_on=date(2025, 1, 3), company=COMPANY)
    with pytest.raises(QuoteNotOpen):
        it.quotes.follow_up(quote_no="Q-2", company=COMPANY)


def test_a_quote_and_a_request_are_declined_with_the_reason() -> None:
    for before in (issued(), requested()):
        it = given(Opportunity, opened(), before)
        with pytest.raises(ReasonBlank):
            it.quotes.decline(quote_no="Q-1", reason=" ")
        it.quotes.decline(quote_no="Q-1", reason="too dear")
        assert recorded(it) == [Quotes.QuoteDeclined(quote_no="Q-1", reason="too dear")]
        assert it.quotes.open == {}


def test_after_the_end_nothing_is_accepted_revised_declined_or_followed_up() -> None:
    it = given(Opportunity, opened(), issued(), WON)
    with pytest.raises(OpportunityClosed):
        it.quotes.accept(quote_no="Q-1", account=account(), company=COMPANY)
    with pytest.raises(OpportunityClosed):
        revise(it)
    with pytest.raises(OpportunityClosed):
        it.quotes.decline(quote_no="Q-1", reason="too dear")
    with pytest.raises(OpportunityClosed):
        it.quotes.follow_up(quote_no="Q-1", company=COMPANY)


def test_a_revision_recorded_late_before_an_acceptance_is_refused() -> None:
    facts = history(opened(), issued(), on(day(9), accepted(accepted_on=date(2025, 1, 10))))
    with pytest.raises(LaterFactForbids, match="QuoteAccepted"):
        late(Opportunity, facts, day(5), revise)


def test_a_request_that_was_answered_is_not_withdrawn() -> None:
    with pytest.raises(LaterFactForbids, match="QuoteIssued"):
        without(Opportunity, history(opened(), requested(), issued(was_requested=True)), 2)


def test_an_issue_recorded_late_between_request_and_issue_is_refused() -> None:
    facts = history(opened(), requested(), on(day(9), issued(was_requested=True, issued_on=date(2025, 1, 10))))
    with pytest.raises(LaterFactForbids, match="open in version 1"):
        late(Opportunity, facts, day(5), issue)


def test_a_number_is_claimed_by_what_comes_first() -> None:
    claim = Claim("quote", "", "Q-1")
    assert requested().claims(ROOT) == [claim]
    assert issued().claims(ROOT) == [claim]
    assert issued(was_requested=True).claims(ROOT) == []


def test_folding_never_refuses_what_has_no_quote() -> None:
    followed = Quotes.QuoteFollowedUp(quote_no="Q-1", followed_up_on=date(2025, 1, 4))
    it = given(Opportunity, opened(), revised(), followed, accepted())
    assert it.quotes.open == {}
