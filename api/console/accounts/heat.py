"""The heat map of health: accounts by the last thirteen ends of months."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.console.accounts.lines import Line, known_first
from api.console.accounts.soon import columns_or_wait
from api.console.formats import Formats
from api.console.frame import Frame
from domain.policies.calendar import day_end, day_of
from domain.policies.company import Company
from projections.account_choice import Chosen
from projections.health_points import health_points
from projections.health_portfolio import TrendPoint
from projections.view import View

MONTHS = 13
MIDDLE = 62.5
"""The score that is neither cold nor hot: between the borders of red and green."""
DEEPEST = 60


@dataclass(frozen=True)
class Month:
    """The end of a month as its column says it: its moment in an address, its day, its month."""

    address: str | None
    day: str
    name: str


@dataclass(frozen=True)
class HeatCell:
    """An account at the end of a month: `side` is cold or hot, `depth` how much of that colour it has, in percent."""

    point: TrendPoint | None

    @property
    def score(self) -> float | None:
        """The score, None where there is none."""
        return self.point.score if self.point else None

    @property
    def side(self) -> str:
        """Below or above the middle."""
        return "none" if self.score is None else "cold" if self.score < MIDDLE else "hot"

    @property
    def depth(self) -> int:
        """How far from the middle."""
        if self.score is None:
            return 0
        whole = MIDDLE if self.score < MIDDLE else 100 - MIDDLE
        return round(abs(self.score - MIDDLE) / whole * DEEPEST)


def month_ends(company: Company, now: datetime, count: int = MONTHS) -> list[datetime]:
    """The moment itself, and before it the ends of months, so many together, in the order of time."""
    moments, first = [now], day_of(company, now).replace(day=1)
    while len(moments) < count:
        last = first - timedelta(days=1)
        moments.append(day_end(company, last))
        first = last.replace(day=1)
    return moments[::-1]


def heat_map(frame: Frame[Any], view: View, chosen: Chosen, rows: int) -> dict[str, Any]:
    """What the template shows: the months, and a row of cells for each of the first accounts, the coldest first; no
    rows while it is being worked out who they are."""
    now = view.clock.as_of
    moments = month_ends(view.policies.company, now)
    standing = columns_or_wait(frame, view, chosen, chosen.rows.ids)
    if standing is None:
        return {"months": [], "heat": [], "waits": True}
    coldest = known_first(standing[chosen.rows["_stream"]])
    order = [Line(each) for each in chosen.listed(chosen.first(rows, *coldest))]
    cells = _cells(view, [line.account for line in order], moments)
    formats, asked = Formats(frame), frame.query.as_of
    months = [Month(formats.iso(each), formats.day(each), formats.month(each)) for each in moments]
    months[-1] = replace(months[-1], address=asked)
    return {"months": months, "waits": False, "heat": [(line, cells[line.account]) for line in order]}


def _cells(view: View, accounts: list[UUID], moments: list[datetime]) -> dict[UUID, list[HeatCell]]:
    found = health_points(view, accounts, moments)
    return {account: [HeatCell(point) for point in points] for account, points in found.items()}
