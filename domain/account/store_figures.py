"""What is seen in a store (店面): stock counted, orders taken, the display's score and a picture of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from domain.account.visit_kinds import VisitKind
from domain.errors import Refused, refuse_for
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


def see_that_store_can_have(
    stock: Sequence[StockCount], lines: Sequence[OrderLine], score: int | None, photo: str
) -> None:
    """Refuse what cannot have been counted or ordered, a score off the scale, a picture instead of its reference."""
    counted = [*_not_each_once("stock", stock), *_not_counted(stock)]
    ordered = [*_not_each_once("order_lines", lines), *_not_ordered(lines)]
    refuse_for([*counted, *ordered, *_not_displayed(score, photo)])


def _not_counted(stock: Sequence[StockCount]) -> Iterator[Refused]:
    for place, line in enumerate(stock):
        if not (line.quantity.is_finite() and line.quantity >= 0):
            yield StockNegative(product=line.product, quantity=line.quantity, within=f"stock[{place}].quantity")


def _not_ordered(lines: Sequence[OrderLine]) -> Iterator[Refused]:
    for place, line in enumerate(lines):
        where = f"order_lines[{place}]"
        if not (line.quantity.is_finite() and line.quantity > 0):
            yield OrderedNothing(product=line.product, quantity=line.quantity, within=f"{where}.quantity")
        if line.price is not None and line.price.amount < 0:
            yield OrderPriceNegative(product=line.product, price=line.price, within=f"{where}.price.amount")


def _not_each_once(what: str, lines: Sequence[StockCount | OrderLine]) -> Iterator[Refused]:
    seen: set[str] = set()
    for place, line in enumerate(lines):
        where = f"{what}[{place}].product"
        if not line.product.strip():
            yield ProductBlank(what=what, within=where)
        elif line.product in seen:
            yield ProductTwice(product=line.product, what=what, within=where)
        seen.add(line.product)


def _not_displayed(score: int | None, photo: str) -> Iterator[Refused]:
    if score is not None and not 0 <= score <= BEST_DISPLAY:
        yield DisplayScoreOutOfRange(score=score)
    if len(photo) > LONGEST_REFERENCE:
        yield PhotoNotAReference(longest=LONGEST_REFERENCE, length=len(photo))
