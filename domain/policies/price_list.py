"""The price list (价目表): what a product costs before anybody bargains."""

from __future__ import annotations

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.currencies import currency_code
from domain.errors import Refused
from domain.money import Money
from domain.policies.policy import Policy


class ProductKeyBlank(Refused):
    """The key of the product is blank: state it."""


class ProductUnknown(Refused):
    """There is no product {product} on the price list; there are: {known}."""


class PriceNegative(Refused):
    """The price {price} of {product} is negative: state 0 or more."""


class Product(msgspec.Struct, frozen=True):
    """A product and its list price."""

    key: str
    name: str
    price: Money
    series: str = ""


@learn
class PriceList(Policy, eq=False):
    """The company's products and their list prices. One stream; a price holds from the command's moment on."""

    products: dict[str, Product] = msgspec.field(default_factory=dict)

    class PriceSet(Event):
        """A product is on the list at a price."""

        key: str
        name: str
        price: Money
        series: str = ""

        def check(self, prices: PriceList) -> None:
            if not self.key.strip():
                raise ProductKeyBlank
            if self.price.amount < 0:
                raise PriceNegative(product=self.key, price=self.price)

        def apply(self, prices: PriceList) -> None:
            prices.products[self.key] = Product(self.key, self.name, self.price, self.series)

    class ProductRemoved(Event):
        """A product is off the list."""

        key: str

        def check(self, prices: PriceList) -> None:
            if self.key not in prices.products:
                raise ProductUnknown(product=self.key, known=sorted(prices.products))

        def apply(self, prices: PriceList) -> None:
            prices.products.pop(self.key, None)

    class FactWithdrawn(Withdrawal):
        """A fact of the price list is taken back (冲销)."""

    @command
    def define(self, *, products: tuple[Product, ...]) -> None:
        """State the whole list: what is new or differs is set, what is missing is removed."""
        for each in products:
            self.set_price(key=each.key, name=each.name, series=each.series, price=each.price)
        for gone in sorted(self.products.keys() - {each.key for each in products}):
            self.remove_product(key=gone)

    @command
    def set_price(self, *, key: str, name: str, price: Money, series: str = "") -> None:
        """Put a product on the list, or change its name, series or price from now on."""
        amount = Money.of(price.amount, currency_code(price.currency))
        if self.products.get(key) != Product(key, name, amount, series):
            self.record(self.PriceSet(key=key, name=name, price=amount, series=series))

    @command
    def remove_product(self, *, key: str) -> None:
        """Take a product off the list."""
        self.record(self.ProductRemoved(key=key))
