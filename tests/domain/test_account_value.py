"""Value given: by either side, worth what was reckoned, confirmed by who received it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.account.account import Account
from domain.account.dealings import Side
from domain.account.stakeholders import StakeholderHasLeft, StakeholderUnknown
from domain.account.value import (
    WAITING_KEPT,
    ConfirmedByNobody,
    ReckoningMissing,
    Value,
    ValueKind,
    ValueNotWaiting,
)
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.money import Money
from domain.opportunity.amounts import AmountNegative
from tests.domain.dealings import ANNA, DEAL, OTHER, REGISTERED, VALUE, WANG, WANG_ADDED, WANG_LEFT, account, value
from tests.domain.given import ROOT, after_snapshot, day, eur, history, late, on, recorded, sealed, some_id, without

SAID = {"value_id": VALUE, "kind": ValueKind.TRAINING, "what": sealed("two days")}
CONFIRMED = Value.ValueAcknowledged(value_id=VALUE, stakeholder=WANG)


def test_value_is_given_with_what_it_is_worth_and_how_that_was_reckoned():
    huarui = account()
    huarui.value.give(
        **SAID,
        worth=Money(Decimal("1200.004"), "EUR"),
        reckoned=sealed("two days of scrap"),
        cost=Money(Decimal("300.001"), "EUR"),
        people=(ANNA,),
        stakeholders=(WANG,),
        opportunities=(DEAL,),
    )
    expected = value(
        worth=eur("1200.00"),
        reckoned=sealed("two days of scrap"),
        cost=eur("300.00"),
        people=(ANNA,),
        stakeholders=(WANG,),
        opportunities=(DEAL,),
    )
    assert recorded(huarui) == [expected]
    assert huarui.value.waiting == {VALUE: Side.US}


def test_value_needs_no_worth_and_may_come_from_the_customer():
    huarui = account()
    huarui.value.give(**SAID)
    huarui.value.give(value_id=OTHER, kind=ValueKind.LEAD, what=sealed("a mill"), given_by=Side.CUSTOMER)
    assert recorded(huarui) == [
        value(),
        value(value_id=OTHER, kind=ValueKind.LEAD, what=sealed("a mill"), given_by=Side.CUSTOMER),
    ]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"worth": eur(5)}, ReckoningMissing),
        ({"worth": eur(-5), "reckoned": sealed("so")}, AmountNegative),
        ({"cost": eur(-1)}, AmountNegative),
        ({"stakeholders": (DEAL,)}, StakeholderUnknown),
    ],
)
def test_value_of_an_unreckoned_or_negative_worth_or_to_nobody_is_refused(wrong, refusal):
    huarui = account()
    with pytest.raises(refusal):
        huarui.value.give(**SAID | wrong)
    assert recorded(huarui) == []


def test_what_we_gave_a_stakeholder_acknowledges_at_his_own_worth():
    huarui = account(value())
    huarui.value.acknowledge(value_id=VALUE, stakeholder=WANG, worth=eur("900"), comment=sealed("useful"))
    assert recorded(huarui) == [
        Value.ValueAcknowledged(value_id=VALUE, stakeholder=WANG, worth=eur("900.00"), comment=sealed("useful"))
    ]
    assert huarui.value.waiting == {}


def test_what_the_customer_gave_a_member_of_ours_acknowledges():
    huarui = account(value(given_by=Side.CUSTOMER))
    with pytest.raises(ConfirmedByNobody, match="given by customer.*state `member`, and not `stakeholder`"):
        huarui.value.acknowledge(value_id=VALUE, stakeholder=WANG)
    huarui.value.acknowledge(value_id=VALUE, member=ANNA)
    assert recorded(huarui) == [Value.ValueAcknowledged(value_id=VALUE, member=ANNA)]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({}, ConfirmedByNobody),
        ({"member": ANNA}, ConfirmedByNobody),
        ({"member": ANNA, "stakeholder": WANG}, ConfirmedByNobody),
        ({"stakeholder": DEAL}, StakeholderUnknown),
        ({"stakeholder": WANG, "worth": eur(-1)}, AmountNegative),
    ],
)
def test_value_is_not_acknowledged_by_the_giver_by_nobody_or_below_zero(wrong, refusal):
    with pytest.raises(refusal):
        account(value()).value.acknowledge(value_id=VALUE, **wrong)


def test_value_is_not_acknowledged_by_somebody_who_has_left():
    with pytest.raises(StakeholderHasLeft):
        account(value(), WANG_LEFT).value.acknowledge(value_id=VALUE, stakeholder=WANG)


def test_value_is_acknowledged_once_and_the_refusal_names_what_waits():
    huarui = account(value(), value(value_id=OTHER), CONFIRMED)
    with pytest.raises(ValueNotWaiting, match=f"no value {VALUE}.*Waiting are: {OTHER}"):
        huarui.value.acknowledge(value_id=VALUE, stakeholder=WANG)


def test_value_is_given_once():
    assert value().claims(ROOT) == [Claim("value", str(ROOT), str(VALUE))]


def test_an_acknowledgement_recorded_late_is_refused_where_it_was_acknowledged_later():
    facts = history(REGISTERED, WANG_ADDED, on(day(2), value()), on(day(9), CONFIRMED))
    with pytest.raises(LaterFactForbids, match="ValueAcknowledged"):
        late(Account, facts, day(5), lambda a: a.value.acknowledge(value_id=VALUE, stakeholder=WANG))
    with pytest.raises(LaterFactForbids, match="no value"):
        without(Account, facts, 3)
    assert without(Account, facts, 4).value.waiting == {VALUE: Side.US}


def test_value_comes_back_from_a_snapshot():
    again = after_snapshot(account(value()))
    again.at(day(12)).value.acknowledge(value_id=VALUE, stakeholder=WANG)
    assert recorded(again) == [CONFIRMED]


def test_of_too_much_that_nobody_confirmed_the_oldest_waits_no_longer():
    values = [some_id(f"value {number}") for number in range(WAITING_KEPT + 1)]
    huarui = account(*(on(day(2), value(value_id=each)) for each in values))
    assert list(huarui.value.waiting) == values[1:]
    with pytest.raises(ValueNotWaiting):
        huarui.value.acknowledge(value_id=values[0], stakeholder=WANG)
    huarui.value.acknowledge(value_id=values[1], stakeholder=WANG)
    assert recorded(huarui) == [Value.ValueAcknowledged(value_id=values[1], stakeholder=WANG)]
