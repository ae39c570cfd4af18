"""What is learned of when and how deals close, as numbers."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
import numpy as np

from projections.forecasting import chances_forward as forward
from projections.forecasting import chances_rates as counting
from projections.forecasting.chances_weights import Weights, chance_of, fit_weights, log_odds, past_pairs, seen
from projections.forecasting.earlier import earlier
from projections.forecasting.histories import NONE, Histories, Numbers, Outcome, Places

FLOOR_CLOSED = 30
"""Fewer closed deals than these teach nothing; both ways of closing must be among them, FLOOR_EACH of either."""
FLOOR_EACH = 5
TABLES = 40
HORIZON = (92, 730)
"""At least and at most so many days ahead; between them as many as the history is long."""
LOOKS = (31, 61, 92)
"""So many days ago the rates are asked what they would have said, to be corrected by what came."""
CAUTION = 6
"""Looks back without an error that count beside those, and deals without an error beside those of each look."""
CAUTION_DEALS = 50.0


class ChanceModel(msgspec.Struct, frozen=True):
    """What was learned, as numbers. `basis` says in words what it rests on, or why there is nothing.

    `rates` are float32 bytes of (stage + any, age, month of quarter, kind), `again` the same for `tables` bootstraps.
    `stages` are the (process, stage) that it knows; `entry` the share of new deals that begin at each. `weights` are
    what a deal's own signs add to the log odds, `level` what its own past errors add.
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
    weights: Weights = Weights()
    level: float = 0.0

    def table(self, number: int = -1) -> counting.Counts:
        """The fitted rates, or those of a bootstrap."""
        shape = (len(self.stages) + 1, counting.AGES, counting.SEASONS, len(self.stages) + 2)
        if number < 0:
            return np.frombuffer(self.rates, np.float32).reshape(shape).astype(np.float64)
        size = int(np.prod(shape)) * 4
        part = self.again[number % self.tables * size : (number % self.tables + 1) * size]
        return np.frombuffer(part, np.float32).reshape(shape).astype(np.float64)


def fit_chances(h: Histories) -> ChanceModel:
    """Learn from all deals as they are known; below the floor the model is empty and its `basis` says why."""
    model = fit_rates(h, TABLES)
    if not model.enough:
        return model
    model = msgspec.structs.replace(model, level=_past_error(h))
    places, _ = used_stages(h)
    past = seen(h, model.table(), places, past_pairs(h, counting.first_closing(h)), model.horizon)
    now = np.zeros(len(h))
    rows = h.open()
    course, place, _ = base_course(model, h, rows)
    now[rows] = log_odds(course[place, -1])
    return msgspec.structs.replace(model, weights=fit_weights(h, past, now))


def fit_rates(h: Histories, tables: int) -> ChanceModel:
    """The rates alone, with so many bootstraps of them."""
    closed, won = int((h.outcome != Outcome.OPEN).sum()), int((h.outcome == Outcome.WON).sum())
    is_enough = closed >= FLOOR_CLOSED and min(won, closed - won) >= FLOOR_EACH
    base = ChanceModel(
        enough=is_enough,
        basis=_basis(is_enough, closed, won),
        day=h.day,
        deals=len(h),
        closed=closed,
        won=won,
        fiscal_start=h.fiscal_start,
        stage_rates=[(*stage, rate) for stage, rate in stage_rates(h).items()],
    )
    if not is_enough:
        return base
    places, stages = used_stages(h)
    start = counting.first_closing(h)
    counts = counting.counted(h, counting.stays(h, places), len(stages), start)
    weighted = counts * counting.recency(len(counts))[:, None, None, None, None]
    seed = blake2b(f"{h.day}/{len(h)}/{closed}/{won}".encode(), digest_size=16).digest()
    again = counting.drawn_again(weighted, tables, seed)
    return msgspec.structs.replace(
        base,
        horizon=int(np.clip(h.day - start, *HORIZON)),
        stages=stages,
        entry=_entry(h, places, len(stages)),
        rates=counting.rates(weighted.sum(axis=0)).astype(np.float32).tobytes(),
        again=b"".join(each.astype(np.float32).tobytes() for each in again),
        tables=tables,
    )


