"""What customers brought, and their classes, are those of the portfolio, at whatever clocks."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from domain.policies.selection_definition import AmountBase, Classes
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.selection.pareto import AbcClass
from projections.brought_columns import ranks_of
from projections.kept_answers import ANSWERS
from projections.portfolio import PortfolioLine, portfolio
from projections.portfolio_brought import Brought, brought
from projections.portfolio_facts import bought, period_of_model
from projections.portfolio_line import line_in_portfolio
from projections.portfolio_positions import classes
from projections.purchase_sums import purchase_sums
from projections.view import View
from tests.domain.given import eur, some_id
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import at
from tests.projections.test_kept_answers import Written
from tests.projections.test_portfolio import TINY, on, selects, story
from tests.projections.test_portfolio import bought as recorded

BY_MARGIN = Classes(AmountBase.MARGIN, Decimal("0.8"), Decimal("0.95"))


def without_events(lines: list[PortfolioLine]) -> list[PortfolioLine]:
    return [replace(line, positions=[]) for line in lines]


def by_rows_of(view: View) -> dict[UUID, Brought]:
    """What is said without columns."""
    model = view.policies.selection_model(DEFAULT_MODEL)
    found = bought(view, period_of_model(view, model))
    places = classes(model, found)
    return {account: Brought(each.revenue, places[account]) for account, each in found.items()}


def in_class(view: View, abc: AbcClass) -> set[UUID]:
    model = view.policies.selection_model(DEFAULT_MODEL)
    ranks = ranks_of(view, model, period_of_model(view, model))
    assert ranks is not None
    return set(map(ranks.ids.key, ranks.customers[ranks.of_class(abc)].tolist()))


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
            ours = brought(view)
            assert {account: (each.revenue, each.abc) for account, each in ours.items()} == found
            assert dict(ours) == by_rows_of(view)
            assert len(ours) == len(found)
            assert ours.get(some_id("nobody")) is None
            for abc in AbcClass:
                assert in_class(view, abc) == {account for account, (_, of) in found.items() if of == abc}
            by_columns, by_rows = portfolio(view, positions=False).customers, portfolio(view).customers
            assert without_events(by_columns) == without_events(by_rows)
            for line in chance.sample(without_events(by_rows), 2):
                assert line_in_portfolio(view, line.account) == replace(line, rank=None)
            summed += purchase_sums(view, view.currency, [view.clock.as_of - timedelta(days=365)]) is not None
            classes |= {abc for _, abc in found.values()}
    assert len(classes) > 1
    assert summed == 8


def test_an_amount_that_columns_cannot_tell_from_others_is_summed_by_rows(
    journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    office.tell(*story(), recorded(TINY, "R-9", eur(90_000_000_000_000), "2025-10-01"))
    with office.view(on("2025-11-01")) as view:
        model = view.policies.selection_model(DEFAULT_MODEL)
        assert ranks_of(view, model, period_of_model(view, model)) is None
        assert brought(view)[TINY].revenue == Decimal("90000000000000")
        assert dict(brought(view)) == by_rows_of(view)


def test_classes_are_made_by_the_margin_where_the_model_says_so(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell(*story(), selects(3, "margin", "1 1 1", "2025-10-15", classes=BY_MARGIN))
    with office.view(on("2025-11-01")) as view:
        found = dict(brought(view))
        assert found == by_rows_of(view)
        assert {each.abc for each in found.values()} >= {"A", "C"}
