"""The bridge added up where its rows lie: the sums of each kind of change, and the largest rows of one of them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from projections.bridge import ADDED, TAKEN, BridgeAnswer, Item, one_currency
from projections.bridge_causes import Causes, stood
from projections.bridge_columns import changes
from projections.deal_values import half_even
from projections.deals import Filters, Missing, conditions, deals_sql, rates_now
from projections.engine import as_of_sql
from projections.funnel import ZERO
from projections.kept_answers import Grain, kept
from projections.opportunities import FUNNEL
from projections.view import View

Asked = tuple[str, dict[str, Any]]
ENDED = "outcome <> '' and closed > %(then)s and closed <= %(as_of)s"


class BridgeSums(msgspec.Struct):
    """A bridge without its items, and how many there are of each kind that there is."""

    answer: BridgeAnswer
    counts: dict[str, int]


class BridgePart(msgspec.Struct):
    """One kind of change: what it comes to, how many items it has, and the largest of them with their positions."""

    amount: Decimal
    count: int
    items: list[Item]


_COLUMNS = (
    "key, outcome, opened, amount, currency, coalesce(value, 0) as value, coalesce(signed_value, 0) as signed,"
    " value is null or (signed is not null and signed_value is null) as unknown"
)
_CHANGES = """
with before as ({before}), after as ({opened} union all {ended}),
rate as (select * from unnest(%(rate_currencies)s::text[], %(rates)s::numeric[]) rate(currency, rate)),
pair as (select coalesce(a.key, b.key) as key, b.key is not null as old, a.key is not null as new,
        b.key is null and a.opened <= %(then)s as came, a.outcome, b.value as old_value, a.value as new_value, a.signed,
        a.amount is null or (a.amount is not distinct from b.amount and a.currency = b.currency) as kept,
        a.amount * rate.rate as at_old_rate, coalesce(b.unknown, false) as old_unknown,
        coalesce(a.unknown, false) as new_unknown
    from before b full join after a on a.key = b.key left join rate on rate.currency = a.currency offset 0),
step as materialized (select pair.*, was.outcome as was, new_value - old_value as difference,
        case when kept then 0 when at_old_rate is null then new_value - old_value
            else {rounded} - old_value end as own
    from pair left join lateral ({was}) was on true),
change as (
    select key, case when not new then 'moved_out' when old and own > 0 then 'increased' when old then 'decreased'
            when was is null then 'new' when was = '' then 'moved_in' else 'reopened' end as kind,
        case when not new then old_value when old then abs(own) else new_value end as amount, 0 as signed from step
    union all select key, 'revalued', difference - own, 0 from step where old and new and difference <> own
    union all select key, outcome, new_value, signed from step where outcome <> '')
"""
_SUMS = """
select kind, count(*) filter (where amount <> 0), sum(amount), sum(signed) from change group by kind
union all select 'start', count(*) filter (where old_unknown), coalesce(sum(old_value), 0), 0 from step
union all select 'end', count(*) filter (where new_unknown), coalesce(sum(new_value) filter (where outcome = ''), 0), 0
    from step
