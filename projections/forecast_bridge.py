"""The bridge between two forecasts of a period: how the expected revenue went from one to the other, opportunity by
opportunity, to the cent.

Unlike the bridge of the funnel, which explains open amounts, and the change of a forecast by categories, this explains
the expected revenue as the forecaster's clock has it: each open deal by its chance of being won in the period, by the
model of its moment. end = start + all steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import numpy as np

from domain.aggregate import Origin
from domain.journal.mapper import JournalMapper
from domain.policies.calendar import period
from projections.bridge import CurrencyChanged
from projections.deals import Filters
from projections.forecast_bridge_steps import STEPS, Moves, moves_between
from projections.forecast_learning import Learned
from projections.forecast_sides import Side, both_sides
from projections.view import Answer, View

_mapper = JournalMapper()
_ORIGIN = msgspec.msgpack.encode(Origin.IMPORT)


class ForecastStep(msgspec.Struct):
    """What one opportunity adds to one step, with its chance of being won in the period before and after (null where it
    was not open), and the positions of its events that became knowable in between."""

    opportunity: UUID
    external_id: str
    kind: str
    amount: Decimal
    p_before: float | None
    p_after: float | None
    positions: list[int] = msgspec.field(default_factory=list)


class ForecastBridge(Answer, kw_only=True):
    """A bridge of expected revenue: `start` as of `since`, known at `known_since`, `end` as of `as_of`. `steps` sum the
    items; `end` is `start` plus all steps. Amounts without a rate are in no sum, `missing` counts them."""

    since: datetime
    known_since: int
    period: str
    start: Decimal
    steps: dict[str, Decimal]
    end: Decimal
    items: list[ForecastStep]
    missing: int = 0
    models: list[str]


def forecast_bridge(
    then: View, now: View, before: Learned, after: Learned, key: str, filters: Filters | None = None
) -> ForecastBridge:
    """What changed in the expected revenue of a period between two views, each with what was learned as of it.

    Raises CurrencyChanged, PeriodUnknown."""
    return _told(then, now, before, after, key, filters or Filters(), None)[0]


def bridge_in_brief(
    then: View, now: View, before: Learned, after: Learned, key: str, filters: Filters, most: int
) -> tuple[ForecastBridge, int]:
    """The same with the so many largest items alone, the largest first; and how many there are in all."""
    return _told(then, now, before, after, key, filters, most)


def _told(
    then: View, now: View, before: Learned, after: Learned, key: str, filters: Filters, most: int | None
) -> tuple[ForecastBridge, int]:
    if then.currency and then.currency != now.currency:
        raise CurrencyChanged(then=then.currency, now=now.currency)
    days = period(now.policies.company, key)
    old, new = both_sides(then, now, before, after, days, filters)
    moves = moves_between(now, old, new, days)
    steps = dict.fromkeys(STEPS, now.money(Decimal(0))) | moves.sums()
    steps["not_yet_opened"] += new.to_open - old.to_open
    steps["correction"] += new.correction - old.correction
    items = _items(old, new, moves, range(len(moves)) if most is None else moves.largest(most))
    _name_events(then, now, items)
    answer = ForecastBridge(
        **now.head(),
        since=then.clock.as_of,
        known_since=then.clock.known_at,
        period=key,
        start=now.money(old.total),
        steps=steps,
        end=now.money(new.total),
        items=items,
        missing=old.missing + new.missing,
        models=[old.version, new.version],
    )
    return answer, len(moves)


def _items(old: Side, new: Side, moves: Moves, chosen: Sequence[int]) -> list[ForecastStep]:
    items = []
    for one in chosen:
        was, place = int(moves.was[one]), int(moves.place[one])
        side, row = (new, place) if place >= 0 else (old, was)
        amount, chances = moves.amount(one), (_chance(old, was), _chance(new, place))
        items.append(ForecastStep(*side.h.named(row), moves.kind(one), amount, *chances))
    return items


def _chance(side: Side, row: int) -> float | None:
    chance = float(side.chance[row]) if row >= 0 else np.nan
    return None if np.isnan(chance) else round(chance, 4)


_IMPORTED = "position(%(imported)s::bytea in state) > 0"
_NAMED = f"""
select position, aggregate_id, topic, recorded_at, imported, case when imported then state end
from (select position, aggregate_id, topic, recorded_at, state, {_IMPORTED} as imported from events
    where aggregate_id = any(%(keys)s) and position <= %(known_at)s offset 0) told
where imported or (recorded_at <= %(as_of)s and (recorded_at > %(then)s or position > %(known_then)s))
order by position
"""
"""A live fact is knowable by its row alone. What holds the word of imports may be one, and is looked at itself."""


def _name_events(then: View, now: View, items: Sequence[ForecastStep]) -> None:
    """The events of each opportunity that became knowable between the two forecasts, by the forecaster's clock."""
    keys = list({item.opportunity for item in items})
    asked = {"keys": keys, "then": then.clock.as_of, "known_then": then.clock.known_at, "imported": _ORIGIN}
    found: dict[UUID, list[int]] = {}
    rows = now.connection.execute(_NAMED.encode(), now.parameters(**asked)).fetchall() if keys else []
    for position, stream, topic, recorded_at, imported, state in rows:
        if imported:
            fact = _mapper.decoder(topic, position).full(position, bytes(state))
            knowable = fact.occurred_at if fact.origin is Origin.IMPORT else recorded_at.astimezone(UTC)
            late = position > then.clock.known_at
            if knowable > now.clock.as_of or not (late or knowable > then.clock.as_of):
                continue
        found.setdefault(stream, []).append(position)
    for item in items:
        item.positions = found.get(item.opportunity, [])
