"""How rows are written: Arrow streams, Parquet, CSV and JSON Lines, each as it is asked for and never as a whole."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from api.cells import csv_lines
from api.exporting import ParquetMissing
from api.rows.taking import Batch, Rested, Taking
from projections.row_columns import RowColumn

if TYPE_CHECKING:
    import pyarrow

MARK = b"kams"
"""The key under which files say what they rest on, as JSON."""


class RowFormat(StrEnum):
    """How rows are written."""

    ARROW = "arrow"
    PARQUET = "parquet"
    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


MEDIA = {
    RowFormat.ARROW: "application/vnd.apache.arrow.stream",
    RowFormat.PARQUET: "application/vnd.apache.parquet",
    RowFormat.CSV: "text/csv; charset=utf-8",
    RowFormat.NDJSON: "application/x-ndjson",
    RowFormat.JSON: "application/json",
}
SUFFIXES = {
    ".parquet": RowFormat.PARQUET,
    ".arrow": RowFormat.ARROW,
    ".arrows": RowFormat.ARROW,
    ".csv": RowFormat.CSV,
    ".jsonl": RowFormat.NDJSON,
    ".ndjson": RowFormat.NDJSON,
}
BESIDE = ("as_of", "known_at")
"""What texts, which have no place for what they rest on, say in each line."""


def format_named(path: Path) -> RowFormat | None:
    """The format that a file's name asks for."""
    return SUFFIXES.get(path.suffix.lower())


def written(taking: Taking, wanted: RowFormat) -> Iterator[bytes]:
    """The file, part by part. Raises ParquetMissing at once where a package lacks."""
    if wanted is RowFormat.CSV:
        return _csv(taking)
    if wanted is RowFormat.NDJSON:
        return _ndjson(taking)
    return _columnar(taking, _schema(taking), wanted)


def write(taking: Taking, wanted: RowFormat, file: IO[bytes]) -> None:
    """The file as a whole, into one that is open."""
    for part in written(taking, wanted):
        file.write(part)


class Sink(io.RawIOBase):
    """A file that is taken away while it is written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """One more part."""
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        """How much was written."""
        return self._length

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _columnar(taking: Taking, schema: pyarrow.Schema, wanted: RowFormat) -> Iterator[bytes]:
    import pyarrow
    import pyarrow.ipc
    import pyarrow.parquet

    sink = Sink()
    if wanted is RowFormat.ARROW:
        writer: Any = pyarrow.ipc.new_stream(sink, schema)
    else:
        writer = pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd")
    with writer:
        for batch in taking.batches:
            writer.write_batch(record_batch(batch, schema))
            yield sink.taken()
    yield sink.taken()


def record_batch(rows: Batch, schema: pyarrow.Schema) -> pyarrow.RecordBatch:
    """Rows as typed columns."""
    import pyarrow

    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pyarrow.array(list(values), field.type) for values, field in zip(columns, schema, strict=True)]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _schema(taking: Taking) -> pyarrow.Schema:
    return schema_of(taking.columns, msgspec.json.encode(taking.rested))


def schema_of(columns: Sequence[RowColumn], rested: bytes) -> pyarrow.Schema:
    """The typed columns, each with its meaning, and what the rows rest on. Raises ParquetMissing."""
    try:
        import pyarrow
    except ImportError:
        raise ParquetMissing from None
    fields = [
        pyarrow.field(column.name, _type(column, pyarrow), metadata={"description": column.about}) for column in columns
    ]
    return pyarrow.schema(fields, metadata={MARK: rested})


def _type(column: RowColumn, pyarrow: Any) -> Any:
    if column.type.startswith("decimal"):
        return pyarrow.decimal128(38, column.digits)
    if column.type.startswith("list"):
        return pyarrow.list_(pyarrow.string())
    kinds = {
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        "date": pyarrow.date32(),
        "timestamp": pyarrow.timestamp("us", tz="UTC"),
    }
    return kinds.get(column.type, pyarrow.string())


def _csv(taking: Taking) -> Iterator[bytes]:
    header = [*(column.name for column in taking.columns), *BESIDE]
    beside = [_cell(value) for value in _beside(taking.rested)]
    rows = ([*map(_cell, row), *beside] for batch in taking.batches for row in batch)
    yield from joined(csv_lines(header, rows))


def _ndjson(taking: Taking) -> Iterator[bytes]:
    names = [*(column.name for column in taking.columns), *BESIDE]
    beside = _beside(taking.rested)
    for batch in taking.batches:
        lines = [msgspec.json.encode(dict(zip(names, [*row, *beside], strict=True))) for row in batch]
        yield b"\n".join(lines) + b"\n"


def joined(lines: Iterable[bytes], size: int = 64_000) -> Iterator[bytes]:
    """Lines in parts that are worth sending."""
    waiting: list[bytes] = []
    length = 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= size:
            yield b"".join(waiting)
            waiting, length = [], 0
    yield b"".join(waiting)


def _beside(rested: Rested) -> tuple[datetime, int]:
    return rested.as_of, rested.known_at


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return msgspec.json.encode(value).decode() if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int | Decimal | None) else str(value)
