"""The bridge between two forecasts of a period: how the expected revenue went from one to the other, opportunity by
opportunity, to the cent.

Unlike the bridge of the funnel, which explains open amounts, and the change of a forecast by categories, this explains
the expected revenue as the forecaster's clock has it: each open deal by its chance of being won in the period, by the
model of its moment. end = start + all steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from domain.aggregate import Origin
from domain.journal.mapper import JournalMapper
from domain.policies.calendar import Period, period
from projections.bridge import CurrencyChanged
from projections.deals import Filters
from projections.forecast_learning import Learned, chance_model, is_enough
from projections.forecast_quantiles import money_of, seed_of
from projections.forecast_scope import in_scope
from projections.forecasting.histories import NEVER, NONE, Histories, Outcome, number_of
from projections.funnel import ZERO
from projections.view import Answer, View

STEPS = (
    "new", "reopened", "moved_in", "won", "increased", "decreased", "pulled_in", "pushed_out", "probability", "lost",
    "disqualified", "moved_out", "not_yet_opened", "correction",
)  # fmt: skip
"""`won`: signed − expected before, or − expected where it was won outside the period. `increased`, `decreased`: by the
amount, at the chance before. `pulled_in`, `pushed_out`: by the chance, where the expected close moved into the period
or out of it; `probability`: all other changes of the chance. `not_yet_opened`: deals expected to be opened and won;
`correction`: by which the model centres its sums on its own scored errors."""
_ENDED = {Outcome.LOST: "lost", Outcome.DISQUALIFIED: "disqualified"}
_mapper = JournalMapper()
_INT = attrgetter("int")
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


class _Side(NamedTuple):
    """A forecast, deal by deal: what each is worth, its chance (NaN where it is not open), and what is not of deals."""

    h: Histories
    inside: Any
    worth: dict[UUID, Decimal]
    chance: dict[UUID, float]
    place: dict[UUID, int]
    to_open: Decimal
    correction: Decimal
    missing: int
    version: str

    @property
    def total(self) -> Decimal:
        return sum(self.worth.values(), ZERO) + self.to_open + self.correction


def forecast_bridge(
    then: View,
    now: View,
    before: Learned,
    after: Learned,
    key: str,
    filters: Filters | None = None,
    *,
    named: int | None = None,
) -> ForecastBridge:
    """What changed in the expected revenue of a period between two views, each with what was learned as of it. Of the
    largest items so many are `named` by their events; all of them, where that is not stated.

    Raises CurrencyChanged, PeriodUnknown."""
    filters = filters or Filters()
    if then.currency and then.currency != now.currency:
        raise CurrencyChanged(then=then.currency, now=now.currency)
    days = period(now.policies.company, key)
    old, new = _side(then, before, days, filters), _side(now, after, days, filters)
    items = _items(now, old, new, days)
    steps = {name: now.money(ZERO) for name in STEPS}
    for item in items:
        steps[item.kind] += item.amount
    steps["not_yet_opened"] += new.to_open - old.to_open
    steps["correction"] += new.correction - old.correction
    largest = items if named is None else sorted(items, key=lambda each: -abs(each.amount))[:named]
    _name_events(then, now, largest)
    return ForecastBridge(
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


def _side(view: View, known: Learned, days: Period, filters: Filters) -> _Side:
    """What a forecast expects of each deal, of deals not opened yet, and what its model corrects."""
    from projections.forecasting.chances import win_chance

    h, inside = known.histories, in_scope(view, known.histories, filters)
    first, last = number_of(days.first), number_of(days.last)
    chances = chance_model(view, known)
    rows = np.flatnonzero(inside & (h.outcome == Outcome.OPEN)).astype(np.int32)
    found = win_chance(chances, h, rows, max(first, h.day + 1), last) if last > h.day else np.zeros(len(rows))
    chance = dict(zip(rows.tolist(), np.clip(np.nan_to_num(found), 0.0, 1.0).tolist(), strict=True))
    won = inside & (h.outcome == Outcome.WON) & (h.closed >= first) & (h.closed <= last)
    worth, missing = dict[UUID, Decimal](), 0
    for row in [*chance, *np.flatnonzero(won).tolist()]:
        value = money_of(view, chance[row] * float(h.amount[row]) if row in chance else float(h.signed[row]))
        missing += value is None
        worth[h.ids[row]] = value or view.money(ZERO)
    to_open, whole = _not_of_deals(view, known, inside, first, last)
    deals = sum(worth.values(), ZERO)
    correction = view.money(ZERO) if whole is None else whole - deals - to_open
    return _Side(
        h=h,
        inside=inside,
        worth=worth,
        chance={h.ids[row]: each for row, each in chance.items()},
        place=h.place,
        to_open=to_open,
        correction=correction,
        missing=missing,
        version=known.model.version if known.model is not None and is_enough(view, known.model) else "none",
    )


def _not_of_deals(view: View, known: Learned, inside: Any, first: int, last: int) -> tuple[Decimal, Decimal | None]:
    """What is expected of deals not opened yet, and the mean of the whole simulation; 0 and None without a model."""
    from projections.forecasting.revenue import simulate
    from projections.forecasting.revenue_ahead import ahead_of
    from projections.forecasting.revenue_pipeline import arrivals

    model, h = known.model, known.histories
    nothing = view.money(ZERO)
    if model is None or not is_enough(view, model):
        return nothing, None
    places = np.where(inside, 0, NONE).astype(np.int32)
    seed = seed_of(model.version, known.newest, first, last)
    whole = money_of(view, float(simulate(model, h, first, last, places, 1, seed=seed).total.mean[0]))
    if last <= h.day:
        return nothing, whole
    ahead = ahead_of(model, h)
    new = arrivals(ahead.stands, places, 1)
    weeks = float(ahead.coming((max(first, h.day + 1), last)).by_week.sum())
    come = float(new.per_week()[0]) * weeks * float(new.amount[0]) * model.revenue.paid().mean
    return money_of(view, come) or nothing, whole


# --- one opportunity ----------------------------------------------------------------------------------------------


def _items(view: View, old: _Side, new: _Side, days: Period) -> list[ForecastStep]:
    items = []
    for key in sorted(old.worth.keys() | new.worth.keys(), key=_INT):
        side = new if key in new.place else old
        external = side.h.external[side.place[key]]
        for kind, amount in _changes(view, key, old, new, days):
            if amount:
                items.append(ForecastStep(key, external, kind, amount, _p(old, key), _p(new, key)))
    return items


def _p(side: _Side, key: UUID) -> float | None:
    return round(side.chance[key], 4) if key in side.chance else None


def _changes(view: View, key: UUID, old: _Side, new: _Side, days: Period) -> list[tuple[str, Decimal]]:
    """The steps of one opportunity; they sum to what it is worth after, less what it was worth before."""
    whole = new.worth.get(key, ZERO) - old.worth.get(key, ZERO)
    was, place = old.place.get(key), new.place.get(key)
    if place is None or not new.inside[place]:
        return [("moved_out", whole)]
    if was is None:
        return [("new", whole)]
    if not old.inside[was]:
        return [("moved_in", whole)]
    outcome, former = Outcome(int(new.h.outcome[place])), Outcome(int(old.h.outcome[was]))
    if outcome in _ENDED:
        return [(_ENDED[outcome], whole)]
    if former is Outcome.OPEN and outcome is Outcome.OPEN:
        return _still_open(view, key, old, new, days)
    if former is outcome:  # won before and after: another amount, or another day
        return [("increased" if whole > 0 else "decreased", whole)]
    return [("won" if outcome is Outcome.WON else "reopened", whole)]


def _still_open(view: View, key: UUID, old: _Side, new: _Side, days: Period) -> list[tuple[str, Decimal]]:
    was, place = old.place[key], new.place[key]
    whole = new.worth[key] - old.worth[key]
    amounts = float(old.h.amount[was]), float(new.h.amount[place])
    before, after = (each if math.isfinite(each) else 0.0 for each in amounts)
    revised = money_of(view, old.chance[key] * (after - before)) or ZERO
    stood, stands = (_expected_in(side.h, row, days) for side, row in ((old, was), (new, place)))
    kind = "probability" if stood == stands else "pulled_in" if stands else "pushed_out"
    return [("increased" if revised > 0 else "decreased", revised), (kind, whole - revised)]


def _expected_in(h: Histories, row: int, days: Period) -> bool:
    day = int(h.close_on[row])
    return day != NEVER and number_of(days.first) <= day <= number_of(days.last)


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
