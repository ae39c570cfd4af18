"""Joint activities: proposed, started, concluded or given up, with what each side puts in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.account.account import Account
from domain.account.joint_activities import (
    ActivityEndsBeforeItStarts,
    AttendanceNegative,
    Contributor,
    Input,
    InputKind,
    InputWithoutMeasure,
    JointActivities,
    JointActivityKind,
    JointActivityNotOpen,
    JointActivityOpenAlready,
    NeverStarted,
    NotDays,
    TitleBlank,
)
from domain.account.stakeholders import StakeholderUnknown
from domain.account.visits import ObjectiveMet
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.money import CurrenciesDiffer, Money
from domain.opportunity.amounts import AmountNegative
from tests.domain.dealings import (
    ACTIVITY,
    ANNA,
    DEAL,
    OTHER,
    OURS,
    REGISTERED,
    STARTED,
    THEIRS,
    WANG,
    account,
    conclusion,
    proposal,
)
from tests.domain.given import ROOT, after_snapshot, day, eur, history, late, on, recorded, sealed, without

SAID: dict[str, Any] = {
    "activity_id": ACTIVITY,
    "kind": JointActivityKind.JOINT_PROMOTION,
    "title": "Coil week",
    "aim": sealed("30 new mills"),
}


def putting_in(**what: Any) -> tuple[Input, ...]:
    return (Input(**{"by": Contributor.US, "kind": InputKind.MONEY} | what),)


def test_an_activity_is_proposed_with_what_each_side_is_to_put_in():
    huarui = account()
    loose = Input(by=Contributor.US, kind=InputKind.MONEY, amount=Money(Decimal("5000.001"), "EUR"))
    huarui.joint_activities.propose(
        **SAID | {"title": " Coil week "},
        proposed_by=Contributor.CUSTOMER,
        partners=(OTHER,),
        other_partners=("Mill Fair Ltd",),
        stakeholders=(WANG,),
        people=(ANNA,),
        inputs=(loose, THEIRS),
        start_on=date(2025, 3, 1),
        end_on=date(2025, 3, 1),
    )
    assert recorded(huarui) == [
        proposal(
            proposed_by=Contributor.CUSTOMER,
            partners=(OTHER,),
            other_partners=("Mill Fair Ltd",),
            stakeholders=(WANG,),
            people=(ANNA,),
            inputs=(OURS, THEIRS),
            start_on=date(2025, 3, 1),
            end_on=date(2025, 3, 1),
        )
    ]
    assert huarui.joint_activities.open == {ACTIVITY: False}


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"title": " "}, TitleBlank),
        ({"start_on": date(2025, 3, 2), "end_on": date(2025, 3, 1)}, ActivityEndsBeforeItStarts),
        ({"stakeholders": (DEAL,)}, StakeholderUnknown),
        ({"inputs": putting_in()}, InputWithoutMeasure),
        ({"inputs": putting_in(kind=InputKind.TIME, amount=eur(5))}, InputWithoutMeasure),
        ({"inputs": putting_in(kind=InputKind.IDEAS, amount=eur(5))}, InputWithoutMeasure),
        ({"inputs": putting_in(kind=InputKind.TIME, days=Decimal(0))}, NotDays),
        ({"inputs": putting_in(kind=InputKind.TIME, days=Decimal("NaN"))}, NotDays),
        ({"inputs": putting_in(amount=eur(-5))}, AmountNegative),
        ({"inputs": (*putting_in(amount=eur(5)), *putting_in(amount=Money.of(5, "CNY")))}, CurrenciesDiffer),
    ],
)
def test_an_activity_without_title_order_people_or_measured_inputs_is_refused(wrong, refusal):
    huarui = account()
    with pytest.raises(refusal):
        huarui.joint_activities.propose(**SAID | wrong)
    assert recorded(huarui) == []


def test_a_refusal_says_what_the_input_lacks():
    with pytest.raises(InputWithoutMeasure, match="What customer puts in as time has no days"):
        account().joint_activities.propose(**SAID, inputs=putting_in(by=Contributor.CUSTOMER, kind=InputKind.TIME))


def test_time_ideas_and_space_need_no_amount():
    ideas = Input(by=Contributor.PARTNER, kind=InputKind.IDEAS, what="slogan")
    time = Input(by=Contributor.US, kind=InputKind.TIME, days=Decimal("1.5"))
    huarui = account()
    huarui.joint_activities.propose(**SAID, inputs=(ideas, OURS, time))
    assert recorded(huarui) == [proposal(inputs=(ideas, OURS, time))]


def test_an_open_activity_is_not_proposed_again():
    with pytest.raises(JointActivityOpenAlready, match=str(ACTIVITY)):
        account(proposal(), STARTED).joint_activities.propose(**SAID)


def test_a_proposed_activity_starts_once_with_what_is_put_in_now():
    huarui = account(proposal(), proposal(activity_id=OTHER))
    huarui.joint_activities.start(activity_id=ACTIVITY, inputs=(OURS,))
    huarui.joint_activities.start(activity_id=ACTIVITY)
    assert recorded(huarui) == [JointActivities.JointActivityStarted(activity_id=ACTIVITY, inputs=(OURS,))]
    assert huarui.joint_activities.open == {ACTIVITY: True, OTHER: False}
    with pytest.raises(JointActivityNotOpen, match=f"proposed and not started. There are: {OTHER}"):
        huarui.joint_activities.start(activity_id=ACTIVITY, inputs=(THEIRS,))
    with pytest.raises(InputWithoutMeasure):
        huarui.joint_activities.start(activity_id=OTHER, inputs=putting_in())


def test_an_activity_under_way_is_concluded_with_its_result():
    huarui = account(proposal(inputs=(OURS,)), STARTED)
    came_of_it = {"aim_met": ObjectiveMet.PARTLY, "attendance": 0, "inputs": (OURS, THEIRS)}
    huarui.joint_activities.conclude(activity_id=ACTIVITY, result=sealed("21 mills"), **came_of_it)
    assert recorded(huarui) == [conclusion(**came_of_it)]
    assert huarui.joint_activities.open == {}


def test_an_activity_that_never_started_is_given_up():
    huarui = account(proposal())
    huarui.joint_activities.conclude(activity_id=ACTIVITY, result=sealed("21 mills"))
    assert recorded(huarui) == [conclusion()]


@pytest.mark.parametrize("took_place", [{"inputs": (OURS,)}, {"attendance": 0}, {"aim_met": ObjectiveMet.NO}])
def test_an_activity_that_never_started_had_no_inputs_attendance_or_success(took_place):
    with pytest.raises(NeverStarted, match=str(ACTIVITY)):
        account(proposal()).joint_activities.conclude(activity_id=ACTIVITY, result=sealed("none"), **took_place)


def test_a_conclusion_counts_people_and_measures_inputs():
    under_way = account(proposal(), STARTED)
    with pytest.raises(AttendanceNegative, match="-1 people"):
        under_way.joint_activities.conclude(activity_id=ACTIVITY, result=sealed("none"), attendance=-1)
    with pytest.raises(InputWithoutMeasure):
        under_way.joint_activities.conclude(activity_id=ACTIVITY, result=sealed("none"), inputs=putting_in())


def test_an_activity_is_concluded_once_and_the_refusal_names_the_open_ones():
    huarui = account(proposal(), proposal(activity_id=OTHER), STARTED, conclusion())
    with pytest.raises(JointActivityNotOpen, match=f"proposed or under way. There are: {OTHER}"):
        huarui.joint_activities.conclude(activity_id=ACTIVITY, result=sealed("again"))


def test_an_activity_is_proposed_once():
    assert proposal().claims(ROOT) == [Claim("joint-activity", str(ROOT), str(ACTIVITY))]


def test_what_is_recorded_late_is_refused_where_a_later_fact_needs_what_was():
    facts = history(REGISTERED, on(day(2), proposal()), on(day(9), STARTED), on(day(12), conclusion(attendance=3)))
    with pytest.raises(LaterFactForbids, match="JointActivityStarted"):
        late(Account, facts, day(5), lambda a: a.joint_activities.start(activity_id=ACTIVITY))
    with pytest.raises(LaterFactForbids, match="never started"):
        without(Account, facts, 3)
    assert without(Account, facts, 4).joint_activities.open == {ACTIVITY: True}


def test_activities_come_back_from_a_snapshot():
    again = after_snapshot(account(proposal(inputs=(OURS, THEIRS)), STARTED))
    again.at(day(12)).joint_activities.conclude(activity_id=ACTIVITY, result=sealed("21 mills"), attendance=7)
    assert recorded(again) == [conclusion(attendance=7)]
