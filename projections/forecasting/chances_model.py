"""What is learned of when and how deals close, as numbers."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
import numpy as np

from projections.forecasting import chances_forward as forward
from projections.forecasting import chances_rates as counting
from projections.forecasting.chances_weights import Weights, chance_of, fit_weights, log_odds, past_pairs, seen
from projections.forecasting.histories import NONE, Histories, Numbers, Outcome, Places
from projections.forecasting.past import known_then
from projections.forecasting.tables import distinct

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


CLASSES, PER_CLASS, MOST_PLACES = 4, 20, 24
"""Stays at a stage are told apart by the age at entry in so many classes of equal size, each of at least so many
stays; and so many places there are at most, if not more stages."""


TAUGHT = 5
"""Fewer stays that ended teach nothing about a stage."""


class ChanceModel(msgspec.Struct, frozen=True):
    """What was learned, as numbers. `basis` says in words what it rests on, or why there is nothing.

    `rates` are float32 bytes of (place + any, days at it, month of quarter, kind), `again` the same for `tables`
    bootstraps. `places` are (process, stage, least and mean age at entry) that it knows; `entry` the share of new deals
    that begin at each. `weights` are
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
    places: list[tuple[str, str, int, float]] = []
    untaught: list[tuple[str, str]] = []
    """Stages at which too few stays have ended to teach when they do: their deals go by the rates of all stages."""
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
        kinds = len({place[:2] for place in self.places}) + 2
        shape = (len(self.places) + 1, counting.STAYS, counting.SEASONS, kinds)
        if number < 0:
            return np.frombuffer(self.rates, np.float32).reshape(shape).astype(np.float64)
        size = int(np.prod(shape)) * 4
        part = self.again[number % self.tables * size : (number % self.tables + 1) * size]
        return np.frombuffer(part, np.float32).reshape(shape).astype(np.float64)

    def steps(self, number: int = -1) -> forward.Steps:
        """The fitted rates, or those of a bootstrap, for going day by day."""
        stages = stages_of(self.places).tolist()
        places = [forward.Place(stage, *place[2:]) for stage, place in zip(stages, self.places, strict=True)]
        return forward.Steps(self.table(number), places)


