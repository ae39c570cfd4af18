"""Answers as frames of pandas, Polars or Arrow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from api.client.errors import NoLines, NotAFrame, PackageMissing

if TYPE_CHECKING:
    import pyarrow

MARK = b"kams"
DECIMAL = re.compile(r"-?\d+\.\d+")
Frame = Literal["pandas", "polars", "arrow"]
PACKAGES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}


def must_have(frame: str) -> None:
    """See that the packages of a frame are there. Raises NotAFrame, PackageMissing."""
    from importlib.util import find_spec

    if frame not in PACKAGES:
        raise NotAFrame(frame=str(frame)[:80], frames=", ".join(PACKAGES))
    for package in ("pyarrow", PACKAGES[frame]):
        if find_spec(package) is None:
            raise PackageMissing(frame=frame, package=package)


def framed(table: pyarrow.Table, frame: str) -> Any:
    """A table as a frame; what it rests on is in its `attrs`."""
    if frame == "arrow":
        return table
    if frame == "polars":
        import polars

        return polars.from_arrow(table)
    made = table.to_pandas()
    made.attrs["kams"] = json.loads((table.schema.metadata or {}).get(MARK, b"{}"))
    return made


def framed_list(answer: Mapping[str, Any], what: str, frame: str) -> Any:
    """The first list of an answer, everything else beside it as what it rests on."""
    import pyarrow

    name = next((name for name, value in answer.items() if isinstance(value, list)), None)
    if name is None:
        raise NoLines(what=what, fields=", ".join(answer))
    lines = [line if isinstance(line, dict) else {name: line} for line in answer[name]]
    table = pyarrow.Table.from_pylist(_typed(lines))
    rested = {field: value for field, value in answer.items() if not isinstance(value, list)}
    return framed(table.replace_schema_metadata({MARK: json.dumps(rested).encode()}), frame)


def _typed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Amounts and probabilities, which JSON holds as texts, as exact numbers."""
    names = {name for line in lines for name, value in line.items() if value is not None}
    exact = {name for name in names if all(_is_decimal(line.get(name)) for line in lines)}
    return [{name: Decimal(v) if v and name in exact else v for name, v in line.items()} for line in lines]


def _is_decimal(value: Any) -> bool:
    return value is None or (isinstance(value, str) and DECIMAL.fullmatch(value) is not None)
