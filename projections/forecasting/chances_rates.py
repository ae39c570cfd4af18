"""Daily rates at which deals leave their stage, by stage, days at it and month of the quarter: counted, shrunk, drawn
again.

A deal is at risk on each day after it was opened up to the day on which it closed or is known; days before the
company's first closing do not count (nothing could be seen to close: left truncation). What several things happen to
on one day leaves its first stage for the last one. A newer week counts more than an older one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.histories import NEVER, Days, Histories, Numbers, Outcome, Places

Counts = NDArray[np.float64]

STAY_EDGES = np.array([0, 3, 7, 10, 14, 21, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180, NEVER], dtype=np.int64)
"""Bins of the days at a stage: (0, 3], (3, 7], …; the last is open."""
STAYS = len(STAY_EDGES) - 1
_BIN_OF = np.clip(np.searchsorted(STAY_EDGES, np.arange(STAY_EDGES[-2] + 2), side="left"), 1, STAYS) - 1
SEASONS = 3
HALF_LIFE = 13.0
"""Weeks after which what was seen counts half."""
WEIGHT, PLACE_WEIGHT, BIN_WEIGHT = 30.0, 10.0, 10.0
"""Deal-days by which the rates of a month, a place and a bin of days are drawn towards coarser ones."""
MONTH = 5.0
"""Events by which the effect of a month of the quarter is drawn towards none."""
FLOOR = 1e-4
CHUNK = 2_000_000


@dataclass(frozen=True)
class Stays:
    """The stays that count, one entry each, at a place (a stage, entered at some age): first and last day at risk, and
    what it left for on the last day (one of the stages, then won, then lost; -1: nothing yet)."""

    place: Places
    first: Days
    last: Days
    to: Places


def stay_bin(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bin of days at a stage; what is below one day counts as the first."""
    return np.asarray(_BIN_OF[np.clip(days, 0, len(_BIN_OF) - 1)])


def month_of_quarter(days: NDArray[np.int64], fiscal_start: int) -> NDArray[np.int64]:
    """0, 1 or 2: the month of the fiscal quarter in which a day lies."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months - (fiscal_start - 1)) % 12 % 3


def first_closing(h: Histories) -> int:
    """The day on which anything closed first: from here on closings can be seen. NEVER where nothing did."""
    closed = h.closed[h.closed <= h.day]
    return int(closed.min()) if len(closed) else NEVER


def stays(h: Histories, places: Places, stages: Places) -> Stays:
    """The stays of all deals; `places` gives each spell its place, `stages` each place its stage, from 0 on."""
    spells, won = h.spells, int(stages.max(initial=-1)) + 1
    end = np.minimum(np.minimum(spells.end, h.closed[spells.deal]), h.day)
    lasting = end > spells.start
    only = np.ones(len(h), dtype=bool)
    only[spells.deal[lasting]] = False
    first_of_deal = np.concatenate(([True], spells.deal[1:] != spells.deal[:-1])) if len(spells.deal) else lasting
    keep = np.flatnonzero(lasting | (first_of_deal & only[spells.deal] & (h.closed[spells.deal] <= h.day)))
    deal, place, start = spells.deal[keep], places[keep], spells.start[keep].astype(np.int64)
    stage = stages[place]
    last = np.maximum(end[keep].astype(np.int64), start + 1)
    follows = np.zeros(len(keep), dtype=bool)
    follows[:-1] = deal[1:] == deal[:-1]
    to = np.full(len(keep), -1, dtype=np.int32)
    joined = np.flatnonzero(follows)
    joined = joined[(start[joined + 1] <= last[joined]) & (stage[joined + 1] != stage[joined])]
    to[joined] = stage[joined + 1]
    ended = ~follows & (h.closed[deal] <= h.day)
    to[ended] = np.where(h.outcome[deal[ended]] == Outcome.WON, won, won + 1)
    return Stays(place.astype(np.int32), (start + 1).astype(np.int32), last.astype(np.int32), to)


def counted(h: Histories, held: Stays, stages: Places, start: int) -> Counts:
    """What happened on the days at risk: (week, place, days at it, month of the quarter, kind) with the kinds
    of `Stays.to` and, last, nothing. Weeks are counted from `start`, the first day that counts."""
    weeks, kinds, places = (h.day - start) // 7 + 1, int(stages.max(initial=-1)) + 4, len(stages)
    shape = (weeks, places, STAYS, SEASONS, kinds)
    table = np.zeros(int(np.prod(shape)), dtype=np.float64)
    since = held.first.astype(np.int64) - 1
    first = np.maximum(since + 1, start)
    rows = np.flatnonzero(held.last >= first)
    length = held.last[rows].astype(np.int64) - first[rows] + 1
    seasons = month_of_quarter(np.arange(start, h.day + 2, dtype=np.int64), h.fiscal_start)
    upto = np.cumsum(length)
    for begin, stop in _chunks(upto):
        part, long = rows[begin:stop], length[begin:stop]
        each = np.repeat(part, long)
        offset = np.arange(long.sum()) - np.repeat(np.cumsum(long) - long, long)
        day = first[each] + offset
        kind = np.full(len(each), kinds - 1)
        ends = np.cumsum(long) - 1
        kind[ends] = np.where(held.to[part] >= 0, held.to[part], kinds - 1)
        cell = (((day - start) // 7 * places + held.place[each]) * STAYS + stay_bin(day - since[each])) * SEASONS
        cell = (cell + seasons[np.minimum(day, h.day + 1) - start]) * kinds + kind
        table += np.bincount(cell, minlength=len(table))
    return table.reshape(shape)


def _chunks(upto: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Spans of rows of at most about CHUNK deal-days each."""
    if not len(upto):
        return []
    cuts = np.searchsorted(upto, np.arange(CHUNK, upto[-1], CHUNK)).tolist()
    bounds = sorted({0, *cuts, len(upto)})
    return list(itertools.pairwise(bounds))


