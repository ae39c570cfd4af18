"""Numbers as people write them: the decimal sign is stated, or proved by the column's own values, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from api.importing.refusals import Unreadable
from domain.language.catalogue import say

SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
PLAIN = re.compile(r"[+-]?\d+", re.ASCII)
GROUPED = {
    ".": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+", re.ASCII),
    ",": re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?|[+-]?,\d+", re.ASCII),
}
LONGEST = 30


def number_reader(cells: Iterable[str], sign: str | None) -> Callable[[str], Decimal]:
    """A reader of one column's numbers. `sign` is the decimal sign where it is stated ("." or ",")."""
    proofs = {sign} if sign else {proof for cell in cells if (proof := _proof(cell))}

    def read(cell: str) -> Decimal:
        if cell.isascii() and cell.isdigit() and len(cell) <= LONGEST:
            return Decimal(cell)
        return _number(cell.translate(SPACES), proofs)

    return read


def whole_number_reader(cells: Iterable[str], sign: str | None) -> Callable[[str], int]:
    """A reader of one column's whole numbers, with or without separators of thousands."""
    number = number_reader(cells, sign)

    def read(cell: str) -> int:
        value = number(cell)
        if value != value.to_integral_value():
            raise Unreadable("this is not a whole number", "Write it without decimals.")
        return int(value)

    return read


def _readings(text: str) -> set[str]:
    """The decimal signs under which a text is a number."""
    return {sign for sign, form in GROUPED.items() if form.fullmatch(text)}


def _proof(cell: str) -> str:
    """The decimal sign that a cell proves, because under the other one it is no number."""
    if "." not in cell and "," not in cell:
        return ""
    readings = _readings(cell.translate(SPACES))
    return readings.pop() if len(readings) == 1 else ""


def _number(text: str, proofs: set[str]) -> Decimal:
    if len(text) > LONGEST:
        raise Unreadable(say("a number has at most {longest} characters", longest=LONGEST), "Write the number alone.")
    if PLAIN.fullmatch(text):
        return Decimal(text)
    readings = _readings(text)
    if not readings:
        raise Unreadable("this is not a number", "Write digits with a decimal point, without currency or unit.")
    if len(proofs) != 1:
        why = "the column's numbers prove both" if proofs else "nothing in the column proves which"
        reason = say("the decimal sign can be a point or a comma: {why}", why=why)
        raise Unreadable(reason, 'State `decimal = "."` or `decimal = ","` in a mapping.')
    (sign,) = proofs
    if sign not in readings:
        raise Unreadable(
            say("this is not a number with the decimal sign {sign}", sign=sign), "Write all numbers alike."
        )
    return Decimal(text.replace("," if sign == "." else ".", "").replace(",", "."))
