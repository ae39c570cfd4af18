"""History replayed by the forecaster's clock: what would have been said at each issue date, by every method.

Pure: facts and issue dates in, forecasts out. Chunks of issue dates that share a model may be replayed in processes of
their own; the forecasts are the same, whoever replays them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np

from projections.forecasting import chances as learning
from projections.forecasting import naive
from projections.forecasting.facts import Facts, histories, newest_counted
from projections.forecasting.folding import Frame
from projections.forecasting.histories import NONE, Histories, Numbers, Places
from projections.forecasting.model import Model, fit
from projections.forecasting.revenue import simulate

RUNS = 2_000
WITHIN, OPENED = "within", "opened"


class Span(NamedTuple):
    """A period to forecast: its kind (month or quarter) and its days."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Issue:
    """An issue date: the moment, the company's frame and its processes' probabilities as of then, the periods to
    forecast, and the ends of the days on which newly opened deals are forecast by this issue's model."""

    moment: datetime
    frame: Frame
    probabilities: Mapping[tuple[str, str], float]
    spans: tuple[Span, ...]
    openings: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What is asked at every issue date: groups by owner, territory, or none; deals won within so many days; of which
    deals (None: of all)."""

    by: str = ""
    within: int = 92
    runs: int = RUNS
    shown: frozenset[UUID] | None = None


class Amounts(NamedTuple):
    """The revenue of a period by group, as one method forecast it at an issue date; P10 and P90 are NaN where it states
    one amount. `whole` has P10, P50 and P90 of all groups."""

    span: Span
    method: str
    keys: list[str]
    p10: Numbers
    p50: Numbers
    p90: Numbers
    whole: tuple[float, float, float]


class Wins(NamedTuple):
    """The chances of deals, as one method stated them: to be won within the days asked for, or at all, as said on the
    day of opening."""

    kind: str
    method: str
    ids: list[UUID]
    p: Numbers


@dataclass(frozen=True)
class Issued:
    """All that was said at an issue date; `model` is empty where there was not enough history."""

    day: int
    model: str
    amounts: list[Amounts] = field(default_factory=list)
    wins: list[Wins] = field(default_factory=list)


def groups_of(h: Histories, by: str, shown: frozenset[UUID] | None) -> tuple[Places, list[str]]:
    """Each deal's group, and the groups' keys; one group for all where nothing is grouped by. Deals without a group are
    in the group ''; those that are not shown in none."""
    if by:
        codes, names = _grouped(h, by)
        known = [str(each) for each in names]
        keys = [*known, ""]
        groups = np.where(codes == NONE, len(known), codes).astype(np.int32)
    else:
        groups, keys = np.zeros(len(h), np.int32), [""]
    if shown is not None:
        groups = np.where(h.among(shown), groups, NONE).astype(np.int32)
    return groups, keys


def _grouped(h: Histories, by: str) -> tuple[Places, Sequence[object]]:
    match by:
        case "owner":
            return h.owner, h.codes.owners
        case "product":
            return h.product, h.codes.products
    return h.territory, h.codes.territories


def replay(facts: Facts, issues: Sequence[Issue], asked: Asked) -> Iterator[Issued]:
    """What was said at issue dates that share a model, fitted as of the first of them."""
    model: Model | None = None
    version = ""
    for issue in issues:
        h = histories(facts, issue.frame, issue.moment)
        if model is None:
            model = fit(h, issue.frame.known_at)
            version = model.version if model.enough else ""
        newest = newest_counted(facts, issue.moment, issue.frame.known_at)
        issued = Issued(h.day, version)
        for span in issue.spans:
            issued.amounts.extend(_amounts(h, model, issue, span, asked, (version, newest)))
        rows = _shown(h, h.open(), asked)
        issued.wins.extend(_wins(h, model, issue, rows, asked))
        issued.wins.extend(_opened(facts, model, issue, asked))
        yield issued


def _shown(h: Histories, rows: Places, asked: Asked) -> Places:
    if asked.shown is None:
        return rows
    return rows[h.among(asked.shown)[rows]]


def _amounts(
    h: Histories, model: Model, issue: Issue, span: Span, asked: Asked, told: tuple[str, int]
) -> Iterator[Amounts]:
    """`told` are the version of the model and the newest position that counts: where the random numbers begin."""
    from projections.forecast_quantiles import seed_of

    groups, keys = groups_of(h, asked.by, asked.shown)
    count = len(keys)
    if model.enough:
        seed = seed_of(*told, span.first, span.last)
        found = simulate(model, h, span.first, span.last, groups, count, runs=asked.runs, seed=seed)
        each, all_of_them = found.groups, found.total
        whole = float(all_of_them.p10[0]), float(all_of_them.p50[0]), float(all_of_them.p90[0])
        yield Amounts(span, model.method, keys, each.p10, each.p50, each.p90, whole)
    nan = np.full(count, np.nan)
    said = naive.amounts(h, issue.probabilities, groups, count, span.first, span.last)
    for method, values in said.items():
        yield Amounts(span, method, keys, nan, values, nan, (np.nan, float(values.sum()), np.nan))


def _wins(h: Histories, model: Model, issue: Issue, rows: Places, asked: Asked) -> Iterator[Wins]:
    ids = [h.ids[row] for row in rows]
    if model.enough:
        p = learning.win_chance(model.chances, h, rows, h.day + 1, h.day + asked.within)
        yield Wins(WITHIN, model.method, ids, p)
    for method, p in naive.chances(h, issue.probabilities, rows, within=asked.within).items():
        yield Wins(WITHIN, method, ids, p)


def _opened(facts: Facts, model: Model, issue: Issue, asked: Asked) -> Iterator[Wins]:
    """Deals on the day on which they are opened, by the model of the issue date before: won, given that they end, as
    only those that have ended are scored."""
    for end in issue.openings:
        h = histories(facts, issue.frame, end)
        rows = _shown(h, np.flatnonzero(h.opened == h.day).astype(np.int32), asked)
        if not len(rows):
            continue
        ids = [h.ids[row] for row in rows]
        if model.enough:
            found = learning.chances(model.chances, h, within=asked.within, rows=rows)
            yield Wins(OPENED, model.method, ids, found.p_if_closed)
        for method, p in naive.chances(h, issue.probabilities, rows, within=None).items():
            yield Wins(OPENED, method, ids, p)
