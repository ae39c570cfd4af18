"""The shapes of the standing of partners: every figure with the positions of the events behind it."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.account.profile import AccountKind
from domain.partner_programme.terms import Obligation, Reward, ScoringUnit
from projections.partner_rewards import RewardStatus
from projections.view import Answer, Listing


class PartnerState(enum.StrEnum):
    """Where a partner stands by its newest score: it keeps its standing, or is below the threshold."""

    KEPT = "kept"
    BELOW = "below"
    UNSCORED = "unscored"
    LEFT = "left"


class PartnerTrend(enum.StrEnum):
    """How the partner's newest score compares with the one before."""

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    UNKNOWN = "unknown"


class RewardLine(msgspec.Struct):
    """A reward that was granted, or withdrawn, for a period; `worth` in its own `currency`, `value` in the reporting
    one (None without a rate, or where it is no money)."""

    reward: str
    status: RewardStatus
    worth: Decimal | None
    currency: str
    value: Decimal | None
    reason: str
    positions: list[int]


class ScoredPeriod(msgspec.Struct):
    """How a period was kept, 0 to 100: `us` and `partner` weighted, `scores` by obligation. `change` is the partner's
    score less that of the scored period before; `due` are rewards that it earns and that were neither granted nor
    withdrawn, once the period is over."""

    period: str
    first: date
    last: date
    edition: int
    us: Decimal
    partner: Decimal
    threshold: Decimal
    below: bool
    change: Decimal | None
    scores: dict[str, Decimal]
    broken_by_us: list[str]
    broken_by_partner: list[str]
    rewards: list[RewardLine]
    due: list[str]
    times_scored: int
    positions: list[int]


class UnscoredPeriod(msgspec.Struct):
    """A period that is over and has no score."""

    period: str
    last: date


class DownstreamCustomer(msgspec.Struct):
    """Whom a partner served: an account of ours (None for who may not see it), or one known by its name alone (None for
    who may not read it).
    `served` counts documents, `amount` is in the reporting currency without those of `unvalued`."""

    customer: UUID | None
    name: str | None
    served: int
    amount: Decimal
    unvalued: int
    last_on: date
    positions: list[int]


class Network(msgspec.Struct):
    """The downstream customers of a partner together."""

    customers: int
    served: int
    amount: Decimal
    unvalued: int
    positions: list[int]


class PartnerStanding(msgspec.Struct):
    """A partner over time, the newest period first. `enrolled_as` are the accounts that enrolled, where others were
    merged into this one."""

    programme: UUID
    programme_title: str
    account: UUID
    external_id: str
    name: str
    enrolled_as: list[UUID]
    partner_kind: AccountKind
    enrolled_on: date
    left_on: date | None
    leaving_reason: str
    agreed_by: UUID | None
    member: UUID | None
    state: PartnerState
    trend: PartnerTrend
    periods: list[ScoredPeriod]
    unscored: list[UnscoredPeriod]
    network: Network
    positions: list[int]
    downstream: list[DownstreamCustomer] = msgspec.field(default_factory=list)

    @property
    def newest(self) -> ScoredPeriod | None:
        """The newest scored period."""
        return self.periods[0] if self.periods else None


class ProgrammeLine(msgspec.Struct):
    """A programme; what is counted are partners whose accounts the asker may see. `rewards_due` counts rewards that
    are earned and not granted."""

    programme: UUID
    external_id: str
    title: str
    unit: ScoringUnit
    edition: int
    threshold: Decimal
    partners: int
    below: int
    unscored: int
    left: int
    rewards_due: int
    positions: list[int]


class EditionLine(msgspec.Struct):
    """An edition of the terms, whole."""

    edition: int
    holds_from: date
    reason: str
    threshold: Decimal
    obligations: tuple[Obligation, ...]
    rewards: tuple[Reward, ...]
    position: int


class ProgrammesAnswer(Listing, kw_only=True):
    """The partner programmes by title."""

    listed: ClassVar[str] = "programmes"
    programmes: list[ProgrammeLine]


class ProgrammeAnswer(Listing, kw_only=True):
    """A programme with its terms, the newest edition first, and its partners that the asker may see: those below the
    threshold first. `missing_rates` counts amounts by currency that have no rate and are in no sum."""

    listed: ClassVar[str] = "partners"
    programme: ProgrammeLine
    editions: list[EditionLine]
    partners: list[PartnerStanding]
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


class PartnerAnswer(Answer, kw_only=True):
    """One partner of a programme over time, with the editions of the terms and its downstream customers, those with
    the largest amounts first."""

    programme: ProgrammeLine
    editions: list[EditionLine]
    partner: PartnerStanding
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
