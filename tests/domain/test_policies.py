"""Policies: data that decisions use, versioned and dated."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from domain.aggregate import LaterFactForbids
from domain.currencies import NotACurrency
from domain.errors import Malformed, Refused
from domain.journal.mapper import JournalMapper
from domain.money import Money, NotAnAmount
from domain.policies.company import (
    Company,
    GiftLimitNegative,
    Holiday,
    HolidayUnknown,
    NotAMonth,
    NotWorkingDays,
    NotWorkingHours,
    TimeZoneUnknown,
    default_company,
)
from domain.policies.exchange_rates import ExchangeRates, RateNotPositive
from domain.policies.policy import Policy, policy_id
from domain.policies.price_list import PriceList, PriceNegative, Product, ProductKeyBlank, ProductUnknown
from domain.policies.sales_target import (
    NotAQuarter,
    SalesTarget,
    Target,
    TargetKeyBlank,
    TargetNegative,
    TargetScope,
)
from domain.policies.service_hours import (
    ClockForUnknownSeverity,
    HoursOutOfRange,
    ResolutionBeforeResponse,
    SeverityMissing,
)
from domain.policies.service_policy import (
    HEALTH_WEIGHTS,
    RESOLUTION_HOURS,
    RESPONSE_HOURS,
    BordersOutOfOrder,
    DaysNotPositive,
    Effect,
    PointsNegative,
    RelationshipMissing,
    ServiceLevel,
    ShareOutOfRange,
    WeightsNotPositive,
    WeightUnknown,
    default_service_policy,
)
from domain.policies.territories import (
    Territories,
    Territory,
    TerritoryCircle,
    TerritoryHasParts,
    TerritoryKeyBlank,
    TerritoryUnknown,
)
from tests.domain.given import after_snapshot, contents, day, eur, given, history, late, on, recorded, without

FESTIVAL = dt.date(2025, 1, 29)


def of(kind: type[Policy]) -> Policy:
    """A policy of which nothing was ever said."""
    policy = kind(id=policy_id(kind.__name__))
    policy.at(day(1))
    return policy


def test_a_policy_has_the_same_stream_everywhere() -> None:
    assert policy_id("Company") == UUID("615d4f7a-8382-520f-827d-3075f8df65fd")
    assert policy_id("Company") == policy_id("Company", "")
    assert policy_id("SalesProcess", "a") != policy_id("SalesProcess", "b")


# Company

DEFINED = {
    "name": "Qilin",
    "currency": "CNY",
    "gift_limit": None,
    "language": "zh",
    "fiscal_year_start": 4,
    "time_zone": "Asia/Shanghai",
    "working_days": (1, 2, 3, 4, 5),
    "working_hours": (dt.time(9), dt.time(18)),
}


def defined(edition: int = 1, **fields: object) -> Company.Defined:
    return Company.Defined(**{"edition": edition, **DEFINED, **fields})  # type: ignore[arg-type]


def define(company: Company, **fields: object) -> None:
    company.define(**{**DEFINED, **fields})  # type: ignore[arg-type]


def test_a_company_is_defined_and_defining_it_again_alike_records_nothing() -> None:
    company = of(Company)
    assert isinstance(company, Company)
    define(company, currency="cny")
    define(company)
    assert recorded(company) == [defined()]
    assert (company.edition, company.time_zone, company.fiscal_year_start) == (1, "Asia/Shanghai", 4)


def test_another_definition_is_another_edition() -> None:
    company = given(Company, defined())
    define(company, gift_limit=Money(Decimal("300.001"), "CNY"))
    assert recorded(company) == [defined(edition=2, gift_limit=Money.of(300, "CNY"))]


def test_an_undefined_company_keeps_utc_and_calendar_years() -> None:
    company = default_company("EUR")
    assert (company.time_zone, company.fiscal_year_start, company.currency) == ("UTC", 1, "EUR")
    assert (company.opened, company.edition) == (True, 0)
    company.define(name="", currency="EUR")
    assert len(recorded(company)) == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"currency": "EURO"}, NotACurrency),
        ({"currency": "E1R"}, NotACurrency),
        ({"currency": "元元元"}, NotACurrency),
        ({"time_zone": "Mars/Olympus"}, TimeZoneUnknown),
        ({"time_zone": "../etc/passwd"}, TimeZoneUnknown),
        ({"time_zone": ""}, TimeZoneUnknown),
        ({"fiscal_year_start": 0}, NotAMonth),
        ({"fiscal_year_start": 13}, NotAMonth),
        ({"working_days": ()}, NotWorkingDays),
        ({"working_days": (0, 1)}, NotWorkingDays),
        ({"working_days": (1, 1)}, NotWorkingDays),
        ({"working_hours": (dt.time(9), dt.time(9))}, NotWorkingHours),
        ({"gift_limit": Money(Decimal(-1), "CNY")}, GiftLimitNegative),
        ({"gift_limit": Money(Decimal("NaN"), "CNY")}, NotAnAmount),
    ],
)
def test_a_company_is_refused(fields: dict[str, object], refusal: type[Refused]) -> None:
    company = of(Company)
    assert isinstance(company, Company)
    with pytest.raises(refusal):
        define(company, **fields)
    assert recorded(company) == []


def test_a_holiday_is_set_once_and_removed() -> None:
    company = given(Company, defined())
    company.set_holiday(day=FESTIVAL, name="春节")
    company.set_holiday(day=FESTIVAL, name="春节")
    company.remove_holiday(day=FESTIVAL)
    assert recorded(company) == [
        Company.HolidaySet(day=FESTIVAL, name="春节", working=False),
        Company.HolidayRemoved(day=FESTIVAL),
    ]
    with pytest.raises(HolidayUnknown):
        company.remove_holiday(day=FESTIVAL)


def test_stated_holidays_replace_all_and_unstated_ones_stay() -> None:
    company = given(Company, defined(), Company.HolidaySet(day=FESTIVAL, name="春节", working=False))
    define(company)
    assert recorded(company) == []
    make_up = Holiday(dt.date(2025, 1, 26), "调休", working=True)
    define(company, holidays=(make_up,))
    assert recorded(company) == [
        Company.HolidayRemoved(day=FESTIVAL),
        Company.HolidaySet(day=make_up.day, name="调休", working=True),
    ]


def test_a_holiday_that_was_removed_later_is_not_withdrawn() -> None:
    facts = history(Company.HolidaySet(day=FESTIVAL, name="", working=False), Company.HolidayRemoved(day=FESTIVAL))
    with pytest.raises(LaterFactForbids, match="HolidayRemoved"):
        without(Company, facts, 1)


def test_a_definition_dated_before_another_keeps_an_edition_of_its_own() -> None:
    facts = history(on(day(9), defined()))
    (event,) = late(Company, facts, day(5), lambda company: define(company, language="en"))
    assert event == defined(edition=2, language="en")


# Territories

TREE = (Territory("north", "North", "all"), Territory("all", "All"), Territory("tianjin", "天津", "north"))


def territories() -> Territories:
    tree = of(Territories)
    assert isinstance(tree, Territories)
    tree.define(territories=TREE)
    return tree


def test_a_tree_is_stated_in_any_order() -> None:
    assert recorded(territories()) == [
        Territories.TerritorySet(key="all", name="All"),
        Territories.TerritorySet(key="north", name="North", parent="all"),
        Territories.TerritorySet(key="tianjin", name="天津", parent="north"),
    ]


def test_what_lies_above_and_below_a_territory() -> None:
    tree = territories()
    assert tree.above("tianjin") == ["north", "all"]
    assert tree.above("unknown") == []
    assert tree.below("north") == ["north", "tianjin"]


def test_stating_the_tree_anew_records_the_difference() -> None:
    tree = territories()
    tree.collect_events()
    tree.define(territories=(Territory("all", "World"),))
    assert recorded(tree) == [
        Territories.TerritorySet(key="all", name="World"),
        Territories.TerritoryRemoved(key="tianjin"),
        Territories.TerritoryRemoved(key="north"),
    ]


def test_a_tree_has_no_circles_and_no_unknown_parents() -> None:
    tree = territories()
    with pytest.raises(TerritoryCircle):
        tree.set_territory(key="all", name="All", parent="tianjin")
    with pytest.raises(TerritoryCircle):
        tree.set_territory(key="new", name="New", parent="new")
    with pytest.raises(TerritoryUnknown, match="south"):
        tree.set_territory(key="new", name="New", parent="south")
    with pytest.raises(TerritoryKeyBlank):
        tree.set_territory(key=" ", name="New")
    with pytest.raises(TerritoryUnknown):
        of(Territories).define(territories=(Territory("a", "A", "b"), Territory("b", "B", "a")))


def test_a_territory_with_parts_is_not_removed() -> None:
    tree = territories()
    with pytest.raises(TerritoryHasParts, match="tianjin"):
        tree.remove_territory(key="north")
    with pytest.raises(TerritoryUnknown):
        tree.remove_territory(key="south")


# Prices, rates, targets


def test_a_price_is_set_once_and_a_product_removed() -> None:
    prices = of(PriceList)
    assert isinstance(prices, PriceList)
    press = Product("press", "Press", Money(Decimal("100.004"), "eur"), "heavy")
    for _ in range(2):
        prices.define(products=(press,))
    prices.define(products=())
    assert recorded(prices) == [
        PriceList.PriceSet(key="press", name="Press", price=eur(100), series="heavy"),
        PriceList.ProductRemoved(key="press"),
    ]


def test_a_price_is_refused() -> None:
    prices = of(PriceList)
    assert isinstance(prices, PriceList)
    with pytest.raises(PriceNegative):
        prices.set_price(key="press", name="Press", price=eur(-1))
    with pytest.raises(ProductKeyBlank):
        prices.set_price(key="", name="Press", price=eur(1))
    with pytest.raises(NotACurrency):
        prices.set_price(key="press", name="Press", price=Money(Decimal(1), "€"))
    with pytest.raises(ProductUnknown):
        prices.remove_product(key="press")


def test_a_rate_is_set_once() -> None:
    rates = of(ExchangeRates)
    assert isinstance(rates, ExchangeRates)
    rates.define(rates={"usd": Decimal("7.10")})
    rates.set_rate(currency="USD", rate=Decimal("7.1"))
    assert recorded(rates) == [ExchangeRates.RateSet(currency="USD", rate=Decimal("7.1"))]


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "sNaN"])
def test_a_rate_is_a_positive_number(rate: str) -> None:
    rates = of(ExchangeRates)
    assert isinstance(rates, ExchangeRates)
    with pytest.raises(RateNotPositive):
        rates.set_rate(currency="USD", rate=Decimal(rate))


def test_a_changed_target_keeps_the_old_value() -> None:
    targets = of(SalesTarget)
    assert isinstance(targets, SalesTarget)
    for amount in (100, 100, 200):
        targets.define(targets=(Target(TargetScope.TERRITORY, "north", "2025-Q3", eur(amount)),))
    stated = {"scope": TargetScope.TERRITORY, "key": "north", "period": "2025-Q3"}
    assert recorded(targets) == [
        SalesTarget.TargetSet(**stated, amount=eur(100), previous=None),  # type: ignore[arg-type]
        SalesTarget.TargetSet(**stated, amount=eur(200), previous=eur(100)),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"period": "2025"}, NotAQuarter),
        ({"key": " "}, TargetKeyBlank),
        ({"amount": eur(-1)}, TargetNegative),
    ],
)
def test_a_target_is_refused(fields: dict[str, object], refusal: type[Refused]) -> None:
    stated = {"scope": TargetScope.OWNER, "key": "anna", "period": "2025-Q3", "amount": eur(1), **fields}
    targets = of(SalesTarget)
    assert isinstance(targets, SalesTarget)
    with pytest.raises(refusal):
        targets.set_target(**stated)  # type: ignore[arg-type]


# Service

SCHEMA_1 = (
    *("edition", "visit_cadence_days", "contact_half_life_days", "review_period_months", "health_weights"),
    *("red_up_to", "yellow_up_to"),
)
OF_SCHEMA_3 = ("response_hours", "resolution_hours", "round_the_clock")


def test_an_undefined_service_policy_holds_what_kams_ships() -> None:
    policy = default_service_policy()
    assert (policy.edition, policy.red_up_to, policy.yellow_up_to) == (0, 50, 75)
    assert set(policy.visit_cadence_days) == set(policy.contact_half_life_days) == set(ServiceLevel)
    closer = [policy.visit_cadence_days[level] for level in ServiceLevel]
    assert closer == sorted(closer, reverse=True)


def test_a_service_policy_is_defined_once_and_anew_as_another_edition() -> None:
    policy = default_service_policy()
    policy.define()
    policy.define()
    policy.define(review_period_months=12)
    assert [event.edition for event in recorded(policy)] == [1, 2]  # type: ignore[attr-defined]
    assert policy.review_period_months == 12


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"visit_cadence_days": {ServiceLevel.NONE: 30}}, RelationshipMissing),
        ({"contact_half_life_days": dict.fromkeys(ServiceLevel, 0)}, DaysNotPositive),
        ({"review_period_months": 0}, DaysNotPositive),
        ({"health_weights": {"mood": Decimal(1)}}, WeightUnknown),
        ({"health_weights": dict.fromkeys(HEALTH_WEIGHTS, Decimal(0))}, WeightsNotPositive),
        ({"health_weights": {"coverage": Decimal(2), "contact": Decimal(-1)}}, WeightsNotPositive),
        ({"health_weights": {"coverage": Decimal("NaN")}}, WeightsNotPositive),
        ({"opinion_half_life_days": 0}, DaysNotPositive),
        ({"effect_half_life_days": 0}, DaysNotPositive),
        ({"thread_half_life_days": 0}, DaysNotPositive),
        ({"seat_share": Decimal("1.01")}, ShareOutOfRange),
        ({"seat_share": Decimal("NaN")}, ShareOutOfRange),
        ({"effect_points": {Effect.ACTIVITY: Decimal(-1)}}, PointsNegative),
        ({"effect_points": {Effect.ACTIVITY: Decimal("Infinity")}}, PointsNegative),
        ({"red_up_to": 75}, BordersOutOfOrder),
        ({"red_up_to": -1}, BordersOutOfOrder),
        ({"yellow_up_to": 101}, BordersOutOfOrder),
    ],
)
def test_a_service_policy_is_refused(fields: dict[str, object], refusal: type[Refused]) -> None:
    policy = default_service_policy()
    with pytest.raises(refusal):
        policy.define(**fields)  # type: ignore[arg-type]
    assert recorded(policy) == []


def test_a_definition_of_the_first_schema_weighs_no_exposure_and_has_what_was_fixed_then() -> None:
    mapper, policy = JournalMapper(), default_service_policy()
    before = {name: weight for name, weight in HEALTH_WEIGHTS.items() if name != "exposure"}
    policy.define(health_weights=before)
    (fact,) = policy.collect_events()
    stored = mapper.to_stored_event(fact)
    version, head, fields, *rest = msgspec.msgpack.decode(stored.state)
    old = {name: value for name, value in fields.items() if name in SCHEMA_1}
    state = msgspec.msgpack.encode([1, head, old, *rest])
    assert (version, len(old)) == (3, len(SCHEMA_1))
    assert mapper.to_domain_event(dataclasses.replace(stored, state=state)).event == fact.event


def test_a_definition_of_the_second_schema_has_the_hours_for_issues_that_kams_ships():
    mapper, policy = JournalMapper(), default_service_policy()
    policy.define(seat_share=Decimal("0.5"), response_hours=RESPONSE_HOURS, resolution_hours=RESOLUTION_HOURS)
    (fact,) = policy.collect_events()
    stored = mapper.to_stored_event(fact)
    _, head, fields, *rest = msgspec.msgpack.decode(stored.state)
    old = {name: value for name, value in fields.items() if name not in OF_SCHEMA_3}
    state = msgspec.msgpack.encode([2, head, old, *rest])
    assert len(old) == len(fields) - 3
    assert mapper.to_domain_event(dataclasses.replace(stored, state=state)).event == fact.event


@pytest.mark.parametrize(
    ("response", "resolution", "clock", "refusal"),
    [
        ({ServiceLevel.NONE: (1, 2, 3, 4)}, RESOLUTION_HOURS, (), RelationshipMissing),
        (RESPONSE_HOURS, {ServiceLevel.NONE: (1, 2, 3, 4)}, (), RelationshipMissing),
        (RESPONSE_HOURS | {ServiceLevel.PARTNER: (1, 2, 3)}, RESOLUTION_HOURS, (), SeverityMissing),
        (RESPONSE_HOURS | {ServiceLevel.PARTNER: ()}, RESOLUTION_HOURS, (), SeverityMissing),
        (RESPONSE_HOURS, RESOLUTION_HOURS | {ServiceLevel.PARTNER: (9, 9, 9, 9, 9)}, (), SeverityMissing),
        (RESPONSE_HOURS | {ServiceLevel.PARTNER: (0, 4, 9, 18)}, RESOLUTION_HOURS, (), HoursOutOfRange),
        (RESPONSE_HOURS, RESOLUTION_HOURS | {ServiceLevel.PARTNER: (18, 27, 45, 8785)}, (), HoursOutOfRange),
        (RESPONSE_HOURS | {ServiceLevel.PARTNER: (19, 4, 9, 18)}, RESOLUTION_HOURS, (), ResolutionBeforeResponse),
        (RESPONSE_HOURS, RESOLUTION_HOURS, (1, 5), ClockForUnknownSeverity),
        (RESPONSE_HOURS, RESOLUTION_HOURS, (0,), ClockForUnknownSeverity),
    ],
)
def test_hours_for_issues_that_make_no_sense_are_refused(response, resolution, clock, refusal):
    policy = default_service_policy()
    with pytest.raises(refusal):
        policy.define(response_hours=response, resolution_hours=resolution, round_the_clock=clock)
    assert recorded(policy) == []


def test_hours_as_long_for_the_resolution_as_for_the_response_are_accepted_and_shown_in_one_line_each():
    policy = default_service_policy()
    policy.define(response_hours=RESPONSE_HOURS | {ServiceLevel.PARTNER: (18, 4, 9, 18)}, round_the_clock=(2, 1, 2))
    shown = policy.to_document()
    assert shown["response_hours"]["partner"] == (18, 4, 9, 18)
    assert shown["resolution_hours"]["strategic"] == (9, 18, 45, 90)
    assert shown["round_the_clock"] == (1, 2)


# Documents


def filled() -> list[Policy]:
    company, prices, rates, targets = of(Company), of(PriceList), of(ExchangeRates), of(SalesTarget)
    company.define(**DEFINED, holidays=(Holiday(FESTIVAL, "春节"),))
    prices.define(products=(Product("press", "Press", eur(100)),))
    rates.define(rates={"USD": Decimal("7.1")})
    targets.define(targets=(Target(TargetScope.OWNER, "anna", "2025-Q3", eur(1)),))
    service = default_service_policy()
    service.define()
    return [company, prices, rates, targets, territories(), service]


@pytest.mark.parametrize("policy", filled(), ids=lambda policy: type(policy).__name__)
def test_a_policy_shown_can_be_set_again_and_is_the_same(policy: Policy) -> None:
    document = policy.to_document()
    policy.collect_events()
    policy.define_from(document)
    assert recorded(policy) == []
    other = of(type(policy))
    other.define_from(document)
    assert other.to_document() == document
    assert contents(after_snapshot(policy)) == contents(policy)


def test_a_document_leaves_out_what_is_absent() -> None:
    company = of(Company)
    company.define_from({"name": "Qilin", "currency": "CNY"})
    assert "gift_limit" not in company.to_document()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"name": "Qilin"}, "currency"),
        ({"name": "Qilin", "currency": "CNY", "colour": "red"}, "colour"),
        ({"name": "Qilin", "currency": "CNY", "holidays": [{"day": "tomorrow"}]}, "holidays[0].day"),
    ],
)
def test_a_wrong_document_names_the_field(document: dict[str, object], field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        of(Company).define_from(document)
    assert field in str(refusal.value)


@pytest.mark.parametrize("policy", filled(), ids=lambda policy: type(policy).__name__)
def test_what_a_policy_records_is_read_from_the_journal_as_it_was(policy: Policy) -> None:
    facts = policy.collect_events()
    mapper = JournalMapper()
    assert facts
    assert [mapper.to_domain_event(mapper.to_stored_event(fact)) for fact in facts] == facts


def test_a_policy_of_which_there_is_one_is_always_there():
    assert Company(id=policy_id("Company")).is_there()
