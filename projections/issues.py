"""Issues as rows (客户投诉与反馈): how far each is, and since when it is overdue."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

from domain.issue.issue import Issue
from domain.issue.sla import Sla
from domain.issue.terms import Due, IssueKind
from domain.policies.service_policy import ServiceLevel
from domain.sealed import Sealed
from projections.engine import Envelope, ReadModel, Row, on


class IssueStatus(enum.StrEnum):
    """How far an issue is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"


OVER = (IssueStatus.RESOLVED, IssueStatus.CONFIRMED)


class IssueRow(Row):
    """An issue of an account (the key is the issue's).

    `responded` is when it was first acknowledged or resolved. `response_missed` and `resolution_missed` are since when
    it was overdue, by the facts; of what is not done yet nobody knows it before it is. The breaches are what the worker
    recorded.
    """

    account: UUID | None = None
    external_id: str = ""
    issue_kind: IssueKind = IssueKind.COMPLAINT
    severity: int = 0
    category: str = ""
    service_level: ServiceLevel = ServiceLevel.NONE
    status: IssueStatus = IssueStatus.OPEN
    raised: datetime | None = None
    raised_by: UUID | None = None
    response_due: datetime | None = None
    resolution_due: datetime | None = None
    responded: datetime | None = None
    resolved: datetime | None = None
    confirmed: datetime | None = None
    root_cause: str = ""
    reopened: int = 0
    escalated: datetime | None = None
    escalated_to: UUID | None = None
    escalated_level: str = ""
    response_missed: datetime | None = None
    resolution_missed: datetime | None = None
    response_breach: datetime | None = None
    resolution_breach: datetime | None = None
    breaches_withdrawn: int = 0
    description: Sealed | None = None


class IssueModel(ReadModel):
    """One row per issue."""

    name = "issue"
    version = 2
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
            service_level=event.service_level,
            raised=envelope.occurred_at,
            raised_by=event.raised_by,
            response_due=event.response_due,
            resolution_due=event.resolution_due,
            description=event.description,
        )

    @on(Issue.Acknowledged)
    def acknowledged(self, row: IssueRow | None, event: Issue.Acknowledged, envelope: Envelope) -> IssueRow | None:
        """It is answered."""
        if row is not None:
            _respond(row, envelope.occurred_at)
            if row.status is IssueStatus.OPEN:
                row.status = IssueStatus.ACKNOWLEDGED
        return row

    @on(Issue.Escalated)
    def went_higher(self, row: IssueRow | None, event: Issue.Escalated, envelope: Envelope) -> IssueRow | None:
        """It is where it went last."""
        if row is not None:
            row.escalated, row.escalated_to, row.escalated_level = envelope.occurred_at, event.to, event.level
        return row

    @on(Issue.Resolved)
    def settled(self, row: IssueRow | None, event: Issue.Resolved, envelope: Envelope) -> IssueRow | None:
        """It is resolved: overdue since the due moment where that was before."""
        if row is not None:
            at = envelope.occurred_at
            _respond(row, at)
            row.status, row.resolved, row.root_cause = IssueStatus.RESOLVED, at, event.root_cause
            if row.resolution_missed is None and row.resolution_due is not None and at > row.resolution_due:
                row.resolution_missed = row.resolution_due
        return row

    @on(Issue.ResolutionConfirmed)
    def agreed(self, row: IssueRow | None, event: Issue.ResolutionConfirmed, envelope: Envelope) -> IssueRow | None:
        """It is over."""
        if row is not None:
            row.status, row.confirmed = IssueStatus.CONFIRMED, envelope.occurred_at
        return row

    @on(Issue.Reopened)
    def came_back(self, row: IssueRow | None, event: Issue.Reopened, envelope: Envelope) -> IssueRow | None:
        """It is unresolved again: overdue at once where the due moment has passed."""
        if row is not None:
            at = envelope.occurred_at
            row.status, row.resolved, row.confirmed = IssueStatus.ACKNOWLEDGED, None, None
            row.root_cause, row.reopened = "", row.reopened + 1
            if row.resolution_missed is None and row.resolution_due is not None and at > row.resolution_due:
                row.resolution_missed = at
        return row

    @on(Sla.SlaBreached)
    def breached(self, row: IssueRow | None, event: Sla.SlaBreached, envelope: Envelope) -> IssueRow | None:
        """The worker noticed; the first that stands is kept."""
        if row is not None and event.which is Due.RESPONSE:
            row.response_breach = row.response_breach or envelope.occurred_at
        elif row is not None:
            row.resolution_breach = row.resolution_breach or envelope.occurred_at
        return row

    @on(Sla.SlaBreachWithdrawn)
    def not_breached(self, row: IssueRow | None, event: Sla.SlaBreachWithdrawn, envelope: Envelope) -> IssueRow | None:
        """The worker noticed that there was none."""
        if row is not None:
            row.breaches_withdrawn += 1
            if event.which is Due.RESPONSE:
                row.response_breach = None
            else:
                row.resolution_breach = None
        return row


def _respond(row: IssueRow, at: datetime) -> None:
    """The first answer counts."""
    if row.responded is None:
        row.responded = at
        if row.response_due is not None and at > row.response_due:
            row.response_missed = row.response_due


ISSUES = IssueModel()
