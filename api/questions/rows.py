"""The rows of any read model over HTTP: Arrow, Parquet, CSV and JSON Lines as streams of everything, JSON in pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.rows.files import MEDIA, RowFormat, written
from api.rows.taking import Rested, Taking, take
from domain.member import KeyScope
from projections import READ_MODELS
from projections.row_columns import RowColumn, about, columns_of, model_named

RowLimit = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class RowsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which columns (separated by commas; else all), whether `personal` data is opened, for those who may. `format` (or
    Accept) is json, a page, or arrow, parquet, csv or ndjson, a stream of everything."""

    columns: str = ""
    personal: bool = False
    format: RowFormat | None = None
    limit: RowLimit = 1000
    cursor: UUID | None = None


class RowsAnswer(msgspec.Struct, kw_only=True):
    """A page of rows in the order of their keys, and what they rest on; `next` is the cursor of the following one, null
    on the last."""

    rested: Rested
    columns: list[RowColumn]
    rows: list[dict[str, Any]]
    next: str | None


class DescribedModel(msgspec.Struct):
    """A read model: what a row of it is, its version, its columns."""

    model: str
    version: int
    about: str
    columns: list[RowColumn]


class RowModelsAnswer(msgspec.Struct):
    """All read models whose rows can be taken."""

    models: list[DescribedModel]


def endpoints() -> list[Endpoint]:
    """The models, and the rows of one."""
    models = "The read models with their columns and what they mean."
    rows = "The rows of a read model as of any moment, as far as you see them; Accept chooses the format."
    return [
        question("/rows", "rows.models", models, _models, RowModelsAnswer, Clocks),
        question("/rows/{model}", "rows", rows, _rows, RowsAnswer, RowsQuery),
    ]


def described(name: str = "") -> list[DescribedModel]:
    """The named read model, or all by name. Raises Malformed."""
    found = [model_named(name)] if name else sorted(READ_MODELS, key=lambda model: model.name)
    return [DescribedModel(each.name, each.version, about(each), columns_of(each)) for each in found]


def _models(call: Call) -> Reply:
    call.asker.must_have(KeyScope.READ)
    return Reply(RowModelsAnswer(described()))


def _rows(call: Call) -> Reply:
    query = call.query(RowsQuery)
    wanted = query.format or accepted(call.headers.get("accept", ""))
    call.exported = True
    if wanted is not RowFormat.JSON:
        return _streamed(call, query, wanted)
    with ExitStack() as stack:
        taking = _taking(call, query, stack, limit=query.limit + 1)
        rows = [row for batch in taking.batches for row in batch]
    shown = rows[: query.limit]
    names = [column.name for column in taking.columns]
    following = str(shown[-1][0]) if len(rows) > query.limit else None
    found = [dict(zip(names, row, strict=True)) for row in shown]
    return Reply(RowsAnswer(rested=taking.rested, columns=taking.columns, rows=found, next=following))


def accepted(accept: str) -> RowFormat:
    """The format that is accepted; JSON where none of ours is named."""
    return next((each for each, media in MEDIA.items() if media.partition(";")[0] in accept), RowFormat.JSON)


def _taking(call: Call, query: RowsQuery, stack: ExitStack, limit: int | None = None) -> Taking:
    model = model_named(str(call.path["model"]))
    view = stack.enter_context(viewing(call, query))
    names = [name.strip() for name in query.columns.split(",") if name.strip()]
    return take(
        call.doors.journal, view, model, names, personal=query.personal, after=query.cursor, limit=limit
    )  # fmt: skip


def _streamed(call: Call, query: RowsQuery, wanted: RowFormat) -> Reply:
    """Everything, sent as it is read, in one transaction that ends with the answer. What is refused is refused now."""

    def parts() -> Iterator[bytes]:
        with ExitStack() as stack:
            content = written(_taking(call, query, stack), wanted)
            yield b""
            yield from content

    begun = parts()
    return Reply(chain([next(begun)], begun), media=MEDIA[wanted])
