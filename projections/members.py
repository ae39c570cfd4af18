"""Our people as rows: who they are, where they work."""

from __future__ import annotations

from domain.member import Member
from domain.sealed import Sealed
from projections.engine import Envelope, ReadModel, Row, on


class MemberRow(Row):
    """A member; the name stays sealed. `territory` is the first of `territories`, or empty."""

    name: Sealed | None = None
    external_id: str = ""
    territory: str = ""
    territories: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    has_left: bool = False


class MemberModel(ReadModel):
    """One row per member."""

    name = "member"
    version = 1
    row = MemberRow

    @on(Member.Invited)
    def invited(self, row: MemberRow | None, event: Member.Invited, envelope: Envelope) -> MemberRow:
        """A new colleague."""
        row = row or MemberRow()
        row.name, row.external_id, row.has_left = event.name, event.external_id, False
        return row

    @on(Member.TerritoryAssigned)
    def territory_assigned(
        self, row: MemberRow | None, event: Member.TerritoryAssigned, envelope: Envelope
    ) -> MemberRow | None:
        """Works there from now on, besides where they work already."""
        return _in(row, (*row.territories, event.territory)) if row else None

    @on(Member.TerritoryLeft)
    def territory_left(
        self, row: MemberRow | None, event: Member.TerritoryLeft, envelope: Envelope
    ) -> MemberRow | None:
        """Works there no more."""
        return _in(row, tuple(each for each in row.territories if each != event.territory)) if row else None

    @on(Member.RoleGranted)
    def role_granted(self, row: MemberRow | None, event: Member.RoleGranted, envelope: Envelope) -> MemberRow | None:
        """May do more."""
        if row:
            row.roles = tuple(sorted({*row.roles, str(event.role)}))
        return row

    @on(Member.RoleRevoked)
    def role_revoked(self, row: MemberRow | None, event: Member.RoleRevoked, envelope: Envelope) -> MemberRow | None:
        """May do less."""
        if row:
            row.roles = tuple(each for each in row.roles if each != event.role)
        return row

    @on(Member.Left)
    def left(self, row: MemberRow | None, event: Member.Left, envelope: Envelope) -> MemberRow | None:
        """Has left the company."""
        if row:
            row.has_left = True
        return row


def _in(row: MemberRow, territories: tuple[str, ...]) -> MemberRow:
    row.territories = territories
    row.territory = territories[0] if territories else ""
    return row


MEMBERS = MemberModel()
