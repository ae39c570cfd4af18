"""The events behind each item of a bridge, found in the versions that they made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid5

from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from projections.accounts import ACCOUNTS
from projections.deals import Filters
from projections.engine import ReadModel, as_of_sql
from projections.lineage import LINEAGE
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.policies import POLICIES, decoded
from projections.versions import versions_sql
from projections.view import View

CHANGED = ("amount", "currency", "outcome", "closed", "owner", "close_on")
ENDED = ("lost", "disqualified", "won")


class Deal(Protocol):
    """An opportunity at one end of a bridge: what it is valued and placed by."""

    @property
    def account(self) -> UUID | None: ...
    @property
    def owner(self) -> UUID | None: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def products(self) -> tuple[str, ...]: ...


class Stood(NamedTuple):
    """An opportunity as it stood, not valued."""

    account: UUID | None
    owner: UUID | None
    amount: Decimal | None
    currency: str
    products: tuple[str, ...]


def stood(view: View, keys: Collection[UUID]) -> dict[UUID, Stood]:
    """Some opportunities of those that the asker may see, as they stood, open or closed."""
    visible = view.visible_accounts()
    where = "key = any(%(keys)s)" + ("" if visible is None else " and account = any(%(visible)s)")
    columns = "key, account, owner, amount, currency, products"
    rows = view.rows(FUNNEL, columns, where, only_open=False, keys=sorted(keys), visible=visible)
    return {
        key: Stood(account, owner, amount, currency, tuple(products or ()))
        for key, account, owner, amount, currency, products in rows
    }


class Causes:
    """What happened after the start of a bridge, to its opportunities and to what they are valued and placed by.

    `before` and `after` are the opportunities at both ends, wherever they stood then; `changed` are the fields of
    theirs that matter.
    """

    def __init__(
        self,
        now: View,
        then: datetime,
        filters: Filters,
        before: Mapping[UUID, Deal],
        after: Mapping[UUID, Deal],
        changed: tuple[str, ...] = CHANGED,
    ) -> None:
        self._now, self._then, self._filters = now, then, filters
        self._before, self._after = before, after
        self._own = self._steps(FUNNEL, changed, before.keys() | after.keys())
        self._rates = self._of_rates()
        self._prices = self._of_prices()
        deals = [*before.values(), *after.values()] if filters.territory else []
        self._members = self._steps(MEMBERS, ("territory",), {each.owner for each in deals if each.owner})
        led = [*before.values(), *after.values()] if filters.account else []
        ways = {one for deal in led if deal.account for one in now.way(deal.account)}
        self._merges = self._steps(LINEAGE, ("leads_to",), ways)
        self._accounts = self._steps(ACCOUNTS, ("territory",), {each.account for each in deals if each.account})

    def of(self, opportunity: UUID, kind: str) -> list[int]:
        """The positions of the events behind one item, in order."""
        steps = self._own.get(opportunity, [])
        if kind == "revalued":
            return sorted(self._of_value(opportunity))
        if kind in ("moved_in", "moved_out"):
            return sorted(self._of_place(opportunity, steps))
        wanted = {"new": "first", "reopened": "outcome=", "increased": "amount", "decreased": "amount"}
        aspect = wanted.get(kind, f"outcome={kind}")
        return sorted(cause for cause, aspects in steps if aspect in aspects)

    def of_figures(self, opportunity: UUID, *, stays: bool) -> set[int]:
        """The positions of the events behind what an opportunity changed in a forecast: its own; where it stays
        in the filter the rates and prices by which it was valued anew, else, where it did nothing itself, those that
        placed it elsewhere."""
        steps = self._own.get(opportunity, [])
        found = {cause for cause, _ in steps}
        if stays:
            return found | self._of_value(opportunity)
        return found or self._of_place(opportunity, steps)

    def _of_value(self, opportunity: UUID) -> set[int]:
        found: set[int] = set()
        for deal in (self._before.get(opportunity), self._after.get(opportunity)):
            if deal and deal.amount is not None:
                found.update(self._rates.get(deal.currency, ()))
            elif deal:
                for product in deal.products:
                    found.update(self._prices.get(product, ()))
                    price = self._now.policies.price_list.products.get(product)
                    found.update(self._rates.get(price.price.currency, ()) if price else ())
        return found

    def _of_place(self, opportunity: UUID, steps: list[tuple[int, set[str]]]) -> set[int]:
        wanted = {"owner"} if self._filters.owner or self._filters.territory else set[str]()
        wanted |= {"close_on"} if self._filters.period else set()
        found = {cause for cause, aspects in steps if wanted & aspects}
        for deal in (self._before.get(opportunity), self._after.get(opportunity)):
            if deal and deal.account and self._filters.account:
                ways = (self._merges.get(one, []) for one in self._now.way(deal.account))
                found |= {cause for steps in ways for cause, _ in steps}
            if deal and self._filters.territory:
                for places, key in ((self._members, deal.owner), (self._accounts, deal.account)):
                    found |= {cause for cause, _ in places.get(key, [])} if key else set()
        return found

    def _steps(
        self, model: ReadModel, columns: tuple[str, ...], keys: Collection[UUID]
    ) -> dict[UUID, list[tuple[int, set[str]]]]:
        return steps_of(self._now, model, columns, keys, self._then)

    def _of_rates(self) -> dict[str, list[int]]:
        sql = as_of_sql(POLICIES, "topic, event, cause", "topic = %(topic)s and valid_from > %(then)s")
        asked = self._now.parameters(topic=ExchangeRates.RateSet.topic, then=self._then)
        found: dict[str, list[int]] = {}
        for topic, stored, cause in self._now.connection.execute(sql.encode(), asked):
            event = decoded(topic, stored)
            assert isinstance(event, ExchangeRates.RateSet)
            found.setdefault(event.currency, []).append(cause)
        return found

    def _of_prices(self) -> dict[str, list[int]]:
        deals = [*self._before.values(), *self._after.values()]
        products = {product for deal in deals if deal.amount is None for product in deal.products}
        keys = {uuid5(policy_id("PriceList"), product): product for product in products}
        if not keys:
            return {}
        sql = versions_sql(POLICIES, "topic", "key = any(%(keys)s) and valid_from > %(then)s", gone=True)
        asked = self._now.parameters(keys=sorted(keys), then=self._then)
        found: dict[str, list[int]] = {}
        for key, _, cause, _ in self._now.connection.execute(sql.encode(), asked):
            found.setdefault(keys[key], []).append(cause)
        return found


def steps_of(
    view: View, model: ReadModel, columns: tuple[str, ...], keys: Collection[UUID], then: datetime
) -> dict[UUID, list[tuple[int, set[str]]]]:
    """Per row the events after a moment that changed one of the columns, with what they changed."""
    if not keys:
        return {}
    sql = versions_sql(model, ", ".join(columns), "key = any(%(keys)s)") + " order by 1, 2, 3"
    found: dict[UUID, list[tuple[int, set[str]]]] = {}
    last: dict[UUID, tuple[Any, ...]] = {}
    for key, valid_from, cause, *row in view.connection.execute(sql.encode(), view.parameters(keys=sorted(keys))):
        before, last[key] = last.get(key), tuple(row)
        aspects = _aspects(columns, before, tuple(row))
        if aspects and valid_from > then:
            found.setdefault(key, []).append((cause, aspects))
    return found


def _aspects(columns: tuple[str, ...], before: tuple[Any, ...] | None, after: tuple[Any, ...]) -> set[str]:
    if before is None:
        return {"first"}
    found: set[str] = set()
    for name, old, new in zip(columns, before, after, strict=True):
        if old != new:
            found.add(f"outcome={new}" if name == "outcome" else "amount" if name == "currency" else name)
    if "closed" in found:  # closed again as what it was already: its end is this event
        found.add(f"outcome={after[columns.index('outcome')]}")
    return found
