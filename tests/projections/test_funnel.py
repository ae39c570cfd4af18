"""The funnel, told by example: what its answer holds, and how deals are grouped and valued."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from projections.bridge import bridge
from projections.deals import Filters
from projections.forecast import forecast
from projections.forecast_overdue import Overdue, overdue
from projections.funnel import By, FunnelAnswer, funnel
from tests.domain.given import day, eur, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import COMPANY, PRICES, RATES, defined, price, rate

ACME, ANNA = some_id("acme"), some_id("anna")


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)))
    return office


def opened(name: str, at: int, **stated: Any) -> Told:
    event = Opportunity.Opened(
        account=ACME, title=name, process="plain", process_edition=0, **{"stage": "prospecting", **stated}
    )
    return some_id(name), event, day(at)


def asked(office: Office, at: int, filters: Filters | None = None, **more: Any) -> FunnelAnswer:
    with office.view(day(at)) as view:
        return funnel(view, filters, **more)


def lines(answer: Any) -> dict[str, tuple[int, Decimal]]:
    return {line.stage: (line.count, line.amount) for line in answer.stages if line.count}


def test_every_stage_of_a_process_in_use_has_its_line_and_closed_deals_none(office: Office) -> None:
    office.tell(opened("a", 1, amount=eur(100)), opened("b", 1, amount=eur(50)))
    office.tell((some_id("b"), Opportunity.Won(signed=eur(45)), day(3)))
    answer = asked(office, 9)
    assert [line.stage for line in answer.stages] == [
        "prospecting",
        "qualification",
        "proposal",
        "negotiation",
        "contract",
    ]
    assert lines(answer) == {"prospecting": (1, Decimal("100.00"))}
    assert answer.stages[0].weighted == Decimal("10.00")
    assert (answer.won.count, answer.won.amount) == (1, Decimal("45.00"))


def test_groups_are_there_only_when_they_are_asked_for(office: Office) -> None:
    office.tell(opened("a", 1, amount=eur(100)))
    assert "groups" not in msgspec.to_builtins(asked(office, 9))
    assert [group["key"] for group in msgspec.to_builtins(asked(office, 9, by=By.STAGE))["groups"]] == ["prospecting"]
    with office.view(day(9)) as view:
        assert "groups" not in msgspec.to_builtins(forecast(view, "2025-Q1"))


def test_won_and_lost_count_from_the_first_moment_of_a_day_of_this_fiscal_year_by_default(office: Office) -> None:
    office.tell(opened("a", -20, amount=eur(100)), (some_id("a"), Opportunity.Lost(), day(-2)))
    office.tell(opened("b", -20, amount=eur(30)), (some_id("b"), Opportunity.Lost(), day(4, hour=0)))
    assert (asked(office, 9).since, asked(office, 9).lost.amount) == (date(2025, 1, 1), Decimal("30.00"))
    assert asked(office, 9, since=date(2024, 12, 1)).lost.amount == Decimal("130.00")
    assert asked(office, 9, since=date(2025, 1, 5)).lost.amount == Decimal("30.00")
    assert asked(office, 9, since=date(2025, 1, 6)).lost.count == 0


def test_without_an_amount_the_list_prices_of_the_moment_asked_about_stand_for_it(office: Office) -> None:
    office.tell(
        (PRICES, price("pump", 10), day(0)), (PRICES, price("valve", 7), day(0)), (PRICES, price("pump", 12), day(5))
    )
    office.tell(opened("a", 1, products=("pump", "pump", "valve")))
    assert lines(asked(office, 4)) == {"prospecting": (1, Decimal("27.00"))}
    assert lines(asked(office, 9)) == {"prospecting": (1, Decimal("31.00"))}
    office.tell((some_id("a"), Opportunity.AmountRevised(previous=None, amount=eur(20)), day(7)))
    assert lines(asked(office, 9)) == {"prospecting": (1, Decimal("20.00"))}


def test_a_product_without_a_price_is_named_and_the_deal_in_no_sum(office: Office) -> None:
    office.tell((PRICES, price("pump", 10), day(0)), opened("a", 1, products=("pump", "gone")))
    answer = asked(office, 9)
    assert lines(answer) == {"prospecting": (1, Decimal("0.00"))}
    assert answer.missing_prices == {"gone": 1}


def test_each_amount_is_rounded_half_to_even_before_it_is_added(office: Office) -> None:
    office.tell((RATES, rate("0.5"), day(0)))
    office.tell(*(opened(f"deal {n}", 1, amount=Money.of("0.05", "USD")) for n in range(3)))
    office.tell(opened("other", 1, amount=Money.of("0.03", "USD")))
    assert lines(asked(office, 9)) == {"prospecting": (4, Decimal("0.08"))}


def test_a_deal_of_several_products_stands_whole_with_its_first_and_is_found_by_each(office: Office) -> None:
    office.tell(opened("a", 1, amount=eur(100), products=("pump", "valve")), opened("b", 1, amount=eur(1)))
    groups = asked(office, 9, by=By.PRODUCT).groups or ()
    assert {group.key: lines(group) for group in groups} == {
        "": {"prospecting": (1, Decimal("1.00"))},
        "pump": {"prospecting": (1, Decimal("100.00"))},
    }
    assert lines(asked(office, 9, Filters(product="valve"))) == {"prospecting": (1, Decimal("100.00"))}


def test_a_forecast_shows_apart_what_has_no_expected_close(office: Office) -> None:
    office.tell(opened("a", 1, amount=eur(100)), opened("b", 1, amount=eur(40), close_on=date(2025, 2, 1)))
    with office.view(day(9)) as view:
        answer = forecast(view, "2025-Q1")
    assert (answer.undated, answer.pipeline, answer.weighted) == (eur(100).amount, eur(40).amount, eur(4).amount)
    assert answer.cumulative["pipeline"] == eur(40).amount


def test_deals_whose_expected_close_is_over_and_lies_before_the_period_are_told_apart(office: Office) -> None:
    office.tell(
        opened("a", 1, amount=eur(100), close_on=date(2024, 12, 31)),
        opened("b", 1, amount=eur(40), close_on=date(2024, 11, 1), owner=ANNA),
        opened("in it", 1, amount=eur(7), close_on=date(2025, 1, 1)),
        opened("undated", 1, amount=eur(3)),
        opened("won", 1, amount=eur(9), close_on=date(2024, 12, 1)),
    )
    office.tell((some_id("won"), Opportunity.Won(signed=eur(9)), day(4)))
    with office.view(day(9)) as view:
        assert overdue(view, "2025-Q1") == Overdue(2, eur(140).amount)
        assert overdue(view, "2025-Q1", Filters(owner=ANNA)) == Overdue(1, eur(40).amount)
        assert overdue(view, "2024-Q4") == Overdue(0, eur(0).amount)
        assert overdue(view, "2025-Q2").deals == 3, "what was expected by the day that is asked about"


def test_a_bridge_starts_at_a_moments_end_and_leads_to_the_events(office: Office) -> None:
    last = office.tell(opened("a", 1, amount=eur(100)), opened("b", 2, amount=eur(40)))
    office.tell((some_id("a"), Opportunity.AmountRevised(previous=None, amount=eur(130)), day(3)))
    office.tell((some_id("b"), Opportunity.Won(signed=eur(35)), day(4)))
    with office.view(day(1)) as then, office.view(day(9)) as now:
        answer = bridge(then, now)
    assert (answer.start, answer.new, answer.increased, answer.won, answer.end) == tuple(
        eur(amount).amount for amount in (100, 40, 30, 40, 130)
    )
    assert answer.signed == eur(35).amount
    assert {(item.opportunity, item.kind): item.positions for item in answer.items} == {
        (some_id("a"), "increased"): [last + 1],
        (some_id("b"), "new"): [last],
        (some_id("b"), "won"): [last + 2],
    }


def test_rates_and_prices_revalue_and_lead_to_their_events(office: Office) -> None:
    office.tell((RATES, rate("1.5"), day(0)), (PRICES, price("pump", 10), day(0)))
    last = office.tell(opened("a", 1, amount=Money.of(100, "USD")), opened("b", 1, products=("pump",)))
    office.tell((RATES, rate("2"), day(5)), (PRICES, price("pump", 7), day(5)))
    with office.view(day(2)) as then, office.view(day(9)) as now:
        answer = bridge(then, now)
    assert (answer.start, answer.revalued, answer.end) == (eur(160).amount, eur(47).amount, eur(207).amount)
    assert {item.opportunity: (item.amount, item.positions) for item in answer.items} == {
        some_id("a"): (eur(50).amount, [last + 1]),
        some_id("b"): (eur(-3).amount, [last + 2]),
    }
    gone = office.tell((policy_id("PriceList"), PriceList.ProductRemoved(key="pump"), day(11)))
    with office.view(day(10)) as then, office.view(day(12)) as now:
        answer = bridge(then, now)
    assert [(item.kind, item.amount, item.positions) for item in answer.items] == [("revalued", eur(-7).amount, [gone])]
    assert answer.missing_prices == {"pump": 1}
