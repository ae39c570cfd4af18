"""Our people as rows."""

from typing import Any

from domain.member import Member, Role
from projections.members import MEMBERS, MemberRow
from tests.domain.given import day, sealed, some_id
from tests.projections.rows import rows_after

MEI = some_id("mei")
INVITED = Member.Invited(name=sealed("Mei"), external_id="M-1")


def row_of(*events: Any) -> MemberRow:
    (row,) = rows_after(MEMBERS, *((MEI, event) for event in (INVITED, *events)))
    assert isinstance(row, MemberRow)
    return row


def works_in(*territories: str) -> list[Member.TerritoryAssigned]:
    return [Member.TerritoryAssigned(territory=territory) for territory in territories]


def test_a_colleague_comes_in_and_the_name_stays_sealed() -> None:
    assert row_of() == MemberRow(name=sealed("Mei"), external_id="M-1")


def test_the_first_of_several_territories_is_the_one_that_counts() -> None:
    row = row_of(*works_in("north", "south"))
    assert (row.territory, row.territories) == ("north", ("north", "south"))


def test_a_territory_stated_again_becomes_the_last_as_it_does_for_the_member() -> None:
    row = row_of(*works_in("north", "south", "north"))
    assert (row.territory, row.territories) == ("south", ("south", "north"))


def test_a_territory_is_left() -> None:
    row = row_of(*works_in("north", "south"), Member.TerritoryLeft(territory="north"))
    assert (row.territory, row.territories) == ("south", ("south",))
    row = row_of(*works_in("north"), Member.TerritoryLeft(territory="north"))
    assert (row.territory, row.territories) == ("", ())


def test_roles_are_granted_and_revoked() -> None:
    granted = [Member.RoleGranted(role=role) for role in (Role.MANAGER, Role.ADMIN, Role.MANAGER)]
    assert row_of(*granted).roles == ("admin", "manager")
    assert row_of(*granted, Member.RoleRevoked(role=Role.ADMIN)).roles == ("manager",)


def test_who_left_is_still_there_and_has_left() -> None:
    row = row_of(*works_in("north"), Member.Left())
    assert (row.has_left, row.territory) == (True, "north")


def test_what_is_told_of_somebody_who_was_not_invited_leaves_no_row() -> None:
    told = [*works_in("north"), Member.TerritoryLeft(territory="x"), Member.RoleGranted(role=Role.ADMIN)]
    told += [Member.RoleRevoked(role=Role.ADMIN), Member.Left()]  # type: ignore[list-item]
    assert rows_after(MEMBERS, *((MEI, event) for event in told)) == []


def test_a_member_is_locked_out_until_let_in() -> None:
    locked = Member.LockedOut(reason=sealed("stolen"), until=day(9))
    row = row_of(locked)
    assert (row.locked_out, row.locked_until) == (True, day(9))
    row = row_of(locked, Member.LetIn())
    assert (row.locked_out, row.locked_until) == (False, None)


def test_of_a_member_who_never_came_nothing_is_kept() -> None:
    assert rows_after(MEMBERS, (MEI, Member.LockedOut(reason=sealed("stolen"))), (MEI, Member.LetIn())) == []


def test_whether_the_digest_is_wanted_is_what_was_said_last() -> None:
    assert row_of().wants_digest is None
    assert row_of(Member.DigestChosen(wanted=True), Member.DigestChosen(wanted=False)).wants_digest is False
