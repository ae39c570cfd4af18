"""What commands print: JSON or CSV alone on standard output, or tables with bars; all else on standard error."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.language.amounts import shown_amount
from domain.language.catalogue import say as said
from domain.language.catalogue import terms
from domain.language.languages import Language, spoken

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

BAR_WIDTH = 24
DANGEROUS = ("=", "+", "-", "@", "\t", "\0")


class Amount(NamedTuple):
    """A cell that is money and no column of numbers of its own: as people read it in a table, exact in CSV."""

    value: Decimal

    def __str__(self) -> str:
        return shown_amount(self.value)


def print_json(answer: Any) -> None:
    """One JSON document: money as decimal strings, ISO times."""
    import msgspec

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def print_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """CSV for spreadsheets: a text that would be taken for a formula gets a leading apostrophe. Headers are names for
    machines, in English always; numbers are exact and plain."""
    writer = csv.writer(sys.stdout)
    writer.writerow(header)
    writer.writerows([[protected(cell) for cell in row] for row in rows])


def protected(cell: Any) -> Any:
    """A cell that no spreadsheet runs as a formula."""
    if isinstance(cell, Amount | Decimal):
        return f"{cell.value if isinstance(cell, Amount) else cell:f}"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else "" if cell is None else cell


def console() -> Console:
    """Standard output as rich sees it."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 110, highlight=False)


def say(text: str) -> None:
    """A remark beside the answer, on standard error. One without values may be stated in English."""
    print(said(text), file=sys.stderr, flush=True)


def print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, bar: int | None = None) -> None:
    """A table; `bar` is the column of numbers that gets a bar at the line's end. Title, header, and the cells of a
    first column without a header, which are labels, may be stated in English: all are said in the spoken language."""
    from rich.table import Table

    lines = [list(row) for row in rows]
    if title:
        words = title.lstrip("\n")
        console().print(f"{title[: len(title) - len(words)]}[bold]{said(words)}[/bold]")
    table = Table(header_style="dim", box=None, pad_edge=False)
    for n, name in enumerate(header):
        numeric = any(isinstance(line[n], int | Decimal) for line in lines)
        table.add_column(label(name), justify="right" if numeric else "left", no_wrap=numeric)
    largest = max((float(line[bar] or 0) for line in lines), default=0.0) if bar is not None else 0.0
    if bar is not None:
        table.add_column("")
    for line in lines:
        if not header[0] and isinstance(line[0], str):
            line[0] = label(line[0])
        cells = [shown(cell) for cell in line]
        if bar is not None:
            length = round(BAR_WIDTH * float(line[bar] or 0) / largest) if largest > 0 else 0
            cells.append(f"[cyan]{'█' * max(length, 0)}[/cyan]")
        table.add_row(*cells)
    console().print(table)


def label(text: str) -> str:
    """What stands over a column or before a line, in the spoken language: a sentence, or the name of a field."""
    if spoken() is Language.ENGLISH:
        return text
    found = said(text)
    return found if found != text else str(terms("fields").get(text.replace(" ", "_"), text))


def shown(cell: Any) -> str:
    """A cell as people read it."""
    from rich.markup import escape

    if cell is None:
        return "–"
    if isinstance(cell, Decimal):
        return shown_amount(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return escape(str(cell))


def cut(text: str, width: int) -> str:
    """A text of at most that many cells, with an ellipsis where it was longer."""
    from rich.text import Text

    whole = Text(text)
    whole.truncate(width, overflow="ellipsis")
    return whole.plain


def progress(quiet: bool = False) -> Progress:
    """A progress bar on standard error; none where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    stderr = Console(stderr=True)
    return Progress(*columns, console=stderr, disable=quiet or not stderr.is_terminal, transient=True)
