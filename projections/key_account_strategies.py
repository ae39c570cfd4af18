"""Key account strategies as rows (大客户战略): how far each is, and the answers to its questions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from domain.strategy.questions import KeyQuestion, Questions
from domain.strategy.strategy import KeyAccountStrategy, StrategyDecision
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class KeyAccountStrategyRow(Row):
    """A strategy of the company (the key is its own). `adopted` is when it was, `adopted_at` the position of that;
    `review_due` the day of the next review, `decision` what the last one decided, recorded at `reviewed_at`."""

    external_id: str = ""
    title: str = ""
    adopted: datetime | None = None
    adopted_at: int | None = None
    adopted_by: UUID | None = None
    in_force_from: date | None = None
    override: str = ""
    reviewed_on: date | None = None
    reviewed_at: int | None = None
    decision: StrategyDecision | None = None
    review_due: date | None = None


class KeyAccountStrategyModel(ReadModel):
    """One row each."""

    name = "key_account_strategy"
    version = 1
    row = KeyAccountStrategyRow

    @on(KeyAccountStrategy.Drafted)
    def begun(
        self, row: KeyAccountStrategyRow | None, event: KeyAccountStrategy.Drafted, envelope: Envelope
    ) -> KeyAccountStrategyRow:
        """It is there."""
        return KeyAccountStrategyRow(external_id=event.external_id, title=event.title)

    @on(KeyAccountStrategy.Restated)
    def restated(
        self, row: KeyAccountStrategyRow | None, event: KeyAccountStrategy.Restated, envelope: Envelope
    ) -> KeyAccountStrategyRow | None:
        """The draft says something else."""
        if row:
            row.title = event.title
        return row

    @on(KeyAccountStrategy.Adopted)
    def adopted(
        self, row: KeyAccountStrategyRow | None, event: KeyAccountStrategy.Adopted, envelope: Envelope
    ) -> KeyAccountStrategyRow | None:
        """It holds from a day on."""
        if row:
            row.adopted, row.adopted_at, row.adopted_by = envelope.occurred_at, envelope.position, event.by
            row.in_force_from, row.override, row.review_due = event.in_force_from, event.override, event.review_due
        return row

    @on(KeyAccountStrategy.Reviewed)
    def reviewed(
        self, row: KeyAccountStrategyRow | None, event: KeyAccountStrategy.Reviewed, envelope: Envelope
    ) -> KeyAccountStrategyRow | None:
        """It was looked at again."""
        if row:
            row.reviewed_on, row.reviewed_at, row.decision = event.reviewed_on, envelope.position, event.decision
            row.review_due = event.next_review_due
        return row


class StrategyAnswerRow(Row):
    """The newest answer of a strategy to one of the four questions."""

    strategy: UUID | None = None
    question: KeyQuestion = KeyQuestion.WHO
    answer: str = ""
    answered: datetime | None = None


class StrategyAnswerModel(ReadModel):
    """One row per strategy and question."""

    name = "strategy_answer"
    version = 1
    row = StrategyAnswerRow
    indexes = (("strategy",),)

    @on(Questions.QuestionAnswered, key=lambda envelope, event: child_key(envelope, event.question.encode()))
    def answered(
        self, row: StrategyAnswerRow | None, event: Questions.QuestionAnswered, envelope: Envelope
    ) -> StrategyAnswerRow:
        """This is the answer."""
        return StrategyAnswerRow(
            strategy=envelope.aggregate_id,
            question=event.question,
            answer=event.answer,
            answered=envelope.occurred_at,
        )


KEY_ACCOUNT_STRATEGIES = KeyAccountStrategyModel()
STRATEGY_ANSWERS = StrategyAnswerModel()