def recency(weeks: int) -> Numbers:
    """The weight of each week: 1 for the last, half for one of a quarter before."""
    return np.asarray(0.5 ** (np.arange(weeks)[::-1] / HALF_LIFE))


def rates(counts: Counts, stages: Places) -> Counts:
    """Daily rates (place + one for any place, days at it, month of the quarter, kind) from weighted counts without
    weeks; `stages` gives each place its stage.

    A stage's rates in a bin of days are drawn towards those of the bin before, the first towards the stage's mean;
    those of a place towards its stage's; those of a month of the quarter towards the place's times what the month does
    at the place whatever the days; each as if some more deal-days of them had been seen. The last place is all of them
    together, which alone can win and lose.
    """
    kinds = counts.shape[-1] - 1
    whole = counts.sum(axis=0, keepdims=True)
    whole[..., : kinds - 2] = 0.0
    counts, group = np.concatenate([counts, whole]), np.append(stages, stages.max(initial=-1) + 1).astype(np.int64)
    events, exposure = counts[..., :kinds], counts.sum(axis=-1, keepdims=True)
    of_bin = events.sum(axis=2, keepdims=True), exposure.sum(axis=2, keepdims=True)
    by_stage = _of_stages(_together(of_bin[0], group), _together(of_bin[1], group))[group]
    alone = (np.bincount(group)[group] == 1)[:, None, None, None]
    by_place = np.where(alone, by_stage, _rate(*of_bin, by_stage, PLACE_WEIGHT))
    found = _rate(events, exposure, by_place * _month_alone(events, exposure, by_place), WEIGHT)
    never = counts[..., :kinds].sum(axis=(1, 2), keepdims=True) == 0
    never[..., kinds - 2 :] = False
    found = np.where(never, 0.0, found)
    return np.asarray(found / np.maximum(1.0, found.sum(axis=-1, keepdims=True)))


def _month_alone(events: Counts, exposure: Counts, by_place: Counts) -> Counts:
    """What happened in a month over what the days at the place alone would have brought, drawn towards 1 by MONTH
    events."""
    return np.asarray(
        (events.sum(axis=1, keepdims=True) + MONTH) / ((by_place * exposure).sum(axis=1, keepdims=True) + MONTH)
    )


def _of_stages(events: Counts, exposure: Counts) -> Counts:
    """The rates of stages, bin after bin of the days at them."""
    found = np.zeros_like(events)
    prior = _rate(events.sum(axis=1), exposure.sum(axis=1), FLOOR, 1.0)
    for place in range(events.shape[1]):
        prior = found[:, place] = _rate(events[:, place], exposure[:, place], prior, BIN_WEIGHT)
    return found


def _together(table: Counts, group: NDArray[np.int64]) -> Counts:
    """The sums of a table's rows by group."""
    found = np.zeros((int(group.max()) + 1, *table.shape[1:]))
    np.add.at(found, group, table)
    return found


def _rate(events: Counts, exposure: Counts, prior: Counts | float, weight: float) -> Counts:
    return np.asarray((events + weight * prior) / (exposure + weight))


def drawn_again(counts: Counts, stages: Places, times: int, seed: bytes) -> list[Counts]:
    """Rates of that many bootstraps of the weeks (already weighted): how uncertain the rates are."""
    random = np.random.Generator(np.random.PCG64(int.from_bytes(seed[:16], "big")))
    weeks = len(counts)
    flat = counts.reshape(weeks, -1)
    picks = random.integers(0, weeks, (times, weeks))
    return [rates((np.bincount(pick, minlength=weeks) @ flat).reshape(counts.shape[1:]), stages) for pick in picks]
