"""Targets and attainment: what was won against them by quarter, how it goes, and what they were before they changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.purchases import Purchases
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.territories import Territories
from domain.visibility import Visibility
from projections.attainment import Attainment
from projections.deals import Filters
from projections.forecast import RateMissing, forecast
from projections.funnel import By
from projections.targets import TargetsAnswer, YearsOutOfOrder, targets
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import COMPANY, TREE, defined

ACME, DATONG, MEI, BOB = (some_id(name) for name in ("acme", "datong", "mei", "bob"))
TARGETS = policy_id("SalesTarget")
Q1, Q2 = "2025-Q1", "2025-Q2"
SET, LATER = day(1), day(200)


def target(scope: TargetScope, key: object, amount: Money, period: str = Q1, on: datetime = SET) -> Told:
    event = SalesTarget.TargetSet(scope=scope, key=str(key), period=period, amount=amount, previous=None)
    return TARGETS, event, on


def won(name: str, owner: UUID, amount: Money, on: datetime, account: UUID = ACME, **more: Any) -> list[Told]:
    opened = Opportunity.Opened(account=account, title=name, process="plain", process_edition=0, owner=owner,
                                stage="prospecting", amount=amount, close_on=date(2025, 2, 1), **more)  # fmt: skip
    return [(some_id(name), opened, day(1)), (some_id(name), Opportunity.Won(signed=amount), on)]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    """North with east in it; Mei of east, Bob of north. Mei won 50 and 30 of 100 in the first quarter, 20 later."""
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)))
    office.tell(*((TREE, Territories.TerritorySet(key=k, name=k.title(), parent=p), day(0))
                  for k, p in (("north", ""), ("east", "north"))))  # fmt: skip
    for member, territory in ((MEI, "east"), (BOB, "north")):
        office.tell((member, Member.Invited(name=sealed(territory), external_id=territory[0]), day(0)))
        office.tell((member, Member.TerritoryAssigned(territory=territory), day(0)))
    for account, manager in ((ACME, MEI), (DATONG, BOB)):
        office.tell((account, Account.Registered(name=f"A {manager}"), day(0)))
        office.tell((account, Account.ManagerAssigned(manager=manager, previous=None), day(0)))
    office.tell(target(TargetScope.OWNER, MEI, eur(100)), target(TargetScope.TERRITORY, "east", eur(80)))
    office.tell(*won("a", MEI, eur(50), day(20)), *won("b", MEI, eur(30), day(40)))
    office.tell(*won("c", MEI, eur(20), day(100)), *won("d", BOB, eur(7), day(30), DATONG))
    return office


def asked(office: Office, by: TargetScope = TargetScope.OWNER, on: datetime = LATER, **more: Any) -> TargetsAnswer:
    clocks = {name: more.pop(name) for name in ("known_at", "visibility") if name in more}
    with office.view(on, **clocks) as view:
        return targets(view, by, (2025, 2025), **more)


def quarter(answer: TargetsAnswer, key: object, period: str = Q1) -> Attainment:
    (line,) = [line for line in answer.lines if line.key == str(key)]
    (found,) = [each for each in (*line.quarters, *line.years) if each.period == period]
    return found


def figures(one: Attainment) -> tuple[str, ...]:
    return tuple(str(getattr(one, name)) for name in ("target", "won", "attainment", "gap", "expected", "ahead"))


def test_a_target_is_held_against_what_its_owner_won_in_the_quarter(office: Office) -> None:
    answer = asked(office)
    assert figures(quarter(answer, MEI)) == ("100.00", "80.00", "0.8000", "20.00", "100.00", "-20.00")
    assert figures(quarter(answer, MEI, Q2)) == ("None", "20.00", "None", "None", "None", "None")
    assert figures(quarter(answer, MEI, "2025")) == ("100.00", "100.00", "0.8000", "20.00", "100.00", "-20.00")
    facts = office.journal.facts
    signed = {facts[at - 1].event.signed.amount for at in quarter(answer, MEI).positions}
    assert signed == {Decimal(50), Decimal(30)}


def test_a_quarter_that_runs_expects_of_its_target_what_its_working_days_say(office: Office) -> None:
    on = datetime(2025, 1, 31, 9, tzinfo=day(0).tzinfo)
    one = quarter(asked(office, on=on), MEI)
    assert (one.won, one.expected, one.ahead) == (Decimal("50.00"), Decimal("35.94"), Decimal("14.06"))
    days = 23, 64  # Monday to Friday: January, and January to March
    assert one.expected == round(Decimal(100) * days[0] / days[1], 2)


def test_a_quarter_to_come_expects_nothing_yet(office: Office) -> None:
    office.tell(target(TargetScope.OWNER, MEI, eur(60), "2025-Q4"))
    assert figures(quarter(asked(office, on=day(50)), MEI, "2025-Q4")) == (
        "60.00", "0.00", "0.0000", "60.00", "0.00", "0.00",
    )  # fmt: skip


def test_a_change_keeps_what_the_target_was_and_late_facts_are_known_later(office: Office) -> None:
    before = len(office.journal.facts)
    office.tell(target(TargetScope.OWNER, MEI, eur(120), on=day(60)))
    one = quarter(asked(office), MEI)
    assert (one.target, one.gap) == (Decimal("120.00"), Decimal("40.00"))
    assert [(each.amount, each.set_at) for each in one.before] == [(Decimal(100), day(1))]
    assert [(each.amount, each.position) for each in one.stated] == [(Decimal(120), before + 1)]
    assert quarter(asked(office, on=day(59)), MEI).target == Decimal("100.00")
    assert quarter(asked(office, known_at=before), MEI).target == Decimal("100.00")
    late = won("late", MEI, eur(5), day(35))
    office.tell(*late)
    assert quarter(asked(office), MEI).won == Decimal("85.00")
    assert quarter(asked(office, known_at=before + 1), MEI).won == Decimal("80.00")


def test_a_territory_has_all_that_lies_below_it(office: Office) -> None:
    answer = asked(office, TargetScope.TERRITORY)
    assert [(line.key, line.name, line.above) for line in answer.lines] == [
        ("north", "North", ""),
        ("east", "East", "north"),
    ]
    assert figures(quarter(answer, "east"))[:4] == ("80.00", "80.00", "1.0000", "0.00")
    assert figures(quarter(answer, "north"))[:4] == ("80.00", "87.00", "1.0875", "0.00")
    office.tell(target(TargetScope.TERRITORY, "north", eur(200)))
    assert quarter(asked(office, TargetScope.TERRITORY), "north").target == Decimal("200.00")


def test_the_whole_is_the_companys_and_agrees_with_the_lines(office: Office) -> None:
    answer = asked(office)
    whole = answer.whole.quarters[0]
    assert (whole.target, whole.won) == (Decimal("80.00"), Decimal("87.00"))
    assert whole.won == sum(line.quarters[0].won for line in answer.lines)


def test_an_account_has_its_purchases_beside_what_was_won(office: Office) -> None:
    recorded = Purchases.PurchaseRecorded(document_no="R-1", product_line="pump", revenue=eur(40))
    office.tell((ACME, recorded, day(10)), target(TargetScope.ACCOUNT, ACME, eur(50)))
    one = quarter(answer := asked(office, TargetScope.ACCOUNT), ACME)
    assert (one.target, one.won, one.purchases) == (Decimal("50.00"), Decimal("80.00"), Decimal("40.00"))
    assert [type(office.journal.facts[at - 1].event) for at in one.purchase_positions] == [Purchases.PurchaseRecorded]
    assert quarter(answer, DATONG).purchases == Decimal("0.00")
    assert answer.whole.quarters[0].purchases == Decimal("40.00")
    assert quarter(asked(office), MEI).purchases is None


def test_amounts_of_other_currencies_stand_by_their_rates(office: Office) -> None:
    office.tell((policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.9")), day(0)))
    office.tell((policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), day(90)))
    dollars = Money.of(Decimal(100), "USD")
    office.tell(target(TargetScope.OWNER, BOB, dollars), *won("e", BOB, dollars, day(50), DATONG))
    one = quarter(asked(office), BOB)
    assert (one.target, one.won) == (Decimal("50.00"), Decimal("97.00"))  # the target by today's rate, as forecasts do
    assert [(each.amount, each.currency) for each in one.stated] == [(Decimal(100), "USD")]


def test_a_missing_rate_is_named(office: Office) -> None:
    office.tell(*won("f", BOB, Money.of(Decimal(9), "JPY"), day(50), DATONG))
    answer = asked(office)
    assert (answer.missing_rates, quarter(answer, BOB).won) == ({"JPY": 1}, Decimal("7.00"))
    office.tell(target(TargetScope.OWNER, BOB, Money.of(Decimal(9), "JPY")))
    with pytest.raises(RateMissing, match="JPY"):
        asked(office)


def test_who_sees_one_account_sees_its_deals_and_his_own_target(office: Office) -> None:
    office.tell(target(TargetScope.OWNER, BOB, eur(10)))
    mine = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    answer = asked(office, visibility=mine)
    assert [line.key for line in answer.lines] == [str(MEI)]
    assert answer.whole.quarters[0].target == Decimal("100.00")
    assert answer.whole.quarters[0].won == Decimal("80.00")


@pytest.mark.parametrize(("directed", "aimed"), [(("north", "east"), "80.00"), (("east",), "80.00"), (("west",), None)])
def test_the_target_of_a_director_is_that_of_the_territories_at_the_top_of_his(
    office: Office, directed: tuple[str, ...], aimed: str | None
) -> None:
    office.tell(target(TargetScope.OWNER, BOB, eur(10)))
    his = Visibility(member=some_id("zoe"), territories=frozenset(directed), scope="his")
    answer = asked(office, TargetScope.TERRITORY, visibility=his)
    assert answer.whole.quarters[0].target == (Decimal(aimed) if aimed else None)


def test_only_those_asked_for_are_shown(office: Office) -> None:
    assert [line.key for line in asked(office, only=[str(BOB)]).lines] == [str(BOB)]


@pytest.mark.parametrize("years", [(2026, 2025), (2020, 2030), (12, 13), (2998, 3000)])
def test_years_out_of_order_are_refused(office: Office, years: tuple[int, int]) -> None:
    with office.view(day(9)) as view, pytest.raises(YearsOutOfOrder):
        targets(view, TargetScope.OWNER, years)


def test_without_stated_years_the_last_this_and_the_next_are_shown(office: Office) -> None:
    with office.view(day(200)) as view:
        answer = targets(view)
    assert (answer.first_year, answer.last_year) == (2024, 2026)
    assert [each.period for each in answer.whole.years] == ["2024", "2025", "2026"]


def test_what_was_won_is_what_the_forecast_calls_closed(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 37, Business(facts=500, deals=30))
    compared = Decimal(0)
    newest = max(fact.occurred_at for fact in questions.facts), len(questions.facts)
    for n, by in enumerate([*TargetScope, *TargetScope]):
        as_of, known_at = newest if n < len(TargetScope) else questions.clocks()
        with office.view(as_of, known_at) as view:
            answer = targets(view, by, (2026, 2027))
            for n in range(6):
                key = answer.whole.quarters[n].period
                foretold = forecast(view, key, by=By(by.value))
                groups = {group.key: group for group in foretold.groups or ()}
                assert answer.whole.quarters[n].won == foretold.closed
                assert answer.whole.quarters[n].target == foretold.target
                for line in answer.lines:
                    one, group = line.quarters[n], groups.get(line.key)
                    assert (one.target, one.gap) == ((group.target, group.gap) if group else (None, None))
                    if by is TargetScope.TERRITORY and line.key in view.policies.territories.territories:
                        assert one.won == forecast(view, key, Filters(territory=line.key)).closed
                    else:
                        assert one.won == (group.closed if group else 0)
                    compared += one.won
            for n, year in enumerate(answer.whole.years):
                assert year.won == forecast(view, year.period).closed, n
    assert compared
