"""Competitors on opportunities as rows, and the strategies against them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from domain.opportunity.competition import Competition, Strategy
from domain.opportunity.qualification import Qualification
from domain.opportunity.rivals import plain
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class CompetitorRow(Row):
    """A competitor on an opportunity: `name` as it was first spelled, `competitor` by which spellings are one."""

    opportunity: UUID | None = None
    competitor: str = ""
    name: str = ""
    identified: datetime | None = None
    strengths: Sealed | None = None
    weaknesses: Sealed | None = None
    preferred_by: tuple[UUID, ...] = ()


class StrategyRow(Row):
    """How we compete, against one competitor or all of them (empty); the reasoning stays sealed."""

    opportunity: UUID | None = None
    competitor: str = ""
    strategy: Strategy = Strategy.FRONTAL
    chosen: datetime | None = None
    reasoning: Sealed | None = None


Stated = Competition.CompetitorIdentified | Competition.CompetitorAssessed
Named = Stated | Qualification.QualificationAnswered


def _competitor(envelope: Envelope, event: Named) -> UUID | None:
    key = plain(event.competitor)
    return child_key(envelope, key.encode()) if key else None


def _against(envelope: Envelope, event: Competition.StrategyChosen) -> UUID:
    return child_key(envelope, plain(event.against).encode())


class CompetitorModel(ReadModel):
    """One row per opportunity and competitor."""

    name = "competitor"
    version = 1
    row = CompetitorRow
    indexes = (("opportunity",), ("competitor",))

    @on(Competition.CompetitorIdentified, Competition.CompetitorAssessed, key=_competitor)
    def stated(self, row: CompetitorRow | None, event: Stated, envelope: Envelope) -> CompetitorRow:
        """What is stated holds."""
        row = row or _fresh(event, envelope)
        for field in ("strengths", "weaknesses", "preferred_by"):
            value = getattr(event, field)
            if value is not UNSET:
                setattr(row, field, value)
        return row

    @on(Qualification.QualificationAnswered, key=_competitor)
    def answered(
        self, row: CompetitorRow | None, event: Qualification.QualificationAnswered, envelope: Envelope
    ) -> CompetitorRow:
        """Who has an answer is identified by it."""
        return row or _fresh(event, envelope)


class StrategyModel(ReadModel):
    """One row per opportunity and competitor that we fight, and one for all of them."""

    name = "strategy"
    version = 1
    row = StrategyRow
    indexes = (("opportunity",),)

    @on(Competition.StrategyChosen, key=_against)
    def chosen(self, row: StrategyRow | None, event: Competition.StrategyChosen, envelope: Envelope) -> StrategyRow:
        """The last choice holds."""
        return StrategyRow(
            opportunity=envelope.aggregate_id,
            competitor=plain(event.against),
            strategy=event.strategy,
            chosen=envelope.occurred_at,
            reasoning=event.reasoning,
        )


def _fresh(event: Named, envelope: Envelope) -> CompetitorRow:
    return CompetitorRow(
        opportunity=envelope.aggregate_id,
        competitor=plain(event.competitor),
        name=event.competitor.strip(),
        identified=envelope.occurred_at,
    )


COMPETITORS, STRATEGIES = CompetitorModel(), StrategyModel()
