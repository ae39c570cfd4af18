"""Where a customer stands in the portfolio: totals, measures, thresholds, cells. Pure functions of model and facts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.policies.selection_definition import AmountBase, Matrix, Measure
from domain.policies.selection_model import SelectionModel
from domain.selection.matrices import cell, growth, relative_share
from domain.selection.pareto import Place, pareto
from domain.selection.weighted import rounded
from projections.portfolio_facts import Customer


class Scored(msgspec.Struct):
    """A score by the model that holds: `current` where it was given by this edition, `missing` the criteria that this
    edition asks for and the score does not have; by a model that is only supposed a score counts as given where it
    has all criteria. Totals are 0 to 10, computed by this edition's weights; None and
    empty where a criterion is missing. `evaluation` and `fuzzy_total` only where the model is fuzzy."""

    edition: int
    current: bool
    missing: list[str]
    totals: dict[str, Decimal]
    evaluation: dict[str, Decimal]
    fuzzy_total: Decimal | None
    position: int


class ThresholdCheck(msgspec.Struct):
    """A threshold of the model: what was found, and whether it is reached; None where nothing is known."""

    measure: str
    at_least: Decimal
    found: Decimal | None
    met: bool | None


class Cell(msgspec.Struct):
    """Where a customer lies in a matrix: its coordinates and the name of the cell; None where one is not known."""

    x: Decimal | None
    y: Decimal | None
    cell: str | None


def scored(model: SelectionModel, customer: Customer) -> Scored | None:
    """What the newest score comes to by the edition that holds; None where the customer was never scored."""
    score = customer.score
    if score is None:
        return None
    missing = [key for key in model.weights() if key not in score.scores]
    totals = {} if missing else model.totals(score.scores)
    current = not missing if model.supposed else score.edition == model.edition
    evaluation: dict[str, Decimal] = {}
    fuzzy_total = None
    if model.fuzzy and not missing:  # the grades of another edition say nothing: it had other functions
        graded = model.grades_of(score.scores, score.grades if current and model.has_grades(score.grades) else {})
        evaluation, fuzzy_total = model.evaluated(graded)
    return Scored(score.edition, current, missing, totals, evaluation, fuzzy_total, score.position)


def measures(customer: Customer, found: Scored | None) -> dict[str, Decimal]:
    """Everything that an axis or a threshold may name, as far as it is known. `wallet_share` is as stated with the
    score, else revenue of the last 365 days by the annual purchase volume of the profile."""
    known: dict[str, Decimal | None] = {
        Measure.REVENUE: customer.revenue,
        Measure.MARGIN: customer.margin,
        Measure.GROWTH: growth(customer.revenue, customer.revenue_before),
    }
    if found and customer.score and found.totals:
        known |= customer.score.scores
        known |= found.totals
    ours = customer.score.wallet_share if customer.score else None
    if ours is None and customer.volume:
        ours = rounded(min(customer.revenue_of_year / customer.volume, Decimal(1)))
    if ours is not None:
        rival = customer.score.rival_share if customer.score else None
        known[Measure.WALLET_SHARE] = ours
        known[Measure.RELATIVE_SHARE] = relative_share(ours, 1 - ours if rival is None else rival)
    return {str(key): value for key, value in known.items() if value is not None}


def thresholds(model: SelectionModel, known: Mapping[str, Decimal]) -> list[ThresholdCheck]:
    """Each threshold of the model, held against what is known."""
    return [
        ThresholdCheck(each.measure, each.at_least, found, None if found is None else found >= each.at_least)
        for each in model.thresholds
        for found in [known.get(each.measure)]
    ]


def placed(matrix: Matrix, known: Mapping[str, Decimal]) -> Cell:
    """Where a customer lies in a matrix."""
    x, y = known.get(matrix.x.measure), known.get(matrix.y.measure)
    name = None if x is None or y is None else cell(x, y, matrix.x.cuts, matrix.y.cuts, matrix.cells)
    return Cell(x, y, name)


def classes(model: SelectionModel, found: Mapping[UUID, Customer]) -> dict[UUID, Place]:
    """The Pareto class of each customer by the model's base; a margin that nobody stated counts as none."""
    by_margin = model.classes.base is AmountBase.MARGIN
    amounts = {key: (each.margin or Decimal(0)) if by_margin else each.revenue for key, each in found.items()}
    return pareto(amounts, model.classes.a_border, model.classes.b_border)
