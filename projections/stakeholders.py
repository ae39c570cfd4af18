"""The people of the customers as rows, and how near each of ours is to them."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from domain.account.person import Attitude, Coverage, Level, Orientation, PoliticalStatus
from domain.account.stakeholders import Stakeholders
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on

Profiled = Stakeholders.StakeholderProfiled
Stated = Stakeholders.StakeholderAdded | Stakeholders.StakeholderChanged | Profiled
SHOWN = ("name", "title", "department", "reports_to", "language", "attitude", "political", "orientation")


class StakeholderRow(Row):
    """A person of a customer. The name stays sealed; contact details are asked of the account itself."""

    account: UUID | None = None
    stakeholder: UUID | None = None
    name: Sealed | None = None
    title: str = ""
    department: str = ""
    reports_to: UUID | None = None
    language: str = ""
    present: bool = False
    attitude: Attitude | None = None
    political: PoliticalStatus | None = None
    orientation: Orientation | None = None
    external_id: str = ""


def _person(envelope: Envelope, event: Stated | Stakeholders.StakeholderLeft) -> UUID:
    return child_key(envelope, event.stakeholder_id.bytes)


class StakeholderModel(ReadModel):
    """One row per person of a customer."""

    name = "stakeholder"
    version = 1
    row = StakeholderRow
    indexes = (("account",),)

    @on(Stakeholders.StakeholderAdded, key=_person)
    def added(
        self, row: StakeholderRow | None, event: Stakeholders.StakeholderAdded, envelope: Envelope
    ) -> StakeholderRow:
        """The person is there, for the first time or again."""
        row = _stated(row, event, envelope)
        row.present, row.external_id = True, event.external_id or row.external_id
        return row

    @on(Stakeholders.StakeholderChanged, Stakeholders.StakeholderProfiled, key=_person)
    def stated(
        self, row: StakeholderRow | None, event: Stakeholders.StakeholderChanged | Profiled, envelope: Envelope
    ) -> StakeholderRow:
        """The stated fields hold."""
        return _stated(row, event, envelope)

    @on(Stakeholders.StakeholderLeft, key=_person)
    def left(
        self, row: StakeholderRow | None, event: Stakeholders.StakeholderLeft, envelope: Envelope
    ) -> StakeholderRow | None:
        """There no longer; what we know stays."""
        if row:
            row.present = False
        return row


def _stated(row: StakeholderRow | None, event: Stated, envelope: Envelope) -> StakeholderRow:
    row = row or StakeholderRow(account=envelope.aggregate_id, stakeholder=event.stakeholder_id)
    for field in SHOWN:
        value = getattr(event, field, UNSET)
        if value is not UNSET:
            setattr(row, field, value)
    return row


class RelationshipRow(Row):
    """How near one of ours is to a person: the newest assessment of the pair."""

    account: UUID | None = None
    stakeholder: UUID | None = None
    member: UUID | None = None
    level: Level | None = None
    desired: Level | None = None
    coverage: Coverage | None = None


class RelationshipModel(ReadModel):
    """One row per pair of a person of a customer and one of ours."""

    name = "relationship"
    version = 1
    row = RelationshipRow
    indexes = (("account",),)

    @on(
        Stakeholders.RelationshipAssessed,
        key=lambda envelope, event: child_key(envelope, event.stakeholder.bytes, event.member.bytes),
    )
    def assessed(
        self, row: RelationshipRow | None, event: Stakeholders.RelationshipAssessed, envelope: Envelope
    ) -> RelationshipRow:
        """What is stated holds; what is not stays."""
        row = row or RelationshipRow(envelope.aggregate_id, event.stakeholder, event.member)
        row.level, row.desired = event.level, event.desired or row.desired
        row.coverage = event.coverage or row.coverage
        return row


STAKEHOLDERS = StakeholderModel()
RELATIONSHIPS = RelationshipModel()
