"""The team of ours around a customer (客户团队): who does what there, and facing whom."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Event, Part, command
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.account.account import Account


class TeamFunction(enum.StrEnum):
    """What a member of the team does for the customer (销售, 技术, 财务, 物流, 高层支持)."""

    SALES = "sales"
    TECHNICAL = "technical"
    FINANCE = "finance"
    LOGISTICS = "logistics"
    EXECUTIVE_SPONSOR = "executive_sponsor"


class Place(msgspec.Struct, frozen=True):
    """The place of a member in the team: what he does, and the stakeholder whom he faces."""

    function: TeamFunction
    counterpart: UUID | None = None


class NotOfTeam(Refused):
    """The member {member} does not belong to the team of this account. In the team are: {team}."""


class Team(Part, eq=False):
    """Who of ours works for this account, beside its manager."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    places: dict[UUID, Place] = msgspec.field(default_factory=dict)

    class TeamMemberJoined(Event):
        """One of ours works for the customer from now on, or in another function or facing somebody else."""

        member: UUID
        function: TeamFunction
        counterpart: UUID | None = None

        def check(self, part: Team) -> None:
            """The counterpart is there."""
            if self.counterpart is not None:
                part.root.must_have_present([self.counterpart])

        def apply(self, part: Team) -> None:
            """He has this place."""
            part.places[self.member] = Place(self.function, self.counterpart)

    class TeamMemberLeft(Event):
        """One of ours does not work for the customer any more."""

        member: UUID
        reason: str = ""

        def check(self, part: Team) -> None:
            """In the team until now."""
            if self.member not in part.places:
                team = ", ".join(str(member) for member in part.places) or "none"
                raise NotOfTeam(member=self.member, team=team)

        def apply(self, part: Team) -> None:
            """He has no place."""
            part.places.pop(self.member, None)

    @command
    def join(self, *, member: UUID, function: TeamFunction, counterpart: UUID | None = None) -> None:
        """Take a member into the team, with his function and the stakeholder whom he faces; stating it anew
        replaces it."""
        if self.places.get(member) != Place(function, counterpart):
            self.record(self.TeamMemberJoined(member=member, function=function, counterpart=counterpart))

    @command
    def leave(self, *, member: UUID, reason: str = "") -> None:
        """Say that a member does not work for this customer any more."""
        self.record(self.TeamMemberLeft(member=member, reason=reason))
