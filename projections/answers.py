"""The answers of qualification (商机评估) as rows: for us and for each competitor, question by question."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.opportunity.qualification import Qualification
from domain.opportunity.rivals import plain
from domain.policies.gates import Answer
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class AnswerRow(Row):
    """The answer that holds. `competitor` is its plain name (empty: us), `since` when this answer was first given,
    `answered` when it was last confirmed; the evidence stays sealed."""

    opportunity: UUID | None = None
    competitor: str = ""
    question: str = ""
    answer: Answer = Answer.UNKNOWN
    since: datetime | None = None
    answered: datetime | None = None
    evidence: Sealed | None = None


def _answer(envelope: Envelope, event: Qualification.QualificationAnswered) -> UUID:
    return child_key(envelope, plain(event.competitor).encode(), b"\0", event.question.encode())


class AnswerModel(ReadModel):
    """One row per opportunity, competitor and question."""

    name = "answer"
    version = 1
    row = AnswerRow
    indexes = (("opportunity",),)

    @on(Qualification.QualificationAnswered, key=_answer)
    def answered(
        self, row: AnswerRow | None, event: Qualification.QualificationAnswered, envelope: Envelope
    ) -> AnswerRow:
        """The newest answer holds; with other evidence it is still the same answer."""
        return AnswerRow(
            opportunity=envelope.aggregate_id,
            competitor=plain(event.competitor),
            question=event.question,
            answer=event.answer,
            since=row.since if row and row.answer is event.answer else envelope.occurred_at,
            answered=envelope.occurred_at,
            evidence=event.evidence,
        )


ANSWERS = AnswerModel()
