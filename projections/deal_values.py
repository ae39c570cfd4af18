"""What opportunities are worth in the reporting currency, as SQL: at rates, by list prices, by their stages."""

from __future__ import annotations

from decimal import Decimal

from domain.currencies import minor_unit

RATE_CTE = """rate as materialized (select *,
        date_trunc('day', starts at time zone %(zone)s) at time zone %(zone)s as from_day,
        date_trunc('day', ends at time zone %(zone)s) at time zone %(zone)s as to_day
        from unnest(%(rate_currencies)s::text[], %(rates_from)s::timestamptz[],
            %(rates_to)s::timestamptz[], %(rates)s::numeric[]) rate(currency, starts, ends, rate))"""
"""The rates as a CTE; its parameters are `zone` and those of `rate_parameters`. A moment from `from_day` on and before
`to_day` is one whose day ends with this rate: the days are reckoned once for each rate, not for each amount."""


def half_even(expression: str, currency: str) -> str:
    """SQL that rounds half to even to the currency's minor unit; the expression must be a plain column."""
    unit = minor_unit(currency) if currency else Decimal("0.01")
    digits = -int(unit.as_tuple().exponent)
    tie = f"abs({expression} - trunc({expression}, {digits})) * 2 = {unit}"
    even = f"mod(trunc(abs({expression}) / {unit}), 2) = 0"
    cut = f"trunc({expression}, {digits})"
    return f"case when {expression} = {cut} or ({tie} and {even}) then {cut} else round({expression}, {digits}) end"


_LISTED = """(select {what} from unnest(placed.products) one left join price each on each.product = one
    left join rate q on q.currency = each.currency and {held})"""

_HELD = """case when placed.closed is null then %(as_of)s::timestamptz >= {name}.starts and
    %(as_of)s::timestamptz < {name}.ends else placed.closed >= {name}.from_day and placed.closed < {name}.to_day end"""
"""Which rate an opportunity is valued at."""

_RATE = "left join rate {name} on {name}.currency = placed.{of} and " + _HELD


def valued(currency: str) -> str:
    """The CTE `valued` over `placed`, and those that it rests on. Open amounts convert at the rate of `as_of`, closed
    ones at the last of their closing day; each is rounded. List prices are summed before they are rounded. `offset 0`
    keeps the planner from working them out once for each time that something names them; columns that nobody asks for
    cost nothing."""
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


def valued_now(currency: str) -> str:
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
