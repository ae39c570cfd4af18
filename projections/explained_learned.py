"""Learned figures of the forecast explained: in words, by which model and from what. They are no sums of contributions:
a quantile comes from a simulation, a chance from rates."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import numpy as np

from domain.errors import NotFound, Refused
from domain.language.catalogue import say
from projections.deals import Filters
from projections.explained import Explanation, one_of
from projections.explained_forecast import CELLS, ForecastCell
from projections.forecast import current_period, forecast
from projections.forecast_chances import WITHIN, days_left, deal_chances
from projections.forecast_learning import Based, Learned
from projections.forecast_quantiles import add_quantiles
from projections.view import View

QUANTILES = ("p10", "p50", "p90")
CHANCES = ("p_win", "p_win_within")
LEARNED = (*QUANTILES, *CHANCES)


class DealNotStated(Refused):
    """{cell} is a figure of one opportunity: state it as the deal."""


def explain_learned(
    view: View, cell: ForecastCell, known: Learned, filters: Filters | None = None, *, deal: UUID | None = None
) -> Explanation:
    """Why a learned figure is what it is: a quantile of a period's revenue, in all or of a group, or the chance of one
    deal. `basis` names the model, its position, what it learned from, and for a chance the reasons.

    Raises NotExplained for a figure that is none, NotFound for a deal that is not open or not to be seen.
    """
    one_of("figure of the forecast", cell.cell, (*CELLS, *LEARNED))
    if cell.cell in CHANCES:
        return _chance(view, cell, known, deal)
    key = cell.period or current_period(view)
    answer = forecast(view, key, filters, by=cell.by)
    add_quantiles(view, answer, known, filters, by=cell.by)
    found = [answer] if cell.by is None else [each for each in answer.groups or [] if each.key == cell.group]
    value = getattr(found[0], cell.cell) if found else None
    question = {"cell": cell.cell, "period": key} | ({"by": cell.by.value, "group": cell.group} if cell.by else {})
    simulated = say("the share of {runs:,} simulated courses of the period that brought no more", runs=10_000)
    return _explanation(view, question, view.currency, value, [_model(answer), *([simulated] if value else [])])


def _chance(view: View, cell: ForecastCell, known: Learned, deal: UUID | None) -> Explanation:
    if deal is None:
        raise DealNotStated(cell=cell.cell)
    ids = known.histories.ids
    rows = np.array([row for row in known.histories.open().tolist() if ids[row] == deal], np.int32)
    in_time = cell.cell == "p_win_within" and cell.period
    within = days_left(view, cell.period) if in_time else WITHIN
    answer = deal_chances(view, known, within=within, rows=rows)
    if not answer.deals:
        raise NotFound(kind="opportunity", key=str(deal))
    line = answer.deals[0]
    reasons = [f"{each.words} ({each.effect:+.2f})" for each in line.reasons]
    value = Decimal(repr(getattr(line, cell.cell)))
    return _explanation(view, {"cell": cell.cell, "deal": line.opportunity}, "ratio", value, [_model(answer), *reasons])


def _model(answer: Based) -> str:
    name = answer.model_version or say("no model")
    return say("{model} at position {position:,}: {basis}", model=name, position=answer.position, basis=answer.basis)


def _explanation(
    view: View, question: dict[str, str], unit: str, value: Decimal | None, words: list[str]
) -> Explanation:
    basis = "; ".join(words)
    return Explanation(
        **view.head(), figure="forecast", question=question, unit=unit, value=value, shares=[], basis=basis
    )
