"""Rows of a read model on their way out: what is sealed opened for those who may, all else as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from api.access import NotAllowed
from api.names import open_text
from domain.errors import Fault, Malformed
from domain.journal.journal import Journal
from domain.journal.people import SealBroken
from domain.language.catalogue import say
from projections.decision_processes import steps_of
from projections.engine import ReadModel
from projections.policies import decoded
from projections.row_columns import DOCUMENT, RowColumn, about, columns_of
from projections.rows_taken import batches
from projections.seen import sealed
from projections.view import View

Batch = list[list[Any]]
"""Rows, each a list of values in the order of the columns."""


class Rested(msgspec.Struct, frozen=True):
    """What rows rest on, as files say it: the moment, the position up to which it was known (`known_at`, and when that
    was recorded), whose rows the asker sees, the read model with its version, and whether it was complete."""

    model: str
    version: int
    as_of: datetime
    known_at: int
    known_until: datetime | None
    scope: str
    complete: bool
    about: str


class Taking(NamedTuple):
    """Rows as they come, their columns, and what they rest on."""

    columns: list[RowColumn]
    rested: Rested
    batches: Iterator[Batch]


def take(
    journal: Journal,
    view: View,
    model: ReadModel,
    names: Sequence[str] = (),
    *,
    personal: bool = False,
    after: UUID | None = None,
    limit: int | None = None,
) -> Taking:
    """The rows of a model as of the view's clocks: all columns, or the named ones behind the key; sealed columns only
    where `personal` asks for them. Raises NotAllowed for an asker who may not read them, Malformed for a column that is
    none."""
    if personal and not view.visibility.personal:
        raise NotAllowed(what="Personal data", needed="the right to read names and addresses")
    columns = _chosen(model, names, personal)
    found = batches(view, model, columns, after=after, limit=limit)
    return Taking(columns, rested_on(view, model), _opened(journal, model, columns, found))


def rested_on(view: View, model: ReadModel) -> Rested:
    """What an answer of rows rests on."""
    return Rested(
        model=model.name,
        version=model.version,
        as_of=view.clock.as_of,
        known_at=view.known.position,
        known_until=view.known.at,
        scope=view.visibility.scope,
        complete=view.complete,
        about=about(model),
    )


def _chosen(model: ReadModel, names: Sequence[str], personal: bool) -> list[RowColumn]:
    known = [column for column in columns_of(model) if personal or not column.sealed]
    by_name = {column.name: column for column in known}
    for name in names:
        if name not in by_name:
            raise Malformed(Fault("columns", name[:80], say("expected some of {known}", known=", ".join(by_name))))
    return [column for column in known if not names or column.name in ("key", *names)]


def _opened(
    journal: Journal, model: ReadModel, columns: Sequence[RowColumn], found: Iterator[list[tuple[Any, ...]]]
) -> Iterator[Batch]:
    closed = [(place, each.name) for place, each in enumerate(columns) if each.sealed]
    documents = [place for place, each in enumerate(columns) if each.type == DOCUMENT]
    topic = next((place for place, each in enumerate(columns) if each.name == "topic"), None)
    for batch in found:
        rows = [list(row) for row in batch]
        for place, name in closed:
            _open(journal, rows, place, name)
        for place in documents:
            read = _reader(model)
            for row in rows:
                row[place] = read(row[topic] if topic is not None else "", row[place])
        yield rows


def _open(journal: Journal, rows: Batch, place: int, name: str) -> None:
    texts = [sealed(row[place]) if row[place] else None for row in rows]
    journal.people.preload(text.key for text in texts if text)
    for row, text in zip(rows, texts, strict=True):
        row[place] = None
        if text is not None:
            with suppress(SealBroken):
                row[place] = open_text(journal, text, name)


def _reader(model: ReadModel) -> Callable[[str, bytes | None], str | None]:
    """How what a model keeps as bytes is said as JSON."""

    def read(topic: str, stored: bytes | None) -> str | None:
        if not stored:
            return None
        value = steps_of(stored) if model.name == "decision_process" else decoded(topic, stored) if topic else None
        return msgspec.json.encode(msgspec.to_builtins(value, str_keys=True)).decode()

    return read
