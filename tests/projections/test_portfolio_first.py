"""What a page shows of the portfolio, found in columns, is what the whole portfolio says, at whatever clocks."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.account.standing import RelationshipType, Standing
from domain.policies.selection_definition import AmountBase, Classes, Measure
from domain.policies.shipped_selection import BOSTON, SELECTION_MATRIX
from domain.visibility import Visibility
from projections.account_list import AccountFilters
from projections.kept_columns import forget
from projections.portfolio import PortfolioLine
from projections.portfolio_first import FirstOfPortfolio, _of_lines, first_of_portfolio
from projections.portfolio_proposals import Action
from projections.view import View
from tests.domain.given import eur, some_id
from tests.projections.asking import Office
from tests.projections.business import TERRITORIES, Business, Chronicle
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.people import at
from tests.projections.test_kept_answers import Written
from tests.projections.test_portfolio import HUARUI, TINY, bought, on, selects, story

MEMBERS = [some_id(f"member {n}") for n in range(4)]
VISIBILITIES = [Visibility.whole(), Visibility(member=MEMBERS[0], managers=frozenset(MEMBERS[:2]))]
BY_MARGIN = Classes(AmountBase.MARGIN, Decimal("0.5"), Decimal("0.9"))
AMOUNTS = msgspec.structs.replace(
    BOSTON,
    key="amounts",
    x=msgspec.structs.replace(BOSTON.x, measure=Measure.REVENUE.value),
    y=msgspec.structs.replace(BOSTON.y, measure=Measure.MARGIN.value),
)


def as_told(answer: FirstOfPortfolio) -> dict[str, Any]:
    """All that is said, but for ranks."""
    found = msgspec.structs.asdict(answer)
    for name in ("ranked", "placed", "due"):
        lines: list[PortfolioLine] = found[name]
        found[name] = [msgspec.structs.replace(each, rank=None) for each in lines]
    return found | {"key_positions": sorted(answer.key_positions)}


def agrees(view: View, filters: AccountFilters, abc: str, most: int) -> FirstOfPortfolio:
    """Ask both ways."""
    answer = first_of_portfolio(view, filters, abc, most)
    assert as_told(answer) == as_told(_of_lines(view, filters, abc, most))
    return answer


def standing(account: UUID, chance: random.Random) -> Told:
    """A key status that is granted, or reviewed later, some with a day for the next review."""
    due = chance.choice([None, None, at(chance.uniform(60, 700)).date()])
    granted = Standing.KeyStatusGranted(
        relationship_type=chance.choice(list(RelationshipType)), justification="grows", override="known", review_due=due
    )
    return account, granted, at(chance.uniform(5, 60))


def test_columns_say_what_the_lines_of_all_say(journal: Journal, engine_of: EngineOf) -> None:
    forget("test_")
    office, written, chance, found = Office(journal, engine_of), Written(), random.Random(5), list[FirstOfPortfolio]()
    Chronicle(5, Business(facts=420, late=0.3, withdrawn=0.05, merges=True)).write(written)  # type: ignore[arg-type]
    journal.append_all([list(each) for each in written.appends])
    journal.append_all([[standing(some_id(f"account {n}"), chance)] for n in (0, 1, 2, 3, 0, 2)])
    office.engine.catch_up()
    for _ in range(40):
        known = chance.choice([None, None, chance.randint(len(journal.facts) // 2, len(journal.facts))])
        with office.view(at(chance.choice([30, 60, 120, 500, 900])), known, chance.choice(VISIBILITIES)) as view:
            view.keeps = chance.random() < 0.7
            few = AccountFilters(territory=chance.choice(TERRITORIES)), AccountFilters(manager=chance.choice(MEMBERS))
            filters = chance.choice([AccountFilters(), AccountFilters(), *few])
            found.append(agrees(view, filters, chance.choice(["", "", "A", "C", "?"]), chance.choice([1, 2, 25])))
    assert any(len(each.ranked) < each.count for each in found)
    assert any(each.all_due for each in found)
    assert any(len(each.proposals) < each.all_proposals for each in found)


@pytest.mark.parametrize("most", [1, 3, 25])
def test_scored_customers_lie_in_matrices_and_are_proposed(journal: Journal, engine_of: EngineOf, most: int) -> None:
    office = Office(journal, engine_of)
    office.tell(*story())
    for moment in ("2025-02-20", "2025-04-01", "2025-07-15", "2026-06-01"):
        with office.view(on(moment)) as view:
            answer = agrees(view, AccountFilters(), "", most)
            agrees(view, AccountFilters(key_only=True), "A", most)
    assert {each.action for each in answer.proposals} <= set(Action)
    assert answer.all_proposals > 0


@pytest.mark.parametrize(
    "changed",
    [{"classes": BY_MARGIN}, {"matrices": (AMOUNTS, SELECTION_MATRIX)}, {"period_months": 1}],
    ids=["by margin", "a matrix of amounts", "a short period"],
)
def test_another_model_shows_others(journal: Journal, engine_of: EngineOf, changed: dict[str, Any]) -> None:
    office = Office(journal, engine_of)
    office.tell(*story(), selects(3, "other", "1 1 1", "2025-08-01", **changed))
    with office.view(on("2025-09-01")) as view:
        answer = agrees(view, AccountFilters(), "", 25)
        assert answer.count == 4
        assert bool([each for each in answer.placed if "amounts" in each.cells]) == ("matrices" in changed)


def test_amounts_that_columns_cannot_tell_apart_are_taken_from_lines(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    office.tell(*story(), bought(TINY, "R-9", eur(90_000_000_000_000), "2025-08-01"))
    with office.view(on("2025-09-01")) as view:
        answer = first_of_portfolio(view, AccountFilters(), "", 1)
        assert [each.account for each in answer.ranked] == [TINY]
        assert answer.most == Decimal(90_000_000_000_000)
        assert HUARUI in {each.account for each in first_of_portfolio(view, AccountFilters(), "C", 25).ranked}
