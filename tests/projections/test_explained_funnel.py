"""Any figure of the funnel is the sum of what the named events contributed, over random histories."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from projections.deals import Filters
from projections.explained import Explanation
from projections.explained_deals import Page
from projections.explained_funnel import FunnelCell, explain_funnel
from projections.funnel import By, FunnelAnswer, Group, funnel
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal
from tests.projections.naive import Fact
from tests.projections.portfolio import ZERO, Deal, Portfolio
from tests.projections.test_funnel_random import closed_since

HISTORIES = {
    "some late, days of Shanghai": Business(),
    "accounts merge and separate": Business(merges=True),
    "calendar years in UTC, closed again and again": Business(zone="UTC", fiscal_year_start=1, days=20, deals=8),
}
WHOLE = Page(limit=200)


@pytest.mark.parametrize("name", HISTORIES)
def test_contributions_add_up_to_every_figure_of_the_funnel(name: str, journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 21, HISTORIES[name])
    explained = 0
    for _ in range(30):
        (as_of, known_at), filters = questions.clocks(), questions.filters()
        by = questions.random.choice([None, *By])
        with office.view(as_of, known_at) as view:
            answer = funnel(view, filters, by=by)
            for cell, value in some_of(questions.random, list(figures_of(answer, by)), 16):
                found = explain_funnel(view, cell, filters, WHOLE)
                assert found.value == value, cell
                adds_up(found)
                if found.shares:
                    explained += 1
                    folding_the_named_events_is_enough(questions.facts, found, cell, filters)
    assert explained > 100


def some_of(chance: random.Random, figures: list[Any], number: int) -> list[Any]:
    """Some figures, a fifth of them from among those that are 0 or none."""
    full, empty = [each for each in figures if each[1]], [each for each in figures if not each[1]]
    few = number // 5
    return chance.sample(full, min(len(full), number - few)) + chance.sample(empty, min(len(empty), few))


def figures_of(answer: FunnelAnswer, by: By | None) -> Any:
    """Every figure that the funnel has, and the cell that asks for it."""
    yield FunnelCell(measure="pushes"), Decimal(answer.pushes)
    yield from _of(answer, None, "")
    yield from _closed(answer, None, "", "disqualified")
    for group in answer.groups or ():
        yield from _of(group, by, group.key)


def _of(part: FunnelAnswer | Group, by: By | None, group: str) -> Any:
    for line in part.stages:
        at: dict[str, Any] = {"stage": line.stage, "process": line.process, "by": by, "group": group}
        yield FunnelCell(measure="count", **at), Decimal(line.count)
        yield FunnelCell(measure="amount", **at), line.amount
        yield FunnelCell(measure="weighted", **at), line.weighted
        yield FunnelCell(measure="age", **at), line.median_age_days
        yield FunnelCell(measure="days_in_stage", **at), line.median_days_in_stage
    for outcome in ("won", "lost"):
        yield from _closed(part, by, group, outcome)


def _closed(part: FunnelAnswer | Group, by: By | None, group: str, outcome: str) -> Any:
    total = getattr(part, outcome)
    for measure in ("count", "amount"):
        yield FunnelCell(measure=measure, outcome=outcome, by=by, group=group), Decimal(getattr(total, measure))


def adds_up(found: Explanation) -> None:
    """The page adds up to the value, each share to its events; no event is named that neither counts nor decides."""
    shown = sum((each.share for each in found.shares), ZERO)
    assert shown + found.not_shown_sum + sum((each.contribution for each in found.lines), ZERO) == (found.value or 0)
    for share in found.shares:
        assert sum((each.contribution for each in share.events), ZERO) == share.share
        assert all(each.contribution or each.gave for each in share.events)
        order = [(each.occurred_at, each.position) for each in share.events]
        assert order == sorted(order)


def folding_the_named_events_is_enough(
    facts: list[Fact], found: Explanation, cell: FunnelCell, filters: Filters
) -> None:
    """The figure, worked out by hand from the named events of opportunities and everything else."""
    named = {each.position for share in found.shares for each in share.events}
    kept = [fact for fact in facts if fact.position in named or not fact.event.topic.startswith("Opportunity.")]
    portfolio = Portfolio(kept, found.as_of, found.known_at.position)
    deals = [deal for deal in portfolio.within(filters) if _holds(portfolio, cell, deal)]
    assert {deal.id for deal in deals} >= {share.opportunity for share in found.shares}
    if cell.measure in ("age", "days_in_stage"):
        (deal,) = (deal for deal in deals if deal.id == found.shares[0].opportunity)
        since = deal.opened if cell.measure == "age" else deal.since
        assert found.value == (found.as_of - since).days
    else:
        assert found.value == sum((_measured(portfolio, cell, deal) for deal in deals), ZERO), cell


def _holds(portfolio: Portfolio, cell: FunnelCell, deal: Deal) -> bool:
    if deal.outcome != ("" if cell.outcome == "open" else cell.outcome):
        return False
    if cell.by and portfolio.key(deal, cell.by) != cell.group:
        return False
    if cell.outcome != "open":
        return closed_since(portfolio, deal)
    return (cell.process in ("", deal.state.process)) and (cell.stage in ("", deal.state.stage))


def _measured(portfolio: Portfolio, cell: FunnelCell, deal: Deal) -> Decimal:
    match cell.measure:
        case "count":
            return Decimal(1)
        case "pushes":
            return Decimal(deal.pushes)
        case "weighted":
            return portfolio.weighted(deal)
    return portfolio.signed(deal) if deal.outcome == "won" else portfolio.value(deal)
