"""Every figure of the cost of winning is the sum of what its events contributed, over random histories."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest

from domain.errors import NotFound
from domain.money import Money
from domain.opportunity.samples import Samples
from projections.deals import Filters
from projections.explained import NotExplained
from projections.explained_cost import CELLS, COSTS, CostCell, explain_cost
from projections.explained_deals import Page
from projections.view import View
from projections.winning_cost import CostAnswer, CostBy, cost_of_winning
from tests.domain.given import day, some_id
from tests.domain.test_opportunity_giving import PUMP
from tests.domain.test_opportunity_pursuit import spent
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_dealwork import of_dealwork
from tests.projections.test_explained_funnel import WHOLE, adds_up, some_of
from tests.projections.test_winning_cost import BETA, EASY, LOST, OPEN, STORY, WON

OF_GROUPS = (*COSTS, "person_days", "conceded", "samples_out", "won_amount")
OF_ONE = [cell for cell in CELLS if not cell.startswith("cost_of")]


def work(chance: random.Random) -> list[Told]:
    """Four deals and much work on them, part of it recorded late, in currencies of which some have no rate."""
    deals = [WON, LOST, OPEN, EASY]
    return [*STORY, *((chance.choice(deals), of_dealwork(chance), day(chance.randint(3, 60))) for _ in range(200))]


@pytest.mark.parametrize("seed", [1, 2])
def test_contributions_add_up_to_every_figure_of_the_cost(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    office, chance = Office(journal, engine_of), random.Random(seed)
    last = office.tell(*work(chance))
    explained = dict.fromkeys(CELLS, 0)
    for _ in range(12):
        by, filters = chance.choice([None, *CostBy]), chance.choice([Filters(), Filters(), Filters(account=BETA)])
        with office.view(day(chance.randint(5, 70)), chance.choice([last, chance.randint(20, last)])) as view:
            explains(view, chance, by, filters, explained)
    assert all(explained.values()), explained


def test_contributions_add_up_where_accounts_merge(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 61, Business(facts=500, deals=12, merges=True))
    explained = dict.fromkeys(CELLS, 0)
    for _ in range(10):
        with office.view(*questions.clocks()) as view:
            by = questions.random.choice([None, *CostBy])
            explains(view, questions.random, by, questions.filters(), explained)
    assert explained["cost"] > 10, explained


def explains(view: View, chance: random.Random, by: CostBy | None, filters: Filters, explained: dict[str, int]) -> None:
    answer = cost_of_winning(view, filters, by=by)
    for cell, value in some_of(chance, list(figures_of(answer, by)), 40):
        found = explain_cost(view, cell, filters, WHOLE)
        assert found.value == (value or 0), cell
        adds_up(found)
        explained[cell.cell] += bool(found.shares)


def figures_of(answer: CostAnswer, by: CostBy | None) -> Iterator[tuple[CostCell, Decimal | None]]:
    """Every figure that the answer has, and the cell that asks for it."""
    for one in answer.opportunities:
        for name in OF_ONE:
            yield CostCell(cell=name, opportunity=one.opportunity), getattr(one, name)
        for part in one.by_kind:
            yield CostCell(opportunity=one.opportunity, kind=part.key), part.cost
            yield CostCell(cell="person_days", opportunity=one.opportunity, kind=part.key), part.person_days
        for part in one.by_stage:
            yield CostCell(opportunity=one.opportunity, stage=part.key), part.cost
    for name in OF_GROUPS:
        yield CostCell(cell=name), getattr(answer.total, name)
    for group in answer.groups or ():
        for name in OF_GROUPS:
            yield CostCell(cell=name, by=by, group=group.key), getattr(group, name)


def test_what_was_spent_leads_to_its_events(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell(*STORY, (WON, Samples.SampleReturned(sample_id=PUMP), day(45)))
    with office.view(day(44)) as view:
        found = explain_cost(view, CostCell(opportunity=WON))
        (share,) = found.shares
        assert (found.value, found.unit, share.opportunity) == (Decimal("5200.00"), view.currency, WON)
        assert [(each.position, each.contribution) for each in share.events] == [
            (9, Decimal("2400.00")),
            (10, Decimal("1000.00")),
            (12, Decimal("1800.00")),
        ]
        lent = explain_cost(view, CostCell(cell="samples_out", opportunity=WON))
        assert [event.position for event in lent.shares[0].events] == [15]
        every = explain_cost(view, CostCell(), page=Page(limit=1))
        assert (every.value, every.shares[0].opportunity, every.not_shown, every.not_shown_sum) == (
            Decimal("6400.00"), WON, 1, Decimal("1200.00"),
        )  # fmt: skip
        newest = explain_cost(view, CostCell(), page=Page(limit=1, order="time"))
        assert newest.shares[0].opportunity == LOST
    office.tell((LOST, spent(cost=Money.of(900, "CNY")), day(10)))
    with office.view(day(50)) as view:
        dear = explain_cost(view, CostCell(opportunity=LOST))
        assert (dear.value, dear.missing_rates) == (Decimal("1200.00"), {"CNY": 1})
        assert [(each.kind, each.key) for each in explain_cost(view, CostCell(opportunity=WON)).inputs] == [
            ("rate", "USD"),
            ("rate", "USD"),
        ]
        assert explain_cost(view, CostCell(cell="samples_out", opportunity=WON)).value == 0
        with pytest.raises(NotExplained, match="person_days"):
            explain_cost(view, CostCell(cell="hope"))
        with pytest.raises(NotFound):
            explain_cost(view, CostCell(opportunity=some_id("no deal")))
