"""How a forecast changed between two views, opportunity by opportunity, to the cent: each figure of the end is that of
the start plus the changes of the opportunities."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.policies.calendar import period
from domain.policies.sales_process import SalesProcess
from projections.bridge import CurrencyChanged, deals_of
from projections.bridge_causes import Causes
from projections.deals import Filters, Missing, deals_sql, end_of, missing, start_of
from projections.engine import as_of_sql
from projections.forecast import APART, STEPS
from projections.funnel import ZERO
from projections.known_bridge import late_causes
from projections.opportunities import FUNNEL
from projections.policies import POLICIES, decoded
from projections.view import View

FIGURES = (*STEPS, "weighted", *APART)
MOVED_BY = ("amount", "currency", "outcome", "owner", "close_on", "category", "stage")
Figures = dict[str, Decimal]


class ForecastMove(msgspec.Struct):
    """What one opportunity changes in the figures of a forecast, with the positions of the events behind it: its own,
    and those of the rates, list prices, assignments or sales processes by which it was valued or placed anew."""

    opportunity: UUID
    changes: Figures
    positions: list[int]


class ForecastChange(msgspec.Struct):
    """A forecast of a period at both ends, in the reporting currency, and what moved it; amounts in `missing_rates` and
    `missing_prices`, at either end, count as 0."""

    period: str
    start: Figures
    end: Figures
    moves: list[ForecastMove]
    missing_rates: dict[str, int]
    missing_prices: dict[str, int]


_EXPECTED = "(close_on is null or close_on between %(first)s and %(last)s)"
_OPEN = """
select key, case when close_on is null then 'undated' else
    coalesce(nullif(category, ''), default_category, 'pipeline') end, value, weighted from valued"""
_WON = "select key, 'closed', signed_value, signed_value from valued"


def forecast_change(then: View, now: View, key: str, filters: Filters | None = None) -> ForecastChange:
    """What changed in the forecast of a period between two views: two moments, or two states of knowledge of one.

    Raises CurrencyChanged, PeriodUnknown."""
    filters = msgspec.structs.replace(filters or Filters(), period="")
    if then.currency and then.currency != now.currency:
        raise CurrencyChanged(then=then.currency, now=now.currency)
    lacking = Missing()
    before, after = (_parts(view, key, filters, lacking) for view in (then, now))
    moves = []
    for deal in sorted(before.keys() | after.keys()):
        changes = _difference(before.get(deal, {}), after.get(deal, {}))
        if changes:
            moves.append(ForecastMove(deal, changes, []))
    _name_events(then, now, filters, moves, before.keys() & after.keys())
    return ForecastChange(key, _sum(now, before), _sum(now, after), moves, lacking.rates, lacking.prices)


def _parts(view: View, key: str, filters: Filters, lacking: Missing) -> dict[UUID, Figures]:
    """The figures of each opportunity."""
    days = period(view.policies.company, key)
    opened = deals_sql(view, filters, only_open=True, also=_EXPECTED)
    opened[1].update(first=days.first, last=days.last)
    won = deals_sql(view, filters, also="outcome = 'won' and closed between %(starts)s and %(ends)s")
    won[1].update(starts=start_of(view, days.first), ends=end_of(view, days.last))
    found: dict[UUID, Figures] = {}
    for (sql, parameters), question in ((opened, _OPEN), (won, _WON)):
        for deal, figure, value, weighted in view.connection.execute((sql + question).encode(), parameters):
            found[deal] = {figure: value or ZERO}
            if figure not in APART:
                found[deal]["weighted"] = weighted or ZERO
    known = missing(view, opened, won)
    for kind, counts in ((lacking.rates, known.rates), (lacking.prices, known.prices)):
        for name, count in counts.items():
            kind[name] = max(kind.get(name, 0), count)
    return found


def _difference(before: Figures, after: Figures) -> Figures:
    found = {name: after.get(name, ZERO) - before.get(name, ZERO) for name in FIGURES}
    return {name: amount for name, amount in found.items() if amount}


def _sum(view: View, parts: dict[UUID, Figures]) -> Figures:
    return {name: view.money(sum((figures.get(name, ZERO) for figures in parts.values()), ZERO)) for name in FIGURES}


def _name_events(then: View, now: View, filters: Filters, moves: list[ForecastMove], staying: Collection[UUID]) -> None:
    keys = [move.opportunity for move in moves]
    if not keys:
        return
    only = "key = any(%(keys)s)"
    before, after = (deals_of(view, Filters(), Missing(), also=only, keys=keys) for view in (then, now))
    if then.clock.as_of == now.clock.as_of:
        late = late_causes(then, now, {key: key in staying for key in keys}, before, after)
        for move in moves:
            move.positions = late[move.opportunity]
        return
    causes = Causes(now, then.clock.as_of, filters, before, after, MOVED_BY)
    for move in moves:
        move.positions = sorted(causes.of_figures(move.opportunity, stays=move.opportunity in staying))
    _name_processes(then, now, [move for move in moves if not move.positions])


def _name_processes(then: View, now: View, moves: list[ForecastMove]) -> None:
    """What nothing else moved was weighted anew, by the probabilities of its sales process."""
    if not moves:
        return
    keys = [move.opportunity for move in moves]
    sql = as_of_sql(FUNNEL, "key, process", "key = any(%(keys)s)")
    process_of: dict[UUID, str] = dict(now.connection.execute(sql.encode(), now.parameters(keys=keys)).fetchall())
    sql = as_of_sql(POLICIES, "event, cause", "topic = %(topic)s and valid_from > %(then)s")
    asked = now.parameters(topic=SalesProcess.Defined.topic, then=then.clock.as_of)
    defined: dict[str, list[int]] = {}
    for stored, cause in now.connection.execute(sql.encode(), asked):
        event = decoded(SalesProcess.Defined.topic, stored)
        assert isinstance(event, SalesProcess.Defined)
        defined.setdefault(event.definition.key, []).append(cause)
    for move in moves:
        move.positions = sorted(defined.get(process_of.get(move.opportunity, ""), ()))
