"""Numbers as people write them: with thousands set apart as the console shows them, in 万, with their currency."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
PLAIN = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]+)?")
MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
SIGNS = {"CNY": "¥", "JPY": "¥"}
"""The short sign of a currency that does not name its country."""


def plain_number(text: str, currency: str = "") -> str:
    """50,000 and 5万 and CN¥50,000 as 50000; what may mean several numbers stays as it was typed."""
    found = unicodedata.normalize("NFKC", text).replace("−", "-")
    found = re.sub(r"\s", "", _without_currency(found.strip(), currency.strip().upper()))
    times = MYRIADS.get(found[-1:], 1)
    bare = found[:-1] if times > 1 else found
    if GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if not PLAIN.fullmatch(bare):
        return text
    return bare if times == 1 else f"{(Decimal(bare) * times).normalize():f}"


def _without_currency(text: str, currency: str) -> str:
    """A number without the sign or code of its own currency, before or behind it: that of another one stays."""
    if not currency or PLAIN.fullmatch(text):
        return text
    from babel.numbers import get_currency_symbol

    signs = {currency, SIGNS.get(currency, currency), *(get_currency_symbol(currency, each) for each in ("en", "zh"))}
    for sign in sorted(signs, key=len, reverse=True):
        if text.startswith(sign):
            return text[len(sign) :]
        if text.endswith(sign):
            return text[: -len(sign)]
    return text
