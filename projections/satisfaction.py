"""Answers to surveys as rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.account.purchases import Satisfaction, SurveyKind, SurveySubject
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class SurveyRow(Row):
    """An answer: `score` is 0–10 for NPS, 1–5 for CSAT; the comment stays sealed; no person means the company."""

    account: UUID | None = None
    at: datetime | None = None
    survey: SurveyKind = SurveyKind.NPS
    score: int = 0
    subject: SurveySubject | None = None
    stakeholder: UUID | None = None
    comment: Sealed | None = None


class SurveyModel(ReadModel):
    """One row per answer."""

    name = "survey"
    version = 1
    row = SurveyRow
    indexes = (("account",),)

    @on(
        Satisfaction.SatisfactionSurveyed,
        key=lambda envelope, event: child_key(envelope, event.survey_id.bytes),
    )
    def surveyed(
        self, row: SurveyRow | None, event: Satisfaction.SatisfactionSurveyed, envelope: Envelope
    ) -> SurveyRow:
        """The customer gave a score."""
        return SurveyRow(
            account=envelope.aggregate_id,
            at=envelope.occurred_at,
            survey=event.kind,
            score=event.score,
            subject=event.subject,
            stakeholder=event.stakeholder,
            comment=event.comment,
        )


SATISFACTION = SurveyModel()
