"""By what figures are valued and placed: rates, list prices, processes, assignments, merges, and the events that set
them as of the clocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.policies.calendar import day_end, day_of
from domain.policies.policy import policy_id
from projections.accounts import ACCOUNTS
from projections.engine import ReadModel, as_of_sql
from projections.explained import Input
from projections.lineage import LINEAGE
from projections.members import MEMBERS
from projections.policies import POLICIES
from projections.trails import Trail, trails
from projections.view import View

Rows = Sequence[Mapping[str, Any]]


class _Placed(msgspec.Struct):
    territory: str


class _Led(msgspec.Struct):
    leads_to: UUID | None


def inputs_of(view: View, rows: Rows, *, valued: bool, weighed: bool, placed: bool, led: bool) -> list[Input]:
    """What opportunities (their fields as of the clocks) are `valued` by (rates and list prices), `weighed` by (the
    probabilities and categories of processes), `placed` by (territories of owners and accounts) and `led` together by
    (merges of accounts)."""
    found: list[Input] = []
    if valued:
        found += rates_of(view, {each for row in rows for each in _currencies(view, row)}) + _prices(view, rows)
    if weighed:
        found += _processes(view, {row["process"] for row in rows})
    if placed:
        found += _placements(view, MEMBERS, "territory of the owner", {row["owner"] for row in rows})
        found += _placements(view, ACCOUNTS, "territory of the account", {row["account"] for row in rows})
    if led:
        found += _merges(view, {row["account"] for row in rows})
    return found


def _set_by(view: View, keys: Mapping[UUID, tuple[str, str, str]]) -> list[Input]:
    """The events that hold at these keys of the policies, each with its kind, key and value."""
    sql = as_of_sql(POLICIES, "key, cause, valid_from", "key = any(%(keys)s)")
    asked = view.parameters(keys=list(keys))
    causes = {key: (cause, at) for key, cause, at in view.connection.execute(sql.encode(), asked)}
    nobody: tuple[int | None, datetime | None] = (None, None)
    return [Input(*told, *causes.get(key, nobody)) for key, told in keys.items()]


def rates_of(view: View, amounts: Iterable[tuple[str, datetime]]) -> list[Input]:
    """The rates that hold for currencies at moments."""
    dated: dict[str, list[tuple[datetime, Any]]] = {}
    for currency, starts, rate in sorted(view.policies.rates):
        dated.setdefault(currency, []).append((starts, rate))
    keys: dict[UUID, tuple[str, str, str]] = {}
    for currency, moment in sorted(amounts):
        place = bisect_right(dated.get(currency, []), moment, key=lambda each: each[0]) - 1
        if currency != view.currency and place >= 0:
            starts, rate = dated[currency][place]
            key = uuid5(policy_id("ExchangeRates"), f"{currency} {starts.isoformat()}")
            keys[key] = ("rate", currency, str(rate))
    return _set_by(view, keys)


def _currencies(view: View, row: Mapping[str, Any]) -> Iterable[tuple[str, datetime]]:
    """The currencies that an opportunity is valued from, and at the rate of which moment."""
    company, closed = view.policies.company, row["closed"]
    moment = day_end(company, day_of(company, closed)) if closed else view.clock.as_of
    if row["outcome"] == "won":
        yield row["signed_currency"], moment
    elif row["amount"] is not None:
        yield row["currency"], moment
    else:
        listed = view.policies.price_list.products
        yield from ((listed[each].price.currency, moment) for each in row["products"] or () if each in listed)


def _prices(view: View, rows: Rows) -> list[Input]:
    listed = view.policies.price_list.products
    unstated = [row for row in rows if row["amount"] is None and row["outcome"] != "won"]
    wanted = sorted({product for row in unstated for product in row["products"] or () if product in listed})
    stream = policy_id("PriceList")
    prices = {key: listed[key].price for key in wanted}
    return _set_by(view, {uuid5(stream, key): ("price", key, f"{p.amount} {p.currency}") for key, p in prices.items()})


def _processes(view: View, keys: set[str]) -> list[Input]:
    told = {}
    for key in sorted(keys):
        edition = str(view.policies.process(key).edition)
        told[uuid5(policy_id("SalesProcess", key), "whole")] = ("process", key, edition)
    return _set_by(view, told)


def _placements(view: View, model: ReadModel, kind: str, keys: set[UUID | None]) -> list[Input]:
    found = trails(view, model, _Placed, "key", [key for key in keys if key])
    return [
        _begun(trail, kind, key, "territory")
        for key, trail in sorted(found.items())
        if trail.now and trail.now.territory
    ]


def _merges(view: View, accounts: set[UUID | None]) -> list[Input]:
    ways = {one for account in accounts if account for one in view.way(account)} & view.merged.keys()
    found = trails(view, LINEAGE, _Led, "key", ways) if ways else {}
    return [_begun(trail, "merge", key, "leads_to") for key, trail in sorted(found.items()) if trail.now]


def _begun(trail: Trail[Any], kind: str, key: UUID, field: str) -> Input:
    """The event that gave a field of a row what it holds."""
    (position,) = trail.begun(field)
    at = next(step.at for step in trail.steps if step.position == position)
    return Input(kind, str(key), str(getattr(trail.now, field)), position, at)
