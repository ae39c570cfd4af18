"""Opportunities as of two clocks, valued in the reporting currency: the SQL that funnel, bridge and forecast share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.currencies import minor_unit
from domain.errors import NotFound
from domain.policies.calendar import day_end, day_start, period
from domain.policies.policy import policy_id
from domain.policies.process_definition import Stage
from projections.accounts import ACCOUNTS
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


def half_even(expression: str, currency: str) -> str:
    """SQL that rounds half to even to the currency's minor unit; the expression must be a plain column."""
    unit = minor_unit(currency) if currency else Decimal("0.01")
    digits = -int(unit.as_tuple().exponent)
    tie = f"abs({expression} - trunc({expression}, {digits})) * 2 = {unit}"
    even = f"mod(trunc(abs({expression}) / {unit}), 2) = 0"
    cut = f"trunc({expression}, {digits})"
    return f"case when {expression} = {cut} or ({tie} and {even}) then {cut} else round({expression}, {digits}) end"


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
    valued = _valued_now(view.currency) if only_open else _valued(view.currency)
    return f"{sql}, {valued}", parameters | values(view, only_now=only_open, since=since)


def valued_sql(view: View, deal: str, *, territory: bool = False) -> tuple[str, dict[str, Any]]:
    """The CTEs of `deals_sql` over any rows or versions of opportunities (SQL with `COLUMNS`, and perhaps more), all
    valued and placed as of the view's clocks, and their parameters."""
    placed = _placed() if territory else "select deal.*, ''::text as territory from deal"
    sql = f"with deal as ({deal}), placed as ({placed}), {_valued(view.currency)}"
    return sql, view.parameters(**view.group_parameters(), **values(view))


def _placed() -> str:
    members, accounts = as_of_sql(MEMBERS, "key, territory"), as_of_sql(ACCOUNTS, "key, territory")
    return (
        "select deal.*, coalesce(nullif(m.territory, ''), a.territory, '') as territory from deal"
        f" left join ({members}) m on m.key = deal.owner left join ({accounts}) a on a.key = deal.account"
    )


_LISTED = """(select {what} from unnest(placed.products) one left join price each on each.product = one
    left join rate q on q.currency = each.currency and {held})"""

_HELD = """case when placed.closed is null then %(as_of)s::timestamptz >= {name}.starts and
    %(as_of)s::timestamptz < {name}.ends else placed.closed >= {name}.from_day and placed.closed < {name}.to_day end"""
"""Which rate an opportunity is valued at."""

_RATE = "left join rate {name} on {name}.currency = placed.{of} and " + _HELD


def _valued(currency: str) -> str:
    """Open amounts convert at the rate of `as_of`, closed ones at the last of their closing day; each is rounded.
    List prices are summed before they are rounded. `offset 0` keeps the planner from working them out once for each
    time that something names them; columns that nobody asks for cost nothing."""
    listed, no_rate, no_price = (
        _LISTED.format(what=what, held=_HELD.format(name="q"))
        for what in (
            "case when count(*) = count(each.price * q.rate) then sum(each.price * q.rate) end",
            "min(each.currency) filter (where q.rate is null)",
            "min(one) filter (where each.price is null)",
        )
    )
    rates = (
        _RATE.format(name="own", of="currency") + "\n        " + _RATE.format(name="of_signed", of="signed_currency")
    )
    return f"""
    {RATE_CTE},
    {_PRICE},
    {_STEP},
    raw as (select placed.*, case when placed.amount is null then {listed}
            when placed.currency = %(reporting)s then placed.amount else placed.amount * own.rate end as raw_value,
        case when placed.signed_currency = %(reporting)s then placed.signed else placed.signed * of_signed.rate end
            as raw_signed,
        case when placed.amount is null then {no_rate} when placed.currency <> %(reporting)s and own.rate is null
            then placed.currency end as unvalued,
        case when placed.amount is null then {no_price} end as unpriced,
        case when placed.signed is not null and placed.signed_currency <> %(reporting)s and of_signed.rate is null
            then placed.signed_currency end as unsigned
        from placed
        {rates} offset 0),
    rounded as (select raw.*, {half_even("raw_value", currency)} as value,
        {half_even("raw_signed", currency)} as signed_value, step.default_category,
        raw_value * step.probability as raw_weighted
        from raw left join step on step.process = raw.process and step.stage = raw.stage),
    valued as (select rounded.*, {half_even("raw_weighted", currency)} as weighted from rounded)
    """


_PRICE = """price as (select * from unnest(%(price_products)s::text[], %(prices)s::numeric[],
        %(price_currencies)s::text[]) price(product, price, currency))"""
_STEP = """step as (select * from unnest(%(step_processes)s::text[], %(step_stages)s::text[],
        %(probabilities)s::numeric[], %(default_categories)s::text[])
        step(process, stage, probability, default_category))"""


def _valued_now(currency: str) -> str:
    """The same of what is open: all of it converts at the one rate of `as_of`, and nothing was signed."""
    listed, no_rate, no_price = (
        f"(select {what} from unnest(placed.products) one left join worth on worth.product = one)"
        for what in (
            "case when count(*) = count(worth.worth) then sum(worth.worth) end",
            "min(worth.currency) filter (where worth.rate is null)",
            "min(one) filter (where worth.price is null)",
        )
    )
    return f"""
    rate as materialized (select * from unnest(%(rate_currencies)s::text[], %(rates)s::numeric[]) rate(currency, rate)),
    {_PRICE},
    {_STEP},
    worth as materialized (select price.*, rate.rate, price.price * rate.rate as worth
        from price left join rate on rate.currency = price.currency),
    raw as (select placed.*, case when placed.amount is null then {listed}
            when placed.currency = %(reporting)s then placed.amount else placed.amount * own.rate end as raw_value,
        case when placed.amount is null then {no_rate} when placed.currency <> %(reporting)s and own.rate is null
            then placed.currency end as unvalued,
        case when placed.amount is null then {no_price} end as unpriced,
        null::numeric as signed_value, null::text as unsigned, step.default_category, step.probability
        from placed left join rate own on own.currency = placed.currency
        left join step on step.process = placed.process and step.stage = placed.stage offset 0),
    rounded as (select raw.*, {half_even("raw_value", currency)} as value, raw_value * probability as raw_weighted
        from raw),
    valued as (select rounded.*, {half_even("raw_weighted", currency)} as weighted from rounded)
    """


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

RATE_CTE = """rate as materialized (select *,
        date_trunc('day', starts at time zone %(zone)s) at time zone %(zone)s as from_day,
        date_trunc('day', ends at time zone %(zone)s) at time zone %(zone)s as to_day
        from unnest(%(rate_currencies)s::text[], %(rates_from)s::timestamptz[],
            %(rates_to)s::timestamptz[], %(rates)s::numeric[]) rate(currency, starts, ends, rate))"""
"""The rates as a CTE; its parameters are `zone` and those of `rate_parameters`. A moment from `from_day` on and before
`to_day` is one whose day ends with this rate: the days are reckoned once for each rate, not for each amount."""


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
