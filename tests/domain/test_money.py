"""Amounts of money: finite, at the minor unit of their currency, added only within one currency."""

from decimal import Decimal

import pytest

from domain.money import CurrenciesDiffer, Money, NotAnAmount


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [("1.005", "EUR", "1.00"), ("1.015", "EUR", "1.02"), ("1.5", "JPY", "2"), ("2.5", "JPY", "2"), (7, "KWD", "7.000")],
)
def test_an_amount_is_rounded_half_to_even_at_the_minor_unit(amount, currency, kept):
    assert str(Money.of(amount, currency).amount) == kept


@pytest.mark.parametrize("found", ["many", "", "1,000", "NaN", "Infinity", Decimal("-Infinity")])
def test_what_is_no_number_is_no_amount(found):
    with pytest.raises(NotAnAmount, match="is not an amount of money: state a number such as"):
        Money.of(found, "EUR")


def test_amounts_of_one_currency_are_added_and_of_two_refused():
    assert Money.of("0.10", "EUR") + Money.of("0.20", "EUR") == Money(Decimal("0.30"), "EUR")
    with pytest.raises(CurrenciesDiffer, match="EUR and CNY are different currencies"):
        Money.of(1, "EUR") + Money.of(1, "CNY")


def test_an_amount_is_written_with_its_currency():
    assert str(Money.of("-1234567.5", "EUR")) == "-1,234,567.50 EUR"
