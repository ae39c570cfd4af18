"""Policies as rows, and as they stood at two clocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.aggregate import Event
from domain.money import Money
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.process_definition import Definition, Stage
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.service_policy import ServicePolicy
from domain.policies.shipped_processes import FOUR_FUNNEL
from domain.policies.territories import Territories
from projections.policies import POLICIES, Policies, PolicyRow, decoded
from tests.domain.given import day, eur, given, recorded
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.rows import rows_after

COMPANY, TREE, PRICES, RATES, TARGETS = (
    policy_id(kind.__name__) for kind in (Company, Territories, PriceList, ExchangeRates, SalesTarget)
)


def defined(currency: str = "EUR", start: int = 1) -> Company.Defined:
    return Company.Defined(
        edition=1,
        name="Werke",
        currency=currency,
        gift_limit=None,
        language="en",
        fiscal_year_start=start,
        time_zone="UTC",
        working_days=MONDAY_TO_FRIDAY,
        working_hours=NINE_TO_SIX,
    )


def rate(value: str, currency: str = "USD") -> ExchangeRates.RateSet:
    return ExchangeRates.RateSet(currency=currency, rate=Decimal(value))


def price(key: str, amount: int) -> PriceList.PriceSet:
    return PriceList.PriceSet(key=key, name=key.title(), price=eur(amount))


def target(amount: int) -> SalesTarget.TargetSet:
    return SalesTarget.TargetSet(
        scope=TargetScope.TERRITORY, key="north", period="2025-Q1", amount=eur(amount), previous=None
    )


def test_each_part_of_a_policy_is_a_row_with_the_newest_event_about_it() -> None:
    told = [(PRICES, price("pump", 10)), (PRICES, price("valve", 20)), (PRICES, price("pump", 12))]
    rows = rows_after(POLICIES, *told)
    assert [event_of(row) for row in rows] == [price("pump", 12), price("valve", 20)]


def test_what_is_removed_has_no_row() -> None:
    assert rows_after(POLICIES, (PRICES, price("pump", 10)), (PRICES, PriceList.ProductRemoved(key="pump"))) == []
    north = Territories.TerritorySet(key="north", name="North")
    assert rows_after(POLICIES, (TREE, north), (TREE, Territories.TerritoryRemoved(key="north"))) == []
    holiday = Company.HolidaySet(day=date(2025, 5, 1), name="May", working=False)
    assert rows_after(POLICIES, (COMPANY, holiday), (COMPANY, Company.HolidayRemoved(day=date(2025, 5, 1)))) == []


def test_every_dated_rate_has_its_row_for_what_closed_in_its_time() -> None:
    rows = rows_after(POLICIES, (RATES, rate("1.1")), (RATES, rate("1.2")), (RATES, rate("7", "CNY")))
    assert [event_of(row) for row in rows] == [rate("1.1"), rate("1.2"), rate("7", "CNY")]


def test_a_rate_stated_twice_for_one_moment_is_the_one_stated_last() -> None:
    (row,) = rows_after(POLICIES, (RATES, rate("1.1"), day(1)), (RATES, rate("1.2"), day(1)))
    assert event_of(row) == rate("1.2")


def test_a_target_has_a_row_per_scope_key_and_period() -> None:
    assert [event_of(row) for row in rows_after(POLICIES, (TARGETS, target(5)), (TARGETS, target(7)))] == [target(7)]


def event_of(row: Any) -> Event:
    assert isinstance(row, PolicyRow)
    return decoded(row.topic, row.event)


def test_policies_are_the_domains_own_states() -> None:
    service = given(ServicePolicy)
    service.define(red_up_to=40)
    (set_service,) = recorded(service)
    stages = (Stage("only", "Only", Decimal("0.5")),)
    process = SalesProcess.Defined(
        edition=1, definition=Definition(key="short", name="Short", stages=stages, questionnaire=())
    )
    facts: list[Event] = [
        defined(),
        Territories.TerritorySet(key="north", name="North"),
        price("pump", 10),
        rate("1.1"),
    ]
    policies = Policies((day(1), event) for event in [*facts, target(5), set_service, process])
    assert policies.company.currency == "EUR"
    assert policies.territories.below("north") == ["north"]
    assert policies.price_list.products["pump"].price == Money.of(10, "EUR")
    assert policies.rates == [("USD", day(1), Decimal("1.1"))]
    assert [each.amount for each in policies.targets.targets.values()] == [eur(5)]
    assert policies.service.red_up_to == 40
    assert policies.process("short").stages == stages
    assert [each.key for each in policies.processes()] == ["four-funnel", "nine-phase", "plain", "short"]


def test_what_nobody_defined_is_as_shipped() -> None:
    policies = Policies([])
    assert policies.company.currency == ""
    assert policies.process("four-funnel").stages == FOUR_FUNNEL.stages
    assert policies.process("unheard of").stages == ()


class At:
    """The policies of a journal at two clocks."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @contextmanager
    def __call__(self, number: int, known_at: int | None = None) -> Iterator[Policies]:
        with self.office.view(day(number), known_at) as view:
            yield view.policies


@pytest.fixture
def at(journal: Journal, engine_of: EngineOf) -> At:
    return At(Office(journal, engine_of))


def test_policies_stand_as_of_both_clocks(at: At) -> None:
    at.office.tell(
        (COMPANY, defined(), day(1)), (PRICES, price("pump", 10), day(1)), (PRICES, price("pump", 30), day(9))
    )
    at.office.tell((PRICES, price("pump", 20), day(5)))
    for number, known_at, expected in ((1, 4, 10), (6, 4, 20), (6, 3, 10), (9, 4, 30), (9, 2, 10)):
        with at(number, known_at) as policies:
            assert policies.price_list.products["pump"].price == eur(expected)


def test_before_its_first_definition_the_company_is_what_that_says(at: At) -> None:
    at.office.tell((COMPANY, defined("CHF", start=4), day(50)), (COMPANY, defined("CHF", start=7), day(90)))
    with at(3) as policies:
        assert (policies.company.currency, policies.company.fiscal_year_start) == ("CHF", 4)
    with at(91) as policies:
        assert policies.company.fiscal_year_start == 7
    with at(3, known_at=0) as policies:
        assert (policies.company.currency, policies.company.fiscal_year_start) == ("CHF", 4)
