"""What departments were asked for because of issues, as rows: open, answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.issue.departments import Departments
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class DepartmentRequestRow(Row):
    """A request to a department of ours; `answered` when it answered. The account is that of the issue."""

    issue: UUID | None = None
    request: UUID | None = None
    department: str = ""
    asked: datetime | None = None
    due: datetime | None = None
    answered: datetime | None = None
    what: Sealed | None = None


def _request(envelope: Envelope, event: Departments.DepartmentAsked | Departments.DepartmentAnswered) -> UUID:
    return child_key(envelope, event.request_id.bytes)


class DepartmentRequestModel(ReadModel):
    """One row per request."""

    name = "department_request"
    version = 1
    row = DepartmentRequestRow
    indexes = (("issue",),)

    @on(Departments.DepartmentAsked, key=_request)
    def asked(
        self, row: DepartmentRequestRow | None, event: Departments.DepartmentAsked, envelope: Envelope
    ) -> DepartmentRequestRow:
        """It is open, as stated last."""
        row = row or DepartmentRequestRow(
            issue=envelope.aggregate_id, request=event.request_id, asked=envelope.occurred_at
        )
        row.department, row.due, row.what = event.department, event.due, event.what
        return row

    @on(Departments.DepartmentAnswered, key=_request)
    def answered(
        self, row: DepartmentRequestRow | None, event: Departments.DepartmentAnswered, envelope: Envelope
    ) -> DepartmentRequestRow | None:
        """It is answered."""
        if row is not None:
            row.answered = envelope.occurred_at
        return row


DEPARTMENT_REQUESTS = DepartmentRequestModel()
