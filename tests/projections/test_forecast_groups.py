"""What a forecast lists under a filter, and what the gap of a territory is reckoned from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.territories import Territories
from projections.deals import Filters
from projections.explained_forecast import ForecastCell, explain_forecast
from projections.forecast import ForecastAnswer, forecast
from projections.funnel import By
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import COMPANY, TREE, defined

ACME, MEI, ZOE, BOB = (some_id(name) for name in ("acme", "mei", "zoe", "bob"))
SEATS = {MEI: "east", ZOE: "east", BOB: "south"}
FIGURES = ("closed", "pipeline", "target", "gap", "coverage")


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    """World, in it north (in it east and west) and south; Mei and Zoe of east, Bob of south; only Zoe has no deal."""
    office = Office(journal, engine_of)
    tree = (("world", ""), ("north", "world"), ("east", "north"), ("west", "north"), ("south", "world"))
    office.tell((COMPANY, defined(), day(0)))
    office.tell(*((TREE, Territories.TerritorySet(key=k, name=k, parent=p), day(0)) for k, p in tree))
    for member, territory in SEATS.items():
        office.tell((member, Member.Invited(name=sealed(territory)), day(0)))
        office.tell((member, Member.TerritoryAssigned(territory=territory), day(0)))
    for key, amount in (("east", 200), ("west", 50), ("south", 90)):
        office.tell(target(TargetScope.TERRITORY, key, amount))
    for member in SEATS:
        office.tell(target(TargetScope.OWNER, str(member), 100))
    office.tell(opened("a", MEI, 60), (some_id("a"), Opportunity.Won(signed=eur(50)), day(3)))
    office.tell(opened("b", MEI, 300), opened("c", BOB, 45))
    return office


def target(scope: TargetScope, key: str, amount: int) -> Told:
    event = SalesTarget.TargetSet(scope=scope, key=key, period="2025-Q1", amount=eur(amount), previous=None)
    return policy_id("SalesTarget"), event, day(1)


def opened(name: str, owner: Any, amount: int, **stated: Any) -> Told:
    said = {"stage": "prospecting", "amount": eur(amount), "close_on": date(2025, 2, 1), **stated}
    event = Opportunity.Opened(account=ACME, title=name, process="plain", process_edition=0, owner=owner, **said)
    return some_id(name), event, day(1)


def asked(office: Office, by: By | None = None, **filters: Any) -> ForecastAnswer:
    with office.view(day(9)) as view:
        return forecast(view, "2025-Q1", Filters(**filters), by=by)


def groups(office: Office, by: By, **filters: Any) -> dict[str, tuple[str, ...]]:
    return {
        group.key: tuple(str(getattr(group, name)) for name in FIGURES)
        for group in asked(office, by, **filters).groups or ()
    }


def test_gap_and_coverage_of_a_territory_are_of_all_that_lies_below_and_its_amounts_its_own(office: Office) -> None:
    assert groups(office, By.TERRITORY) == {
        "east": ("50.00", "300.00", "200.00", "150.00", "2.00"),
        "north": ("0.00", "0.00", "250.00", "200.00", "1.50"),
        "south": ("0.00", "45.00", "90.00", "90.00", "0.50"),
        "west": ("0.00", "0.00", "50.00", "50.00", "0.00"),
        "world": ("0.00", "0.00", "340.00", "290.00", "1.19"),
    }
    whole = asked(office)
    assert (whole.closed, whole.gap, whole.coverage) == (Decimal("50.00"), Decimal("290.00"), Decimal("1.19"))


def test_gap_and_coverage_of_a_territory_are_explained_by_what_lies_below(office: Office) -> None:
    with office.view(day(9)) as view:
        found = {
            name: explain_forecast(view, ForecastCell(cell=name, period="2025-Q1", by=By.TERRITORY, group="north"))
            for name in ("gap", "coverage", "closed")
        }
    assert [each.value for each in found.values()] == [Decimal("200.00"), Decimal("1.50"), Decimal("0.00")]
    assert [len(each.shares) for each in found.values()] == [1, 1, 0]


def test_under_a_territory_only_it_and_what_lies_below_are_listed(office: Office) -> None:
    whole = groups(office, By.TERRITORY)
    within = groups(office, By.TERRITORY, territory="north")
    assert within == {key: whole[key] for key in ("east", "north", "west")}
    assert groups(office, By.TERRITORY, territory="west") == {"west": whole["west"]}


def test_under_a_territory_its_owners_are_listed_and_no_others(office: Office) -> None:
    whole = groups(office, By.OWNER)
    assert set(whole) == {str(member) for member in SEATS}
    assert groups(office, By.OWNER, territory="north") == {str(key): whole[str(key)] for key in (MEI, ZOE)}
    assert groups(office, By.OWNER, territory="west") == {}
    assert set(groups(office, By.OWNER, owner=ZOE)) == {str(ZOE)}
    assert set(groups(office, By.TERRITORY, owner=BOB)) == {"south"}
    assert groups(office, By.OWNER, product="pump") == {}


def test_open_deals_at_a_stage_that_is_no_more_are_counted_and_weigh_nothing(office: Office) -> None:
    assert asked(office).unknown_stages == {}
    before = asked(office).weighted
    office.tell(opened("d", MEI, 70, stage="demo"), opened("e", BOB, 30, stage="demo"))
    office.tell(opened("f", BOB, 10, stage="trial"), opened("g", BOB, 10, stage="demo", close_on=None))
    answer = asked(office)
    assert (answer.unknown_stages, answer.weighted) == ({"demo": 2, "trial": 1}, before)
    assert answer.pipeline == Decimal("455.00")
    assert asked(office, owner=BOB).unknown_stages == {"demo": 1, "trial": 1}
