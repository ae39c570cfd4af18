"""Every figure of a customer in the portfolio is the sum of its criteria, or of its purchases."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from domain.account.purchases import Purchases
from domain.errors import NotFound
from domain.money import Money
from projections.explained import NotExplained
from projections.explained_deals import Page
from projections.explained_portfolio import CELLS, PortfolioCell, explain_portfolio
from projections.portfolio import PortfolioLine, portfolio
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import Told
from tests.projections.histories_selection import scored, selects
from tests.projections.test_explained_funnel import WHOLE, adds_up
from tests.projections.test_portfolio import END, HUARUI, MARINE, MIDDLE, MODEL, NORTH, QUAY, on
from tests.projections.test_portfolio import office as office


def more(chance: random.Random) -> list[Told]:
    """Scores by several editions, other models, and purchases of two years with credit notes among them."""
    told: list[Told] = [(MODEL, selects(chance), on(f"2025-0{chance.randint(1, 7)}-05")) for _ in range(4)]
    for number in range(80):
        account, at = (
            chance.choice([HUARUI, NORTH, MARINE, QUAY]),
            on(f"202{chance.choice('345')}-0{1 + number % 7}-09"),
        )
        revenue, margin = (Money.of(chance.choice(["-40", "33.33", "0.01", "812.35"]), "EUR") for _ in "rm")
        bought = Purchases.PurchaseRecorded(
            document_no=f"N-{number}", revenue=revenue, margin=chance.choice([None, margin])
        )
        told.append((account, chance.choice([bought, bought, scored(chance)]), at))
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_contributions_add_up_to_every_figure_of_a_customer(office: Office, seed: int) -> None:
    chance, explained = random.Random(seed), dict.fromkeys(CELLS, 0)
    last = office.tell(*more(chance))
    for _ in range(8):
        as_of = on(f"2025-0{chance.randint(1, 8)}-{chance.randint(10, 28)}")
        with office.view(as_of, chance.choice([last, chance.randint(30, last)])) as view:
            for line in portfolio(view).customers:
                for cell in CELLS:
                    page = chance.choice([WHOLE, Page(limit=2)])
                    found = explain_portfolio(view, PortfolioCell(account=line.account, cell=cell), page)
                    assert (found.value or 0) == (figure(line, cell) or 0), cell
                    adds_up(found)
                    explained[cell] += bool(found.shares)
    assert all(explained.values()), explained


def figure(line: PortfolioLine, cell: str) -> Decimal | None:
    if cell in ("revenue", "margin", "share"):
        found: Decimal | None = getattr(line, cell)
        return found
    return line.score.totals.get(cell) if line.score else None


def test_a_score_leads_to_its_event_criterion_by_criterion(office: Office) -> None:
    with office.view(MIDDLE) as view:
        found = explain_portfolio(view, PortfolioCell(account=HUARUI))
        assert (found.value, found.unit, found.lines) == (Decimal("7.9"), "points", [])
        assert [(each.title, each.share) for each in found.shares] == [
            ("Sales", Decimal("4.5")),
            ("Prospects", Decimal("1.8")),
            ("Closeness", Decimal("1.6")),
        ]
        assert {event.position for each in found.shares for event in each.events} == {15}
        share = explain_portfolio(view, PortfolioCell(account=HUARUI, cell="share"))
        assert (share.value, [each.title for each in share.shares]) == (Decimal("0.9"), ["R-1", "R-2"])
    with office.view(END) as view:
        assert explain_portfolio(view, PortfolioCell(account=HUARUI, cell="overall")).shares


def test_what_is_unknown_names_what_there_is(office: Office) -> None:
    with office.view(END) as view:
        with pytest.raises(NotExplained, match="overall"):
            explain_portfolio(view, PortfolioCell(account=HUARUI, cell="mood"))
        with pytest.raises(NotFound):
            explain_portfolio(view, PortfolioCell(account=some_id("nobody")))
