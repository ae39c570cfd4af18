"""Amounts as people read them: with thousands in English, in 万 and 亿 where Chinese is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_EVEN, Decimal

from domain.language.languages import Language, spoken

MYRIAD, HUNDRED_MILLION = Decimal(10_000), Decimal(100_000_000)
HUNDREDTH = Decimal("0.01")
SMALLEST = Decimal(100)
_EXACT: ContextVar[bool] = ContextVar("exact", default=False)


@contextmanager
def exact_amounts(wanted: bool = True) -> Iterator[None]:
    """Let every amount said inside be the whole of it, in Chinese, too: an auditor reads what was recorded."""
    before = _EXACT.set(wanted)
    try:
        yield
    finally:
        _EXACT.reset(before)


def shown_amount(amount: Decimal | int) -> str:
    """The amount in the spoken language: 12,345,678.90, or 1,234.57万 in Chinese (two digits, half even; 万 from
    10,000 and 亿 from 100,000,000 on). For people only: machines get the exact number."""
    if spoken() is not Language.CHINESE or _EXACT.get():
        return f"{amount:,}"
    value = Decimal(amount)
    for unit, sign in ((HUNDRED_MILLION, "亿"), (MYRIAD, "万")):
        if abs(value) >= unit:
            return f"{_trimmed((value / unit).quantize(HUNDREDTH, ROUND_HALF_EVEN))}{sign}"
    return f"{value:,}"


def shown_quantity(quantity: Decimal) -> str:
    """A number of anything, with thousands and without zeros at its end: 4,210,000, 7.9."""
    return _trimmed(quantity)


def column_of_amounts(amounts: Sequence[Decimal]) -> Callable[[Decimal], str]:
    """How the amounts of one column are said, all in one style: in Chinese all in 万 with two digits where the largest
    reaches 10,000 and none is so small (below 100) that two digits hide it; else exact."""
    sizes = [abs(amount) for amount in amounts if amount]
    exact = spoken() is not Language.CHINESE or _EXACT.get() or not sizes
    if exact or max(sizes) < MYRIAD or min(sizes) < SMALLEST:
        return lambda amount: f"{amount:,}"
    return lambda amount: "0" if not amount else f"{(amount / MYRIAD).quantize(HUNDREDTH, ROUND_HALF_EVEN):,f}万"


def _trimmed(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
