"""Rows of a model as of a view's clocks, as the structs that they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.sealed import Sealed
from projections.engine import ReadModel, Row
from projections.engine.rows import shape_of
from projections.view import View

R = TypeVar("R", bound=Row)
_sealed = msgspec.msgpack.Decoder(decodable(Sealed)).decode


class Seen(NamedTuple, Generic[R]):
    """A row: its key, its fields, since when it has stood so, and the position of the event that made it so."""

    key: UUID
    row: R
    since: datetime
    position: int


def positions_of(causes: Iterable[Seen[Any] | int]) -> tuple[int, ...]:
    """The positions of rows and facts, each once, rising."""
    return tuple(sorted({cause if isinstance(cause, int) else cause.position for cause in causes}))


def rows_as_of(view: View, model: ReadModel, kind: type[R], where: str = "", **parameters: Any) -> list[Seen[R]]:
    """The rows of a model (`kind` is its row type) that fulfil a condition on their columns; of a model that calls
    some of its rows open, those alone."""
    return _rows(view, model, kind, where, parameters, only_open=True)


def all_rows_as_of(view: View, model: ReadModel, kind: type[R], where: str = "", **parameters: Any) -> list[Seen[R]]:
    """The same with those that the model does not call open."""
    return _rows(view, model, kind, where, parameters, only_open=False)


def _rows(
    view: View, model: ReadModel, kind: type[R], where: str, parameters: dict[str, Any], *, only_open: bool
) -> list[Seen[R]]:
    shape = shape_of(model.name, model.row)
    columns = ", ".join(column.name for column in shape.columns)
    found = view.rows(model, f"key, valid_from, cause, {columns}", where, only_open=only_open, **parameters)
    return [Seen(key, kind(*shape.back(list(values))), since, position) for key, since, position, *values in found]


def sealed(stored: bytes) -> Sealed:
    """A sealed text as a row keeps it."""
    return _sealed(stored)
