"""What anybody could forecast without learning when deals close: the methods that a model has to beat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from projections.forecasting.chances_rates import first_closing
from projections.forecasting.histories import NEVER, NONE, Histories, Numbers, Outcome, Places
from projections.forecasting.past import months_before

Rates = Mapping[tuple[str, str], float]
"""The chance of a win by (process, stage); under ("", "") that of any other."""

STAGE_WEIGHTED, STAGE_RATES, BASE_RATE = "stage_weighted", "stage_rates", "base_rate"
LAST_YEAR, LAST_QUARTER, AVERAGE_OF_FOUR = "last_year", "last_quarter", "average_of_four"
QUARTER, YEAR = 3, 12


def months_in(first: int, last: int) -> int | None:
    """How many whole months a period has; None where it is not made of whole months."""
    start, months = np.datetime64(first, "D").astype("datetime64[M]"), 0
    if start.astype("datetime64[D]").astype(int) != first:
        return None
    while start.astype("datetime64[D]").astype(int) <= last:
        start, months = start + 1, months + 1
    return months if start.astype("datetime64[D]").astype(int) == last + 1 else None


def won_by_group(h: Histories, groups: Places, count: int, first: int, last: int) -> Numbers:
    """What was signed on the days first..last, by group; amounts that nobody can say count as nothing."""
    won = np.flatnonzero((groups != NONE) & (h.outcome == Outcome.WON))
    won = won[(h.closed[won] >= first) & (h.closed[won] <= last)]
    return np.bincount(groups[won], np.nan_to_num(h.signed[won]), count).astype(np.float64)


def weighted(h: Histories, rates: Rates, groups: Places, count: int, first: int, last: int) -> Numbers:
    """Stage-weighted pipeline: what was won in the period so far, and the open amounts that are expected in it, or
    without a date, each by the win rate of its stage."""
    won = won_by_group(h, groups, count, first, min(last, h.day))
    rows = np.flatnonzero((groups != NONE) & (h.outcome == Outcome.OPEN)).astype(np.int32)
    close_on = h.close_on[rows]
    rows = rows[(close_on == NEVER) | ((close_on >= first) & (close_on <= last))]
    worth = np.asarray(np.nan_to_num(h.amount[rows])) * chance_at_stage(h, rates, rows)
    return np.asarray(won + np.bincount(groups[rows], worth, count))


def chance_at_stage(h: Histories, rates: Rates, rows: Places) -> Numbers:
    """The rate of each deal's stage."""
    other = rates.get(("", ""), 0.5)
    by_code = np.array([rates.get(stage, other) for stage in h.codes.stages] + [other])
    return np.asarray(by_code[h.stage[rows]])


def earlier(h: Histories, groups: Places, count: int, first: int, last: int) -> dict[str, Numbers]:
    """What earlier periods brought, by method: the same one of a year ago, the same months of the last quarter, and
    the mean of the last four of the same length. A method is missing where the history does not reach back so far; of
    the four those count that it reaches."""
    months = months_in(first, last)
    if months is None or not (h.outcome != Outcome.OPEN).any():
        return {}
    begin = first_closing(h)

    def brought(back: int) -> Numbers | None:
        start, end = months_before(first, back), months_before(last, back)
        return won_by_group(h, groups, count, start, end) if begin <= start and end <= h.day else None

    found = {LAST_YEAR: brought(YEAR), LAST_QUARTER: brought(QUARTER)}
    four = [each for number in range(1, 5) if (each := brought(number * months)) is not None]
    found[AVERAGE_OF_FOUR] = np.asarray(np.mean(four, axis=0)) if four else None
    return {method: values for method, values in found.items() if values is not None}


def amounts(
    h: Histories, probabilities: Rates, groups: Places, count: int, first: int, last: int
) -> dict[str, Numbers]:
    """The revenue of a period by group, by each method; `probabilities` are those of the sales processes."""
    return {
        STAGE_WEIGHTED: weighted(h, probabilities, groups, count, first, last),
        STAGE_RATES: weighted(h, h.stage_rates, groups, count, first, last),
        **earlier(h, groups, count, first, last),
    }


def won_share(h: Histories) -> float:
    """The share of the closed deals that was won, drawn towards a half as if two more had been seen."""
    return h.stage_rates[("", "")]


def won_share_within(h: Histories, days: int) -> float | None:
    """Of the deals that were open so many days ago, the share that was won since; None where there were none."""
    then = h.day - days
    open_then = (h.opened <= then) & ((h.outcome == Outcome.OPEN) | (h.closed > then))
    if not open_then.any():
        return None
    return float((h.outcome[open_then] == Outcome.WON).mean())


def chances(h: Histories, probabilities: Rates, rows: Places, *, within: int | None) -> dict[str, Numbers]:
    """The chance of each deal by each method: to be won within so many days, or (None) at all."""
    share = won_share_within(h, within) if within is not None else won_share(h)
    found = {
        STAGE_WEIGHTED: chance_at_stage(h, probabilities, rows),
        STAGE_RATES: chance_at_stage(h, h.stage_rates, rows),
    }
    if share is not None:
        found[BASE_RATE] = np.full(len(rows), share)
    return found
