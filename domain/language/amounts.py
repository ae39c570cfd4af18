"""Amounts as people read them: with thousands in English, in 万 and 亿 where Chinese is shown."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from domain.language.languages import Language, spoken

MYRIAD, HUNDRED_MILLION = Decimal(10_000), Decimal(100_000_000)
HUNDREDTH = Decimal("0.01")


def shown_amount(amount: Decimal | int) -> str:
    """The amount in the spoken language: 12,345,678.90, or 1,234.57万 in Chinese (two digits, half even; 万 from
    10,000 and 亿 from 100,000,000 on). For people only: machines get the exact number."""
    if spoken() is not Language.CHINESE:
        return f"{amount:,}"
    value = Decimal(amount)
    for unit, sign in ((HUNDRED_MILLION, "亿"), (MYRIAD, "万")):
        if abs(value) >= unit:
            return f"{_trimmed((value / unit).quantize(HUNDREDTH, ROUND_HALF_EVEN))}{sign}"
    return f"{value:,}"


def _trimmed(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
