"""The portfolio (客户组合) as of any moment: ranking by model, classes, matrices, standing, what is proposed."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.policies.selection_definition import Matrix
from domain.policies.selection_model import OVERALL, ModelNotFuzzy, SelectionModel
from domain.policies.shipped_selection import BOSTON, DEFAULT_MODEL
from domain.selection.pareto import Place
from projections.kept_answers import Grain, kept
from projections.key_accounts import KeyStatus, key_accounts
from projections.portfolio_facts import Customer, Period, customers, period_of_model
from projections.portfolio_positions import (
    Cell,
    Scored,
    ThresholdCheck,
    classes,
    measures,
    placed,
    scored,
    thresholds,
)
from projections.portfolio_proposals import Proposal, proposals
from projections.view import Answer, View


class Method(enum.StrEnum):
    """By what customers are ranked: weighted score, Pareto classes, Boston's matrix, the model's other matrix, fuzzy
    evaluation."""

    WEIGHTED = "weighted"
    ABC = "abc"
    BOSTON = "boston"
    MATRIX = "matrix"
    FUZZY = "fuzzy"


class MatrixMissing(Refused):
    """The selection model {model} has no matrix for {method}; it has: {known}."""


class PortfolioLine(msgspec.Struct):
    """A customer in the portfolio; merged accounts are one. Amounts are of the model's period, in the reporting
    currency; `rank` is None where the method knows nothing of the customer. `cells` are by the key of the matrix,
    `positions` the events behind the amounts, the stated annual purchase volume among them."""

    rank: int | None
    account: UUID
    external_id: str
    name: str
    manager: UUID | None
    status: KeyStatus | None
    score: Scored | None
    revenue: Decimal
    margin: Decimal | None
    revenue_before: Decimal
    growth: Decimal | None
    wallet_share: Decimal | None
    relative_share: Decimal | None
    abc: str
    share: Decimal
    cumulative: Decimal
    cells: dict[str, Cell]
    thresholds: list[ThresholdCheck]
    without_rate: dict[str, int]
    positions: list[int]


class PortfolioAnswer(Answer, kw_only=True):
    """The customers that the asker may see, ranked by the model's edition of the moment asked about. `from_day` to
    `to_day`, both included, is the period of the amounts; `key_accounts` counts those of the whole company, beside
    the model's `portfolio_limit`."""

    model: str
    model_name: str
    edition: int
    objective: str
    method: Method
    from_day: date
    to_day: date
    portfolio_limit: int
    key_accounts: int
    customers: list[PortfolioLine]
    proposals: list[Proposal]


def portfolio(
    view: View,
    model: str = DEFAULT_MODEL,
    method: Method = Method.WEIGHTED,
    *,
    reviews_due: bool = False,
    positions: bool = True,
) -> PortfolioAnswer:
    """The portfolio as of the view's clocks; without `positions` its lines name no events. With `reviews_due` only
    key accounts whose review is due by then, or whose standing nobody justified within the review period, the longest
    due first.

    Boston's matrix takes growth as revenue of the period against the period before, and relative share as our share
    of what the customer buys divided by the largest competitor's, as stated with the score (see `Measure`).
    Raises SelectionModelUnknown, MatrixMissing, ModelNotFuzzy.
    """
    about = model, method, reviews_due, positions
    return kept(
        view, "portfolio", PortfolioAnswer, partial(_portfolio, view, *about), *about, grain=Grain.DAY, shared=True
    )


def _portfolio(view: View, model: str, method: Method, reviews_due: bool, positions: bool) -> PortfolioAnswer:
    selection = view.policies.selection_model(model)
    selection.must_exist(model)
    order = order_of(selection, method)
    period = period_of_model(view, selection)
    lines = ranked(selection, customers(view, selection, period, positions=positions), order)
    count = len(key_accounts(view))
    proposed = proposals(selection, lines, count)
    if reviews_due:
        due = [(line.status.review_due, line) for line in lines if line.status and is_due(line.status)]
        lines = [line for _, line in sorted(due, key=lambda each: (each[0], each[1].name))]
        shown = {line.account for line in lines}
        proposed = [each for each in proposed if each.account in shown]
    return PortfolioAnswer(**view.head(), **_about(selection, method, period), key_accounts=count,
                           customers=lines, proposals=proposed)  # fmt: skip


