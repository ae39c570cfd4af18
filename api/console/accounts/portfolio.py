"""The portfolio as the console shows it: classes, matrices, reviews that are due, what is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from api.console.accounts.lines import manager_names
from api.console.addresses import plain
from api.console.frame import Frame
from domain.language.catalogue import either, say, term
from domain.policies.selection_definition import CriterionGroup, Matrix
from domain.policies.selection_model import SelectionModel
from projections.portfolio import PortfolioAnswer, PortfolioLine
from projections.view import View

CLASSES = ("A", "B", "C")
ZERO = Decimal(0)


@dataclass(frozen=True)
class AbcClass:
    """The customers of a class: how many, and what they bring together."""

    name: str
    count: int
    revenue: Decimal
    share: Decimal


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


def portfolio_look(
    frame: Frame[Any], view: View, answer: PortfolioAnswer, customers: Sequence[PortfolioLine], rows: int
) -> dict[str, Any]:
    """What the template shows, of the customers that are looked at."""
    wanted = None if len(customers) == len(answer.customers) else {each.account for each in customers}
    by_revenue = sorted(customers, key=lambda each: (each.cumulative, -each.share, each.name))
    model = view.policies.selection_model(answer.model)
    due = [each for each in customers if each.status and (each.status.overdue or not each.status.justified)]
    due.sort(key=lambda each: (each.status.review_due if each.status else None, each.name))
    proposals = [each for each in answer.proposals if wanted is None or each.account in wanted]
    key_positions = [each.status.position for each in answer.customers if each.status]
    return {
        "answer": answer,
        "key_positions": key_positions if len(key_positions) == answer.key_accounts else None,
        "chosen": _chosen(frame),
        "abc": [_of_class(name, customers) for name in CLASSES],
        "ranked": by_revenue[:rows],
        "most": max((each.revenue for each in by_revenue), default=ZERO),
        "pictures": [_picture(model, matrix, customers) for matrix in model.matrices],
        "due": due[:rows],
        "all_due": len(due),
        "proposals": proposals[:rows],
        "all_proposals": len(proposals),
        "owners": manager_names(frame, view, (each.manager for each in due[:rows])),
        "model_name": either(model.name, model.name_zh),
        "currency": view.currency,
        "border": model.classes.a_border,
    }


def _chosen(frame: Frame[Any]) -> str:
    """The filters of the list, as the address of an explanation goes on with them."""
    stated = {name: plain(getattr(frame.query, name)) for name in ("territory", "manager", "q")}
    stated["key"] = "true" if frame.query.key else ""
    return "".join(f"&{name}={quote(value)}" for name, value in stated.items() if value)


def _of_class(name: str, customers: Sequence[PortfolioLine]) -> AbcClass:
    own = [each for each in customers if each.abc == name]
    return AbcClass(name, len(own), sum((each.revenue for each in own), ZERO), sum((each.share for each in own), ZERO))


def _picture(model: SelectionModel, matrix: Matrix, customers: Sequence[PortfolioLine]) -> Picture:
    placed = [(each, say(cell.cell)) for each in customers if (cell := each.cells[matrix.key]).cell]
    most = max((each.revenue for each, _ in placed), default=ZERO) or Decimal(1)
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
    return Picture(matrix.key, either(matrix.name, matrix.name_zh), x, y, chart, placed, len(customers) - len(placed))


def measure_name(model: SelectionModel, measure: str) -> str:
    """What an axis measures: one of our figures, a group of criteria, or a criterion."""
    if measure in list(CriterionGroup):
        return term("CriterionGroup", measure)
    for each in model.criteria:
        if each.key == measure:
            return either(each.name, each.name_zh)
    return term("Measure", measure)
