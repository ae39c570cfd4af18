"""What scores are made of: each time that a method said something of a period, or of a deal, beside what came."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import numpy as np

from projections.forecast_scores import ScoresAsked, judged
from projections.forecasting.histories import day_of_number
from projections.forecasting.judged import COMPUTED
from projections.forecasting.replay import WITHIN
from projections.forecasting.scores import BINS, bins_of
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


class ChanceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a method said on a day of a deal: its chance (0 to 1) to be won within the days that are scored."""

    day: date
    deal: UUID
    chance: float
    won: bool


def said_of_chances(view: View, method: str, low: float) -> list[ChanceSaid]:
    """What the line of the table of chances from `low` on is made of, the newest first; nothing where there is none."""
    found = judged(view, ScoresAsked(period="days")).ledger.wins.get((WITHIN, method), [])
    sane = [each for each in found if np.isfinite(each[2])]
    inside = bins_of(np.array([p for _, _, p, _ in sane])) == round(low * BINS)
    chosen = [
        ChanceSaid(day=day_of_number(day), deal=deal, chance=p, won=came)
        for (day, deal, p, came), is_inside in zip(sane, inside.tolist(), strict=True)
        if is_inside
    ]
    return sorted(chosen, key=lambda each: (each.day, each.deal), reverse=True)


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
