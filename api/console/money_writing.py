"""Money as Babel writes it, a tenth of the time: what stands around the digits is asked once for each currency."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

_DIGITS = re.compile(r"\d[\d,.]*")
SHORTENED = range(3, 15)
"""Amounts with so many digits after the first are written in a word by rules that are the same for all of them."""


def in_currency(amount: Decimal, digits: int, currency: str, locale: str) -> str:
    """An amount with so many digits after the point."""
    before, after = _around(amount.is_signed(), currency, locale)
    return f"{before}{abs(amount):,.{digits}f}{after}"


def in_a_word(amount: Decimal, currency: str, locale: str) -> str:
    """An amount such as ¥1.2m, with at most one digit after the point."""
    size = abs(amount)
    if size.adjusted() not in SHORTENED:
        return _compact(amount, currency, locale)
    before, unit, after = _word(size.adjusted(), amount.is_signed(), currency, locale)
    told = round(size / unit, 1)
    if (told * unit).adjusted() > size.adjusted():  # 999,960 is 1m, not 1,000k
        return in_a_word((told * unit).copy_sign(amount), currency, locale)
    if unit == 1:
        return _compact(amount, currency, locale)
    return f"{before}{told:f}".removesuffix(".0") + after


@cache
def _around(is_negative: bool, currency: str, locale: str) -> tuple[str, str]:
    """What stands before and behind the digits of an amount."""
    from babel.numbers import format_currency

    before, _, after = format_currency(-1 if is_negative else 1, currency, "¤#,##0", locale, False).partition("1")
    return before, after


@cache
def _word(power: int, is_negative: bool, currency: str, locale: str) -> tuple[str, Decimal, str]:
    """The unit in which amounts of a power of ten are told, and what stands before and behind their digits."""
    sample = Decimal(2).scaleb(power)
    text = _compact(-sample if is_negative else sample, currency, locale)
    found = _DIGITS.search(text)
    assert found is not None
    return text[: found.start()], sample / Decimal(found[0].replace(",", "")), text[found.end() :]


def _compact(amount: Decimal, currency: str, locale: str) -> str:
    from babel.numbers import format_compact_currency

    return format_compact_currency(amount, currency, locale=locale, fraction_digits=1)
