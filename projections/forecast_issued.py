"""What kept forecasts said, beside what could have been said without a model at the moments at which they were kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

from domain.policies.calendar import MONTH, QUARTER, YEAR, day_of
from projections.forecast_learning import probabilities
from projections.forecasting import naive
from projections.forecasting.facts import microseconds
from projections.forecasting.folding import Frame
from projections.forecasting.histories import NONE, Histories, Numbers, number_of
from projections.forecasting.kept import DEALS, NO_MODEL, Kept
from projections.forecasting.known import Tables
from projections.forecasting.replay import WITHIN, Amounts, Issued, Span, Wins, groups_of
from projections.forecasting.tables import distinct
from projections.lately_used import LatelyUsed
from projections.view import View

if TYPE_CHECKING:
    from uuid import UUID

WITHIN_DAYS = 92


def kind_of(key: str) -> str:
    """The kind of a period."""
    forms = {"month": MONTH, "quarter": QUARTER, "year": YEAR}
    return next((kind for kind, form in forms.items() if form.fullmatch(key)), "days")


class Remembered(LatelyUsed[Issued]):
    """What kept forecasts said, beside what needs no model; `most` numbers in all."""

    def __init__(self, most: int = 2_000_000) -> None:
        super().__init__(most, _size)


def _size(issued: Issued) -> int:
    return 100 + sum(len(each.ids) for each in issued.wins) + sum(3 * len(each.keys) for each in issued.amounts)


ISSUED = Remembered()
_ENDS = "select position, md5(recorded_at::text || encode(state, 'hex')) from events where position = any(%s)"


def ends_at(connection: psycopg.Connection, positions: Iterable[int]) -> dict[int, str]:
    """What tells the journal up to positions from any other."""
    return dict(connection.execute(_ENDS, (list(positions),)).fetchall())


class _Seen:
    """The deals that somebody may see: of what was said at a moment only those count that were there."""

    def __init__(self, tables: Tables, shown: Iterable[UUID]) -> None:
        self._keys = tables.deal_keys
        inside, wanted = np.zeros(len(self._keys), np.bool_), np.array([deal.bytes for deal in shown], "S16")
        places = np.searchsorted(self._keys, wanted)
        there = np.flatnonzero(places < len(self._keys))
        inside[places[there][self._keys[places[there]] == wanted[there]]] = True
        self._openings = tables.openings.taken(np.flatnonzero(inside[tables.openings.of]))

    def opened_by(self, moment: datetime, known_at: int) -> bytes:
        """What tells the deals that were opened by a moment, as known at a position, from any others."""
        known = self._openings.known(microseconds(moment), known_at)
        return blake2b(self._keys[distinct(self._openings.of[known])].tobytes(), digest_size=16).digest()


class Then:
    """What could have been said without a model at the moments at which forecasts were kept. Groups are those in which
    deals stand: what a kept forecast says of the territories above them alone is not scored a second time."""

    def __init__(
        self, view: View, facts: Any, by: str, shown: frozenset[UUID] | None, below: Callable[[str], Sequence[str]]
    ) -> None:
        self._below = below
        self._view, self._facts, self._by, self._shown = view, facts, by, shown
        self._seen = None if shown is None else _Seen(facts.tables, shown)
        self._lately: tuple[tuple[datetime, int], Histories] | None = None
        self._views: dict[datetime, View] = {}

    def _histories(self, one: Kept) -> Histories:
        """What was knowable when a forecast was kept; several that were kept together follow one another."""
        from projections.forecasting.facts import histories

        key = one.as_of, one.known_at
        if self._lately is None or self._lately[0] != key:
            self._lately = key, histories(self._facts, self._at(one), one.as_of, known_at=one.known_at)
        return self._lately[1]

    def _at(self, one: Kept) -> View:
        """The view of a kept forecast's moment."""
        if one.as_of not in self._views:
            self._views[one.as_of] = self._view.at(one.as_of)
        return self._views[one.as_of]

    def waiting(self, one: Kept, over: int) -> Issued | None:
        """A kept forecast whose days are not over: of it only how much waits is told, which needs nothing else."""
        day, model = number_of(day_of(self._at(one).policies.company, one.as_of)), one.model
        if one.period == DEALS:
            if day + WITHIN_DAYS <= over or model == NO_MODEL:
                return None
            ids = [each.opportunity for each in one.content.deals]
            return Issued(day, model, wins=[Wins(WITHIN, model, ids, np.full(len(ids), np.nan))])
        span = Span(kind_of(one.period), number_of(one.first_day), number_of(one.last_day))
        nothing = np.empty(0)
        said = Amounts(span, model, [], nothing, nothing, nothing, (np.nan, np.nan, np.nan))
        return Issued(day, model, amounts=[said]) if span.last > over else None

    def remembered(self, one: Kept, end: str) -> Issued:
        """What is scored of a kept forecast: what was known then stays, so that it is worked out once. `end` tells the
        journal up to there from any other."""
        if not end or self._by == "territory":
            return self.issued(one)
        then = self._at(one)
        frame, rates = Frame.of(then), frozenset(probabilities(then).items())
        seen = self._seen and self._seen.opened_by(one.as_of, one.known_at)
        key = end, one.id, one.kept_at, self._by, seen, frame.zone, frame.fiscal_start, frame.currency, rates
        found = ISSUED.get(key)
        if found is None:
            found = self.issued(one)
            ISSUED.put(key, found)
        return found

    def issued(self, one: Kept) -> Issued:
        """A kept forecast beside what needs no model."""
        h, rates = self._histories(one), probabilities(self._at(one))
        model = "" if one.model == NO_MODEL else one.model
        if one.period == DEALS:
            return Issued(h.day, model, wins=list(self._wins(one, h, rates)))
        return Issued(h.day, model, amounts=list(self._amounts(one, h, rates)))

    def _amounts(self, one: Kept, h: Histories, rates: naive.Rates) -> Iterator[Amounts]:
        span = Span(kind_of(one.period), number_of(one.first_day), number_of(one.last_day))
        groups, keys = groups_of(h, self._by, self._shown)
        stand = [keys[place] for place in np.unique(groups[groups != NONE])]
        whole = one.content.whole
        said = [each for each in one.content.groups if each.key in stand] if self._by else []
        if whole is not None and whole.p50 is not None and one.model != NO_MODEL:
            p10, p50, p90 = (_numbers(getattr(each, name) for each in said) for name in ("p10", "p50", "p90"))
            of_all = _number(whole.p10), _number(whole.p50), _number(whole.p90)
            yield Amounts(span, one.model, [each.key for each in said], p10, p50, p90, of_all)
        nothing = np.full(len(stand), np.nan)
        for method, values in naive.amounts(h, rates, groups, len(keys), span.first, span.last).items():
            if method == one.model:
                continue
            of = dict(zip(keys, values.tolist(), strict=True))
            with_below = np.array([sum(of.get(each, 0.0) for each in self._below(key)) for key in stand], np.float64)
            yield Amounts(span, method, stand, nothing, with_below, nothing, (np.nan, float(values.sum()), np.nan))

    def _wins(self, one: Kept, h: Histories, rates: naive.Rates) -> Iterator[Wins]:
        said = one.content.deals
        ids = [each.opportunity for each in said]
        if one.model != NO_MODEL:
            yield Wins(WITHIN, one.model, ids, _numbers([each.p_win_within for each in said]))
        rows = np.array([h.place.get(each, NONE) for each in ids], np.int32)
        rows = rows[rows != NONE]
        for method, p in naive.chances(h, rates, rows, within=one.content.within).items():
            if method == one.model:
                continue
            yield Wins(WITHIN, method, [h.ids[row] for row in rows], p)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _numbers(values: Iterable[Any]) -> Numbers:
    return np.array([_number(value) for value in values], np.float64)
