"""Opportunities as of two clocks, valued in the reporting currency: the SQL that funnel, bridge and forecast share."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.errors import NotFound
from domain.money import minor_unit
from domain.policies.calendar import day_end, day_start, period
from domain.policies.process_definition import Stage
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
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
    "account": "account::text",
    "period": (
        "case when close_on is null then '' else (extract(year from close_on)::int + case when %(fiscal_start)s > 1"
        " and extract(month from close_on)::int >= %(fiscal_start)s then 1 else 0 end)::text || '-Q' ||"
        " (mod(extract(month from close_on)::int - %(fiscal_start)s + 12, 12) / 3 + 1)::text end"
    ),
}


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which opportunities: `territory` includes what lies below; `period` is that of the expected close."""

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
    return f"case when {tie} and {even} then trunc({expression}, {digits}) else round({expression}, {digits}) end"


def conditions(filters: Filters, view: View) -> tuple[str, dict[str, Any]]:
    """What each branch of the as-of query is filtered by: everything that stands in the row itself."""
    wanted, parameters = [], dict[str, Any]()
    if filters.owner:
        wanted.append("owner = %(owner)s")
        parameters["owner"] = filters.owner
    if filters.product:
        wanted.append("%(product)s = any(products)")
        parameters["product"] = filters.product
    if filters.account:
        wanted.append("account = %(account)s")
        parameters["account"] = filters.account
    if filters.period:
        days = period(view.policies.company, filters.period)
        wanted.append("close_on between %(period_first)s and %(period_last)s")
        parameters |= {"period_first": days.first, "period_last": days.last}
    if (visible := view.visible_accounts()) is not None:
        wanted.append("account = any(%(visible)s)")
        parameters["visible"] = visible
    return " and ".join(wanted), parameters


def below(filters: Filters, view: View) -> list[str] | None:
    """The territories that a filter means; None where it states none."""
    if not filters.territory:
        return None
    territories = view.policies.territories
    if filters.territory not in territories.territories:
        raise NotFound(kind="territory", key=filters.territory)
    return sorted(territories.below(filters.territory))


def deals_sql(
    view: View, filters: Filters, *, territory: bool = False, only_open: bool = False
) -> tuple[str, dict[str, Any]]:
    """CTEs `deal` and `valued`, and their parameters; `only_open` is quicker and holds no closed ones.

    `valued` has the columns of the row and: `territory` (its owner's as of then, else its account's; asked for by
    `territory` or a filter), `value` (amount, or list prices, in the reporting currency), `weighted`,
    `default_category`, `unvalued` (a currency without a rate), `signed_value`.
    """
    where, parameters = conditions(filters, view)
    territories = below(filters, view)
    deal = as_of_sql(FUNNEL, COLUMNS, where, only_open=only_open)
    needs_territory = territory or territories is not None
    placed = _placed() if needs_territory else "select deal.*, ''::text as territory from deal"
    if territories is not None:
        placed += " where coalesce(nullif(m.territory, ''), a.territory, '') = any(%(territories)s)"
        parameters["territories"] = territories
    sql = f"with deal as ({deal}), placed as ({placed}), {_valued(view.currency)}"
    return sql, view.parameters(**parameters, **values(view))


def _placed() -> str:
    members, accounts = as_of_sql(MEMBERS, "key, territory"), as_of_sql(ACCOUNTS, "key, territory")
    return (
        "select deal.*, coalesce(nullif(m.territory, ''), a.territory, '') as territory from deal"
        f" left join ({members}) m on m.key = deal.owner left join ({accounts}) a on a.key = deal.account"
    )


def _valued(currency: str) -> str:
    """Open amounts convert at the rate of `as_of`, closed ones at that of their closing day; each is rounded."""
    return f"""
    rate as (select * from unnest(%(rate_currencies)s::text[], %(rates_from)s::timestamptz[],
        %(rates_to)s::timestamptz[], %(rates)s::numeric[]) rate(currency, starts, ends, rate)),
    price as (select * from unnest(%(price_products)s::text[], %(prices)s::numeric[], %(price_currencies)s::text[])
        price(product, price, currency)),
    step as (select * from unnest(%(step_processes)s::text[], %(step_stages)s::text[], %(probabilities)s::numeric[],
        %(default_categories)s::text[]) step(process, stage, probability, default_category)),
    raw as (select p.*, case when p.amount is not null then p.amount * r.rate else l.listed end as raw_value,
        s.rate * p.signed as raw_signed,
        case when p.amount is not null and r.rate is null then p.currency
            when p.signed is not null and s.rate is null then p.signed_currency
            when p.amount is null then l.unvalued end as unvalued
        from placed p
        left join rate r on r.currency = p.currency and coalesce(p.closed, %(as_of)s) >= r.starts
            and coalesce(p.closed, %(as_of)s) < r.ends
        left join rate s on s.currency = p.signed_currency and p.closed >= s.starts and p.closed < s.ends
        left join lateral (
            select sum(each.price * q.rate) as listed, min(each.currency) filter (where q.rate is null) as unvalued
            from unnest(p.products) one join price each on each.product = one
            left join rate q on q.currency = each.currency and coalesce(p.closed, %(as_of)s) >= q.starts
                and coalesce(p.closed, %(as_of)s) < q.ends
        ) l on p.amount is null),
    rounded as (select raw.*, {half_even("raw_value", currency)} as value,
        {half_even("raw_signed", currency)} as signed_value, step.default_category,
        raw_value * step.probability as raw_weighted
        from raw left join step on step.process = raw.process and step.stage = raw.stage),
    valued as (select rounded.*, {half_even("raw_weighted", currency)} as weighted from rounded)
    """


def values(view: View) -> dict[str, Any]:
    """Rates with the stretch for which they hold, list prices, probabilities: as of the view's clocks."""
    rates = rate_ranges(view)
    products = list(view.policies.price_list.products.values())
    steps = list(stages(view))
    return {
        "fiscal_start": view.policies.company.fiscal_year_start,
        "rate_currencies": [currency for currency, _, _, _ in rates],
        "rates_from": [starts for _, starts, _, _ in rates],
        "rates_to": [ends for _, _, ends, _ in rates],
        "rates": [rate for _, _, _, rate in rates],
        "price_products": [product.key for product in products],
        "prices": [product.price.amount for product in products],
        "price_currencies": [product.price.currency for product in products],
        "step_processes": [process for process, _ in steps],
        "step_stages": [stage.key for _, stage in steps],
        "probabilities": [stage.probability for _, stage in steps],
        "default_categories": [str(stage.category) for _, stage in steps],
    }


def rate_ranges(view: View) -> list[tuple[str, datetime, datetime, Decimal]]:
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


def stages(view: View) -> list[tuple[str, Stage]]:
    """All stages of the processes that opportunities follow, in order."""
    sql = f"select distinct process from {FUNNEL.table} union select distinct process from {FUNNEL.history}"
    processes = sorted(key for (key,) in view.connection.execute(sql.encode()) if key)
    return [(key, stage) for key in processes for stage in view.policies.process(key).stages]


def start_of(view: View, day: Any) -> datetime:
    """The first moment of a day of the company's calendar."""
    return day_start(view.policies.company, day)


def end_of(view: View, day: Any) -> datetime:
    """The last moment of a day of the company's calendar."""
    return day_end(view.policies.company, day)
