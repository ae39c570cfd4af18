"""Portfolio matrices: where an account stands on two axes. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.selection.weighted import rounded


def growth(now: Decimal, before: Decimal) -> Decimal | None:
    """(now − before) / before, 0.1 for 10 %; None where there was nothing before.

    Source: the market growth axis of the growth-share matrix, Henderson, "The Product Portfolio", BCG 1970.
    """
    return rounded((now - before) / before) if before > 0 else None


def relative_share(ours: Decimal, largest_rival: Decimal) -> Decimal | None:
    """Our share divided by that of the largest competitor: above 1 we lead; None where no competitor has any.

    Source: the relative market share axis of the growth-share matrix, Henderson, "The Product Portfolio", BCG 1970;
    here the market is one customer's purchases.
    """
    return rounded(ours / largest_rival) if largest_rival > 0 else None


def band(value: Decimal, cuts: Sequence[Decimal]) -> int:
    """In which band of an axis a value lies, from 0: how many cut points it has reached."""
    return sum(value >= cut for cut in cuts)


def cell(x: Decimal, y: Decimal, x_cuts: Sequence[Decimal], y_cuts: Sequence[Decimal], cells: Sequence[str]) -> str:
    """The name of the cell in which an account lies. `cells` are named row by row, from the highest band of y to the
    lowest, within a row from the lowest band of x to the highest.

    Source: two bands per axis as in Henderson, "The Product Portfolio", BCG 1970, three as in the business screen of
    General Electric and McKinsey (Kotler, "Marketing Management", ch. 3).
    """
    columns, rows = len(x_cuts) + 1, len(y_cuts) + 1
    return cells[(rows - 1 - band(y, y_cuts)) * columns + band(x, x_cuts)]
