"""How a company's deals come, convert and how long they take; and from that, what pipeline a gap to target needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from projections.forecasting.histories import Histories, Numbers, Outcome, Places
from projections.forecasting.revenue_pipeline import WEEKS
from projections.forecasting.tables import distinct

RECENT = 365
"""Days over which conversion and cycle times are taken; the whole history where fewer deals than FEWEST closed."""
FEWEST = 20
_STEPS = 20


@dataclass(frozen=True)
class Pace:
    """`by_count`: won of all closed deals; `by_value`: what won deals `signed` over what all closed ones were to bring
    (`sought`), of those that said it; None where nothing closed. `cycle` are the quantiles of the days from opening to
    win in steps of 5 % (21 of them, empty where nothing was won). `per_week` and `amount_per_week` are what was opened
    in the last 13 weeks."""

    closed: int
    won: int
    by_count: float | None
    by_value: float | None
    cycle: list[float]
    per_week: float
    amount_per_week: float
    signed: float = 0.0
    sought: float = 0.0

    def days(self, share: float) -> int | None:
        """Within how many days of its opening that share of the won deals is won."""
        if not self.cycle:
            return None
        return int(np.ceil(np.interp(share, np.linspace(0, 1, len(self.cycle)), self.cycle)))

    def in_time(self, days: int) -> float:
        """The share of won deals that take at most so many days."""
        if not self.cycle or days < self.cycle[0]:
            return 0.0
        return float((np.searchsorted(self.cycle, days, side="right") - 1) / (len(self.cycle) - 1))


@dataclass(frozen=True)
class Required:
    """What closes a gap: `pipeline`, the amount that must be open now if all of it can still close in time; `opened`,
    the amount to be opened today where only a part closes in time (None: nothing would). `half_by` and `most_by` are
    the last days on which a deal may be opened so that half, or 80 %, of those that are won are won in time."""

    gap: float
    pipeline: float | None
    opened: float | None
    deals: float | None
    half_by: int | None
    most_by: int | None


def pace(h: Histories, rows: Places | None = None) -> Pace:
    """The pace of all deals, or of those at `rows`."""
    chosen = np.arange(len(h), dtype=np.int32) if rows is None else rows
    closed = _among(h.closed_since(h.day - RECENT + 1), chosen, len(h))
    if len(closed) < FEWEST:
        closed = chosen[h.outcome[chosen] != Outcome.OPEN]
    came = chosen[h.opened[chosen] > h.day - 7 * WEEKS]
    began = int(h.opened[chosen].min()) if len(chosen) else h.day
    weeks = max(1.0, min(WEEKS, (h.day - began + 1) / 7))
    of, per_week = h.part(distinct(np.concatenate((closed, came)))), len(came) / weeks
    closed, came = (of.places_of_those_in(h, each) for each in (closed, came))
    won = closed[of.outcome[closed] == Outcome.WON]
    signed, sought = _values(of, closed, won)
    took = (of.closed[won] - of.opened[won]).astype(np.float64)
    return Pace(
        closed=len(closed),
        won=len(won),
        by_count=len(won) / len(closed) if len(closed) else None,
        by_value=signed / sought if sought > 0 else None,
        cycle=[float(each) for each in np.quantile(took, np.linspace(0, 1, _STEPS + 1))] if len(took) else [],
        per_week=per_week,
        amount_per_week=_sum(of.amount[came]) / weeks,
        signed=signed,
        sought=sought,
    )


def _among(rows: Places, chosen: Places, count: int) -> Places:
    """Those of some places that are among others, of so many in all."""
    inside = np.zeros(count, np.bool_)
    inside[chosen] = True
    return rows[inside[rows]]


def _values(h: Histories, closed: Places, won: Places) -> tuple[float, float]:
    """What won deals signed, and what all that closed were to bring, of those that said it."""
    told = closed[np.isfinite(h.amount[closed]) & (h.amount[closed] > 0)]
    return max(_sum(h.signed[_among(won, told, len(h))]), 0.0), _sum(h.amount[told])


def _sum(values: Numbers) -> float:
    return float(values[np.isfinite(values)].sum())


def required(pace: Pace, gap: float, until_day: int, today: int) -> Required:
    """What must be open, or be opened, to close a gap by a day, at the company's own conversion and cycle times."""
    left, rate = max(gap, 0.0), pace.by_value
    half, most = pace.days(0.5), pace.days(0.8)
    pipeline = None if not rate else left / rate
    share = pace.in_time(until_day - today)
    opened = None if pipeline is None or share == 0.0 else pipeline / share
    usual = pace.amount_per_week / pace.per_week if pace.per_week else 0.0
    return Required(
        gap=left,
        pipeline=pipeline,
        opened=opened if left else 0.0,
        deals=None if opened is None or usual <= 0 else opened / usual,
        half_by=None if half is None else until_day - half,
        most_by=None if most is None else until_day - most,
    )