def ranked(
    model: SelectionModel, found: dict[UUID, Customer], order: Callable[[PortfolioLine], Any]
) -> list[PortfolioLine]:
    """The customers in the order of a method, those of whom it knows nothing last, by name."""
    places = classes(model, found)
    known, rest = ordered([line_of(model, each, places[key]) for key, each in found.items()], order)
    for rank, line in enumerate(known, start=1):
        line.rank = rank
    return [*known, *rest]


def ordered(
    lines: Sequence[PortfolioLine], order: Callable[[PortfolioLine], Any]
) -> tuple[list[PortfolioLine], list[PortfolioLine]]:
    """Lines of customers in an order, and those of whom it knows nothing, by name."""
    keyed = [(order(line), line) for line in lines]
    known = sorted((each for each in keyed if each[0] is not None), key=lambda each: (each[0], each[1].name))
    rest = sorted((line for place, line in keyed if place is None), key=lambda line: (line.name, line.account))
    return [line for _, line in known], rest


def is_due(status: KeyStatus) -> bool:
    """Whether a review is due, or nobody justified the standing within the review period."""
    return status.overdue or not status.justified


def _about(model: SelectionModel, method: Method, period: Period) -> dict[str, Any]:
    return {
        "model": model.key,
        "model_name": model.name,
        "edition": model.edition,
        "objective": model.objective,
        "method": method,
        "from_day": period.first,
        "to_day": period.last,
        "portfolio_limit": model.portfolio_limit,
    }


def line_of(model: SelectionModel, customer: Customer, place: Place) -> PortfolioLine:
    """A customer where it stands, without its rank."""
    found = scored(model, customer)
    known = measures(customer, found)
    stated = [] if customer.volume_position is None else [customer.volume_position]
    return PortfolioLine(
        rank=None,
        account=customer.account,
        external_id=customer.external_id,
        name=customer.name,
        manager=customer.manager,
        status=customer.status,
        score=found,
        revenue=customer.revenue,
        margin=customer.margin,
        revenue_before=customer.revenue_before,
        growth=known.get("growth"),
        wallet_share=known.get("wallet_share"),
        relative_share=known.get("relative_share"),
        abc=place.abc,
        share=place.share,
        cumulative=place.cumulative,
        cells={matrix.key: placed(matrix, known) for matrix in model.matrices},
        thresholds=thresholds(model, known),
        without_rate=customer.without_rate,
        positions=sorted({*customer.bought, *customer.bought_before, *stated}),
    )


def order_of(model: SelectionModel, method: Method) -> Callable[[PortfolioLine], Any]:
    """What customers are sorted by, rising; None for one of whom the method knows nothing."""
    if method is Method.FUZZY:
        if not model.fuzzy:
            raise ModelNotFuzzy(model=model.key)
        return lambda line: _falling(line.score.fuzzy_total if line.score else None)
    if method is Method.ABC:
        return lambda line: (line.cumulative, -line.share)
    if method is Method.WEIGHTED:
        return lambda line: _falling(line.score.totals.get(OVERALL) if line.score else None)
    return _by_cells(matrix_of(model, method))


def matrix_of(model: SelectionModel, method: Method) -> Matrix:
    """The matrix that a method means: the one called boston, or the first of the others."""
    wanted = method is Method.BOSTON
    for matrix in model.matrices:
        if (matrix.key == BOSTON.key) is wanted:
            return matrix
    known = ", ".join(matrix.key for matrix in model.matrices) or "none"
    raise MatrixMissing(model=model.key, method=method.value, known=known)


def _by_cells(matrix: Matrix) -> Callable[[PortfolioLine], Any]:
    """Best cell first: the highest on both axes together, then on y, then on x."""

    def order(line: PortfolioLine) -> Any:
        lies = line.cells[matrix.key]
        if lies.x is None or lies.y is None:
            return None
        x, y = (sum(value >= cut for cut in axis.cuts) for value, axis in ((lies.x, matrix.x), (lies.y, matrix.y)))
        return (-(x + y), -y, -lies.y, -lies.x)

    return order


def _falling(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value
