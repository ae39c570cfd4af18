"""What a row was, one version after the other: for answers that say since when, and by which event, something holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from domain.decodable import decodable
from projections.engine import ReadModel
from projections.versions import versions_sql
from projections.view import View

V = TypeVar("V", bound=msgspec.Struct)


class Step(msgspec.Struct, Generic[V], frozen=True):
    """What held from a moment on, by the event at a position; None: there was none."""

    at: datetime
    position: int
    value: V | None


class Trail(msgspec.Struct, Generic[V]):
    """The steps of one thing in business order, up to the moment asked about, by what was known; at least one."""

    steps: list[Step[V]]

    @property
    def now(self) -> V | None:
        """What holds; None where there is none."""
        return self.steps[-1].value

    def then(self, moment: datetime) -> V | None:
        """What held at an earlier moment."""
        return next((step.value for step in reversed(self.steps) if step.at <= moment), None)

    def begun(self, *fields: str) -> list[int]:
        """Positions of the events that gave these fields what they hold; of all fields where none is stated."""
        if self.now is None:
            return [self.steps[-1].position]
        return sorted({self._begun(field) for field in fields or self.now.__struct_fields__})

    def after(self, moment: datetime, field: str) -> list[int]:
        """Positions of the events after a moment that changed a field."""
        before, found = [None, *self.steps], []
        for earlier, step in zip(before, self.steps, strict=False):
            old = getattr(earlier.value, field, None) if earlier else None
            if step.at > moment and getattr(step.value, field, None) != old:
                found.append(step.position)
        return found

    def _begun(self, field: str) -> int:
        held, position = getattr(self.now, field), self.steps[-1].position
        for step in reversed(self.steps):
            if step.value is None or getattr(step.value, field) != held:
                break
            position = step.position
        return position


def trails(view: View, model: ReadModel, value: type[V], column: str, ids: Iterable[UUID]) -> dict[UUID, Trail[V]]:
    """The trails of a model's rows that ever had one of these ids in an indexed column, by the rows' keys.

    Each holds at least one value. The fields of `value` are the columns that are read.
    """
    columns = value.__struct_fields__
    ever = " union ".join(
        f"select key from {table} where {column} = any(%(ids)s)" for table in (model.table, model.history)
    )
    sql = versions_sql(model, ", ".join(("kind = 1", *columns)), f"key in ({ever})", gone=True)
    rows = view.connection.execute(
        f"select * from ({sql}) step order by key, valid_from, cause".encode(), view.parameters(ids=list(ids))
    )
    found: dict[UUID, Trail[V]] = {}
    for key, at, position, is_there, *cells in rows:
        step = Step(at, position, _valued(value, columns, cells) if is_there else None)
        found.setdefault(key, Trail([])).steps.append(step)
    return {key: trail for key, trail in found.items() if any(step.value is not None for step in trail.steps)}


def _valued(value: type[V], columns: tuple[str, ...], cells: list[Any]) -> V:
    return msgspec.convert(dict(zip(columns, cells, strict=True)), decodable(value))
