"""Every figure of what customers bought is the sum of the purchases that its explanation names."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.account.purchases import Purchases
from domain.money import Money
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from projections.buying import buying
from projections.explained import ZERO, NotExplained
from projections.explained_deals import Page
from projections.explained_purchases import CELLS, BuyingCell, explain_buying
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.people import ACME, at, registered
from tests.projections.test_explained_funnel import WHOLE, adds_up

BETA = some_id("beta")


def purchases(chance: random.Random) -> list[Told]:
    """Two customers, three currencies (of JPY there is never a rate), documents stated again, credit notes."""
    told: list[Told] = [registered(0), registered(0, BETA)]
    for number in range(80):
        currency = chance.choice(["EUR", "EUR", "USD", "JPY"])
        revenue, margin = chance.choice(["-20", "0", "100.15", "99.99", "5"]), chance.choice([None, "1", "3.01"])
        made = Purchases.PurchaseRecorded(
            document_no=f"R-{number % 60}",
            product_line=chance.choice(["pumps", ""]),
            revenue=Money.of(Decimal(revenue), currency),
            margin=Money.of(Decimal(margin), currency) if margin and currency != "JPY" else None,
        )
        told.append((chance.choice([ACME, BETA]), made, at(chance.uniform(1, 500))))
    for day in (0, 100, 300):
        rate = ExchangeRates.RateSet(currency="USD", rate=Decimal(chance.choice(["1.1", "0.125"])))
        told.append((policy_id("ExchangeRates"), rate, at(day)))
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_purchases_add_up_to_every_figure(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    office, chance = Office(journal, engine_of), random.Random(seed)
    office.tell((policy_id("Company"), _company(), at(0)), *purchases(chance))
    explained = 0
    for _ in range(10):
        known_at = chance.choice([None, chance.randint(10, len(journal.facts))])
        with office.view(at(chance.uniform(50, 520)), known_at) as view:
            answer = buying(view)
            for account in answer.accounts:
                for cell in (each for each in CELLS if each != "with_margin"):
                    asked = BuyingCell(cell=cell, account=account.account, since=answer.from_day)
                    explained += _explains(view, asked, getattr(account, cell))
                for line in account.mix:
                    asked = BuyingCell(account=account.account, since=answer.from_day, line=line.product_line)
                    _explains(view, asked, line.revenue)
                    _explains_margin(view, asked, line.margin_rate)
            every = explain_buying(view, BuyingCell(), Page(limit=1, order="time"))
            assert every.value == sum((each.revenue for each in answer.accounts), ZERO)
            adds_up(every)
    assert explained > 100


def _explains(view: Any, cell: BuyingCell, value: Any) -> int:
    found = explain_buying(view, cell, WHOLE)
    assert found.value == (value or 0), cell
    adds_up(found)
    return len(found.shares)


def _explains_margin(view: Any, revenue: BuyingCell, rate: float | None) -> None:
    """The margin of a line is that of the purchases which state one."""
    cells = (msgspec.structs.replace(revenue, cell=cell) for cell in ("margin", "with_margin"))
    margin, known = (explain_buying(view, cell, WHOLE) for cell in cells)
    adds_up(known)
    assert rate == (round(float(margin.value / known.value), 4) if known.value > 0 else None)


def test_a_figure_that_is_none(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell(registered(0))
    with office.view(at(1)) as view:
        assert explain_buying(view, BuyingCell(account=ACME)).value == 0
        with pytest.raises(NotExplained, match="revenue, margin, with_margin, documents"):
            explain_buying(view, BuyingCell(cell="hope"))


def _company() -> Any:
    from tests.benchmarks.explain import company

    return company().event
