"""What partners are granted, and whom they serve downstream, as rows."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.partner_programme.network import Network
from domain.partner_programme.rewards import Rewards
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class RewardStatus(enum.StrEnum):
    """Whether a reward stands."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class PartnerRewardRow(Row):
    """A reward of a partner for a period; `reason` why it was granted below its score, or withdrawn."""

    programme: UUID | None = None
    account: UUID | None = None
    reward: str = ""
    period: str = ""
    status: RewardStatus = RewardStatus.GRANTED
    worth: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""
    granted: datetime | None = None
    reason: str = ""


def _reward(envelope: Envelope, event: Rewards.RewardGranted | Rewards.RewardWithdrawn) -> UUID:
    return child_key(envelope, event.account.bytes, event.period.encode(), b"\n", event.reward.encode())


class PartnerRewardModel(ReadModel):
    """One row per partner, period and reward."""

    name = "partner_reward"
    version = 1
    row = PartnerRewardRow
    indexes = (("programme",), ("account",))

    @on(Rewards.RewardGranted, key=_reward)
    def given(self, row: PartnerRewardRow | None, event: Rewards.RewardGranted, envelope: Envelope) -> PartnerRewardRow:
        """The partner has it."""
        return PartnerRewardRow(
            programme=envelope.aggregate_id,
            account=event.account,
            reward=event.reward,
            period=event.period,
            worth=event.value.amount if event.value else None,
            currency=event.value.currency if event.value else "",
            granted=envelope.occurred_at,
            reason=event.reason,
        )

    @on(Rewards.RewardWithdrawn, key=_reward)
    def withdrawn(
        self, row: PartnerRewardRow | None, event: Rewards.RewardWithdrawn, envelope: Envelope
    ) -> PartnerRewardRow | None:
        """It has it no more."""
        if row:
            row.status, row.reason = RewardStatus.WITHDRAWN, event.reason
        return row


class DownstreamRow(Row):
    """What a partner delivered to a customer of its own: an account of ours, or one known by its name alone."""

    programme: UUID | None = None
    account: UUID | None = None
    document_no: str = ""
    customer: UUID | None = None
    customer_name: Sealed | None = None
    what: str = ""
    served_on: date | None = None
    at: datetime | None = None
    amount: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""


class DownstreamModel(ReadModel):
    """One row per document of a partner."""

    name = "downstream"
    version = 1
    row = DownstreamRow
    indexes = (("programme",), ("account",))

    @on(
        Network.DownstreamCustomerServed,
        key=lambda envelope, event: child_key(envelope, event.account.bytes, event.document_no.encode()),
    )
    def served(
        self, row: DownstreamRow | None, event: Network.DownstreamCustomerServed, envelope: Envelope
    ) -> DownstreamRow:
        """It reached somebody."""
        return DownstreamRow(
            programme=envelope.aggregate_id,
            account=event.account,
            document_no=event.document_no,
            customer=event.customer,
            customer_name=event.customer_name,
            what=event.what,
            served_on=event.served_on,
            at=envelope.occurred_at,
            amount=event.amount.amount if event.amount else None,
            currency=event.amount.currency if event.amount else "",
        )


PARTNER_REWARDS = PartnerRewardModel()
DOWNSTREAM = DownstreamModel()