"""
_LARGEST = """
select key, amount, count(*) over (), sum(amount) over () from change where kind = %(kind)s and amount <> 0
order by abs(amount) desc, key limit %(limit)s
"""
_LACKING = """
select coalesce(nullif(unvalued, ''), unsigned), unpriced, count(*) from valued
where coalesce(unvalued, unsigned, unpriced) is not null group by 1, 2
"""


def bridge_sums(then: View, now: View, filters: Filters | None = None) -> BridgeSums:
    """What `bridge` says, without its items. Raises CurrencyChanged."""
    wanted, since = filters or Filters(), then.clock.as_of
    ask = partial(_bridge_sums, then, now, wanted)
    found = kept(now, "bridge sums", BridgeSums, ask, wanted, since, grain=Grain.FACTS)
    found.answer = msgspec.structs.replace(found.answer, **now.head())
    return found


def _bridge_sums(then: View, now: View, filters: Filters) -> BridgeSums:
    one_currency(then, now)
    found = changes(then, now, filters)
    if found is None:
        return _added_up(then, now, filters)
    answer = BridgeAnswer(**now.head(), since=then.clock.as_of)
    return BridgeSums(msgspec.structs.replace(answer, **found.figures()), found.counts())


def _added_up(then: View, now: View, filters: Filters) -> BridgeSums:
    """What columns do not say, asked of the rows."""
    asked = _Asked(then, now, filters)
    answer = BridgeAnswer(**now.head(), since=then.clock.as_of)
    counts: dict[str, int] = {}
    for name in (*ADDED, *TAKEN):
        setattr(answer, name, now.money(ZERO))
    for kind, count, amount, signed in asked.rows(_SUMS):
        setattr(answer, kind, now.money(amount))
        answer.signed += signed
        if count:
            counts[kind] = count
    answer.signed = now.money(answer.signed)
    if counts.pop("start", 0) + counts.pop("end", 0):
        lacking = asked.lacking()
        answer.missing_rates, answer.missing_prices = lacking.rates, lacking.prices
    return BridgeSums(answer, counts)


def bridge_part(then: View, now: View, kind: str, filters: Filters | None = None, *, limit: int) -> BridgePart:
    """The items of one kind of change that `bridge` says, the largest first, so many of them. Raises
    CurrencyChanged."""
    filters = filters or Filters()
    amount, count, largest = _largest(then, now, kind, filters, limit)
    positions = _positions(then, now, filters, kind, [key for key, _ in largest])
    return BridgePart(amount, count, [Item(key, kind, amount, positions[key]) for key, amount in largest])


def _largest(
    then: View, now: View, kind: str, filters: Filters, limit: int
) -> tuple[Decimal, int, list[tuple[UUID, Decimal]]]:
    """What a kind of change comes to, how often there is one, and the largest."""
    one_currency(then, now)
    if found := changes(then, now, filters):
        return found.figures()[kind], found.counts().get(kind, 0), found.largest(kind, limit)
    rows = _Asked(then, now, filters).rows(_LARGEST, kind=kind, limit=limit)
    count, amount = rows[0][2:] if rows else (0, ZERO)
    return now.money(amount), count, [(key, each) for key, each, *_ in rows]


def _positions(then: View, now: View, filters: Filters, kind: str, keys: list[UUID]) -> dict[UUID, list[int]]:
    if not keys:
        return {}
    old, new = (stood(end, keys) for end in (then, now))
    causes = Causes(now, then.clock.as_of, filters, old, new)
    return {key: causes.of(key, kind) for key in keys}


class _Asked:
    """The question about both ends, as SQL."""

    def __init__(self, then: View, now: View, filters: Filters) -> None:
        since = then.clock.as_of
        ended = deals_sql(now, filters, also=ENDED, since=since)
        ended[1]["then"] = since
        self._now, self._ends = now, [deals_sql(then, filters, only_open=True), deals_sql(now, filters, only_open=True)]
        self._ends.append(ended)
        columns, tags = f" select {_COLUMNS} from valued", ("before", "opened", "ended")
        found = {tag: _tagged(tag, sql + columns, told) for tag, (sql, told) in zip(tags, self._ends, strict=True)}
        found["was"] = _tagged("was", *_was(then))
        texts = {tag: f"({sql})" if tag in tags else sql for tag, (sql, _) in found.items()}
        self._sql = _CHANGES.format(**texts, rounded=half_even("at_old_rate", now.currency))
        self._parameters = {name: value for _, told in found.values() for name, value in told.items()}
        rates = rates_now(then)
        self._parameters |= {"then": since, "rate_currencies": list(rates), "rates": list(rates.values())}

    def rows(self, question: str, **more: Any) -> list[Any]:
        """The answers to a question about the changes."""
        return self._now.connection.execute((self._sql + question).encode(), self._parameters | more).fetchall()

    def lacking(self) -> Missing:
        """What keeps amounts out of the sums."""
        found = Missing()
        for sql, told in self._ends:
            for currency, product, count in self._now.connection.execute((sql + _LACKING).encode(), told):
                found.count(currency, product, count)
        return found


def _was(then: View) -> Asked:
    """What an opportunity was at the start that the filter holds at the end only, where it was there at all."""
    wanted, parameters = conditions(Filters(), then)
    where = " and ".join(["key = pair.key", "pair.came", *wanted])
    return as_of_sql(FUNNEL, "outcome", where), then.parameters(**parameters)


def _tagged(tag: str, sql: str, parameters: dict[str, Any]) -> Asked:
    """A question whose parameters stand beside those of others."""
    named = {f"{tag}_{name}": value for name, value in parameters.items()}
    return re.sub(r"%\((\w+)\)s", rf"%({tag}_\1)s", sql), named
