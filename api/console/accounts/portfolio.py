"""The portfolio as the console shows it: classes, matrices, reviews that are due, what is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from api.console.addresses import plain
from api.console.frame import Frame
from domain.language.catalogue import either, say, term
from domain.policies.selection_definition import CriterionGroup, Matrix
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.portfolio import PortfolioLine
from projections.portfolio_first import FirstOfPortfolio
from projections.view import View


@dataclass(frozen=True)
class Picture:
    """A matrix: what its chart is given, and its customers by cell."""

    key: str
    name: str
    x: str
    y: str
    chart: dict[str, Any]
    placed: list[tuple[PortfolioLine, str]]
    unplaced: int


def portfolio_look(frame: Frame[Any], view: View, answer: FirstOfPortfolio, names: Mapping[str, str]) -> dict[str, Any]:
    """What the template shows; `names` are those of who manages."""
    model = view.policies.selection_model(DEFAULT_MODEL)
    positions = answer.key_positions
    return {
        "answer": answer,
        "found": answer.count,
        "key_positions": positions if len(positions) == answer.key_accounts else None,
        "chosen": _chosen(frame),
        "abc": answer.classes,
        "ranked": answer.ranked,
        "most": answer.most,
        "pictures": [_picture(model, matrix, answer) for matrix in model.matrices],
        "due": answer.due,
        "all_due": answer.all_due,
        "proposals": answer.proposals,
        "all_proposals": answer.all_proposals,
        "owners": {each.manager: names.get(str(each.manager), "") for each in answer.due},
        "model_name": either(model.name, model.name_zh),
        "currency": view.currency,
        "border": model.classes.a_border,
    }


def _chosen(frame: Frame[Any]) -> str:
    """The filters of the list, as the address of an explanation goes on with them."""
    stated = {name: plain(getattr(frame.query, name)) for name in ("territory", "manager", "q")}
    stated["key"] = "true" if frame.query.key else ""
    return "".join(f"&{name}={quote(value)}" for name, value in stated.items() if value)


def _picture(model: SelectionModel, matrix: Matrix, answer: FirstOfPortfolio) -> Picture:
    placed = [(each, say(cell.cell)) for each in answer.placed if (cell := each.cells[matrix.key]).cell]
    most = max((each.revenue for each, _ in placed), default=Decimal(0)) or Decimal(1)
    x, y = (measure_name(model, axis.measure) for axis in (matrix.x, matrix.y))
    points = [
        {
            "name": each.name,
            "x": each.cells[matrix.key].x,
            "y": each.cells[matrix.key].y,
            "size": each.revenue / most,
            "class": each.abc,
            "cell": cell,
            "href": f"/console/account/{each.account}",
        }
        for each, cell in placed
    ]
    chart = {
        "x": {"name": x, "cuts": matrix.x.cuts},
        "y": {"name": y, "cuts": matrix.y.cuts},
        "cells": [say(cell) for cell in matrix.cells],
        "points": points,
    }
    return Picture(matrix.key, either(matrix.name, matrix.name_zh), x, y, chart, placed, answer.count - len(placed))


def measure_name(model: SelectionModel, measure: str) -> str:
    """What an axis measures: one of our figures, a group of criteria, or a criterion."""
    if measure in list(CriterionGroup):
        return term("CriterionGroup", measure)
    for each in model.criteria:
        if each.key == measure:
            return either(each.name, each.name_zh)
    return term("Measure", measure)
