"""What a forecaster could know at a moment, told by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from domain.account.account import Account
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome as Ended
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.process_definition import Definition, Stage
from domain.policies.sales_process import SalesProcess
from projections.forecasting.facts import histories_lately
from projections.forecasting.histories import NEVER, NONE, Outcome
from tests.domain.given import eur, some_id
from tests.projections.forecasting.clocked import (
    ACME,
    DEAL,
    FRAME,
    MEI,
    ZOE,
    advanced,
    as_bytes,
    at,
    facts,
    imported,
    known,
    live,
    on,
    opened,
    stage,
)

PRICES, RATES = policy_id(PriceList.__name__), policy_id(ExchangeRates.__name__)


# Both clocks


def test_a_live_fact_counts_from_when_it_was_recorded() -> None:
    told = [live(opened(), 1), live(advanced("proposal"), 3, recorded=8)]
    assert [stage(known(told, at(number))) for number in (3, 7, 8)] == ["prospecting", "prospecting", "proposal"]
    assert known(told, at(8)).since.tolist() == [on(3)]


def test_an_imported_fact_counts_from_when_it_occurred() -> None:
    told = [imported(opened(), 1), imported(advanced("proposal"), 3)]
    assert [stage(known(told, at(number))) for number in (2, 3)] == ["prospecting", "proposal"]


def test_a_deal_that_was_not_yet_opened_or_recorded_is_absent() -> None:
    told = [live(opened(), 1, recorded=4)]
    assert [len(known(told, at(number))) for number in (0, 3, 4)] == [0, 0, 1]


def test_known_at_leaves_out_what_was_recorded_after_a_position() -> None:
    told = [imported(opened(), 1), imported(advanced("proposal"), 3)]
    assert stage(known(told, at(5), known_at=1)) == "prospecting"
    assert len(known(told, at(5), known_at=0)) == 0


def test_a_fact_that_occurred_later_than_the_moment_does_not_count_however_early_it_was_recorded() -> None:
    told = [live(opened(), 1), live(advanced("proposal"), 6, recorded=2)]
    assert stage(known(told, at(5))) == "prospecting"


def test_late_facts_are_folded_in_business_order() -> None:
    told = [live(opened(), 1), live(advanced("negotiation"), 9), live(advanced("proposal"), 5, recorded=10)]
    found = known(told, at(11))
    assert stage(found) == "negotiation"
    assert found.spells.start.tolist() == [on(1), on(5), on(9)]
    assert found.spells.end.tolist() == [on(5), on(9), NEVER]


def test_a_live_withdrawal_counts_from_when_it_was_recorded() -> None:
    told = [
        live(opened(), 1),
        live(advanced("proposal"), 3),
        live(Opportunity.FactWithdrawn(position=2, reason="x"), 9),
    ]
    assert [stage(known(told, at(number))) for number in (8, 9)] == ["proposal", "prospecting"]
    assert stage(known(told, at(9), known_at=2)) == "proposal"


def test_an_imported_withdrawal_counts_always() -> None:
    gone = imported(Opportunity.FactWithdrawn(position=2, reason="x"), 9)
    told = [live(opened(), 1), live(advanced("proposal"), 3), gone]
    assert stage(known(told, at(4))) == "prospecting"


def test_the_account_of_an_imported_opening_counts_from_the_import_on() -> None:
    told = [imported(opened(), 1, recorded=50)]
    assert known(told, at(49)).account.tolist() == [NONE]
    assert known(told, at(49)).codes.accounts == []
    assert known(told, at(50)).codes.accounts == [ACME]


def test_the_account_of_a_live_opening_counts_with_the_opening() -> None:
    assert known([live(opened(), 1)], at(1)).codes.accounts == [ACME]


def test_owner_and_product_of_an_imported_opening_count_with_the_opening() -> None:
    found = known([imported(opened(owner=MEI, products=("pump", "seal")), 1)], at(1))
    assert (found.codes.owners, found.codes.products) == ([MEI], ["pump"])


def test_the_first_list_price_counts_however_late_it_was_recorded_and_later_ones_when_recorded() -> None:
    price = [PriceList.PriceSet(key="pump", name="Pump", price=eur(amount)) for amount in (100, 120)]
    told = [
        live(opened(products=("pump",)), 1),
        live(price[0], 0, recorded=70, stream=PRICES),
        live(price[1], 3, recorded=80, stream=PRICES),
    ]
    assert [known(told, at(number)).amount.tolist() for number in (5, 79, 80)] == [[100.0], [100.0], [120.0]]


def test_a_deal_stands_in_its_owners_territory_else_in_its_accounts() -> None:
    told = [
        live(opened(owner=MEI), 1),
        live(Member.TerritoryAssigned(territory="north"), 0, recorded=90, stream=MEI),
        live(Account.Registered(name="Acme", territory="south"), 0, stream=ACME),
        live(Opportunity.OwnerChanged(previous=MEI, owner=ZOE), 6),
        live(Member.TerritoryLeft(territory="north"), 8, stream=MEI),
        live(Account.ProfileChanged(territory="west"), 9, stream=ACME),
        live(Account.ProfileChanged(name="Acme AG"), 10, stream=ACME),
    ]
    assert [known(told, at(number)).codes.territories for number in (5, 7, 9, 10)] == [
        ["north"], ["south"], ["west"], ["west"],
    ]  # fmt: skip


def test_the_territory_of_an_imported_account_counts_from_the_import_on() -> None:
    told = [live(opened(), 1), imported(Account.Registered(name="Acme", territory="south"), 0, 50, ACME)]
    assert [known(told, at(number)).territory.tolist() for number in (49, 50)] == [[NONE], [0]]


# How a deal goes


def test_an_end_closes_and_a_reopening_goes_on_at_the_same_stage() -> None:
    told = [
        live(opened(), 1),
        live(advanced("proposal"), 3),
        live(Opportunity.Lost(), 5),
        live(Opportunity.Reopened(previous=Ended.LOST, reason="they called"), 7),
        live(Opportunity.Won(signed=eur(90)), 9),
    ]
    lost, again, won = known(told, at(5)), known(told, at(7)), known(told, at(9))
    assert (lost.outcome.tolist(), lost.closed.tolist()) == ([Outcome.LOST], [on(5)])
    assert (again.outcome.tolist(), again.closed.tolist(), stage(again)) == ([Outcome.OPEN], [NEVER], "proposal")
    assert (won.outcome.tolist(), won.signed.tolist()) == ([Outcome.WON], [90.0])
    assert np.isnan(again.signed).tolist() == [True]
    names = [won.codes.stages[n][1] if n >= 0 else None for n in won.spells.stage.tolist()]
    assert names == ["prospecting", "proposal", "proposal"]
    assert won.spells.end.tolist() == [on(3), on(5), on(9)]
    assert [won.codes.stages[n][1] if n >= 0 else None for n in won.spells.to.tolist()] == ["proposal", None, None]


def test_a_disqualified_deal_is_neither_won_nor_lost() -> None:
    found = known([live(opened(), 1), live(Opportunity.Disqualified(), 2)], at(3))
    assert found.outcome.tolist() == [Outcome.DISQUALIFIED]


def test_amounts_are_converted_at_the_rate_of_the_moment_and_signed_ones_at_that_of_the_closing_day() -> None:
    rate = [ExchangeRates.RateSet(currency="USD", rate=Decimal(text)) for text in ("0.5", "0.9")]
    told = [
        live(rate[0], 0, stream=RATES),
        live(rate[1], 8, stream=RATES),
        live(opened(amount=Money.of(100, "USD")), 1),
        live(Opportunity.Won(signed=Money.of(80, "USD")), 5),
        live(opened(amount=Money.of(100, "USD")), 1, stream=some_id("other")),
        live(opened(amount=Money.of(100, "GBP")), 1, stream=some_id("third")),
    ]
    found = known(told, at(9))
    by_id = dict(zip(found.ids, zip(found.amount.tolist(), found.signed.tolist(), strict=True), strict=True))
    assert by_id[DEAL] == (50.0, 40.0)
    assert by_id[some_id("other")][0] == 90.0
    assert np.isnan(by_id[some_id("third")][0])


@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [
        ("598543.575", "1", 598543.58),
        ("0.125", "1", 0.12),
        ("0.375", "1", 0.38),
        ("100.05", "0.5", 50.02),
        ("100.15", "0.5", 50.08),
        ("12345678901.1", "0.05", 617283945.06),
        ("0.1249", "1", 0.12),
        ("7", "0.1", 0.70),
    ],
)
def test_amounts_are_rounded_half_to_even_at_the_minor_unit(amount: str, rate: str, expected: float) -> None:
    told = [
        live(ExchangeRates.RateSet(currency="USD", rate=Decimal(rate)), 0, stream=RATES),
        live(opened(amount=Money(Decimal(amount), "USD")), 1),
    ]
    assert known(told, at(2)).amount.tolist() == [expected]


def test_a_deal_without_an_amount_is_worth_the_list_prices_of_all_its_products_or_nothing_is_known() -> None:
    told = [
        live(PriceList.PriceSet(key="pump", name="Pump", price=eur(100)), 0, stream=PRICES),
        live(opened(products=("pump", "pump")), 1),
        live(opened(products=("pump", "seal")), 1, stream=some_id("other")),
        live(PriceList.ProductRemoved(key="pump"), 7, stream=PRICES),
    ]
    found = known(told, at(2))
    amounts = dict(zip(found.ids, found.amount.tolist(), strict=True))
    assert amounts[DEAL] == 200.0
    assert np.isnan(amounts[some_id("other")])
    assert np.isnan(known(told, at(8)).amount).all()


def test_stages_come_in_the_order_of_the_process_and_those_it_has_no_more_after_them() -> None:
    stages = tuple(Stage(key, key, Decimal("0.5")) for key in ("second", "first"))
    defined = SalesProcess.Defined(edition=1, definition=Definition(key="own", name="Own", stages=stages))
    told = [
        live(defined, 0, stream=policy_id("SalesProcess", "own")),
        live(opened(process="own", stage="first"), 1),
        live(opened(process="own", stage="ancient"), 1, stream=some_id("other")),
    ]
    assert known(told, at(2)).codes.stages == [("own", "second"), ("own", "first"), ("own", "ancient")]


def test_what_is_an_opening_for_the_second_time_begins_anew() -> None:
    told = [
        live(opened(owner=MEI, close_on=date(2027, 1, 1)), 1),
        live(advanced("proposal"), 2),
        live(Opportunity.FactWithdrawn(position=1, reason="twice"), 3),
        live(opened(), 4),
    ]
    found = known(told, at(5))
    assert (found.opened.tolist(), stage(found), found.owner.tolist(), found.close_on.tolist()) == (
        [on(4)], "prospecting", [NONE], [NEVER],
    )  # fmt: skip


def test_an_empty_journal_has_no_deals() -> None:
    found = known([], at(9))
    assert (len(found), len(found.spells.deal), len(found.marks.deal)) == (0, 0, 0)


def test_histories_do_not_depend_on_what_was_never_knowable() -> None:
    told = [live(opened(), 1), live(advanced("proposal"), 3)]
    more = [live(opened(owner=some_id("a"), products=("aaa",)), 8, stream=some_id("aa"))]
    assert as_bytes(known(told, at(5))) == as_bytes(known([*told, *more], at(5)))


# Asked again


def test_moments_of_a_day_between_which_nothing_counts_share_what_was_known_and_no_others() -> None:
    told = [
        live(opened(), 1),
        live(advanced("proposal"), 3),
        live(advanced("negotiation"), 5, recorded=9),
        imported(Opportunity.AmountRevised(previous=eur(1), amount=eur(2), reason="x"), 7, recorded=90),
        live(Opportunity.FactWithdrawn(position=2, reason="x"), 11),
    ]
    all_facts, moments = facts(told), [at(0) + timedelta(hours=hours) for hours in range(0, 14 * 24, 5)]
    shared = [histories_lately(all_facts, FRAME, moment) for moment in moments]
    assert [as_bytes(each) for each in shared] == [as_bytes(known(told, moment)) for moment in moments]
    assert len({id(each) for each in shared}) < len(moments) / 2
    assert histories_lately(all_facts, FRAME, moments[-1]) is shared[-1]
    earlier = replace(FRAME, known_at=2)
    assert as_bytes(histories_lately(all_facts, earlier, at(12))) == as_bytes(known(told, at(12), known_at=2))
