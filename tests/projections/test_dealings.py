"""Needs, value given, commitments, gifts and joint activities as rows."""

from datetime import date
from decimal import Decimal
from typing import Any

from domain.account.commitments import CommitmentKind, Commitments
from domain.account.dealings import Side
from domain.account.joint_activities import Contributor, Input, InputKind, JointActivities, JointActivityKind
from domain.account.needs import NeedKind, Needs
from domain.account.value import Value, ValueKind
from domain.account.visits import ObjectiveMet
from projections.commitments import COMMITMENTS, CommitmentRow, CommitmentStatus
from projections.gifts import GIFTS, GiftRow
from projections.joint_activities import JOINT_ACTIVITIES, JointActivityRow, JointActivityStatus
from projections.needs import NEEDS, NeedRow, NeedStatus
from projections.value_given import VALUES, ValueRow
from tests.domain.dealings import (
    ACTIVITY,
    ANNA,
    BEN,
    DEAL,
    GIFT,
    NEED,
    OTHER,
    OURS,
    PROMISE,
    STARTED,
    THEIRS,
    VALUE,
    WANG,
    conclusion,
    gift,
    need,
    promise,
    proposal,
    value,
)
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.rows import rows_after

HUARUI = some_id("huarui")
MET, DROPPED = Needs.NeedMet(need_id=NEED), Needs.NeedDropped(need_id=NEED, reason="gone")
CONFIRMED = Value.ValueAcknowledged(value_id=VALUE, stakeholder=WANG, worth=eur(900))
KEPT = Commitments.CommitmentKept(commitment_id=PROMISE)
BROKEN = Commitments.CommitmentBroken(commitment_id=PROMISE, reason="no coils")


def row_of(model: Any, *events: Any) -> Any:
    (row,) = rows_after(model, *((HUARUI, event) for event in events))
    return row


def test_a_need_is_open_as_stated_last_until_it_is_met_or_dropped() -> None:
    restated = need(importance=5, stakeholders=(WANG,), opportunities=(DEAL,), visits=(OTHER,), restated=True)
    assert row_of(NEEDS, need(), restated) == NeedRow(
        account=HUARUI,
        need=NEED,
        need_kind=NeedKind.PROBLEM,
        importance=5,
        recorded=day(1),
        words=sealed("rust"),
        stakeholders=(WANG,),
        visits=(OTHER,),
        opportunities=(DEAL,),
    )
    met, dropped = row_of(NEEDS, need(), MET), row_of(NEEDS, need(), DROPPED)
    assert (met.status, met.recorded, met.ended) == (NeedStatus.MET, day(1), day(2))
    assert (dropped.status, dropped.ended) == (NeedStatus.DROPPED, day(2))
    assert rows_after(NEEDS, (HUARUI, MET), (HUARUI, DROPPED)) == []


def test_value_keeps_what_the_giver_says_beside_what_who_received_it_says() -> None:
    given = value(worth=eur(1200), reckoned=sealed("so"), cost=eur(300), people=(ANNA,), stakeholders=(WANG,))
    said = {
        "account": HUARUI,
        "value": VALUE,
        "value_kind": ValueKind.TRAINING,
        "given": day(1),
        "worth": Decimal("1200.00"),
        "worth_currency": "EUR",
        "cost": Decimal("300.00"),
        "cost_currency": "EUR",
        "what": sealed("two days"),
        "people": (ANNA,),
        "stakeholders": (WANG,),
    }
    assert row_of(VALUES, given) == ValueRow(**said)
    assert row_of(VALUES, given, CONFIRMED) == ValueRow(
        **said,
        acknowledged=day(2),
        acknowledged_worth=Decimal("900.00"),
        acknowledged_currency="EUR",
        confirmed_by=WANG,
    )


def test_value_without_a_worth_from_the_customer_is_confirmed_by_one_of_ours() -> None:
    confirmed = Value.ValueAcknowledged(value_id=VALUE, member=ANNA)
    row = row_of(VALUES, value(given_by=Side.CUSTOMER), confirmed)
    assert (row.given_by, row.worth, row.acknowledged, row.acknowledged_worth) == (Side.CUSTOMER, None, day(2), None)
    assert row.confirmed_by == ANNA
    assert rows_after(VALUES, (HUARUI, confirmed)) == []


