"""Lost opportunities as rows: to whom, and why."""

from __future__ import annotations

from domain.opportunity.opportunity import Opportunity
from domain.opportunity.rivals import plain
from projections.engine import Envelope, ReadModel, Row, on


class LossRow(Row):
    """A lost opportunity (the key): `winner` as it was spelled, `competitor` its plain name; both empty where nobody
    knows, or the customer bought nothing."""

    competitor: str = ""
    winner: str = ""
    reasons: tuple[str, ...] = ()


class LossModel(ReadModel):
    """One row per opportunity that is lost."""

    name = "loss"
    version = 1
    row = LossRow
    indexes = (("competitor",),)

    @on(Opportunity.Lost)
    def lost(self, row: LossRow | None, event: Opportunity.Lost, envelope: Envelope) -> LossRow:
        """Somebody else won, or nobody."""
        return LossRow(competitor=plain(event.winner), winner=event.winner.strip(), reasons=event.reasons)

    @on(Opportunity.Won, Opportunity.Disqualified, Opportunity.Reopened)
    def not_lost(
        self,
        row: LossRow | None,
        event: Opportunity.Won | Opportunity.Disqualified | Opportunity.Reopened,
        envelope: Envelope,
    ) -> None:
        """It is lost no more."""
        return


LOSSES = LossModel()
