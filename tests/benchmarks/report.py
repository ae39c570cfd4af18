"""The table that the benchmarks fill, and the databases on which they run."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

WIDTHS = (70, 10, 10, 10)
GOOD, POOR = "ok", "SHORT"


@dataclass(frozen=True)
class Line:
    """One row of the table. `at_most` says that `must` and `stretch` are upper limits."""

    what: str
    must: float
    stretch: float | None
    reached: float
    unit: str
    beside: str
    at_most: bool

    @property
    def fulfilled(self) -> bool:
        """Whether the must is reached; figures beside are never judged."""
        return self.reached <= self.must if self.at_most else self.reached >= self.must

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        stretch = "" if self.stretch is None else f"{self.stretch:g}{self.unit}"
        cells = (self.what, f"{sign} {self.must:g}{self.unit}", stretch, f"{self.reached:.3g}{self.unit}")
        row = "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))
        return f"{row}  {self.beside.ljust(58)}  {GOOD if self.fulfilled else POOR}"


@dataclass
class Report:
    """Takes results as they come and prints them. `server_url` is a server with every durable setting on."""

    server_url: str
    lines: list[Line] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def head(self) -> None:
        """Print the titles of the columns."""
        print(
            "  ".join(t.ljust(w) for t, w in zip(("what", "must", "stretch", "reached"), WIDTHS, strict=True)),
            flush=True,
        )

    def line(
        self,
        what: str,
        *,
        must: float,
        reached: float,
        stretch: float | None = None,
        unit: str = " ×",
        beside: str = "",
        at_most: bool = False,
    ) -> None:
        """A measured ratio; `unit` is " ×", " %", " B", " kB" or " MB"; `beside` holds rates and milliseconds."""
        self.lines.append(Line(what, must, stretch, reached, unit, beside, at_most))
        print(self.lines[-1], flush=True)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database, gone afterwards."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f"create database {name} template template0")
        try:
            yield self.server_url.replace("@/postgres?", f"@/{name}?")
        finally:
            gc.collect()
            with psycopg.connect(self.server_url, autocommit=True) as connection:
                connection.execute(f"drop database {name} with (force)")

    @property
    def fulfilled(self) -> bool:
        """Whether every must is reached."""
        return all(line.fulfilled for line in self.lines)