def _basis(is_enough: bool, closed: int, won: int) -> str:
    if is_enough:
        return f"{closed} closed deals, {won} of them won"
    return (
        f"not enough history: {closed} closed deals, {won} of them won; "
        f"{FLOOR_CLOSED} are needed, at least {FLOOR_EACH} of them won and {FLOOR_EACH} not"
    )


def stage_rates(h: Histories) -> dict[tuple[str, str], float]:
    """The simple win rates: of the closed deals that ever stood at a stage, the share that was won; under ("", "") of
    all closed deals. Each is drawn towards that of all as if 10 more deals had been seen; half where none closed."""
    done, won = h.outcome != Outcome.OPEN, h.outcome == Outcome.WON
    whole = (int(won.sum()) + 1) / (int(done.sum()) + 2)
    found = {("", ""): float(whole)}
    stages = len(h.codes.stages)
    pairs = np.unique(h.spells.deal.astype(np.int64) * (stages + 1) + h.spells.stage)
    deal, stage = pairs // (stages + 1), pairs % (stages + 1)
    seen_at, good = np.bincount(stage, done[deal], stages), np.bincount(stage, won[deal], stages)
    for number, name in enumerate(h.codes.stages):
        found[name] = float((good[number] + 10 * whole) / (seen_at[number] + 10))
    return found


def used_stages(h: Histories) -> tuple[Places, list[tuple[str, str]]]:
    """For each code of a stage its place among the stages at which deals stood (NONE: none did), and those stages."""
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


# --- what the rates alone say -------------------------------------------------------------------------------------


def where(model: ChanceModel, h: Histories, rows: Places) -> tuple[forward.Index, forward.Index]:
    """The model's place of each deal's stage (the last one where it does not know the stage), and its opening day;
    days of one bin of age for ever count as one."""
    known = {stage: place for place, stage in enumerate(model.stages)}
    places = np.array([known.get(stage, len(model.stages)) for stage in h.codes.stages] + [len(model.stages)])
    oldest = h.day - int(counting.AGE_EDGES[-2]) - 1
    return places[h.stage[rows]], np.maximum(h.opened[rows].astype(np.int64), oldest)


def base_course(model: ChanceModel, h: Histories, rows: Places) -> tuple[Numbers, forward.Index, Numbers]:
    """The chance of a win by each day of the horizon, by the rates alone: (pair of stage and opening day, day) →
    chance, the place of each row's pair, and its chance to be open still; rows of one pair share their course."""
    stage, opened = where(model, h, rows)
    pairs, place = np.unique(np.stack([stage, opened]), axis=1, return_inverse=True)
    won, still = forward.course(model.table(), pairs[0], pairs[1], h.day, model.horizon, model.fiscal_start)
    return won, place.ravel(), still[place.ravel()]


def _past_error(h: Histories) -> float:
    """What past errors of the rates add to the log odds: for each look back the step that makes the wins expected
    since then equal to those that came, together drawn towards none."""
    steps = []
    for days in LOOKS:
        then = earlier(h, h.day - days)
        model = fit_rates(then, 0)
        rows = then.open()
        if not model.enough or not len(rows):
            continue
        course, pair, _ = base_course(model, then, rows)
        now = np.flatnonzero(h.opened <= then.day)[rows]
        came = (h.outcome[now] == Outcome.WON) & (h.closed[now] <= h.day)
        steps.append(_step(course[pair, days - 1], course[pair, -1], float(came.sum())))
    return float(sum(steps) / (len(steps) + CAUTION))


def _step(within: Numbers, ever: Numbers, came: float) -> float:
    """The step of the log odds of `ever` that makes the sum of `within` (a part of it) what came."""
    odds, part, step = log_odds(ever), within / np.maximum(ever, 1e-9), 0.0
    for _ in range(30):
        p = chance_of(odds + step)
        missing = came - float((part * p).sum()) - CAUTION_DEALS * step
        step += float(np.clip(missing / (float((part * p * (1 - p)).sum()) + CAUTION_DEALS), -0.5, 0.5))
    return step
