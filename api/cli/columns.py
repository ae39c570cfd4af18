"""How wide the columns of a table are: numbers and days whole, one line each; names and reasons give way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

NAMES = frozenset({"account", "name", "title", "customer", "deal", "opportunity", "owner", "outlet"})
"""Headers of columns whose cells are cut where room is scarce; other texts are wrapped."""

LEAST_NAME, LEAST_TEXT, MOST_WORD, SPARED = 10, 6, 14, 8
GAP = 2
EXACT = re.compile(r"[-+−–]?[\d,.:/\-– %()万亿*!]*( [A-Z]{3})?")
"""Amounts, counts, shares, days and their marks."""


class Column(NamedTuple):
    """A column as it is set: its width in cells, and whether its cells stay on one line."""

    width: int
    one_line: bool


def set_columns(names: Sequence[str], header: Sequence[str], lines: Sequence[Sequence[str]], room: int) -> list[Column]:
    """The columns of a table that has `room` cells: `names` as the code states them, `header` and `lines` as shown.
    What is exact keeps its width, even where the table gets wider than the room; the widest text gives way first."""
    from rich.cells import cell_len

    columns, least = [], []
    for n, (name, shown) in enumerate(zip(names, header, strict=True)):
        cells = [line[n] for line in lines]
        widest = max(map(cell_len, cells), default=0)
        words = max(map(cell_len, shown.split()), default=0)
        if all(EXACT.fullmatch(cell) for cell in cells):
            least.append(max(widest, words))
        elif name in NAMES:
            least.append(max(words, min(widest, LEAST_NAME)))
        else:
            longest = max((cell_len(word) for cell in cells for word in cell.split()), default=0)
            least.append(max(words, min(longest, MOST_WORD), min(widest, LEAST_TEXT)))
        columns.append(Column(max(widest, cell_len(shown)), name in NAMES))
    widths = [column.width for column in columns]
    over = sum(widths) + GAP * (len(widths) - 1) - room
    while over > 0 and (loose := [n for n, width in enumerate(widths) if width > least[n]]):
        widths[max(loose, key=lambda n: widths[n] - (SPARED if columns[n].one_line else 0))] -= 1
        over -= 1
    return [Column(width, column.one_line) for width, column in zip(widths, columns, strict=True)]
