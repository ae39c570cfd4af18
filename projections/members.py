"""Our people as rows: who they are, where they work."""

from __future__ import annotations

from datetime import datetime

import psycopg

from domain.member import Member, Role
from domain.sealed import Sealed
from projections.engine import Envelope, ReadModel, Row, on


class MemberRow(Row):
    """A member; the name stays sealed. `territory` is the first of `territories`, or empty.
    `locked_out` since the newest lock-out; where it has an end, `locked_until`, only until then."""

    name: Sealed | None = None
    external_id: str = ""
    territory: str = ""
    territories: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    has_left: bool = False
    locked_out: bool = False
    locked_until: datetime | None = None
    wants_digest: bool | None = None

    def is_locked(self, moment: datetime) -> bool:
        """Whether the member is locked out at a moment."""
        return self.locked_out and (self.locked_until is None or self.locked_until > moment)


class MemberModel(ReadModel):
    """One row per member."""

    name = "member"
    version = 2
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
        """Works there from now on, besides where they work already; stated again, it becomes the last."""
        return _in(row, (*_without(row, event.territory), event.territory)) if row else None

    @on(Member.TerritoryLeft)
    def territory_left(
        self, row: MemberRow | None, event: Member.TerritoryLeft, envelope: Envelope
    ) -> MemberRow | None:
        """Works there no more."""
        return _in(row, _without(row, event.territory)) if row else None

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

    @on(Member.LockedOut)
    def locked_out(self, row: MemberRow | None, event: Member.LockedOut, envelope: Envelope) -> MemberRow | None:
        """May do nothing, until a moment or until let in."""
        if row:
            row.locked_out, row.locked_until = True, event.until
        return row

    @on(Member.LetIn)
    def let_in(self, row: MemberRow | None, event: Member.LetIn, envelope: Envelope) -> MemberRow | None:
        """May do again what the roles allow."""
        if row:
            row.locked_out, row.locked_until = False, None
        return row

    @on(Member.DigestChosen)
    def digest_chosen(self, row: MemberRow | None, event: Member.DigestChosen, envelope: Envelope) -> MemberRow | None:
        """Wants the weekly digest, or wants none."""
        if row:
            row.wants_digest = event.wanted
        return row

    @on(Member.Left)
    def left(self, row: MemberRow | None, event: Member.Left, envelope: Envelope) -> MemberRow | None:
        """Has left the company."""
        if row:
            row.has_left = True
        return row


def _without(row: MemberRow, territory: str) -> tuple[str, ...]:
    return tuple(each for each in row.territories if each != territory)


def _in(row: MemberRow, territories: tuple[str, ...]) -> MemberRow:
    row.territories = territories
    row.territory = territories[0] if territories else ""
    return row


MEMBERS = MemberModel()


def admin_exists(connection: psycopg.Connection) -> bool:
    """Whether a member of now has the role admin."""
    sql = f"select exists (select from {MEMBERS.table} where kind = 1 and not has_left and %s = any(roles))"
    (found,) = connection.execute(sql.encode(), (str(Role.ADMIN),)).fetchone() or (False,)
    return bool(found)
