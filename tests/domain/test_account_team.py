"""The team around a customer, what it has to do, and how an account is handed over."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from domain.account.account import Account
from domain.account.action_items import (
    ActionItem,
    ActionItemNotOpen,
    ActionItemOpen,
    ActionItems,
    DropReasonBlank,
    OwnerMissing,
)
from domain.account.handover import (
    BriefingPoint,
    BriefingPointBlank,
    HandoverReasonBlank,
    NobodyHandsOver,
    NotManagerThen,
)
from domain.account.stakeholders import StakeholderHasLeft, Stakeholders, StakeholderUnknown
from domain.account.team import NotOfTeam, Place, Team, TeamFunction
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    recorded,
    sealed,
    some_id,
    without,
)
from tests.domain.test_account_merging import PLANNED, REGISTERED, VISIT, WANG

MEI, ZOE, PAUL, ITEM, DEAL = (some_id(name) for name in ("mei", "zoe", "paul", "item", "deal"))
ADDED = Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王伟"))
JOINED = Team.TeamMemberJoined(member=MEI, function=TeamFunction.TECHNICAL, counterpart=WANG)
OPENED = ActionItems.ActionItemOpened(item_id=ITEM, text=sealed("send drawings"), owner=MEI, due_on=date(2025, 2, 1))
MANAGED = Account.ManagerAssigned(manager=MEI)


# The team


def test_a_member_joins_with_a_function_and_the_person_whom_he_faces() -> None:
    account = given(Account, REGISTERED, ADDED)
    account.team.join(member=MEI, function=TeamFunction.TECHNICAL, counterpart=WANG)
    assert recorded(account) == [JOINED]
    assert account.team.places == {MEI: Place(TeamFunction.TECHNICAL, WANG)}
    assert contents(after_snapshot(account)) == contents(account)


def test_the_same_place_again_records_nothing_and_another_replaces_it() -> None:
    account = given(Account, REGISTERED, ADDED, JOINED)
    account.team.join(member=MEI, function=TeamFunction.TECHNICAL, counterpart=WANG)
    assert recorded(account) == []
    account.team.join(member=MEI, function=TeamFunction.EXECUTIVE_SPONSOR)
    assert recorded(account) == [Team.TeamMemberJoined(member=MEI, function=TeamFunction.EXECUTIVE_SPONSOR)]


def test_a_counterpart_is_a_stakeholder_who_is_there() -> None:
    with pytest.raises(StakeholderUnknown):
        given(Account, REGISTERED).team.join(member=MEI, function=TeamFunction.SALES, counterpart=WANG)
    gone = given(Account, REGISTERED, ADDED, Stakeholders.StakeholderLeft(stakeholder_id=WANG))
    with pytest.raises(StakeholderHasLeft):
        gone.team.join(member=MEI, function=TeamFunction.SALES, counterpart=WANG)


def test_a_member_leaves_the_team_once() -> None:
    account = given(Account, REGISTERED, ADDED, JOINED)
    account.team.leave(member=MEI, reason="another task")
    assert recorded(account) == [Team.TeamMemberLeft(member=MEI, reason="another task")]
    with pytest.raises(NotOfTeam, match="none"):
        account.team.leave(member=MEI)


def test_who_is_not_of_the_team_does_not_leave_it_and_the_refusal_lists_who_is() -> None:
    with pytest.raises(NotOfTeam, match=str(MEI)):
        given(Account, REGISTERED, ADDED, JOINED).team.leave(member=ZOE)


# Action items


def test_an_action_item_has_an_owner_a_day_and_what_it_came_from() -> None:
    account = given(Account, REGISTERED, ADDED)
    account.action_items.add(
        item_id=ITEM,
        text=sealed("send drawings"),
        owner=MEI,
        due_on=date(2025, 2, 1),
        visit=VISIT,
        opportunity=DEAL,
        stakeholders=(WANG,),
    )
    opened = msgspec.structs.replace(OPENED, visit=VISIT, opportunity=DEAL, stakeholders=(WANG,))
    assert recorded(account) == [opened]
    assert account.action_items.open == {
        ITEM: ActionItem(sealed("send drawings"), MEI, "", date(2025, 2, 1), VISIT, DEAL, (WANG,))
    }
    assert opened.claims(ROOT) == [Claim("action-item", str(ROOT), str(ITEM))]
    assert contents(after_snapshot(account)) == contents(account)


def test_an_action_item_is_opened_once_and_the_same_again_records_nothing() -> None:
    account = given(Account, REGISTERED, OPENED)
    account.action_items.add(item_id=ITEM, text=sealed("send drawings"), owner=MEI, due_on=date(2025, 2, 1))
    assert recorded(account) == []
    with pytest.raises(ActionItemOpen):
        account.action_items.add(item_id=ITEM, text=sealed("send drawings"), owner=ZOE)


@pytest.mark.parametrize("owner", [{}, {"owner": MEI, "department": "logistics"}, {"department": " "}])
def test_an_action_item_has_exactly_one_owner(owner: dict[str, Any]) -> None:
    with pytest.raises(OwnerMissing):
        given(Account, REGISTERED).action_items.add(item_id=ITEM, text=sealed("send drawings"), **owner)


def test_an_action_item_may_lie_with_an_inside_department_and_concerns_people_who_are_there() -> None:
    account = given(Account, REGISTERED)
    account.action_items.add(item_id=ITEM, text=sealed("send drawings"), department=" logistics ")
    assert account.action_items.open[ITEM].department == "logistics"
    with pytest.raises(StakeholderUnknown):
        account.action_items.add(item_id=DEAL, text=sealed("call"), department="logistics", stakeholders=(WANG,))


def test_an_action_item_is_done_or_dropped_with_a_reason_and_then_open_no_more() -> None:
    account = given(Account, REGISTERED, OPENED)
    account.action_items.done(item_id=ITEM)
    (done,) = recorded(account)
    assert done == ActionItems.ActionItemDone(item_id=ITEM)
    account = given(Account, REGISTERED, OPENED)
    with pytest.raises(DropReasonBlank):
        account.action_items.drop(item_id=ITEM, reason=" ")
    account.action_items.drop(item_id=ITEM, reason="they have them")
    (dropped,) = recorded(account)
    assert dropped == ActionItems.ActionItemDropped(item_id=ITEM, reason="they have them")
    assert done.claims(ROOT) == dropped.claims(ROOT) == [Claim("action-item-end", str(ROOT), str(ITEM))]
    with pytest.raises(ActionItemNotOpen, match="none"):
        account.action_items.done(item_id=ITEM)
    with pytest.raises(ActionItemNotOpen, match=str(ITEM)):
        given(Account, REGISTERED, OPENED).action_items.drop(item_id=DEAL, reason="they have them")


# Handing over


def test_a_handover_lists_what_is_open_and_the_new_manager_inherits_what_was_the_old_ones() -> None:
    foreign = msgspec.structs.replace(OPENED, item_id=DEAL, owner=PAUL)
    planned = msgspec.structs.replace(PLANNED, people=(PAUL, MEI))
    account = given(Account, REGISTERED, MANAGED, planned, OPENED, foreign)
    briefing = (BriefingPoint("contracts", done=True), BriefingPoint("open offers"))
    account.hand_over(to=ZOE, reason="parental leave", effective_on=date(2025, 3, 1), briefing=briefing)
    assert recorded(account) == [
        Account.AccountHandedOver(
            from_=MEI,
            to=ZOE,
            reason="parental leave",
            effective_on=date(2025, 3, 1),
            briefing=briefing,
            visits=(VISIT,),
            action_items=(ITEM, DEAL),
        )
    ]
    assert account.manager == ZOE
    assert account.visits.planned[VISIT].people == (PAUL, ZOE)
    assert {key: item.owner for key, item in account.action_items.open.items()} == {ITEM: ZOE, DEAL: PAUL}


def test_a_new_manager_who_goes_there_already_goes_there_once() -> None:
    planned = msgspec.structs.replace(PLANNED, people=(MEI, ZOE))
    account = given(Account, REGISTERED, MANAGED, planned)
    account.hand_over(to=ZOE, reason="parental leave", open_issues=(DEAL,))
    (handed,) = recorded(account)
    assert isinstance(handed, Account.AccountHandedOver)
    assert handed.issues == (DEAL,)
    assert account.visits.planned[VISIT].people == (ZOE,)


def test_what_is_over_by_then_is_not_inherited() -> None:
    handed = Account.AccountHandedOver(from_=MEI, to=ZOE, reason="leaves", visits=(VISIT,), action_items=(ITEM,))
    account = given(Account, REGISTERED, MANAGED, handed)
    assert (account.visits.planned, account.action_items.open) == ({}, {})


def test_a_handover_to_the_manager_records_nothing() -> None:
    account = given(Account, REGISTERED, MANAGED)
    account.hand_over(to=MEI, reason="nothing")
    assert recorded(account) == []


def test_a_handover_needs_a_manager_a_reason_and_a_briefing_that_says_something() -> None:
    with pytest.raises(NobodyHandsOver):
        given(Account, REGISTERED).hand_over(to=ZOE, reason="leaves")
    account = given(Account, REGISTERED, MANAGED)
    with pytest.raises(HandoverReasonBlank):
        account.hand_over(to=ZOE, reason="")
    with pytest.raises(BriefingPointBlank):
        account.hand_over(to=ZOE, reason="leaves", briefing=(BriefingPoint(" "),))


def test_a_late_assignment_before_a_handover_by_somebody_else_is_refused() -> None:
    handed = Account.AccountHandedOver(from_=MEI, to=ZOE, reason="leaves")
    facts = history(REGISTERED, MANAGED, handed)
    with pytest.raises(LaterFactForbids, match=str(PAUL)) as refusal:
        late(Account, facts, day(2, 12), lambda account: account.assign_manager(manager=PAUL))
    assert isinstance(refusal.value.__cause__, NotManagerThen)


# Late


def test_who_left_the_team_later_does_not_leave_it_before_and_joins_late_on_the_state_of_the_day() -> None:
    left = Team.TeamMemberLeft(member=MEI)
    facts = history(REGISTERED, ADDED, JOINED, left)
    with pytest.raises(LaterFactForbids, match="TeamMemberLeft at position 4"):
        late(Account, facts, day(3, 12), lambda account: account.team.leave(member=MEI))
    stated = {"member": MEI, "function": TeamFunction.TECHNICAL, "counterpart": WANG}
    assert late(Account, facts, day(3, 12), lambda account: account.team.join(**stated)) == []
    assert late(Account, facts, day(4, 12), lambda account: account.team.join(**stated)) == [JOINED]
    with pytest.raises(LaterFactForbids, match="TeamMemberLeft"):
        without(Account, facts, 3)
    assert without(Account, facts, 4).team.places == {MEI: Place(TeamFunction.TECHNICAL, WANG)}


def test_a_person_who_is_faced_later_has_not_left_before() -> None:
    facts = history(REGISTERED, ADDED, JOINED)
    with pytest.raises(LaterFactForbids, match="TeamMemberJoined"):
        late(Account, facts, day(2, 12), lambda account: account.stakeholders.leave(stakeholder_id=WANG))


def test_an_action_item_that_ended_later_does_not_end_before_and_is_not_withdrawn_alone() -> None:
    facts = history(REGISTERED, OPENED, ActionItems.ActionItemDone(item_id=ITEM))
    with pytest.raises(LaterFactForbids, match="ActionItemDone"):
        late(Account, facts, day(2, 12), lambda account: account.action_items.drop(item_id=ITEM, reason="they have"))
    with pytest.raises(LaterFactForbids, match="ActionItemDone"):
        without(Account, facts, 2)
    assert list(without(Account, facts, 3).action_items.open) == [ITEM]
