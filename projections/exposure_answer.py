"""What is said about exposure: who carries what alone, and what it is worth."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from projections.view import Answer


class Side(enum.StrEnum):
    """Whose leaving is asked about: one of ours, or one of theirs."""

    MANAGER = "manager"
    CONTACT = "contact"


class AtRisk(enum.StrEnum):
    """Why an opportunity hangs on one person."""

    ONLY_ONE_WHO_MET_BUYERS = "only_one_who_met_buyers"
    ONLY_ONE_WHO_MET_ANYBODY = "only_one_who_met_anybody"
    ONLY_SUPPORTER = "only_supporter"
    ONLY_APPROVER = "only_approver"
    ONLY_CONTACT = "only_contact"


class DealAtRisk(msgspec.Struct, frozen=True):
    """An open opportunity that hangs on the person; `value` is None where a rate or a price is missing."""

    opportunity: UUID
    account: UUID
    why: list[AtRisk]
    value: Decimal | None
    weighted: Decimal | None
    positions: list[int]


class Thread(msgspec.Struct):
    """Two people without whom nobody of ours knows the stakeholder, and the events of what they had to do."""

    account: UUID
    member: UUID
    stakeholder: UUID
    positions: list[int]
    name: str | None = None


class Knowledge(msgspec.Struct, frozen=True):
    """What only the manager knows: people whom nobody else assessed, and his share of meetings and contacts of the
    last 365 days with the accounts where he had any."""

    assessed_alone: list[Thread]
    meetings: int
    meetings_alone: int
    share_alone: float | None
    positions_alone: list[int]


class OpenVisit(msgspec.Struct, frozen=True):
    """A planned visit to which the person goes."""

    visit: UUID
    account: UUID
    start: datetime | None
    positions: list[int]


class OpenItem(msgspec.Struct, frozen=True):
    """An open action item of the person."""

    item: UUID
    account: UUID
    due_on: date | None
    positions: list[int]


class AccountThread(msgspec.Struct, frozen=True):
    """How far the relationship with an account hangs by one thread (`single_thread`, 0 to 100; None: no ties), by how
    many of ours and theirs; `carried_by` names the two where one of ours and one of theirs carry it alone."""

    account: UUID
    external_id: str
    name: str
    manager: UUID | None
    single_thread: float | None
    members: int
    contacts: int
    carried_by: list[UUID]
    positions: list[int]


class Exposure(msgspec.Struct, kw_only=True):
    """What is lost if one person leaves; amounts in the reporting currency."""

    side: Side
    person: UUID
    name: str | None = None
    accounts: list[UUID]
    value: Decimal
    weighted: Decimal
    opportunities: list[DealAtRisk]
    single_threads: list[Thread]
    carries_alone: list[UUID]
    knowledge: Knowledge | None
    visits: list[OpenVisit]
    action_items: list[OpenItem]


class ExposureAnswer(Answer, kw_only=True):
    """Exposures, the most valuable first, and the accounts, the thinnest thread first."""

    exposures: list[Exposure]
    accounts: list[AccountThread]
    missing_rates: dict[str, int]
    missing_prices: dict[str, int]
