"""The funnel over random histories, with currencies, rates, price lists, territories and late facts, is what a
person would work out from the aggregates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from statistics import median_low
from typing import Any

import pytest

from domain.policies.calendar import day_of, day_start, fiscal_year, period
from projections.funnel import By, OpenStage, funnel, open_stages
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal
from tests.projections.portfolio import ZERO, Deal, Portfolio

HISTORIES = {
    "some late, days of Shanghai": Business(),
    "accounts merge and separate": Business(merges=True),
    "calendar years in UTC, closed again and again": Business(zone="UTC", fiscal_year_start=1, days=20, deals=8),
}
Lines = dict[tuple[str, str], tuple[int, Decimal, Decimal, int]]


@pytest.mark.parametrize("name", HISTORIES)
def test_the_funnel_is_what_the_aggregates_say(name: str, journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 11, HISTORIES[name])
    answered = 0
    for _ in range(40):
        (as_of, known_at), filters = questions.clocks(), questions.filters()
        by = questions.random.choice([None, *By])
        with office.view(as_of, known_at) as view:
            answer = funnel(view, filters, by=by)
            stand = [OpenStage(each.process, each.stage, each.count, each.amount) for each in answer.stages]
            assert open_stages(view, filters) == stand
        portfolio = Portfolio(questions.facts, as_of, known_at)
        deals = portfolio.within(filters)
        assert answer.since == first_day(portfolio)
        assert figures(answer) == expected(portfolio, deals)
        counted = [deal for deal in deals if not deal.outcome or closed_since(portfolio, deal)]
        assert answer.missing_rates == portfolio.missing_rates(counted)
        answered += len(deals)
        if by:
            keys = {portfolio.key(deal, by) for deal in counted}
            assert {group.key for group in answer.groups or ()} == keys
            for group in answer.groups or ():
                ours = [deal for deal in deals if portfolio.key(deal, by) == group.key]
                assert figures(group) == expected(portfolio, ours)
    assert answered > 60


def figures(answer: Any) -> tuple[Lines, dict[str, tuple[int, Decimal]]]:
    lines = {
        (line.process, line.stage): (line.count, line.amount, line.weighted, line.median_age_days)
        for line in answer.stages
        if line.count
    }
    return lines, {name: (total.count, total.amount) for name in ("won", "lost") if (total := getattr(answer, name))}


def expected(portfolio: Portfolio, deals: list[Deal]) -> tuple[Lines, dict[str, tuple[int, Decimal]]]:
    lines: Lines = {}
    for key in {(deal.state.process, deal.state.stage) for deal in deals if not deal.outcome}:
        ours = [deal for deal in deals if (deal.state.process, deal.state.stage) == key and not deal.outcome]
        age = median_low((portfolio.as_of - deal.opened).days for deal in ours)
        amount, weighted = (sum(map(of, ours), ZERO) for of in (portfolio.value, portfolio.weighted))
        lines[key] = len(ours), amount, weighted, age
    closed = {}
    for outcome, of in (("won", portfolio.signed), ("lost", portfolio.value)):
        ours = [deal for deal in deals if deal.outcome == outcome and closed_since(portfolio, deal)]
        closed[outcome] = len(ours), sum(map(of, ours), ZERO)
    return lines, closed


def first_day(portfolio: Portfolio) -> date:
    company = portfolio.company
    return period(company, f"{fiscal_year(company, day_of(company, portfolio.as_of)):04}").first


def closed_since(portfolio: Portfolio, deal: Deal) -> bool:
    return deal.closed is not None and deal.closed >= day_start(portfolio.company, first_day(portfolio))
