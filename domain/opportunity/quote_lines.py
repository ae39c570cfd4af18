"""The lines of a quote and what they come to; what must be known before one is written."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from domain.errors import Refused
from domain.money import Money, rounded
from domain.policies.price_list import PriceList, ProductUnknown


class Requirement(enum.StrEnum):
    """What is gathered for a quote: drawings (图纸), volume (数量), technical requirements (技术要求), use (用途),
    samples (样品)."""

    DRAWINGS = "drawings"
    VOLUME = "volume"
    TECHNICAL = "technical"
    USE = "use"
    SAMPLES = "samples"


class QuoteWithoutLines(Refused):
    """A quote needs at least one line: state product, quantity and unit price."""

    about = ("lines",)


class QuoteLineNotSensible(Refused):
    """The {field} {found} of {product} is not possible: state {accepted}."""


class QuoteLine(msgspec.Struct, frozen=True):
    """A product at a price. `discount` is a share of the price, 0 to 1."""

    product: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = Decimal(0)

    def total(self, currency: str) -> Decimal:
        """Quantity times price less discount, rounded half to even to the currency's minor unit."""
        return rounded(self.quantity * self.unit_price * (1 - self.discount), currency)


def total_of(lines: Sequence[QuoteLine], currency: str) -> Money:
    """The sum of the rounded lines."""
    return Money(rounded(sum((line.total(currency) for line in lines), Decimal(0)), currency), currency)


def senseless(lines: Sequence[QuoteLine]) -> Iterator[Refused]:
    """Why lines are refused: there are none, or one has no product, or a quantity, price or discount that is none."""
    if not lines:
        yield QuoteWithoutLines()
    for place, line in enumerate(lines):
        product = line.product.strip() or "a line without product"
        for field, found, accepted in _wrong_fields(line):
            within = f"lines[{place}].{field.replace(' ', '_')}"
            yield QuoteLineNotSensible(field=field, found=found, product=product, accepted=accepted, within=within)


def unlisted(lines: Sequence[QuoteLine], prices: PriceList) -> Iterator[Refused]:
    """Products that are not on the price list, where there is one."""
    for place, line in enumerate(lines):
        if prices.products and line.product.strip() and line.product not in prices.products:
            known = ", ".join(sorted(prices.products))
            yield ProductUnknown(product=line.product, known=known, within=f"lines[{place}].product")


def _wrong_fields(line: QuoteLine) -> Iterator[tuple[str, object, str]]:
    """The fields of a line that are wrong: what stands there, and what would be accepted."""
    if not line.product.strip():
        yield "product", "a blank", "the product's key"
    if not (line.quantity.is_finite() and line.quantity > 0):
        yield "quantity", line.quantity, "a number above 0"
    if not (line.unit_price.is_finite() and line.unit_price >= 0):
        yield "unit price", line.unit_price, "0 or more"
    if not (line.discount.is_finite() and 0 <= line.discount <= 1):
        yield "discount", line.discount, "a share from 0 to 1, such as 0.05"
