"""Buyers (决策人分析): who decides on this opportunity, in which role, and where they stand."""

from __future__ import annotations

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Event, command
from domain.errors import Refused
from domain.opportunity.outcome import OpportunityPart
from domain.sealed import FreeText, Sealed


class BuyerRole(enum.StrEnum):
    """The part that a person plays in the purchase (采购角色)."""

    APPROVER = "approver"
    DECISION_MAKER = "decision_maker"
    EVALUATOR = "evaluator"
    USER = "user"


class Support(enum.StrEnum):
    """Where a person stands towards us on this opportunity (项目支持度)."""

    MENTOR = "mentor"
    SUPPORTER = "supporter"
    NEUTRAL = "neutral"
    NON_SUPPORTER = "non_supporter"
    ENEMY = "enemy"


class Buyer(msgspec.Struct, frozen=True):
    """How a person stands on this opportunity."""

    role: BuyerRole
    support: Support
    key_player: bool = False
    wants: Sealed | None = None


class NotABuyer(Refused):
    """{stakeholder} is not mapped on this opportunity; mapped are: {known}."""


class Buyers(OpportunityPart, eq=False):
    """The people mapped, by stakeholder."""

    mapped: dict[UUID, Buyer] = msgspec.field(default_factory=dict)

    class BuyerMapped(Event):
        """A stakeholder plays a role on this opportunity and stands somewhere."""

        stakeholder: UUID
        role: BuyerRole
        support: Support
        key_player: bool = False
        wants: Sealed | None = None

        def check(self, buyers: Buyers) -> None:
            buyers.root.must_be_open()

        def apply(self, buyers: Buyers) -> None:
            buyers.mapped[self.stakeholder] = Buyer(self.role, self.support, self.key_player, self.wants)

    class BuyerUnmapped(Event):
        """A stakeholder has no part in this opportunity any more."""

        stakeholder: UUID
        reason: str = ""

        def check(self, buyers: Buyers) -> None:
            buyers.root.must_be_open()
            if self.stakeholder not in buyers.mapped:
                raise NotABuyer(stakeholder=self.stakeholder, known=[str(each) for each in buyers.mapped])

        def apply(self, buyers: Buyers) -> None:
            buyers.mapped.pop(self.stakeholder, None)

    @command
    def map(
        self,
        *,
        stakeholder: UUID,
        role: BuyerRole,
        support: Support,
        key_player: bool = False,
        wants: Annotated[Sealed | None, FreeText(("stakeholder",))] = None,
        account: Account,
    ) -> None:
        """Say how a stakeholder of the account stands on this opportunity; stating it anew replaces it."""
        self.root.must_be_open()
        account.stakeholders.must_be_present(stakeholder)
        if self.mapped.get(stakeholder) == Buyer(role, support, key_player, wants):
            return
        self.record(
            self.BuyerMapped(stakeholder=stakeholder, role=role, support=support, key_player=key_player, wants=wants)
        )

    @command
    def unmap(self, *, stakeholder: UUID, reason: str = "") -> None:
        """Say that a stakeholder has no part in this opportunity any more."""
        self.record(self.BuyerUnmapped(stakeholder=stakeholder, reason=reason))
