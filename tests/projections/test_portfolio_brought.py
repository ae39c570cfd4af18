"""What customers brought, and their classes, are those of the portfolio, at whatever clocks."""

from __future__ import annotations

import random
from datetime import timedelta

from msgspec.structs import replace

from projections.kept_answers import ANSWERS
from projections.portfolio import PortfolioLine, portfolio
from projections.portfolio_brought import brought
from projections.portfolio_line import line_in_portfolio
from projections.purchase_sums import purchase_sums
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import at
from tests.projections.test_kept_answers import Written


def without_events(lines: list[PortfolioLine]) -> list[PortfolioLine]:
    return [replace(line, positions=[]) for line in lines]


def test_what_customers_brought_is_what_the_portfolio_says(journal: Journal, engine_of: EngineOf) -> None:
    ANSWERS.forget()
    office, written, chance = Office(journal, engine_of), Written(), random.Random(5)
    Chronicle(5, Business(facts=420, late=0.3, withdrawn=0.05, merges=True)).write(written)  # type: ignore[arg-type]
    journal.append_all([list(each) for each in written.appends])
    office.engine.catch_up()
    classes, summed = set[str](), 0
    for _ in range(8):
        known = chance.randint(len(journal.facts) // 2, len(journal.facts))
        with office.view(at(chance.uniform(20, 120)), known) as view:
            found = {line.account: (line.revenue, line.abc) for line in portfolio(view).customers}
            assert {account: (each.revenue, each.abc) for account, each in brought(view).items()} == found
            by_columns, by_rows = portfolio(view, positions=False).customers, portfolio(view).customers
            assert without_events(by_columns) == without_events(by_rows)
            for line in chance.sample(without_events(by_rows), 2):
                assert line_in_portfolio(view, line.account) == replace(line, rank=None)
            summed += purchase_sums(view, view.currency, [view.clock.as_of - timedelta(days=365)]) is not None
            classes |= {abc for _, abc in found.values()}
    assert len(classes) > 1
    assert summed == 8
