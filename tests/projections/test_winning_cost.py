"""The cost of winning as of two clocks: against the limit, against what was won, in several currencies."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.aggregate import Event
from domain.errors import NotFound
from domain.money import Money
from domain.opportunity.concessions import Concessions
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.pursuit import Decision, Pursuit
from domain.opportunity.samples import Samples
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.deals import Filters
from projections.winning_cost import CostAnswer, CostBy, OpportunityCost, Share, cost_of_winning
from tests.domain.given import day, eur, sealed, some_id
from tests.domain.test_opportunity import ANNA
from tests.domain.test_opportunity_giving import PUMP, lent
from tests.domain.test_opportunity_pursuit import GO, NO_GO, spent
from tests.projections.asking import Office, Questions
from tests.projections.conftest import EngineOf, Journal

ACME, BETA, MEI, ZOE = (some_id(name) for name in ("acme", "beta", "mei", "zoe"))
WON, LOST, OPEN, EASY = (some_id(name) for name in ("won deal", "lost deal", "open deal", "easy deal"))
RATES = policy_id("ExchangeRates")


def opened(account: UUID = ACME, owner: UUID = MEI, *products: str) -> Opportunity.Opened:
    return Opportunity.Opened(
        account=account,
        title="Line",
        process="four-funnel",
        process_edition=0,
        stage="potential",
        amount=eur(10_000),
        owner=owner,
        products=products,
    )


def usd(amount: int) -> Money:
    return Money.of(amount, "USD")


CONCEDED = Concessions.ConcessionMade(asked=sealed("more"), given=sealed("some"), worth=eur(150))
RETURNED = Concessions.ConcessionMade(
    asked=sealed("more"), given=sealed("some"), received=sealed("time"), worth=usd(100)
)
STORY: list[tuple[UUID, Event, datetime]] = [
    (RATES, ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), day(1)),
    (ACME, Account.Registered(name="Acme"), day(1)),
    (BETA, Account.Registered(name="Beta"), day(1)),
    (WON, opened(ACME, MEI, "pump"), day(2)),
    (LOST, opened(BETA, MEI, "valve"), day(2)),
    (OPEN, opened(BETA, ZOE), day(2)),
    (EASY, opened(ACME, ZOE, "pump"), day(2)),
    (WON, GO, day(3)),  # 5,000 EUR and 10 days
    (WON, spent(kind="sales", person_days=Decimal(4), cost=eur(2_400)), day(4)),
    (WON, spent(kind="engineer", person_days=Decimal(3), cost=usd(2_000), stage="ours"), day(5)),
    (RATES, ExchangeRates.RateSet(currency="USD", rate=Decimal("0.6")), day(6)),
    (WON, spent(kind="engineer", person_days=Decimal(5), cost=usd(3_000), stage="ours"), day(7)),
    (WON, CONCEDED, day(8)),
    (WON, RETURNED, day(8)),
    (WON, lent(), day(8)),  # due back on 3 February, day 33
    (LOST, spent(kind="sales", person_days=Decimal(2), cost=eur(1_200)), day(9)),
    (OPEN, NO_GO, day(9)),
    (WON, Opportunity.Won(signed=eur(20_000)), day(40)),
    (LOST, Opportunity.Lost(), day(41)),
    (EASY, Opportunity.Won(signed=eur(5_000)), day(41)),
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def asked(office: Office, at: int, known_at: int | None = None, **which: Any) -> CostAnswer:
    visibility = which.pop("visibility", None)
    with office.view(day(at, 23), known_at, visibility) as view:
        return cost_of_winning(view, **which)


def line(answer: CostAnswer, opportunity: UUID) -> OpportunityCost:
    return next(each for each in answer.opportunities if each.opportunity == opportunity)


def test_what_an_opportunity_took_is_converted_at_the_rate_of_each_day(office: Office) -> None:
    assert line(asked(office, 50), WON) == OpportunityCost(
        opportunity=WON,
        account=ACME,
        owner=MEI,
        process="four-funnel",
        stage="potential",
        outcome="won",
        decision="go",
        cost_allowed=Decimal("5000.00"),
        days_allowed=Decimal(10),
        person_days=Decimal(12),
        cost=Decimal("5200.00"),  # 2,400 + 2,000 × 0.5 + 3,000 × 0.6
        by_kind=[
            Share("sales", Decimal(4), Decimal("2400.00")),
            Share("engineer", Decimal(8), Decimal("2800.00")),
        ],
        by_stage=[
            Share("potential", Decimal(4), Decimal("2400.00")),
            Share("ours", Decimal(8), Decimal("2800.00")),
        ],
        exceeded=["cost", "person_days"],
        samples_out=1,
        samples_overdue=1,
        concessions=2,
        for_nothing=1,
        conceded=Decimal("210.00"),
        won_amount=Decimal("20000.00"),
        cost_per_won=Decimal("0.2600"),
        positions=[8, 9, 10, 12, 13, 14, 15, 18],
    )


def test_the_total_counts_what_was_lost_and_what_was_won_without_effort(office: Office) -> None:
    answer = asked(office, 50)
    assert [each.opportunity for each in answer.opportunities] == [WON, LOST, OPEN]
    total = answer.total
    assert (total.opportunities, total.won, total.person_days) == (4, 2, Decimal(14))
    assert (total.cost, total.cost_of_won, total.cost_of_lost, total.cost_of_open) == (
        Decimal("6400.00"),
        Decimal("5200.00"),
        Decimal("1200.00"),
        Decimal("0.00"),
    )
    assert (total.won_amount, total.cost_per_won) == (Decimal("25000.00"), Decimal("0.2560"))
    assert (total.conceded, total.samples_out, answer.missing_rates) == (Decimal("210.00"), 1, {})
    assert total.positions == [8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 20]


def test_in_the_middle_of_the_story_less_was_spent_and_nothing_was_won(office: Office) -> None:
    answer = asked(office, 5)
    it = line(answer, WON)
    assert (it.outcome, it.cost, it.person_days, it.exceeded) == ("", Decimal("3400.00"), Decimal(7), [])
    assert (it.won_amount, it.cost_per_won, it.samples_out) == (None, None, 0)
    assert (answer.total.cost_of_open, answer.total.cost_per_won) == (Decimal("3400.00"), None)
    assert line(asked(office, 33), WON).samples_overdue == 0
    assert line(asked(office, 34), WON).samples_overdue == 1


def test_what_was_recorded_late_is_not_known_before(office: Office) -> None:
    before = len(office.journal.facts)
    office.tell((WON, spent(person_days=Decimal(1), cost=eur(600)), day(4)))
    assert line(asked(office, 5), WON).cost == Decimal("4000.00")
    assert line(asked(office, 5, before), WON).cost == Decimal("3400.00")


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (CostBy.OUTCOME, {"lost": "1200.00", "open": "0.00", "won": "5200.00"}),
        (CostBy.OWNER, {str(MEI): "6400.00", str(ZOE): "0.00"}),
        (CostBy.ACCOUNT, {str(ACME): "5200.00", str(BETA): "1200.00"}),
        (CostBy.PRODUCT, {"": "0.00", "pump": "5200.00", "valve": "1200.00"}),
        (CostBy.PERIOD, {"": "0.00", "2025-Q1": "6400.00"}),
    ],
)
def test_costs_are_grouped(office: Office, by: CostBy, groups: dict[str, str]) -> None:
    answer = asked(office, 50, by=by)
    assert isinstance(answer.groups, list)
    assert {group.key: str(group.cost) for group in answer.groups} == groups
    assert sum(group.won_amount for group in answer.groups) == answer.total.won_amount
    if by is CostBy.ACCOUNT:
        assert {group.name for group in answer.groups} == {"Acme", "Beta"}


def test_a_filter_takes_its_deals_and_one_is_asked_for_alone(office: Office) -> None:
    assert [each.opportunity for each in asked(office, 50, filters=Filters(account=BETA)).opportunities] == [LOST, OPEN]
    alone = asked(office, 50, opportunity=EASY)
    assert (alone.opportunities[0].cost, alone.total.won_amount) == (Decimal("0.00"), Decimal("5000.00"))
    with pytest.raises(NotFound):
        asked(office, 50, opportunity=some_id("no deal"))


def test_who_sees_no_account_sees_no_cost(office: Office) -> None:
    blind = Visibility(member=None, scope="own accounts")
    answer = asked(office, 50, visibility=blind)
    assert (answer.opportunities, answer.total.cost, answer.total.opportunities) == ([], Decimal("0.00"), 0)


def test_a_currency_without_a_rate_is_named_and_in_no_sum(office: Office) -> None:
    office.tell((OPEN, spent(cost=Money.of(900, "CNY")), day(10)))
    answer = asked(office, 50)
    assert (line(answer, OPEN).cost, answer.missing_rates) == (Decimal("0.00"), {"CNY": 1})


def test_a_limit_is_compared_in_its_own_currency_whatever_the_rates_do(office: Office) -> None:
    limit = Pursuit.PursuitDecided(decision=Decision.GO, by=ANNA, why="now", cost_allowed=usd(1_000))
    office.tell((EASY, limit, day(5)), (EASY, spent(cost=usd(1_000)), day(10)))
    assert line(asked(office, 50), EASY).exceeded == []  # 500 EUR allowed, 600 EUR spent: the rate moved
    office.tell((EASY, spent(cost=usd(1)), day(11)))
    assert line(asked(office, 50), EASY).exceeded == ["cost"]


def test_a_sample_that_came_back_is_not_out(office: Office) -> None:
    office.tell((WON, Samples.SampleReturned(sample_id=PUMP), day(45)))
    assert (line(asked(office, 50), WON).samples_out, line(asked(office, 44), WON).samples_out) == (0, 1)


def test_in_random_histories_opportunities_and_groups_add_up_to_the_total(
    journal: Journal, engine_of: EngineOf
) -> None:
    blank = Office(journal, engine_of)
    questions, asked_with_cost = Questions(blank, seed=4), 0
    for by in [*CostBy] * 3:
        as_of, known_at = questions.clocks()
        with blank.view(as_of, known_at) as view:
            answer = cost_of_winning(view, questions.filters(), by=by)
        assert isinstance(answer.groups, list)
        for field in ("cost", "person_days", "conceded", "won_amount", "samples_out"):
            total = getattr(answer.total, field)
            assert sum(getattr(group, field) for group in answer.groups) == total, (by, field)
            if field != "won_amount":
                assert sum(getattr(each, field) for each in answer.opportunities) == total, (by, field)
        spent_on = sum(part.cost for one in answer.opportunities for part in one.by_kind)
        assert spent_on == answer.total.cost == sum(part.cost for one in answer.opportunities for part in one.by_stage)
        asked_with_cost += answer.total.cost > 0
    assert asked_with_cost > 3
