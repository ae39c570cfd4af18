"""Buyers as rows: who decides on an opportunity, in which role, and where they stand."""

from __future__ import annotations

from uuid import UUID

from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class BuyerRow(Row):
    """A person as mapped on an opportunity; what they want to win stays sealed."""

    opportunity: UUID | None = None
    stakeholder: UUID | None = None
    role: BuyerRole = BuyerRole.USER
    support: Support = Support.NEUTRAL
    key_player: bool = False
    wants: Sealed | None = None


def _buyer(envelope: Envelope, event: Buyers.BuyerMapped | Buyers.BuyerUnmapped) -> UUID:
    return child_key(envelope, event.stakeholder.bytes)


class BuyerModel(ReadModel):
    """One row per opportunity and person mapped on it."""

    name = "buyer"
    version = 1
    row = BuyerRow
    indexes = (("opportunity",), ("stakeholder",))

    @on(Buyers.BuyerMapped, key=_buyer)
    def mapped(self, row: BuyerRow | None, event: Buyers.BuyerMapped, envelope: Envelope) -> BuyerRow:
        """The newest statement holds."""
        return BuyerRow(
            opportunity=envelope.aggregate_id,
            stakeholder=event.stakeholder,
            role=event.role,
            support=event.support,
            key_player=event.key_player,
            wants=event.wants,
        )

    @on(Buyers.BuyerUnmapped, key=_buyer)
    def unmapped(self, row: BuyerRow | None, event: Buyers.BuyerUnmapped, envelope: Envelope) -> None:
        """No part in this opportunity any more."""
        return


BUYERS = BuyerModel()