def fit_chances(h: Histories) -> ChanceModel:
    """Learn from all deals as they are known; below the floor the model is empty and its `basis` says why."""
    model = fit_rates(h, TABLES)
    if not model.enough:
        return model
    model = msgspec.structs.replace(model, level=_past_error(h))
    places, _ = places_of(h)
    past = seen(h, model.steps(), places, past_pairs(h, counting.first_closing(h)), model.horizon)
    now = np.zeros(len(h))
    rows = h.open()
    now[rows] = log_odds(won_by(model, h, rows, h.day + model.horizon))
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
        stage_rates=[(*stage, rate) for stage, rate in h.stage_rates.items()],
    )
    if not is_enough:
        return base
    places, found = places_of(h)
    stages = stages_of(found)
    start = counting.first_closing(h)
    untaught = _untaught(h, places, found)
    held = counting.stays(h, places, stages)
    held.to[
        np.isin(held.to, [number for number, place in zip(stages, found, strict=True) if place[:2] in untaught])
    ] = -1
    counts = counting.counted(h, held, stages, start)
    weighted = counts * counting.recency(len(counts))[:, None, None, None, None]
    seed = blake2b(f"{h.day}/{len(h)}/{closed}/{won}".encode(), digest_size=16).digest()
    again = counting.drawn_again(weighted, stages, tables, seed)
    return msgspec.structs.replace(
        base,
        horizon=int(np.clip(h.day - start, *HORIZON)),
        places=found,
        untaught=untaught,
        entry=_entry(h, places, len(found)),
        rates=counting.rates(weighted.sum(axis=0), stages).astype(np.float32).tobytes(),
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


def places_of(h: Histories) -> tuple[Places, list[tuple[str, str, int, float]]]:
    """For each stay its place in the list that is returned, too: (process, stage, least and mean age at entry)."""
    places = np.full(len(h.spells.stage), NONE, dtype=np.int32)
    found: list[tuple[str, str, int, float]] = []
    age = np.maximum(h.spells.start - h.opened[h.spells.deal], 0)
    used = distinct(h.spells.stage)
    most = int(np.clip(MOST_PLACES // max(1, len(used)), 1, CLASSES))
    for code in used.tolist():
        here = np.flatnonzero(h.spells.stage == code)
        parts = int(np.clip(len(here) // PER_CLASS, 1, most))
        cuts = np.quantile(age[here], np.arange(1, parts) / parts, method="higher").astype(int).tolist()
        edges = sorted({0, *cuts})
        part = np.searchsorted(edges, age[here], side="right") - 1
        places[here] = len(found) + part
        count, total = np.bincount(part, minlength=len(edges)), np.bincount(part, age[here], len(edges))
        usual = np.where(count > 0, total / np.maximum(count, 1), edges).tolist()
        found += [(*h.codes.stages[code], *each) for each in zip(edges, usual, strict=True)]
    return places, found


def _untaught(h: Histories, places: Places, found: list[tuple[str, str, int, float]]) -> list[tuple[str, str]]:
    """The stages at which fewer than TAUGHT stays have ended, as where an export tells only where its deals stand."""
    ended = (h.spells.end <= h.day) | (h.closed[h.spells.deal] <= h.day)
    ends = np.bincount(places[ended], minlength=len(found)).tolist()
    by_stage: dict[tuple[str, str], int] = {}
    for (process, stage, _, _), count in zip(found, ends, strict=True):
        by_stage[process, stage] = by_stage.get((process, stage), 0) + count
    return [stage for stage, count in by_stage.items() if count < TAUGHT]


def stages_of(places: list[tuple[str, str, int, float]]) -> Places:
    """The number of each place's stage, counted from 0 as they come."""
    numbers: dict[tuple[str, str], int] = {}
    return np.array([numbers.setdefault(place[:2], len(numbers)) for place in places], dtype=np.int32)


def _entry(h: Histories, places: Places, stages: int) -> list[float]:
    """Where deals begin: of those opened in the last year, else of all."""
    first = np.flatnonzero(np.concatenate(([True], h.spells.deal[1:] != h.spells.deal[:-1])))
    recent = first[h.opened[h.spells.deal[first]] > h.day - 365]
    begun = np.bincount(places[recent if len(recent) else first], minlength=stages)
    return [float(share) for share in begun / begun.sum()]


# --- what the rates alone say -------------------------------------------------------------------------------------


def where(model: ChanceModel, h: Histories, rows: Places) -> tuple[forward.Index, forward.Index]:
    """The model's place of each deal, and its days at it; where the model does not know the stage or was taught too
    little of it the last place, and the deal's age."""
    since = h.since[rows].astype(np.int64)
    age, codes = np.maximum(since - h.opened[rows], 0), h.stage[rows]
    place = np.full(len(rows), len(model.places))
    for number, (process, stage, least, _) in enumerate(model.places):
        if (process, stage) in h.codes.stages and (process, stage) not in model.untaught:
            place[(codes == h.codes.stages.index((process, stage))) & (age >= least)] = number
    since = np.where(place < len(model.places), since, h.opened[rows])
    return place, np.clip(h.day - since, 0, forward.LONGEST)


def won_by(model: ChanceModel, h: Histories, rows: Places, day: int, first: int = 0) -> Numbers:
    """The chance of a win on a day of first..day, by the rates alone."""
    worth = forward.won_in(model.steps(), h.day, max(first, h.day + 1), day, model.fiscal_start)
    return np.asarray(worth[where(model, h, rows)])


def _past_error(h: Histories) -> float:
    """What past errors of the rates add to the log odds: for each look back the step that makes the wins expected
    since then equal to those that came, together drawn towards none."""
    steps = []
    for days in LOOKS:
        then = known_then(h, h.day - days)
        model = fit_rates(then, 0)
        rows = then.open()
        if not model.enough or not len(rows):
            continue
        now = np.flatnonzero(h.opened <= then.day)[rows]
        came = (h.outcome[now] == Outcome.WON) & (h.closed[now] <= h.day)
        within, ever = (won_by(model, then, rows, then.day + ahead) for ahead in (days, model.horizon))
        steps.append(_step(within, ever, float(came.sum())))
    return float(sum(steps) / (len(steps) + CAUTION))


def _step(within: Numbers, ever: Numbers, came: float) -> float:
    """The step of the log odds of `ever` that makes the sum of `within` (a part of it) what came."""
    odds, part, step = log_odds(ever), within / np.maximum(ever, 1e-9), 0.0
    for _ in range(30):
        p = chance_of(odds + step)
        missing = came - float((part * p).sum()) - CAUTION_DEALS * step
        step += float(np.clip(missing / (float((part * p * (1 - p)).sum()) + CAUTION_DEALS), -0.5, 0.5))
    return step
