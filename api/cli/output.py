"""What commands print: JSON or CSV alone on standard output, or tables with bars; all else on standard error."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from api.cells import cell as as_cell
from api.cli.columns import GAP, set_columns
from domain.language.amounts import column_of_amounts, shown_amount
from domain.language.catalogue import in_context, terms
from domain.language.catalogue import say as said
from domain.language.languages import Language, spoken

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

BAR_WIDTH = 24
PIPED_WIDTH = 110


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
    return as_cell(cell.value if isinstance(cell, Amount) else cell)


def console() -> Console:
    """Standard output: as wide as the terminal, or as COLUMNS says; 110 where neither is known."""
    from rich.console import Console

    from api.cli.settings import columns_of

    paper = Console(highlight=False)
    if not sys.stdout.isatty() and not columns_of():
        paper.width = PIPED_WIDTH
    return paper


def say(text: str) -> None:
    """A remark beside the answer, on standard error. One without values may be stated in English."""
    print(said(text), file=sys.stderr, flush=True)


def print_table(
    title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, bar: int | None = None, context: str = ""
) -> None:
    """A table; `bar` is the column of numbers that gets a bar at the line's end. Title, header, and the cells of a
    first column without a header, which are labels, may be stated in English: all are said in the spoken language,
    headings as they are meant in a `context`."""
    from rich.markup import escape
    from rich.table import Table

    lines = [list(row) for row in rows]
    if title:
        words = title.lstrip("\n")
        console().print(f"{title[: len(title) - len(words)]}[bold]{said(words)}[/bold]")
    texts = _texts([[_labelled(header, line), *line[1:]] for line in lines])
    labels = [label(name, context) for name in header]
    largest = max((float(line[bar] or 0) for line in lines), default=0.0) if bar is not None else 0.0
    room = (paper := console()).width - (0 if bar is None else BAR_WIDTH + GAP)
    table = Table(header_style="dim", box=None, pad_edge=False)
    for n, column in enumerate(set_columns(header, labels, texts, room)):
        numeric = any(isinstance(line[n], int | Decimal | Amount) for line in lines)
        table.add_column(
            labels[n], justify="right" if numeric else "left", no_wrap=column.one_line, min_width=column.width,
            max_width=column.width, overflow="ellipsis" if column.one_line else "fold",
        )  # fmt: skip
    if bar is not None:
        table.add_column("")
    for line, cells in zip(lines, texts, strict=True):
        drawn = [escape(cell) for cell in cells]
        if bar is not None:
            length = round(BAR_WIDTH * float(line[bar] or 0) / largest) if largest > 0 else 0
            drawn.append(f"[cyan]{'█' * max(length, 0)}[/cyan]")
        table.add_row(*drawn)
    paper.print(table, crop=False, no_wrap=False)


def _texts(lines: list[list[Any]]) -> list[list[str]]:
    """Cells as people read them; the amounts of one column are all in 万 where Chinese is spoken, or all are exact."""
    columns = []
    for cells in zip(*lines, strict=True):
        values = [each.value if isinstance(each, Amount) else each for each in cells]
        amounts = [value for value in values if isinstance(value, Decimal)]
        say_it = column_of_amounts(amounts) if amounts else shown_amount
        columns.append([say_it(each) if isinstance(each, Decimal) else shown(each, escaped=False) for each in values])
    return [list(line) for line in zip(*columns, strict=True)]


def _labelled(header: Sequence[str], line: Sequence[Any]) -> Any:
    return label(line[0]) if not header[0] and isinstance(line[0], str) else line[0]


def label(text: str, context: str = "") -> str:
    """What stands over a column or before a line, in the spoken language: a sentence, or the name of a field."""
    if spoken() is Language.ENGLISH:
        return text
    found = in_context(context, text) if context else said(text)
    return found if found != text else str(terms("fields").get(text.replace(" ", "_"), text))


def shown(cell: Any, *, escaped: bool = True) -> str:
    """A cell as people read it; `escaped` for text between markup."""
    from rich.markup import escape

    if cell is None:
        return "–"
    if isinstance(cell, Decimal):
        return shown_amount(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return escape(str(cell)) if escaped else str(cell)


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
