"""The teams of ours around customers as rows."""

from __future__ import annotations

from uuid import UUID

from domain.account.team import Team, TeamFunction
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class TeamMemberRow(Row):
    """The place of a member in the team of an account; gone where he left it."""

    account: UUID | None = None
    member: UUID | None = None
    function: TeamFunction | None = None
    counterpart: UUID | None = None


def _place(envelope: Envelope, event: Team.TeamMemberJoined | Team.TeamMemberLeft) -> UUID:
    return child_key(envelope, event.member.bytes)


class TeamMemberModel(ReadModel):
    """One row per member and account."""

    name = "team_member"
    version = 1
    row = TeamMemberRow
    indexes = (("account",), ("member",))

    @on(Team.TeamMemberJoined, key=_place)
    def joined(self, row: TeamMemberRow | None, event: Team.TeamMemberJoined, envelope: Envelope) -> TeamMemberRow:
        """He works there, in this function."""
        return TeamMemberRow(envelope.aggregate_id, event.member, event.function, event.counterpart)

    @on(Team.TeamMemberLeft, key=_place)
    def left(self, row: TeamMemberRow | None, event: Team.TeamMemberLeft, envelope: Envelope) -> None:
        """He does not any more."""


TEAM_MEMBERS = TeamMemberModel()
