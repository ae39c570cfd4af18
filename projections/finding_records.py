"""Findings that were raised and cleared, as rows: what subscribers were told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.finding import Finding, SubjectKind
from projections.engine import Envelope, ReadModel, Row, on


class FindingRow(Row):
    """A rule's observation of a subject: since when it holds, and when it was last seen not to."""

    rule: str = ""
    rule_version: int = 1
    subject_kind: SubjectKind = SubjectKind.ACCOUNT
    subject: UUID | None = None
    account: UUID | None = None
    raised: datetime | None = None
    cleared: datetime | None = None


class FindingModel(ReadModel):
    """One row per rule, version of the rule, and subject."""

    name = "finding"
    version = 1
    row = FindingRow
    indexes = (("account",),)

    @on(Finding.Raised)
    def noticed(self, row: FindingRow | None, event: Finding.Raised, envelope: Envelope) -> FindingRow:
        """It holds, from the first time on."""
        since = row.raised if row and row.cleared is None else envelope.occurred_at
        return FindingRow(
            rule=event.rule,
            rule_version=event.rule_version,
            subject_kind=event.subject_kind,
            subject=event.subject,
            account=event.account,
            raised=since,
        )

    @on(Finding.Cleared)
    def cleared(self, row: FindingRow | None, event: Finding.Cleared, envelope: Envelope) -> FindingRow | None:
        """It holds no longer."""
        if row:
            row.cleared = envelope.occurred_at
        return row


FINDING_RECORDS = FindingModel()
