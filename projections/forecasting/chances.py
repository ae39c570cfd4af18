"""When and how a deal closes, learned from the company's own deals: rates by stage, age and season, and the deal's own
signs.

    model = fit_chances(histories)             numbers only, to be stored
    chances(model, histories, within=92)       for each open deal: chance of a win, when, and why
    win_chance(model, histories, rows, a, b)   chance of a win on a day of a..b
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from domain.language.catalogue import say
from projections.forecasting import chances_forward as forward
from projections.forecasting import chances_rates as counting
from projections.forecasting.histories import NEVER, NONE, Days, Histories, Numbers, Outcome, Places

FLOOR_CLOSED = 30
"""Fewer closed deals than these teach nothing; both ways of closing must be among them, FLOOR_EACH of either."""
FLOOR_EACH = 5
TABLES = 40
HORIZON = (92, 730)
"""At least and at most so many days ahead; between them as many as the history is long."""


class ChanceModel(msgspec.Struct, frozen=True):
    """What was learned, as numbers. `basis` says in words what it rests on, or why there is nothing.

    `rates` are float32 bytes of (stage + any, age, month of quarter, kind), `again` the same for `tables` bootstraps.
    `stages` are the (process, stage) that it knows; `entry` the share of new deals that begin at each.
    """

    enough: bool
    basis: str
    day: int
    deals: int
    closed: int
    won: int
    fiscal_start: int
    horizon: int = HORIZON[0]
    stages: list[tuple[str, str]] = []
    entry: list[float] = []
    rates: bytes = b""
    again: bytes = b""
    tables: int = 0
    stage_rates: list[tuple[str, str, float]] = []
    """The simple win rates by (process, stage); under ("", "") that of all closed deals."""

    def table(self, number: int = -1) -> counting.Counts:
        """The fitted rates, or those of a bootstrap."""
        shape = (len(self.stages) + 1, counting.AGES, counting.SEASONS, len(self.stages) + 2)
        if number < 0:
            return np.frombuffer(self.rates, np.float32).reshape(shape).astype(np.float64)
        size = int(np.prod(shape)) * 4
        part = self.again[number % self.tables * size : (number % self.tables + 1) * size]
        return np.frombuffer(part, np.float32).reshape(shape).astype(np.float64)


@dataclass(frozen=True)
class Reason:
    """What moved a deal's chance: the log odds it added, and in words of the spoken language."""

    feature: str
    effect: float
    words: str


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


# --- fitting ------------------------------------------------------------------------------------------------------


def fit_chances(h: Histories) -> ChanceModel:
    """Learn from all deals as they are known; below the floor the model is empty and its `basis` says why."""
    closed, won = int((h.outcome != Outcome.OPEN).sum()), int((h.outcome == Outcome.WON).sum())
    base = ChanceModel(
        enough=False,
        basis=_basis(closed, won),
        day=h.day,
        deals=len(h),
        closed=closed,
        won=won,
        fiscal_start=h.fiscal_start,
        stage_rates=[(*stage, rate) for stage, rate in stage_rates(h).items()],
    )
    if closed < FLOOR_CLOSED or min(won, closed - won) < FLOOR_EACH:
        return base
    places, stages = _used_stages(h)
    start = counting.first_closing(h)
    counts = counting.counted(h, counting.stays(h, places), len(stages), start)
    weighted = counts * counting.recency(len(counts))[:, None, None, None, None]
    seed = f"{h.day}/{len(h)}/{closed}".encode().ljust(16, b"/")
    again = counting.drawn_again(weighted, TABLES, seed)
    return msgspec.structs.replace(
        base,
        enough=True,
        horizon=int(np.clip(h.day - start, *HORIZON)),
        stages=stages,
        entry=_entry(h, places, len(stages)),
        rates=counting.rates(weighted.sum(axis=0)).astype(np.float32).tobytes(),
        again=b"".join(each.astype(np.float32).tobytes() for each in again),
        tables=TABLES,
    )


def _basis(closed: int, won: int) -> str:
    if closed < FLOOR_CLOSED or min(won, closed - won) < FLOOR_EACH:
        return (
            f"not enough history: {closed} closed deals, {won} of them won; "
            f"{FLOOR_CLOSED} are needed, at least {FLOOR_EACH} of them won and {FLOOR_EACH} not"
        )
    return f"{closed} closed deals, {won} of them won"


def stage_rates(h: Histories) -> dict[tuple[str, str], float]:
    """The simple win rates: of the closed deals that ever stood at a stage, the share that was won; under ("", "") of
    all closed deals. Each is drawn towards that of all as if 10 more deals had been seen; half where none closed."""
    done, won = h.outcome != Outcome.OPEN, h.outcome == Outcome.WON
    whole = (int(won.sum()) + 1) / (int(done.sum()) + 2)
    found = {("", ""): float(whole)}
    pairs = np.unique(h.spells.deal.astype(np.int64) * (len(h.codes.stages) + 1) + h.spells.stage)
    deal, stage = pairs // (len(h.codes.stages) + 1), pairs % (len(h.codes.stages) + 1)
    seen = np.bincount(stage, done[deal], len(h.codes.stages))
    good = np.bincount(stage, won[deal], len(h.codes.stages))
    for number, name in enumerate(h.codes.stages):
        found[name] = float((good[number] + 10 * whole) / (seen[number] + 10))
    return found


