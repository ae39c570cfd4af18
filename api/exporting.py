"""Lines that leave as data, one after the other: JSON Lines, CSV, Parquet. Each is written as it is asked for."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, get_args, get_type_hints
from uuid import UUID

import msgspec

from api.cells import csv_lines
from domain.errors import KamsError

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 5_000


class ExportFormat(enum.StrEnum):
    """How lines are sent."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


class FileFormat(enum.StrEnum):
    """How lines are written to a file."""

    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA = {
    ExportFormat.JSON: "application/json",
    ExportFormat.NDJSON: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8",
}
SUFFIXES = {
    ".jsonl": FileFormat.NDJSON,
    ".ndjson": FileFormat.NDJSON,
    ".csv": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
}


class ParquetMissing(KamsError):
    """Parquet needs another package: pip install kams[parquet]."""


def ndjson(lines: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    """One JSON document per line."""
    for line in lines:
        yield msgspec.json.encode(line) + b"\n"


def csv(kind: type[msgspec.Struct], lines: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    """A header of the fields, then a row per line; what is no single value is JSON in its cell."""
    names = kind.__struct_fields__
    yield from csv_lines(names, ([_cell(getattr(line, name)) for name in names] for line in lines))


def parquet(kind: type[msgspec.Struct], lines: Iterable[msgspec.Struct], file: IO[bytes]) -> None:
    """A Parquet file with typed columns: moments in UTC, whole numbers, booleans; identifiers as text, what is no
    single value as JSON. Raises ParquetMissing."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ParquetMissing from None
    schema, waiting = _schema(kind, pyarrow), iter(lines)
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while chunk := list(islice(waiting, ROWS_AT_ONCE)):
            rows = [{name: _value(getattr(line, name)) for name in schema.names} for line in chunk]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def _schema(kind: type[msgspec.Struct], pyarrow: Any) -> pyarrow.Schema:
    types = {
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
        datetime: pyarrow.timestamp("us", tz="UTC"),
    }
    hints = get_type_hints(kind)
    return pyarrow.schema([(name, types.get(_plain(hints[name]), pyarrow.string())) for name in kind.__struct_fields__])


def _plain(hint: Any) -> Any:
    """A type without `| None`."""
    kinds = [each for each in get_args(hint) if each is not type(None)]
    return kinds[0] if len(kinds) == 1 and not isinstance(hint, type) and type(None) in get_args(hint) else hint


def _value(value: Any) -> Any:
    if isinstance(value, list | dict | msgspec.Struct):
        return msgspec.json.encode(value).decode()
    return str(value) if isinstance(value, UUID | enum.Enum) else value


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return (msgspec.json.encode(value).decode() if value else "") if isinstance(value, list | dict) else value
