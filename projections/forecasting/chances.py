"""When and how a deal closes, learned from the company's own deals: rates by stage, time at it and season, and the
deal's own signs.

    model = fit_chances(histories)             numbers only, to be stored
    chances(model, histories, within=92)       for each open deal: chance of a win, when, and why
    win_chance(model, histories, rows, a, b)   chance of a win on a day of a..b

The rates say how deals go on that stand at a stage so long; what a deal's own signs add to the log odds of its win
multiplies its chance in every span of days by the same factor, so that chances of spans add up.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from projections.forecasting import chances_forward as forward
from projections.forecasting.chances_model import (
    FLOOR_CLOSED,
    FLOOR_EACH,
    ChanceModel,
    fit_chances,
    where,
    won_by,
)
from projections.forecasting.chances_reasons import Reason, no_history, reasons_of
from projections.forecasting.chances_signs import Pairs, Signs, signs_of
from projections.forecasting.chances_weights import chance_of, log_odds
from projections.forecasting.histories import NEVER, Days, Histories, Numbers, Places
from projections.forecasting.single import by_one_thread

__all__ = [
    "FLOOR_CLOSED",
    "FLOOR_EACH",
    "ChanceModel",
    "Chances",
    "Reason",
    "chances",
    "fit_chances",
    "win_chance",
    "win_chance_of_new",
]


STEPS = 60
"""Days ahead at which the course of the wins is reckoned, the denser the nearer."""


YOUNG = 7.0
"""Days after which two thirds of what is said of a deal's outcome come from itself."""


@dataclass(frozen=True)
class Chances:
    """Of each open deal: the chance of a win ever (within the model's horizon) and within some days, the days by
    which 10, 50 and 90 % of the wins come, given that it is won (NEVER: not within the horizon), and why."""

    rows: Places
    p_win: Numbers
    p_within: Numbers
    p10_close: Days
    p50_close: Days
    p90_close: Days
    reasons: list[list[Reason]]
    p_if_closed: Numbers
    """The chance of a win, given that the deal ends within the horizon at all, won or lost."""


@dataclass(frozen=True)
class _Judged:
    """Deals judged by a model: what the rates say of a win at all (`ever`) with its log odds, and what each sign
    adds."""

    ever: Numbers
    odds: Numbers
    signs: Signs
    added: Numbers
    p_win: Numbers
    p_if_closed: Numbers

    @property
    def factor(self) -> Numbers:
        """By what a deal's own signs multiply its chances."""
        return np.asarray(self.p_win / np.maximum(self.ever, 1e-9))


def _judged(model: ChanceModel, h: Histories, rows: Places) -> _Judged:
    ever = won_by(model, h, rows, h.day + model.horizon)
    still = forward.still_open(model.steps(), h.day, h.day + model.horizon, model.fiscal_start)[where(model, h, rows)]
    odds = log_odds(ever)
    signs = signs_of(h, Pairs(rows.astype(np.int64), np.full(len(rows), h.day, dtype=np.int64)))
    added = model.weights.added(signs)
    p_win = np.where(ever > 0, chance_of(odds + added.sum(axis=1) + model.level), 0.0)
    ends = log_odds(ever / np.maximum(1 - still, 1e-9)) + added.sum(axis=1)
    if_closed = np.maximum(p_win, chance_of(_drawn_while_young(model, h, rows, ends)))
    return _Judged(ever, odds, signs, added, p_win, if_closed)


def _drawn_while_young(model: ChanceModel, h: Histories, rows: Places, odds: Numbers) -> Numbers:
    """Log odds of a win among deals that end: on its first days a deal is as all that ended, little is known of it."""
    usual = log_odds(np.array([(model.won + 1) / (model.closed + 2)]))
    own = 1 - np.exp((h.opened[rows] - h.day) / YOUNG)
    return np.asarray(own * odds + (1 - own) * usual)


_lately: OrderedDict[tuple[int, int], tuple[ChanceModel, Histories, Numbers]] = OrderedDict()
"""The factors of the last few histories asked about, which a simulation asks for again and again."""


def _factors(model: ChanceModel, h: Histories) -> Numbers:
    """By deal, of open ones: what its own signs make of its chances."""
    key = (id(model), id(h))
    held = _lately.get(key)
    if held is not None and held[0] is model and held[1] is h:
        return held[2]
    found, rows = np.ones(len(h)), h.open()
    found[rows] = _judged(model, h, rows).factor
    _lately[key] = (model, h, found)
    while len(_lately) > 4:
        _lately.popitem(last=False)
    return found


