"""Issues as rows (客户投诉与反馈)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.issue.issue import Issue, IssueKind
from projections.engine import Envelope, ReadModel, Row, on


class IssueRow(Row):
    """An issue of an account (the key is the issue's)."""

    account: UUID | None = None
    external_id: str = ""
    issue_kind: IssueKind = IssueKind.COMPLAINT
    severity: int = 0
    category: str = ""
    raised: datetime | None = None
    response_due: datetime | None = None
    resolution_due: datetime | None = None


class IssueModel(ReadModel):
    """One row per issue."""

    name = "issue"
    version = 1
    row = IssueRow
    indexes = (("account",),)

    @on(Issue.Raised)
    def raised(self, row: IssueRow | None, event: Issue.Raised, envelope: Envelope) -> IssueRow:
        """It is open."""
        return IssueRow(
            account=event.account,
            external_id=event.external_id,
            issue_kind=event.kind,
            severity=event.severity,
            category=event.category,
            raised=envelope.occurred_at,
            response_due=event.response_due,
            resolution_due=event.resolution_due,
        )


ISSUES = IssueModel()
