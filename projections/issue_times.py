"""Whether the times promised for an issue were kept: pure functions of its row and a moment."""

from __future__ import annotations

from datetime import datetime

from domain.issue.terms import Due
from projections.issues import IssueRow


def overdue_since(row: IssueRow, which: Due, now: datetime) -> datetime | None:
    """Since when something was overdue, whether it is done by now or not; None where it was kept, is not due yet, or
    nothing was promised. The due moment; of an issue that was resolved in time and reopened later, the reopening."""
    if which is Due.RESPONSE:
        missed, due, done = row.response_missed, row.response_due, row.responded
    else:
        missed, due, done = row.resolution_missed, row.resolution_due, row.resolved
    if missed is not None:
        return missed
    return due if due is not None and done is None and due < now else None


def first_missed(row: IssueRow, now: datetime) -> datetime | None:
    """Since when anything of an issue was overdue, whether it is done by now or not."""
    missed = (overdue_since(row, which, now) for which in Due)
    return min((since for since in missed if since is not None), default=None)


def breach_of(row: IssueRow, which: Due) -> datetime | None:
    """The moment of the breach that is recorded and not withdrawn."""
    return row.response_breach if which is Due.RESPONSE else row.resolution_breach


def kept(row: IssueRow, which: Due, now: datetime) -> bool | None:
    """Whether the SLA was kept; None where nothing was promised, or it is neither done nor overdue yet."""
    due, done = (row.response_due, row.responded) if which is Due.RESPONSE else (row.resolution_due, row.resolved)
    if due is None:
        return None
    if overdue_since(row, which, now) is not None:
        return False
    return True if done is not None else None
