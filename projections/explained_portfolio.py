"""The portfolio explained: a customer's score criterion by criterion, its revenue and share purchase by purchase."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.selection_definition import AmountBase, CriterionGroup
from domain.policies.selection_model import OVERALL, SelectionModel
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.selection.weighted import rounded
from projections.explained import ZERO, Because, Explanation, Line, Share, divided, one_of
from projections.explained_deals import FIRST_PAGE, Page
from projections.explained_purchases import BuyingCell, explain_buying
from projections.explained_sums import asked_of
from projections.portfolio_facts import Customer, customers, period_of_model
from projections.portfolio_positions import classes, scored
from projections.view import View

AMOUNTS = ("revenue", "margin", "share")
CELLS = (OVERALL, *(group.value for group in CriterionGroup), *AMOUNTS)


class PortfolioCell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a customer in the portfolio, one of CELLS: a total of the score (0 to 10), an amount of the model's
    period, or the customer's share of what all together bring by the base of the classes."""

    account: UUID
    cell: str = OVERALL
    model: str = DEFAULT_MODEL


def explain_portfolio(view: View, cell: PortfolioCell, page: Page = FIRST_PAGE) -> Explanation:
    """Why a figure of a customer in the portfolio is what it is, as of the view's clocks. Raises NotFound,
    SelectionModelUnknown, NotExplained."""
    one_of("figure of the portfolio", cell.cell, CELLS)
    selection = view.policies.selection_model(cell.model)
    selection.must_exist(cell.model)
    period = period_of_model(view, selection)
    found, wanted = customers(view, selection, period), view.leads_to(cell.account)
    if wanted not in found:
        raise NotFound(kind="account", key=cell.account)
    if cell.cell not in AMOUNTS:
        return _score(view, cell, selection, found[wanted])
    base = "margin" if cell.cell == "share" and selection.classes.base is AmountBase.MARGIN else cell.cell
    base = "revenue" if base == "share" else base
    answer = explain_buying(view, BuyingCell(cell=base, account=wanted, since=period.first), page)
    answer.figure, answer.question = "portfolio", asked_of(cell) | {"since": str(period.first)}
    if cell.cell == "share":
        amounts = [(each.margin if base == "margin" else each.revenue) or ZERO for each in found.values()]
        _as_share(answer, sum((max(each, ZERO) for each in amounts), ZERO), classes(selection, found)[wanted].share)
    return answer


def _as_share(answer: Explanation, whole: Decimal, value: Decimal) -> None:
    """Each purchase as its part of what all customers bring; who brings nothing has no share."""
    total, answer.unit, answer.value = answer.value or ZERO, "ratio", value
    if not whole or total <= 0:
        answer.shares, answer.count, answer.not_shown, answer.not_shown_sum = [], 0, 0, ZERO
        return
    shown = divided(answer.shares, whole)
    answer.not_shown_sum = (answer.not_shown_sum / whole).quantize(value) if answer.not_shown else ZERO
    if rest := value - shown - answer.not_shown_sum:
        answer.lines.append(Line("rounding", rest, []))


def _score(view: View, cell: PortfolioCell, model: SelectionModel, customer: Customer) -> Explanation:
    """The score times the weight of each criterion, by the weight of all; None where a criterion is missing."""
    result, score = scored(model, customer), customer.score
    value = result.totals.get(cell.cell) if result else None
    asked = [each for each in model.criteria if cell.cell in (OVERALL, each.group.value)]
    whole, shares = sum((each.weight for each in asked), ZERO), list[Share]()
    for each in asked if score and value is not None and whole else ():
        assert score is not None
        part = rounded(score.scores[each.key] * each.weight / whole)
        event = Because(position=score.position, occurred_at=score.at, contribution=part, gave=[each.key])
        shares.append(Share(None, customer.account, part, [event], title=each.name))
    rest = (value or ZERO) - sum((each.share for each in shares), ZERO)
    return Explanation(
        **view.head(),
        figure="portfolio",
        question=asked_of(cell) | {"edition": str(model.edition)},
        unit="points",
        value=value,
        shares=sorted(shares, key=lambda each: -each.share),
        lines=[Line("rounding", rest, [])] if rest else [],
        count=len(shares),
    )
