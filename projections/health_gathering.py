"""Rows of one moment brought together as SQL brings them together: the newest of each, sums by day, ties."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from projections.view import View

LN_HALF = math.log(0.5)
Line = tuple[Any, ...]


def newest(rows: Iterable[Line], by: int) -> Iterable[Line]:
    """The newest row of each, by so many first columns; moment and position are the columns that follow."""
    found: dict[Line, Line] = {}
    for row in rows:
        known = found.get(row[:by])
        if known is None or known[by : by + 2] < row[by : by + 2]:
            found[row[:by]] = row
    return found.values()


def ties_of(meetings: Iterable[Line], view: View, half_life: float) -> list[Line]:
    """By account, one of ours and one of theirs: what their meetings weigh, and the position of the newest."""
    weights, positions = defaultdict[Line, list[float]](list), dict[Line, int]()
    now, fade, same = view.clock.as_of, LN_HALF / (86_400 * half_life), view.same_people
    for account, at, cause, people, stakeholders in meetings:
        weight = math.exp((now - at).total_seconds() * fade)
        for person in [same.get(each, each) for each in stakeholders] if same else stakeholders:
            for member in people:
                tie = account, member, person
                weights[tie].append(weight)
                if cause > positions.get(tie, 0):
                    positions[tie] = cause
    return [(*tie, math.fsum(weights[tie]), positions[tie]) for tie in sorted(weights, key=_in_order)]


def _in_order(tie: Line) -> tuple[int, ...]:
    return tie[0].int, tie[1].int, tie[2].int


def by_day(bought: Iterable[Line], zone: str) -> list[Line]:
    """By account, day and currency: what was bought, and the positions."""
    found = defaultdict[Line, list[tuple[int, Any]]](list)
    for account, at, currency, revenue, cause in bought:
        found[account, _day(zone, at), currency].append((cause, revenue))
    return [
        (*place, sum(revenue for _, revenue in several), sorted(cause for cause, _ in several))
        for place, several in sorted(found.items(), key=lambda each: each[0])
    ]


@lru_cache(20_000)
def _day(zone: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