def test_a_commitment_is_open_until_it_is_kept_or_broken() -> None:
    made = promise(owner=ANNA, stakeholders=(WANG,), opportunities=(DEAL,))
    assert row_of(COMMITMENTS, made) == CommitmentRow(
        account=HUARUI,
        commitment=PROMISE,
        commitment_kind=CommitmentKind.SUPPLY,
        made_by=Side.US,
        made=day(1),
        due_on=date(2025, 1, 20),
        owner=ANNA,
        what=sealed("coils first"),
        stakeholders=(WANG,),
        opportunities=(DEAL,),
    )
    kept, broken = row_of(COMMITMENTS, made, KEPT), row_of(COMMITMENTS, made, BROKEN)
    assert (kept.status, kept.ended) == (CommitmentStatus.KEPT, day(2))
    assert (broken.status, broken.ended) == (CommitmentStatus.BROKEN, day(2))
    assert rows_after(COMMITMENTS, (HUARUI, KEPT), (HUARUI, BROKEN)) == []


def test_a_gift_names_giver_receiver_and_approver() -> None:
    assert row_of(GIFTS, gift(approved_by=BEN, above_limit=True, limit=eur(30))) == GiftRow(
        account=HUARUI,
        gift=GIFT,
        given=day(1),
        stakeholder=WANG,
        giver=ANNA,
        approved_by=BEN,
        worth=Decimal("40.00"),
        currency="EUR",
        above_limit=True,
        what=sealed("tea"),
    )


def test_an_activity_shows_what_each_side_puts_in() -> None:
    time = Input(by=Contributor.US, kind=InputKind.TIME, days=Decimal("1.5"), amount=eur(600))
    slogan = Input(by=Contributor.PARTNER, kind=InputKind.IDEAS, what="slogan")
    proposed = proposal(inputs=(OURS, THEIRS, time, slogan, time), partners=(OTHER,), people=(ANNA,))
    assert row_of(JOINT_ACTIVITIES, proposed) == JointActivityRow(
        account=HUARUI,
        activity=ACTIVITY,
        activity_kind=JointActivityKind.JOINT_PROMOTION,
        title="Coil week",
        proposed=day(1),
        currency="EUR",
        us_worth=Decimal("6200.00"),
        us_days=Decimal("3.0"),
        us_kinds=("money", "time"),
        customer_worth=Decimal("2000.00"),
        customer_kinds=("space",),
        partner_kinds=("ideas",),
        partners=(OTHER,),
        people=(ANNA,),
    )


def test_inputs_stated_anew_replace_those_of_the_proposal() -> None:
    started = JointActivities.JointActivityStarted(activity_id=ACTIVITY, inputs=(THEIRS,))
    under_way = row_of(JOINT_ACTIVITIES, proposal(inputs=(OURS,)), started)
    assert (under_way.status, under_way.started) == (JointActivityStatus.UNDER_WAY, day(2))
    assert (under_way.us_worth, under_way.us_kinds, under_way.customer_worth) == (0, (), Decimal("2000.00"))
    over = row_of(JOINT_ACTIVITIES, proposal(inputs=(THEIRS,)), STARTED, conclusion(inputs=(OURS,), attendance=7))
    assert (over.us_worth, over.customer_worth, over.attendance) == (Decimal("5000.00"), 0, 7)


def test_an_activity_that_never_started_is_given_up_when_it_is_concluded() -> None:
    over = row_of(JOINT_ACTIVITIES, proposal(), STARTED, conclusion(aim_met=ObjectiveMet.YES))
    assert (over.status, over.concluded, over.aim_met) == (JointActivityStatus.CONCLUDED, day(3), ObjectiveMet.YES)
    given_up = row_of(JOINT_ACTIVITIES, proposal(), conclusion())
    assert (given_up.status, given_up.started, given_up.concluded) == (JointActivityStatus.GIVEN_UP, None, day(2))
    assert rows_after(JOINT_ACTIVITIES, (HUARUI, STARTED), (HUARUI, conclusion())) == []
