"""Opportunities as of two clocks, valued in the reporting currency: the SQL that funnel, bridge and forecast share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.errors import NotFound
from domain.policies.calendar import day_end, day_start, period
from domain.policies.policy import policy_id
from domain.policies.process_definition import Stage
from projections.accounts import ACCOUNTS
from projections.deal_values import valued, valued_now
from projections.engine import as_of_sql
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.policies import POLICIES
from projections.view import View

COLUMNS = (
    "key, account, owner, process, stage, since, opened, amount, currency, products, close_on, category, pushes,"
    " outcome, closed, signed, signed_currency"
)

GROUPS = {
    "stage": "stage",
    "owner": "owner::text",
    "territory": "territory",
    "product": "products[1]",
    "period": (
        "case when close_on is null then '' else (extract(year from close_on)::int + case when %(fiscal_start)s > 1"
        " and extract(month from close_on)::int >= %(fiscal_start)s then 1 else 0 end)::text || '-Q' ||"
        " (mod(extract(month from close_on)::int - %(fiscal_start)s + 12, 12) / 3 + 1)::text end"
    ),
}
"""What each grouping is by. An opportunity with several products stands, whole, with the first of them, so that
counts and amounts of the groups add up to those of all; the filter by product takes it for each of its products.
The grouping by account follows merges: see `grouping`."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which opportunities: `territory` includes what lies below; `product` is one of its products; `period` is that
    of the expected close."""

    owner: UUID | None = None
    territory: str = ""
    product: str = ""
    account: UUID | None = None
    period: str = ""


def conditions(filters: Filters, view: View) -> tuple[list[str], dict[str, Any]]:
    """What each branch of the as-of query is filtered by: everything that stands in the row itself."""
    wanted, parameters = [], dict[str, Any]()
    if filters.owner:
        wanted.append("owner = %(owner)s")
        parameters["owner"] = filters.owner
    if filters.product:
        wanted.append("%(product)s = any(products)")
        parameters["product"] = filters.product
    if filters.account:
        wanted.append("account = any(%(accounts)s)")
        parameters["accounts"] = view.together(filters.account)
    if filters.period:
        days = period(view.policies.company, filters.period)
        wanted.append("close_on between %(period_first)s and %(period_last)s")
        parameters |= {"period_first": days.first, "period_last": days.last}
    if (visible := view.visible_accounts()) is not None:
        wanted.append("account = any(%(visible)s)")
        parameters["visible"] = visible
    return wanted, parameters


def grouping(view: View, by: str | None) -> str:
    """The SQL that a question is grouped by; merged accounts are one."""
    if by == "account":
        return f"{view.group_sql()}::text"
    return GROUPS[by] if by else "''"


def below(filters: Filters, view: View) -> list[str] | None:
    """The territories that a filter means, as of the view's clocks; None where it states none.

    Raises NotFound for one that never was; one that was not there yet, or no more, stands for itself."""
    if not filters.territory:
        return None
    territories = view.policies.territories
    if filters.territory not in territories.territories:
        key = uuid5(policy_id("Territories"), filters.territory)
        if not view.connection.execute(f"select 1 from {POLICIES.table} where key = %s".encode(), (key,)).fetchone():
            raise NotFound(kind="territory", key=filters.territory)
    return territories.below(filters.territory)


def placed_sql(
    view: View, filters: Filters, *, territory: bool = False, only_open: bool = False, also: str = "", more: str = ""
) -> tuple[str, dict[str, Any]]:
    """CTEs `deal` and `placed`, and their parameters; `only_open` is quicker and holds no closed ones; `also` is a
    further condition on the row's columns, whose parameters the caller adds; `more` are further columns, after a comma.

    `placed` has the columns of the row and `territory` (its owner's as of then, else its account's; asked for by
    `territory` or a filter).
    """
    wanted, parameters = conditions(filters, view)
    territories = below(filters, view)
    deal = as_of_sql(FUNNEL, COLUMNS + more, " and ".join([*wanted, also] if also else wanted), only_open=only_open)
    needs_territory = territory or territories is not None
    placed = _placed() if needs_territory else "select deal.*, ''::text as territory from deal"
    if territories is not None:
        placed += " where coalesce(nullif(m.territory, ''), a.territory, '') = any(%(territories)s)"
        parameters["territories"] = territories
    return f"with deal as ({deal}), placed as ({placed})", view.parameters(**parameters, **view.group_parameters())


def deals_sql(
    view: View,
    filters: Filters,
    *,
    territory: bool = False,
    only_open: bool = False,
    also: str = "",
    more: str = "",
    since: datetime | None = None,
) -> tuple[str, dict[str, Any]]:
    """The CTEs of `placed_sql` and `valued`, and their parameters; `since` is the moment before which none of those
    asked for was closed.

    `valued` has the columns of `placed` and: `value` (amount, or list prices, in the reporting currency; null where
    a rate or a price is missing), `weighted`, `default_category`, `unvalued` (a currency without a rate), `unpriced`
    (a product without a price), `signed_value`, `unsigned` (the signed currency, without a rate).
    """
    sql, parameters = placed_sql(view, filters, territory=territory, only_open=only_open, also=also, more=more)
    values_of = valued_now if only_open else valued
    return f"{sql}, {values_of(view.currency)}", parameters | values(view, only_now=only_open, since=since)


def valued_sql(view: View, deal: str, *, territory: bool = False) -> tuple[str, dict[str, Any]]:
    """The CTEs of `deals_sql` over any rows or versions of opportunities (SQL with `COLUMNS`, and perhaps more), all
    valued and placed as of the view's clocks, and their parameters."""
    placed = _placed() if territory else "select deal.*, ''::text as territory from deal"
    sql = f"with deal as ({deal}), placed as ({placed}), {valued(view.currency)}"
    return sql, view.parameters(**view.group_parameters(), **values(view))


