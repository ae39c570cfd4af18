"""What stands in the stores (店面): display, stock and orders per outlet, together for a wholesaler's outlets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.money import Money
from projections.deals import rates_now
from projections.engine import as_of_sql
from projections.store_visits import STORE_VISITS
from projections.view import Answer, View
from projections.visit_facts import Customer, Span, accounts_asked, customers, span_of


class StockLine(msgspec.Struct):
    """How much of a product was counted last, and when; of several outlets the sum, and the oldest of their counts."""

    product: str
    quantity: Decimal
    at: datetime
    positions: list[int]


class OrderSum(msgspec.Struct):
    """What was ordered of a product in the period: quantity, its value per currency; `unpriced` lines have no price."""

    product: str
    quantity: Decimal
    value: list[Money]
    lines: int
    unpriced: int
    positions: list[int]


class Outlet(msgspec.Struct):
    """A store: its visits with figures in the period, the newest display score by the end of it and the mean score of
    the period (0 to 100), stock as counted last, orders of the period."""

    account: UUID
    external_id: str
    name: str
    visits: int
    display_score: int | None
    display_at: datetime | None
    display_mean: float | None
    stock: list[StockLine]
    orders: list[OrderSum]
    positions: list[int]


class StoresAnswer(Answer, kw_only=True):
    """The stores that were ever counted, by name. `value` is that of all priced orders in the reporting currency at
    the rates of `as_of`; currencies without a rate are named in `missing_rates` and not in it."""

    period: str
    first: date
    last: date
    outlets: list[Outlet]
    stock: list[StockLine]
    orders: list[OrderSum]
    value: Decimal
    missing_rates: list[str]


class _Counted(msgspec.Struct):
    """A store visit as its row says it; an outlet that was merged counts as the one that goes on."""

    account: UUID
    at: datetime
    display_score: int | None
    stock_products: list[str]
    stock_quantities: list[str]
    order_products: list[str]
    order_quantities: list[str]
    order_prices: list[str]
    order_currencies: list[str]
    cause: int


def stores(
    view: View, period: str = "", *, account: UUID | None = None, outlets_of: UUID | None = None
) -> StoresAnswer:
    """Display, stock and orders per outlet: stock and display as of the end of a period (or `as_of`, where that is
    earlier), orders within it (default: the month of `as_of`)."""
    span = span_of(view, period)
    asked = accounts_asked(view, account, outlets_of)
    known = customers(view, asked)
    counted: dict[UUID, list[_Counted]] = {}
    for each in _counted(view, asked, span.ends):
        counted.setdefault(each.account, []).append(each)
    outlets = [_outlet(known[key], visits, span) for key, visits in counted.items() if key in known]
    orders = _ordered(each for visits in counted.values() for each in visits if each.at >= span.starts)
    value, missing = _value(view, orders)
    return StoresAnswer(
        **view.head(),
        period=span.key,
        first=span.first,
        last=span.last,
        outlets=sorted(outlets, key=lambda outlet: (outlet.name, str(outlet.account))),
        stock=_together(line for outlet in outlets for line in outlet.stock),
        orders=orders,
        value=value,
        missing_rates=missing,
    )


def _counted(view: View, accounts: list[UUID] | None, until: datetime) -> list[_Counted]:
    where = "at <= %(until)s" if accounts is None else "account = any(%(accounts)s) and at <= %(until)s"
    sql = as_of_sql(STORE_VISITS, ", ".join(_Counted.__struct_fields__), where)
    rows = view.connection.execute(sql.encode(), view.parameters(accounts=accounts, until=until))
    found = [_Counted(*row) for row in rows]
    for each in found:
        each.account = view.leads_to(each.account)
    return sorted(found, key=lambda each: (each.at, each.cause))


def _outlet(customer: Customer, visits: list[_Counted], span: Span) -> Outlet:
    within = [each for each in visits if each.at >= span.starts]
    scored = [each for each in visits if each.display_score is not None]
    scores = [each.display_score for each in within if each.display_score is not None]
    stock: dict[str, StockLine] = {}
    for each in visits:
        for product, quantity in zip(each.stock_products, each.stock_quantities, strict=True):
            stock[product] = StockLine(product, Decimal(quantity), each.at, [each.cause])
    newest = scored[-1] if scored else None
    return Outlet(
        account=customer.account,
        external_id=customer.external_id,
        name=customer.name,
        visits=len(within),
        display_score=newest.display_score if newest else None,
        display_at=newest.at if newest else None,
        display_mean=round(sum(scores) / len(scores), 1) if scores else None,
        stock=[stock[product] for product in sorted(stock)],
        orders=_ordered(within),
        positions=sorted({*(each.cause for each in within), *([newest.cause] if newest else [])}),
    )


def _ordered(visits: Iterable[_Counted]) -> list[OrderSum]:
    found: dict[str, OrderSum] = {}
    worth: dict[str, dict[str, Decimal]] = {}
    for each in visits:
        lines = zip(each.order_products, each.order_quantities, each.order_prices, each.order_currencies, strict=True)
        for product, quantity, price, currency in lines:
            total = found.setdefault(product, OrderSum(product, Decimal(0), [], 0, 0, []))
            total.quantity += Decimal(quantity)
            total.lines += 1
            total.unpriced += not price
            total.positions.append(each.cause)
            if price:
                of = worth.setdefault(product, {})
                of[currency] = of.get(currency, Decimal(0)) + Decimal(quantity) * Decimal(price)
    for product, total in found.items():
        total.value = [Money.of(amount, currency) for currency, amount in sorted(worth.get(product, {}).items())]
    return [found[product] for product in sorted(found)]


def _together(lines: Iterable[StockLine]) -> list[StockLine]:
    found: dict[str, StockLine] = {}
    for line in lines:
        total = found.get(line.product)
        if total is None:
            found[line.product] = StockLine(line.product, line.quantity, line.at, [*line.positions])
            continue
        total.quantity += line.quantity
        total.at = min(total.at, line.at)
        total.positions += line.positions
    return [found[product] for product in sorted(found)]


def _value(view: View, orders: Iterable[OrderSum]) -> tuple[Decimal, list[str]]:
    amounts = [amount for order in orders for amount in order.value]
    rates: dict[str, Any] = rates_now(view) if amounts else {}
    missing = sorted({amount.currency for amount in amounts} - rates.keys())
    total = sum(
        (view.money(each.amount * rates[each.currency]) for each in amounts if each.currency in rates), Decimal(0)
    )
    return view.money(total), missing
