"""What is seen in a store (店面): stock counted, orders taken, the display's score and a picture of it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from domain.account.visit_kinds import VisitKind
from domain.errors import Refused
from domain.money import Money

BEST_DISPLAY = 100
LONGEST_REFERENCE = 500


class StockNegative(Refused):
    """A stock of {quantity} of {product} is not possible: state 0 or more."""


class OrderedNothing(Refused):
    """An order of {quantity} of {product} is none: state more than 0, or leave the line out."""


class OrderPriceNegative(Refused):
    """The price {price} of {product} is negative: state 0 or more, or nothing."""


class ProductBlank(Refused):
    """A line of {what} names no product: state its key."""


class ProductTwice(Refused):
    """The product {product} stands twice in {what}: state one line with the whole quantity."""


class DisplayScoreOutOfRange(Refused):
    """{score} is no display score: state a whole number from 0 to 100."""

    about = ("display_score",)


class PhotoNotAReference(Refused):
    """A photo is stated by its URI or hash of at most {longest} characters; this one has {length}."""

    about = ("photo",)


class NotAStoreVisit(Refused):
    """Stock, order lines, display score and photo belong to a store_visit; this visit is a {kind}."""

    about = ("display_score", "stock", "order_lines", "photo")


class StockCount(msgspec.Struct, frozen=True):
    """How much of a product was in the store (检查库存), in the product's own unit."""

    product: str
    quantity: Decimal


class OrderLine(msgspec.Struct, frozen=True):
    """What the store ordered of a product (确认订单); `price` is that of one unit, where it was agreed."""

    product: str
    quantity: Decimal
    price: Money | None = None

    def normal(self) -> OrderLine:
        """The same line, its price at the currency's minor unit."""
        return msgspec.structs.replace(self, price=self.price and self.price.normal())


def see_that_it_was_a_store(kind: VisitKind | None, figures: Iterable[object]) -> None:
    """Refuse figures of a store on a visit of another kind; a kind that is not known is not judged."""
    if kind not in (None, VisitKind.STORE_VISIT) and any(figure not in ((), None, "") for figure in figures):
        raise NotAStoreVisit(kind=kind)


def see_that_stock_can_be(stock: Iterable[StockCount]) -> None:
    """Refuse what cannot have been counted."""
    _each_product_once("stock", [line.product for line in stock])
    for place, line in enumerate(stock):
        if not (line.quantity.is_finite() and line.quantity >= 0):
            raise StockNegative(product=line.product, quantity=line.quantity, within=f"stock[{place}].quantity")


def see_that_order_can_be(lines: Iterable[OrderLine]) -> None:
    """Refuse what cannot have been ordered."""
    _each_product_once("order_lines", [line.product for line in lines])
    for place, line in enumerate(lines):
        where = f"order_lines[{place}]"
        if not (line.quantity.is_finite() and line.quantity > 0):
            raise OrderedNothing(product=line.product, quantity=line.quantity, within=f"{where}.quantity")
        if line.price is not None and line.price.amount < 0:
            raise OrderPriceNegative(product=line.product, price=line.price, within=f"{where}.price.amount")


def see_that_display_can_be(score: int | None, photo: str) -> None:
    """Refuse a score off the scale, and a picture instead of its reference."""
    if score is not None and not 0 <= score <= BEST_DISPLAY:
        raise DisplayScoreOutOfRange(score=score)
    if len(photo) > LONGEST_REFERENCE:
        raise PhotoNotAReference(longest=LONGEST_REFERENCE, length=len(photo))


def _each_product_once(what: str, products: list[str]) -> None:
    seen: set[str] = set()
    for place, product in enumerate(products):
        where = f"{what}[{place}].product"
        if not product.strip():
            raise ProductBlank(what=what, within=where)
        if product in seen:
            raise ProductTwice(product=product, what=what, within=where)
        seen.add(product)