def win_chance(model: ChanceModel, h: Histories, rows: Places, first: int, last: int, *, table: int = -1) -> Numbers:
    """The chance that each of these open deals is won on a day of first..last (days not after `h.day` do not count).

    `table` -1 takes the fitted rates, n ≥ 0 the n-th bootstrap of them (any number; there are `model.tables`).
    Without enough history: the stage's win rate, spread evenly over the horizon. Nothing is won after the horizon.
    """
    if not model.enough:
        return _plain(model, h, rows) * _share(model, h.day, first, last)
    span = max(first, h.day + 1), min(last, h.day + model.horizon)
    worth = forward.won_in(model.steps(table), h.day, *span, model.fiscal_start)
    return np.minimum(1.0, worth[where(model, h, rows)] * _factors(model, h)[rows])


def win_chance_of_new(
    model: ChanceModel, h: Histories, opened: Days, first: int, last: int, *, table: int = -1
) -> Numbers:
    """The chance that a typical deal opened on each of these days (after `h.day`) is won on a day of first..last."""
    if not model.enough:
        rate = _rates(model).get(("", ""), 0.5)
        return np.array([rate * _share(model, int(day), first, last) for day in opened], dtype=np.float64)
    days, place = np.unique(opened.astype(np.int64), return_inverse=True)
    worth = forward.won_in_from(model.steps(table), days, max(first, h.day + 1), last, model.fiscal_start)
    return np.asarray((np.array(model.entry) @ worth[:-1])[place.ravel()])


def chances(model: ChanceModel, h: Histories, *, within: int = 92, rows: Places | None = None) -> Chances:
    """For each open deal (or those of `rows`) the chance of a win, within so many days too, when, and why. A span
    beyond the model's horizon is cut there."""
    rows = h.open() if rows is None else rows
    return _learned(model, h, rows, within) if model.enough else _without_history(model, h, rows, within)


@by_one_thread
def _learned(model: ChanceModel, h: Histories, rows: Places, within: int) -> Chances:
    judged = _judged(model, h, rows)
    close = _quantiles(model, h, rows)
    by_then = won_by(model, h, rows, h.day + min(within, model.horizon))
    return Chances(
        rows=rows,
        p_win=judged.p_win,
        p_within=np.minimum(judged.p_win, by_then * judged.factor),
        p10_close=close[0],
        p50_close=close[1],
        p90_close=close[2],
        reasons=reasons_of(model, h, rows, judged.signs, judged.odds, judged.added),
        p_if_closed=judged.p_if_closed,
    )


def _quantiles(model: ChanceModel, h: Histories, rows: Places) -> list[Days]:
    """The days by which 10, 50 and 90 % of the wins within the horizon have come, between days reckoned exactly."""
    days = np.unique(np.rint(np.geomspace(1, model.horizon, STEPS)).astype(np.int64))
    found = forward.course(model.steps(), h.day, days, model.fiscal_start)[where(model, h, rows)]
    return [_reached(found, days, share, h.day) for share in (0.1, 0.5, 0.9)]


def _reached(won: Numbers, days: forward.Index, share: float, known: int) -> Days:
    total = won[:, -1]
    place = np.minimum((won < share * total[:, None]).sum(axis=1), len(days) - 1)
    row = np.arange(len(won))
    before, upto = np.where(place > 0, won[row, place - 1], 0.0), won[row, place]
    start = np.where(place > 0, days[place - 1], 0)
    part = (share * total - before) / np.maximum(upto - before, 1e-12)
    day = known + np.ceil(start + np.clip(part, 0.0, 1.0) * (days[place] - start) - 1e-9)
    return np.where(total > 1e-9, np.maximum(day, known + 1), NEVER).astype(np.int32)


# --- without enough history ---------------------------------------------------------------------------------------


def _rates(model: ChanceModel) -> dict[tuple[str, str], float]:
    return {(process, stage): rate for process, stage, rate in model.stage_rates}


def _plain(model: ChanceModel, h: Histories, rows: Places) -> Numbers:
    rates = _rates(model)
    whole = rates.get(("", ""), 0.5)
    by_code = np.array([rates.get(stage, whole) for stage in h.codes.stages] + [whole])
    return np.asarray(by_code[h.stage[rows]])


def _share(model: ChanceModel, known: int, first: int, last: int) -> float:
    """The part of the horizon that lies in first..last."""
    begin, stop = max(first, known + 1), min(last, known + model.horizon)
    return max(0, stop - begin + 1) / model.horizon


def _without_history(model: ChanceModel, h: Histories, rows: Places, within: int) -> Chances:
    p_win = _plain(model, h, rows)
    never = np.full(len(rows), NEVER, dtype=np.int32)
    p_within = p_win * _share(model, h.day, h.day + 1, h.day + within)
    return Chances(rows, p_win, p_within, never, never, never, [[no_history()] for _ in rows], p_win)
