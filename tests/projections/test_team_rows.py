"""Teams, action items and what a handover does to rows."""

from __future__ import annotations

from datetime import date

import msgspec

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.team import Team, TeamFunction
from projections.accounts import ACCOUNTS, AccountRow
from projections.action_items import ACTION_ITEMS, ActionItemRow, ItemStatus
from projections.team import TEAM_MEMBERS, TeamMemberRow
from projections.visits import VISITS, VisitRow, VisitStatus
from tests.domain.given import day, sealed, some_id
from tests.projections.rows import rows_after
from tests.projections.test_visits import ACME, MEI, PLANNED, VISIT, WANG, logged

ZOE, PAUL, ITEM, OTHER = (some_id(name) for name in ("zoe", "paul", "item", "other"))
OPENED = ActionItems.ActionItemOpened(item_id=ITEM, text=sealed("send drawings"), owner=MEI, due_on=date(2025, 2, 1))
HANDED = Account.AccountHandedOver(from_=MEI, to=ZOE, reason="leaves", visits=(VISIT,), action_items=(ITEM, OTHER))


def test_a_member_has_a_place_in_the_team_until_he_leaves_it() -> None:
    joined = Team.TeamMemberJoined(member=MEI, function=TeamFunction.FINANCE, counterpart=WANG)
    assert rows_after(TEAM_MEMBERS, (ACME, joined)) == [TeamMemberRow(ACME, MEI, TeamFunction.FINANCE, WANG)]
    assert rows_after(TEAM_MEMBERS, (ACME, joined), (ACME, Team.TeamMemberLeft(member=MEI))) == []


def test_an_action_item_is_open_until_it_is_done_or_dropped() -> None:
    (row,) = rows_after(ACTION_ITEMS, (ACME, OPENED))
    expected = ActionItemRow(
        account=ACME, item=ITEM, owner=MEI, due_on=date(2025, 2, 1), opened=day(1), text=sealed("send drawings")
    )
    assert row == expected
    for event, status in (
        (ActionItems.ActionItemDone(item_id=ITEM), ItemStatus.DONE),
        (ActionItems.ActionItemDropped(item_id=ITEM, reason="they have them"), ItemStatus.DROPPED),
    ):
        (row,) = rows_after(ACTION_ITEMS, (ACME, OPENED), (ACME, event))
        assert row == msgspec.structs.replace(expected, status=status, ended=day(2))
    assert rows_after(ACTION_ITEMS, (ACME, ActionItems.ActionItemDone(item_id=ITEM))) == []


def test_a_handover_gives_the_new_manager_what_was_open_and_the_old_ones() -> None:
    pauls = msgspec.structs.replace(OPENED, item_id=OTHER, owner=PAUL)
    rows = rows_after(ACTION_ITEMS, (ACME, OPENED), (ACME, pauls), (ACME, HANDED))
    assert [row.owner for row in rows if isinstance(row, ActionItemRow)] == [ZOE, PAUL]
    (visit,) = rows_after(VISITS, (ACME, PLANNED), (ACME, HANDED))
    assert isinstance(visit, VisitRow)
    assert visit.people == (ZOE,)
    (account,) = rows_after(ACCOUNTS, (ACME, Account.Registered(name="Acme")), (ACME, HANDED))
    assert isinstance(account, AccountRow)
    assert account.manager == ZOE


def test_what_is_over_stays_with_whom_it_was() -> None:
    (visit,) = rows_after(VISITS, (ACME, PLANNED), (ACME, logged()), (ACME, HANDED))
    assert isinstance(visit, VisitRow)
    assert (visit.status, visit.people) == (VisitStatus.LOGGED, (MEI,))
    done = ActionItems.ActionItemDone(item_id=ITEM)
    (item,) = rows_after(ACTION_ITEMS, (ACME, OPENED), (ACME, done), (ACME, HANDED))
    assert isinstance(item, ActionItemRow)
    assert item.owner == MEI
    assert rows_after(ACCOUNTS, (ACME, HANDED)) == []
