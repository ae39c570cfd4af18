"""Any figure of the forecast is the sum of what the named events contributed, over random histories."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from projections.deals import Filters
from projections.explained import Explanation
from projections.explained_deals import Page
from projections.explained_forecast import CELLS, ForecastCell, explain_forecast
from projections.forecast import STEPS, Amounts, ForecastAnswer, forecast
from projections.funnel import By
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal
from tests.projections.naive import Fact
from tests.projections.portfolio import Portfolio
from tests.projections.test_explained_funnel import WHOLE, adds_up, some_of
from tests.projections.test_forecast_random import FIGURES, KEYS, expected

YEARS = ("2026", "2026", "2026", "2027", "2027")
Figures = Iterator[tuple[ForecastCell, Decimal | None]]


def test_contributions_add_up_to_every_figure_of_the_forecast(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 36, Business(facts=500, deals=30, merges=True))
    explained = dict.fromkeys(CELLS, 0)
    for asked in range(200):
        if asked >= 20 and all(explained.values()):
            break
        (as_of, known_at), filters = questions.clocks(), questions.filters()
        key, by = questions.random.choice((*KEYS, *YEARS)), questions.random.choice([None, *By])
        with office.view(as_of, known_at) as view:
            answer = forecast(view, key, filters, by=by)
            for cell, value in some_of(questions.random, list(figures_of(answer, by)), 24):
                found = explain_forecast(view, cell, filters, WHOLE)
                assert found.value == value, cell
                adds_up(found)
                explained[cell.cell] += bool(found.shares or found.lines)
                if cell.cell in FIGURES:
                    folding_the_named_events_is_enough(questions.facts, found, cell, filters)
    assert all(explained.values()), explained


def figures_of(answer: ForecastAnswer, by: By | None) -> Figures:
    """Every figure that the forecast has, and the cell that asks for it."""
    yield from _of(answer, answer.period, None, "")
    for group in answer.groups or ():
        yield from _of(group, answer.period, by, group.key)


def _of(part: Amounts | ForecastAnswer, period: str, by: By | None, group: str) -> Figures:
    for name in CELLS:
        cell = ForecastCell(cell=name, period=period, by=by, group=group)
        step = name.removeprefix("cumulative_")
        yield cell, part.cumulative[step] if step != name else getattr(part, name)


def folding_the_named_events_is_enough(
    facts: list[Fact], found: Explanation, cell: ForecastCell, filters: Filters
) -> None:
    """The figure, worked out by hand from the named events of opportunities and everything else."""
    named = {each.position for share in found.shares for each in share.events}
    kept = [fact for fact in facts if fact.position in named or not fact.event.topic.startswith("Opportunity.")]
    portfolio = Portfolio(kept, found.as_of, found.known_at.position)
    deals = [d for d in portfolio.within(filters) if not cell.by or portfolio.key(d, cell.by) == cell.group]
    assert found.value == expected(portfolio, cell.period, deals)[cell.cell]


def test_a_page_adds_up_with_what_it_does_not_show(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 34, Business(facts=700, deals=40))
    with office.view(questions.facts[-1].occurred_at) as view:
        cell = ForecastCell(cell="cumulative_pipeline", period="2026")
        whole = explain_forecast(view, cell, page=WHOLE)
        assert whole.count == len(whole.shares) > 4
        assert (whole.not_shown, whole.not_shown_sum) == (0, 0)
        for order in ("amount", "time"):
            every = explain_forecast(view, cell, page=Page(limit=200, order=order)).shares
            pages = [explain_forecast(view, cell, page=Page(limit=2, skip=n, order=order)) for n in range(0, 8, 2)]
            assert [share for page in pages for share in page.shares] == every[:8]
            for page in pages:
                adds_up(page)
                assert page.not_shown == whole.count - len(page.shares)
    amounts = [abs(share.share) for share in whole.shares]
    assert amounts == sorted(amounts, reverse=True)
    assert STEPS[-1] == "pipeline"
