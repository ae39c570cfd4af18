"""Key status as rows: the newest decision about an account, why it was taken, since when it holds."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from domain.account.standing import Standing
from projections.engine import Envelope, ReadModel, Row, on


class KeyStatusRow(Row):
    """The newest decision: granted, keep, promote, demote or withdrawn; the versions of the row are the history.

    `relationship_type` is empty where key status was withdrawn; `since` is when it was granted, `decided` when this
    decision was taken, `justification` its reason. `model` and `edition` are those that the grant rested on.
    """

    account: UUID | None = None
    relationship_type: str = ""
    decision: str = ""
    since: datetime | None = None
    decided: datetime | None = None
    justification: str = ""
    improvement: str = ""
    review_due: date | None = None
    override: str = ""
    model: str = ""
    edition: int | None = None
    portfolio_reason: str = ""


class KeyStatusModel(ReadModel):
    """One row per account that ever was a key account."""

    name = "key_status"
    version = 1
    row = KeyStatusRow

    @on(Standing.KeyStatusGranted)
    def granted(self, row: KeyStatusRow | None, event: Standing.KeyStatusGranted, envelope: Envelope) -> KeyStatusRow:
        """A key account from now on."""
        return KeyStatusRow(
            account=envelope.aggregate_id,
            relationship_type=str(event.relationship_type),
            decision="granted",
            since=envelope.occurred_at,
            decided=envelope.occurred_at,
            justification=event.justification,
            review_due=event.review_due,
            override=event.override,
            model=event.model,
            edition=event.edition,
            portfolio_reason=event.portfolio_reason,
        )

    @on(Standing.KeyStatusReviewed)
    def reviewed(
        self, row: KeyStatusRow | None, event: Standing.KeyStatusReviewed, envelope: Envelope
    ) -> KeyStatusRow | None:
        """Looked at again."""
        if row:
            row.relationship_type, row.decision = str(event.relationship_type), str(event.decision)
            row.decided, row.justification = envelope.occurred_at, event.justification
            row.improvement, row.review_due = event.improvement, event.review_due
        return row

    @on(Standing.KeyStatusWithdrawn)
    def withdrawn(
        self, row: KeyStatusRow | None, event: Standing.KeyStatusWithdrawn, envelope: Envelope
    ) -> KeyStatusRow | None:
        """A key account no longer."""
        if row:
            row.relationship_type, row.decision, row.review_due = "", "withdrawn", None
            row.decided, row.justification, row.improvement = envelope.occurred_at, event.reason, ""
        return row


KEY_STATUS = KeyStatusModel()