def _used_stages(h: Histories) -> tuple[Places, list[tuple[str, str]]]:
    used = np.unique(h.spells.stage)
    places = np.full(len(h.codes.stages), NONE, dtype=np.int32)
    places[used] = np.arange(len(used))
    return places, [h.codes.stages[code] for code in used]


def _entry(h: Histories, places: Places, stages: int) -> list[float]:
    """Where deals begin: of those opened in the last year, else of all."""
    first = np.flatnonzero(np.concatenate(([True], h.spells.deal[1:] != h.spells.deal[:-1])))
    recent = first[h.opened[h.spells.deal[first]] > h.day - 365]
    begun = np.bincount(places[h.spells.stage[recent if len(recent) else first]], minlength=stages)
    return [float(share) for share in begun / begun.sum()]


# --- forecasting --------------------------------------------------------------------------------------------------


def win_chance(model: ChanceModel, h: Histories, rows: Places, first: int, last: int, *, table: int = -1) -> Numbers:
    """The chance that each of these open deals is won on a day of first..last (days not after `h.day` do not count).

    `table` -1 takes the fitted rates, n ≥ 0 the n-th bootstrap of them (any number; there are `model.tables`).
    Without enough history: the stage's win rate, spread evenly over the horizon.
    """
    if not model.enough:
        return _plain(model, h, rows) * _share(model, h.day, first, last)
    stage, opened = _where(model, h, rows)
    days, place = np.unique(opened, return_inverse=True)
    worth = forward.won_in(model.table(table), days, h.day, max(first, h.day + 1), last, model.fiscal_start)
    return np.asarray(worth[stage, place])


def win_chance_of_new(
    model: ChanceModel, h: Histories, opened: Days, first: int, last: int, *, table: int = -1
) -> Numbers:
    """The chance that a typical deal opened on each of these days (after `h.day`) is won on a day of first..last."""
    if not model.enough:
        rate = dict(_named(model)).get(("", ""), 0.5)
        return np.array([rate * _share(model, int(day), first, last) for day in opened], dtype=np.float64)
    days, place = np.unique(opened.astype(np.int64), return_inverse=True)
    worth = forward.won_in(model.table(table), days, h.day, max(first, h.day + 1), last, model.fiscal_start)
    return np.asarray((np.array(model.entry) @ worth[:-1])[place])


def chances(model: ChanceModel, h: Histories, *, within: int = 92, rows: Places | None = None) -> Chances:
    """For each open deal (or those of `rows`) the chance of a win, within so many days too, when, and why."""
    rows = h.open() if rows is None else rows
    if not model.enough:
        return _without_history(model, h, rows, within)
    stage, opened = _where(model, h, rows)
    pairs, place = np.unique(np.stack([stage, opened]), axis=1, return_inverse=True)
    days = max(model.horizon, within)
    won = forward.course(model.table(), pairs[0], pairs[1], h.day, days, model.fiscal_start)
    close = [_reached(won[:, : model.horizon], share, h.day)[place] for share in (0.1, 0.5, 0.9)]
    return Chances(
        rows=rows,
        p_win=won[:, -1][place],
        p_within=(won[:, within - 1] if within > 0 else np.zeros(len(won)))[place],
        p10_close=close[0],
        p50_close=close[1],
        p90_close=close[2],
        reasons=[_reasons(h, int(row)) for row in rows],
    )


def _where(model: ChanceModel, h: Histories, rows: Places) -> tuple[np.ndarray, np.ndarray]:
    """The model's place of each deal's stage (the last one where it does not know the stage), and its opening day;
    days of one bin of age for ever count as one."""
    known = {stage: place for place, stage in enumerate(model.stages)}
    places = np.array([known.get(stage, len(model.stages)) for stage in h.codes.stages] + [len(model.stages)])
    oldest = h.day - int(counting.AGE_EDGES[-2]) - 1
    return places[h.stage[rows]], np.maximum(h.opened[rows].astype(np.int64), oldest)


def _reached(won: Numbers, share: float, known: int) -> Days:
    """The day by which that share of the wins within the horizon has come."""
    total = won[:, -1:]
    days = known + 1 + (won < share * total).sum(axis=1)
    return np.where(total[:, 0] > 1e-9, days, NEVER).astype(np.int32)


def _reasons(h: Histories, row: int) -> list[Reason]:
    age = h.day - int(h.opened[row])
    return [Reason("age", 0.0, say("open for {days} days", days=age))] if age > 7 else [_little()]


def _little() -> Reason:
    return Reason("new", 0.0, say("little signal yet"))


# --- without enough history ---------------------------------------------------------------------------------------


def _named(model: ChanceModel) -> list[tuple[tuple[str, str], float]]:
    return [((process, stage), rate) for process, stage, rate in model.stage_rates]


def _plain(model: ChanceModel, h: Histories, rows: Places) -> Numbers:
    rates = dict(_named(model))
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
    words = Reason("history", 0.0, say("not enough history"))
    p_within = p_win * _share(model, h.day, h.day + 1, h.day + within)
    return Chances(rows, p_win, p_within, never, never, never, [[words] for _ in rows])
