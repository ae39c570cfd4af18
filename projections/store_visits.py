"""What was found in stores, as rows: one per store visit, its lines as arrays side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.account.store_figures import OrderLine, StockCount
from domain.account.visits import Visits
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class StoreVisitRow(Row):
    """The figures of a store visit. The n-th quantity belongs to the n-th product; quantities and prices are decimal
    texts, a price that was not agreed is empty. `unnest(products, quantities)` makes lines of them. They stand
    in one row because they are one fact: they come with the log and go with it, and never change otherwise."""

    account: UUID | None = None
    visit: UUID | None = None
    at: datetime | None = None
    display_score: int | None = None
    has_photo: bool = False
    stock_products: tuple[str, ...] = ()
    stock_quantities: tuple[str, ...] = ()
    order_products: tuple[str, ...] = ()
    order_quantities: tuple[str, ...] = ()
    order_prices: tuple[str, ...] = ()
    order_currencies: tuple[str, ...] = ()


class StoreVisitModel(ReadModel):
    """One row per logged visit that says anything about the store."""

    name = "store_visit"
    version = 1
    row = StoreVisitRow
    indexes = (("account",),)

    @on(Visits.VisitLogged, key=lambda envelope, event: _store(envelope, event))
    def logged(self, row: StoreVisitRow | None, event: Visits.VisitLogged, envelope: Envelope) -> StoreVisitRow:
        """What was found there."""
        found = StoreVisitRow(
            account=envelope.aggregate_id,
            visit=event.visit_id,
            at=envelope.occurred_at,
            display_score=event.display_score,
            has_photo=bool(event.photo),
        )
        found.stock_products, found.stock_quantities = _lines(event.stock)
        found.order_products, found.order_quantities = _lines(event.order_lines)
        found.order_prices = tuple([str(line.price.amount) if line.price else "" for line in event.order_lines])
        found.order_currencies = tuple([line.price.currency if line.price else "" for line in event.order_lines])
        return found


def _store(envelope: Envelope, event: Visits.VisitLogged) -> UUID | None:
    says = event.stock or event.order_lines or event.photo or event.display_score is not None
    return child_key(envelope, event.visit_id.bytes) if says else None


def _lines(lines: Sequence[StockCount | OrderLine]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple([line.product for line in lines]), tuple([f"{line.quantity:f}" for line in lines])


STORE_VISITS = StoreVisitModel()
