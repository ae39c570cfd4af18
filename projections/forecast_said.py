"""What scores of whole periods are made of: each time that a method said something, beside what came."""

from __future__ import annotations

from datetime import date

import msgspec
import numpy as np

from projections.forecast_scores import ScoresAsked, judged
from projections.forecasting.histories import day_of_number
from projections.forecasting.judged import COMPUTED
from projections.view import View


class SaidOnce(msgspec.Struct, frozen=True, kw_only=True):
    """What a method said on a day of a whole period, and what that brought; without P10 and P90 it said one amount."""

    day: date
    first: date
    last: date
    p10: float | None
    p50: float
    p90: float | None
    brought: float


def said_of_wholes(view: View, period_kind: str, method: str, issued: str) -> list[SaidOnce]:
    """What a line of scores of whole periods was made of, the newest first."""
    pairs = judged(view, ScoresAsked(period=period_kind)).ledger.amounts
    found = pairs.get((period_kind, issued, "", COMPUTED, method), [])
    once = [
        SaidOnce(
            day=day_of_number(day),
            first=day_of_number(span.first),
            last=day_of_number(span.last),
            p10=_stated(p10),
            p50=p50,
            p90=_stated(p90),
            brought=brought,
        )
        for day, span, (p10, p50, p90, brought) in found
        if np.isfinite(p50) and np.isfinite(brought)
    ]
    return sorted(once, key=lambda each: (each.first, each.day), reverse=True)


def _stated(value: float) -> float | None:
    return value if np.isfinite(value) else None
