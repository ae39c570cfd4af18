"""The lines of a quote and what they come to; what must be known before one is written."""

from __future__ import annotations

import enum
from collections.abc import Sequence
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


def see_that_lines_make_sense(lines: Sequence[QuoteLine]) -> None:
    """Refuse no lines, and lines without product, with a quantity, price or discount that is none."""
    if not lines:
        raise QuoteWithoutLines
    for place, line in enumerate(lines):
        product = line.product.strip() or "a line without product"
        if not line.product.strip():
            raise QuoteLineNotSensible(
                field="product",
                found="a blank",
                product=product,
                accepted="the product's key",
                within=f"lines[{place}].product",
            )
        for field, number, fits, accepted in (
            ("quantity", line.quantity, line.quantity > 0, "a number above 0"),
            ("unit price", line.unit_price, line.unit_price >= 0, "0 or more"),
            ("discount", line.discount, 0 <= line.discount <= 1, "a share from 0 to 1, such as 0.05"),
        ):
            if not fits or not number.is_finite():
                raise QuoteLineNotSensible(
                    field=field,
                    found=number,
                    product=product,
                    accepted=accepted,
                    within=f"lines[{place}].{field.replace(' ', '_')}",
                )


def see_that_products_are_listed(lines: Sequence[QuoteLine], prices: PriceList) -> None:
    """Refuse a product that is not on the price list, where there is one."""
    for place, line in enumerate(lines):
        if prices.products and line.product not in prices.products:
            known = ", ".join(sorted(prices.products))
            raise ProductUnknown(product=line.product, known=known, within=f"lines[{place}].product")
