"""Influence between the people of the customers as rows."""

from __future__ import annotations

from uuid import UUID

from domain.account.influence import InfluenceKind, InfluenceNature, Influences
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class InfluenceRow(Row):
    """What one person can do to what another one wants; the newest observation of its kind."""

    account: UUID | None = None
    from_stakeholder: UUID | None = None
    to_stakeholder: UUID | None = None
    influence: InfluenceKind = InfluenceKind.ADVISES
    strength: int = 1
    nature: InfluenceNature = InfluenceNature.POLITICAL


def _edge(envelope: Envelope, event: Influences.InfluenceObserved | Influences.InfluenceWithdrawn) -> UUID:
    return child_key(envelope, event.from_stakeholder.bytes, event.to_stakeholder.bytes, event.kind.encode())


class InfluenceModel(ReadModel):
    """One row per pair of people and kind of influence."""

    name = "influence"
    version = 1
    row = InfluenceRow
    indexes = (("account",),)

    @on(Influences.InfluenceObserved, key=_edge)
    def observed(
        self, row: InfluenceRow | None, event: Influences.InfluenceObserved, envelope: Envelope
    ) -> InfluenceRow:
        """The newest observation holds."""
        return InfluenceRow(
            account=envelope.aggregate_id,
            from_stakeholder=event.from_stakeholder,
            to_stakeholder=event.to_stakeholder,
            influence=event.kind,
            strength=event.strength,
            nature=event.nature,
        )

    @on(Influences.InfluenceWithdrawn, key=_edge)
    def withdrawn(self, row: InfluenceRow | None, event: Influences.InfluenceWithdrawn, envelope: Envelope) -> None:
        """There is none any more."""
        return


INFLUENCES = InfluenceModel()
