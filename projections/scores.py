"""Scores as rows: the newest of an account by a selection model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.standing import Standing
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on

Score = Annotated[Decimal, Scale(4)]


class ScoreRow(Row):
    """How an account scored by an edition of a model, as computed then. `scores` are `criterion=score`, `grades`
    `criterion/grade=share`, one per criterion (and grade) of that edition; shares are parts of what the customer buys.
    """

    account: UUID | None = None
    model: str = ""
    edition: int = 0
    at: datetime | None = None
    attractiveness: Score | None = None
    potential: Score | None = None
    relationship: Score | None = None
    overall: Score | None = None
    fuzzy_total: Score | None = None
    wallet_share: Score | None = None
    rival_share: Score | None = None
    scores: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()


class ScoreModel(ReadModel):
    """One row per account and selection model."""

    name = "score"
    version = 1
    row = ScoreRow
    indexes = (("account",),)

    @on(Standing.AccountScored, key=lambda envelope, event: child_key(envelope, event.model.encode()))
    def scored(self, row: ScoreRow | None, event: Standing.AccountScored, envelope: Envelope) -> ScoreRow:
        """The newest score holds."""
        grades = {f"{key}/{grade}": share for key, each in event.grades.items() for grade, share in each.items()}
        return ScoreRow(
            account=envelope.aggregate_id,
            model=event.model,
            edition=event.edition,
            at=envelope.occurred_at,
            attractiveness=event.totals.get("attractiveness"),
            potential=event.totals.get("potential"),
            relationship=event.totals.get("relationship"),
            overall=event.totals.get("overall"),
            fuzzy_total=event.fuzzy_total,
            wallet_share=event.wallet_share,
            rival_share=event.rival_share,
            scores=_texts(event.scores),
            grades=_texts({key: share for key, share in grades.items() if share}),
        )


def _texts(numbers: Mapping[str, Decimal]) -> tuple[str, ...]:
    return tuple(f"{key}={number.normalize():f}" for key, number in numbers.items())


def numbers_of(texts: list[str]) -> dict[str, Decimal]:
    """The numbers of a row's `scores` or `grades` by what stands before them."""
    return {key: Decimal(number) for key, _, number in (text.rpartition("=") for text in texts)}


SCORES = ScoreModel()
