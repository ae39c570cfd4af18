"""Money is written as Babel writes it, in both languages, whatever the amount and its sign."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest
from babel.numbers import format_compact_currency, format_currency

from api.console.formats import LOCALES, full_money, money, short_money
from api.console.money_writing import in_a_word, in_currency
from domain.language.languages import Language, speaking

CURRENCIES = ("CNY", "EUR", "USD", "JPY", "KWD", "CHF", "XYZ")


def amounts() -> Iterator[Decimal]:
    """Amounts of every size, whole and not, of both signs, and those beside which the unit changes."""
    chance = random.Random(5)
    yield from map(Decimal, ("0", "0.00", "1", "1E+3", "1E+6", "0.005", "0.015", "2.5", "12.345", "999.995", "1000"))
    for power in range(20):
        edge = Decimal(10) ** power
        for near in ("-0.06", "-0.05", "-0.04", "-0.001", "0", "0.001", "0.05", "0.1", "0.25", "0.75", "1", "3.45"):
            yield edge + edge * Decimal(near)
        for _ in range(40):
            yield Decimal(chance.randrange(10 ** (power + 2))).scaleb(-2)


def both_signs() -> Iterator[Decimal]:
    """Each of them, and what is its negative."""
    for amount in amounts():
        yield amount
        yield -amount


@pytest.mark.parametrize("locale", LOCALES.values())
@pytest.mark.parametrize("currency", CURRENCIES)
def test_an_amount_is_written_as_babel_writes_it(currency: str, locale: str) -> None:
    for amount in both_signs():
        for digits, pattern in ((0, "¤#,##0"), (2, "¤#,##0.00")):
            plain = format_currency(amount, currency, pattern, locale, currency_digits=False)
            assert in_currency(amount, digits, currency, locale) == plain, amount
        assert full_money(amount, currency, locale) == format_currency(amount, currency, locale=locale), amount


@pytest.mark.parametrize("locale", LOCALES.values())
@pytest.mark.parametrize("currency", CURRENCIES)
def test_an_amount_in_a_word_is_written_as_babel_writes_it(currency: str, locale: str) -> None:
    for amount in both_signs():
        plain = format_compact_currency(amount, currency, locale=locale, fraction_digits=1)
        assert in_a_word(amount, currency, locale) == plain, amount


def test_pages_write_money_to_the_unit_and_small_money_to_the_cent() -> None:
    assert [money(Decimal(each), "EUR") for each in ("1234.5", "12", "12.345")] == ["€1,234", "€12", "€12.34"]
    assert short_money(Decimal(-999_960), "EUR") == "-€1m"
    with speaking(Language.CHINESE):
        assert short_money(Decimal(123_456), "CNY") == "¥12.3万"
