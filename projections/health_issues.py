"""Issues, as a component of relationship health: what is open, what is overdue, what was kept of late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import fsum
from uuid import UUID

import msgspec

from domain.language.catalogue import say
from projections.health_components import Ahead, Component, counted, days_between
from projections.issue_times import first_missed
from projections.issues import IssueRow

POINTS = {1: 40.0, 2: 25.0, 3: 10.0, 4: 5.0}
OVERDUE, WAS_BREACHED = 2.0, 0.25
REMEMBERED = 10


class Complaint(msgspec.Struct, frozen=True):
    """An issue of an account: how grave it is, since when it is resolved, whether an SLA of it is or was breached, and
    when the next one will be if nothing happens."""

    issue: UUID
    severity: int
    resolved: datetime | None
    breached: bool
    overdue_from: datetime | None
    position: int


class Running(msgspec.Struct, frozen=True):
    """100 less what is lost now, and less what more is lost as soon as so many days have passed."""

    lost: float
    ahead: tuple[tuple[float, float], ...]

    def at(self, ahead: Ahead) -> float:
        """The score, never rising."""
        return max(0.0, 100.0 - self.lost - fsum(points for days, points in self.ahead if days < ahead.days))


def complaint(issue: UUID, row: IssueRow, position: int, now: datetime) -> Complaint:
    """An issue as far as health is concerned."""
    breached = first_missed(row, now) is not None
    pending = [row.response_due] * (row.responded is None) + [row.resolution_due] * (row.resolved is None)
    following = min((due for due in pending if due is not None and due >= now), default=None)
    return Complaint(issue, row.severity, row.resolved, breached, None if breached else following, position)


def issues(found: Sequence[Complaint], now: datetime) -> Component | None:
    """Open issues: 100 less the points of every issue that is not resolved (severity 1: 40, 2: 25, 3: 10, 4: 5), twice
    as many once an SLA of it is breached, and a quarter of them for every breach among the ten issues that were
    resolved last; at least 0.

    A breach is forgotten when ten issues were resolved after it, never by waiting; an open issue loses more as soon as
    it is overdue. The positions are those of the issues that count.
    """
    if not found:
        return None
    open_ones = [each for each in found if each.resolved is None]
    over = sorted(
        (each for each in found if each.resolved is not None),
        key=lambda each: (each.resolved or now, each.position),
    )[-REMEMBERED:]
    late = [each for each in over if each.breached]
    lost = fsum(POINTS[each.severity] * (OVERDUE if each.breached else 1.0) for each in open_ones)
    lost += fsum(POINTS[each.severity] * WAS_BREACHED for each in late)
    ahead = tuple(
        (days_between(now, each.overdue_from), POINTS[each.severity] * (OVERDUE - 1))
        for each in open_ones
        if each.overdue_from is not None
    )
    reason = say(
        "{open_ones}, {overdue} of them overdue; of the last {over} {late} too late",
        open_ones=counted(len(open_ones), "open issue"),
        overdue=sum(each.breached for each in open_ones),
        over=say("{n} resolved", n=len(over)),
        late=len(late),
    )
    positions = tuple(sorted({each.position for each in (*open_ones, *over)}))
    return Component("issues", Running(lost, ahead), reason, positions)