def _placed() -> str:
    members, accounts = as_of_sql(MEMBERS, "key, territory"), as_of_sql(ACCOUNTS, "key, territory")
    return (
        "select deal.*, coalesce(nullif(m.territory, ''), a.territory, '') as territory from deal"
        f" left join ({members}) m on m.key = deal.owner left join ({accounts}) a on a.key = deal.account"
    )


class Missing(msgspec.Struct):
    """What keeps amounts out of the sums: how many have a currency without a rate, or a product without a price."""

    rates: dict[str, int] = msgspec.field(default_factory=dict)
    prices: dict[str, int] = msgspec.field(default_factory=dict)

    def count(self, currency: str | None, product: str | None, number: int) -> None:
        """Count so many amounts in a currency without a rate, or with a product without a price."""
        for found, key in ((self.rates, currency), (self.prices, product)):
            if key is not None:
                found[key] = found.get(key, 0) + number


_MISSING = """
select case when outcome = 'won' then unsigned else unvalued end, case when outcome <> 'won' then unpriced end, count(*)
from valued where case when outcome = 'won' then unsigned is not null else coalesce(unvalued, unpriced) is not null end
group by 1, 2 order by 1, 2
"""


def missing(view: View, *asked: tuple[str, dict[str, Any]]) -> Missing:
    """What is missing for the amounts of some queries made by `deals_sql`."""
    found = Missing()
    for sql, parameters in asked:
        for currency, product, number in view.connection.execute((sql + _MISSING).encode(), parameters):
            found.count(currency, product, number)
    return found


def values(view: View, *, only_now: bool = False, since: datetime | None = None) -> dict[str, Any]:
    """Rates with the stretch for which they hold, list prices, probabilities: as of the view's clocks; `only_now` the
    rates of `as_of` alone, at which all that is open is valued; `since` those that held at a moment, or later."""
    at = view.clock.as_of
    first, last = (at, at) if only_now else (min(since or BEGINNING, at), END_OF_TIME)
    ranges = [each for each in rate_ranges(view) if each[1] <= last and first < each[2]]
    products = list(view.policies.price_list.products.values())
    steps = list(stages(view))
    return {
        "fiscal_start": view.policies.company.fiscal_year_start,
        "zone": view.policies.company.time_zone,
        "reporting": view.currency,
        **rate_parameters(ranges),
        "price_products": [product.key for product in products],
        "prices": [product.price.amount for product in products],
        "price_currencies": [product.price.currency for product in products],
        "step_processes": [process for process, _ in steps],
        "step_stages": [stage.key for _, stage in steps],
        "probabilities": [stage.probability for _, stage in steps],
        "default_categories": [str(stage.category) for _, stage in steps],
    }


Range = tuple[str, datetime, datetime, Decimal]
"""A currency, from when until when its rate holds, and the rate."""


def rate_parameters(ranges: Sequence[Range]) -> dict[str, list[Any]]:
    """The parameters of `RATE_CTE`."""
    names = ("rate_currencies", "rates_from", "rates_to", "rates")
    return {name: [each[place] for each in ranges] for place, name in enumerate(names)}


def rate_ranges(view: View) -> list[Range]:
    """Each dated rate with the moments from and until which it holds; the reporting currency's is 1 for ever."""
    ranges = [(view.currency, BEGINNING, END_OF_TIME, Decimal(1))]
    by_currency: dict[str, list[tuple[datetime, Decimal]]] = {}
    for currency, starts, rate in sorted(view.policies.rates):
        if currency != view.currency:
            by_currency.setdefault(currency, []).append((starts, rate))
    for currency, dated in by_currency.items():
        ends = [starts for starts, _ in dated[1:]] + [END_OF_TIME]
        ranges += [(currency, starts, end, rate) for (starts, rate), end in zip(dated, ends, strict=True)]
    return ranges


def rates_now(view: View) -> dict[str, Decimal]:
    """What one unit of each currency is worth in the reporting currency at `as_of`."""
    at = view.clock.as_of
    return {currency: rate for currency, starts, ends, rate in rate_ranges(view) if starts <= at < ends}


def stages(view: View) -> list[tuple[str, Stage]]:
    """The stages of all processes, in order, with the keys of their processes."""
    return [(process.key, stage) for process in view.policies.processes() for stage in process.stages]


def start_of(view: View, day: Any) -> datetime:
    """The first moment of a day of the company's calendar."""
    return day_start(view.policies.company, day)


def end_of(view: View, day: Any) -> datetime:
    """The last moment of a day of the company's calendar."""
    return day_end(view.policies.company, day)
