"""Moments as days of the company's calendar, many at a time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from projections.forecasting.decoding import Moments
from projections.forecasting.histories import NEVER, Days, day_of_number
from projections.forecasting.tables import distinct

DAY = 86_400_000_000
BLOCK = 512
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -719_000, 2_900_000


def days_of(moments: Moments, zone: str) -> Days:
    """The company's days in which moments lie."""
    if not len(moments):
        return np.zeros(0, np.int32)
    by_utc = np.clip(moments // DAY, _FIRST, _LAST)
    found = distinct(by_utc)
    days = np.unique(np.concatenate([found - 1, found, found + 1, found + 2]))
    starts = np.array([_start(int(day), zone) for day in days], np.int64)
    return days[np.searchsorted(starts, moments, side="right") - 1].astype(np.int32)


def day_at(moment: int, zone: str) -> int:
    """The company's day in which one moment lies."""
    by_utc = min(max(moment // DAY, _FIRST), _LAST)
    return next((day for day in (by_utc + 1, by_utc, by_utc - 1) if _start(day, zone) <= moment), by_utc - 2)


def ends_of(days: Days, zone: str) -> Moments:
    """The last microseconds of days; that of NEVER lies beyond everything."""
    result = np.full(len(days), 2**62, np.int64)
    come = np.flatnonzero(days != NEVER)
    blocks = days[come] // BLOCK
    for block in distinct(blocks).tolist():
        there = come[blocks == block]
        result[there] = _ends(block, zone)[days[there] % BLOCK]
    return result


@lru_cache(maxsize=256)
def _ends(block: int, zone: str) -> Moments:
    """The last microseconds of so many days that follow each other."""
    return np.array([_start(block * BLOCK + day + 1, zone) - 1 for day in range(BLOCK)], np.int64)


@lru_cache(maxsize=100_000)
def _start(day: int, zone: str) -> int:
    """The first microsecond of a day in a time zone."""
    first = datetime.combine(day_of_number(day), time.min, ZoneInfo(zone)).astimezone(UTC)
    return (first - _EPOCH) // timedelta(microseconds=1)
