"""Needs of customers as rows: open, met, dropped."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

from domain.account.needs import NeedKind, Needs
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class NeedStatus(enum.StrEnum):
    """How far a need is."""

    OPEN = "open"
    MET = "met"
    DROPPED = "dropped"


class NeedRow(Row):
    """A need in the customer's words, which stay sealed; `recorded` when it came up, `ended` when it was met or
    dropped."""

    account: UUID | None = None
    need: UUID | None = None
    need_kind: NeedKind = NeedKind.NEED
    status: NeedStatus = NeedStatus.OPEN
    importance: int = 0
    recorded: datetime | None = None
    ended: datetime | None = None
    words: Sealed | None = None
    stakeholders: tuple[UUID, ...] = ()
    visits: tuple[UUID, ...] = ()
    opportunities: tuple[UUID, ...] = ()


NeedEvent = Needs.NeedRecorded | Needs.NeedMet | Needs.NeedDropped


def _need(envelope: Envelope, event: NeedEvent) -> UUID:
    return child_key(envelope, event.need_id.bytes)


class NeedModel(ReadModel):
    """One row per need."""

    name = "need"
    version = 1
    row = NeedRow
    indexes = (("account",),)

    @on(Needs.NeedRecorded, key=_need)
    def recorded(self, row: NeedRow | None, event: Needs.NeedRecorded, envelope: Envelope) -> NeedRow:
        """The customer needs something, or says anew what."""
        row = row or NeedRow(account=envelope.aggregate_id, need=event.need_id, recorded=envelope.occurred_at)
        row.need_kind, row.importance, row.words = event.kind, event.importance, event.words
        row.stakeholders, row.visits, row.opportunities = event.stakeholders, event.visits, event.opportunities
        return row

    @on(Needs.NeedMet, key=_need)
    def met(self, row: NeedRow | None, event: Needs.NeedMet, envelope: Envelope) -> NeedRow | None:
        """It is there."""
        if row:
            row.status, row.ended = NeedStatus.MET, envelope.occurred_at
        return row

    @on(Needs.NeedDropped, key=_need)
    def dropped(self, row: NeedRow | None, event: Needs.NeedDropped, envelope: Envelope) -> NeedRow | None:
        """Nobody follows it any more."""
        if row:
            row.status, row.ended = NeedStatus.DROPPED, envelope.occurred_at
        return row


NEEDS = NeedModel()
