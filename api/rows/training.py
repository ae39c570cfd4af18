"""The training table on its way out: a row for each opportunity and weekly snapshot, as it was knowable then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from api.rows.taking import Batch, Rested, Taking
from domain.errors import Refused
from projections.forecasting.facts import load
from projections.forecasting.training import COLUMNS, training_table
from projections.opportunities import FUNNEL
from projections.row_columns import RowColumn
from projections.view import View

TYPES = {"date": "date", "text": "text", "whole": "integer", "number": "number"}
ABOUT = "An opportunity on a day on which it was open, as it was knowable at its end, and beside it how it ended."


class TableBackwards(Refused):
    """From {first} to {last} there is no snapshot: state an earlier --from, or a later --to."""


def training(view: View, first: date, last: date, until: date, *, every_days: int = 7) -> Taking:
    """The rows of all snapshots from a day to another, of opportunities that the asker sees; outcomes are those that
    were knowable at the end of `until`. Raises TableBackwards."""
    if last < first:
        raise TableBackwards(first=first, last=last)
    columns = [
        RowColumn(each.name, TYPES[each.type], f"{each.meaning}{f' ({each.unit})' if each.unit else ''}")
        for each in COLUMNS
    ]
    rested = Rested(
        model="training",
        version=1,
        as_of=view.clock.as_of,
        known_at=view.known.position,
        known_until=view.known.at,
        scope=view.visibility.scope,
        complete=view.complete,
        about=ABOUT,
    )
    return Taking(columns, rested, _rows(view, (first, last, until), every_days))


def _rows(view: View, days: tuple[date, date, date], every_days: int) -> Iterator[Batch]:
    seen, (first, last, until) = _seen(view), days
    place = next(n for n, column in enumerate(COLUMNS) if column.name == "opportunity_id")
    for snapshot in training_table(load(view.connection), view.at, first, last, every_days, until):
        columns = [_values(snapshot[column.name], column.type) for column in COLUMNS]
        rows = [list(row) for row in zip(*columns, strict=True)]
        yield rows if seen is None else [row for row in rows if row[place] in seen]


def _values(column: Any, kind: str) -> list[Any]:
    """Values as others take them: what is absent is None."""
    if column.dtype.kind != "f":
        return list(column.tolist())
    there = np.isfinite(column).tolist()
    values = column.tolist()
    return [(int(v) if kind == "whole" else v) if ok else None for v, ok in zip(values, there, strict=True)]


def _seen(view: View) -> set[str] | None:
    """The opportunities that the asker sees; None for all."""
    visible = view.visible_accounts()
    if visible is None:
        return None
    sql = f"select key from {FUNNEL.table} where kind = 1 and account = any(%(visible)s)"
    found: list[tuple[UUID]] = view.connection.execute(sql.encode(), {"visible": visible}).fetchall()
    return {str(key) for (key,) in found}
