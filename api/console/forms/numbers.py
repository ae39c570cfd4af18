"""Numbers as people write them: with thousands set apart as the console shows them, in 万, with their currency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from api.console.forms.shapes import Kind, Shape, Slot
from domain.currencies import CURRENCIES, minor_unit
from domain.errors import Fault
from domain.language.catalogue import say
from domain.money import rounded

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


def number_faults(slots: tuple[Slot, ...], typed: dict[str, Any]) -> list[Fault]:
    """What is no number as it is taken here, such as 1e3, and what would be rounded silently: a cent of a cent."""
    return [fault for slot in slots for fault in _faults(slot.shape, typed.get(slot.name, ""), slot.name)]


def _faults(shape: Shape, typed: Any, path: str) -> Iterator[Fault]:
    if not typed:
        return
    if shape.kind == Kind.MONEY:
        yield from _of_money(typed.get("amount", ""), typed.get("currency", ""), f"{path}.amount")
    elif shape.kind == Kind.GROUP:
        for slot in shape.parts:
            yield from _faults(slot.shape, typed.get(slot.name, ""), f"{path}.{slot.name}")
    elif shape.kind == Kind.TABLE and shape.of is not None:
        for key, each in typed.items():
            yield from _faults(shape.of, each, f"{path}[{key}]")
    elif shape.kind == Kind.ROWS and shape.of is not None:
        for number, each in enumerate(typed):
            yield from _faults(shape.of, each, f"{path}.{number}")
    elif shape.kind in (Kind.INT, Kind.DECIMAL):
        yield from _unreadable(typed, plain_number(typed), path)


def _of_money(amount: str, currency: str, path: str) -> Iterator[Fault]:
    number, code = plain_number(amount, currency), currency.strip().upper()
    yield from _unreadable(amount, number, path)
    if not PLAIN.fullmatch(number) or code not in CURRENCIES:
        return
    kept = rounded(Decimal(number), code)
    if kept != Decimal(number):
        said = say(
            "amounts in {currency} are kept to {unit}: this would become {rounded}",
            currency=code,
            unit=f"{minor_unit(code):f}",
            rounded=f"{kept:f}",
        )
        yield Fault(path, amount[:80], said)


def _unreadable(typed: str, number: str, path: str) -> Iterator[Fault]:
    if number and not PLAIN.fullmatch(number):
        yield Fault(
            path, typed[:80], say("“{found}” is no number as it is taken here: write 1234.50", found=typed[:40])
        )
