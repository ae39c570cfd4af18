"""Needs of the customer: recorded in its words, restated while open, met or dropped once."""

from __future__ import annotations

import pytest

from domain.account.account import Account
from domain.account.dealings import LISTED, listed
from domain.account.needs import ImportanceOutOfRange, NeedKind, NeedNotOpen, Needs
from domain.account.stakeholders import StakeholderHasLeft, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.opportunity.outcome import ReasonBlank
from tests.domain.dealings import DEAL, NEED, OTHER, REGISTERED, WANG, WANG_ADDED, WANG_LEFT, account, need
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

SAID = {"need_id": NEED, "kind": NeedKind.PROBLEM, "words": sealed("rust")}
MET = Needs.NeedMet(need_id=NEED, how=sealed("new coating"))
DROPPED = Needs.NeedDropped(need_id=NEED, reason="line closed")


def test_a_need_is_recorded_in_the_customers_words():
    huarui = account()
    huarui.needs.add(**SAID, importance=5, stakeholders=(WANG,), visits=(OTHER,), opportunities=(DEAL,))
    expected = need(importance=5, stakeholders=(WANG,), visits=(OTHER,), opportunities=(DEAL,))
    assert recorded(huarui) == [expected]
    assert huarui.needs.open == {NEED: expected}


def test_the_same_need_again_records_nothing_and_another_wording_replaces_it():
    huarui = account(need())
    huarui.needs.add(**SAID)
    assert recorded(huarui) == []
    huarui.needs.add(**SAID, opportunities=(DEAL,))
    huarui.needs.add(**SAID, opportunities=(DEAL,))
    assert recorded(huarui) == [need(opportunities=(DEAL,), restated=True)]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"importance": 0}, ImportanceOutOfRange),
        ({"importance": 6}, ImportanceOutOfRange),
        ({"stakeholders": (DEAL,)}, StakeholderUnknown),
    ],
)
def test_a_need_off_the_scale_or_of_nobody_is_refused(wrong, refusal):
    huarui = account()
    with pytest.raises(refusal):
        huarui.needs.add(**SAID | wrong)
    assert recorded(huarui) == []
    huarui.needs.add(**SAID, importance=1)
    assert recorded(huarui) == [need(importance=1)]


def test_a_need_is_not_recorded_for_somebody_who_has_left():
    with pytest.raises(StakeholderHasLeft):
        account(WANG_LEFT).needs.add(**SAID, stakeholders=(WANG,))


def test_an_open_need_is_met_or_dropped():
    huarui = account(need(), need(need_id=OTHER))
    huarui.needs.meet(need_id=NEED, how=sealed("new coating"))
    huarui.needs.drop(need_id=OTHER, reason="line closed")
    assert recorded(huarui) == [MET, Needs.NeedDropped(need_id=OTHER, reason="line closed")]
    assert huarui.needs.open == {}


def test_a_need_is_not_dropped_without_a_reason():
    with pytest.raises(ReasonBlank, match="Dropping a need needs its reason, and it is blank: state it"):
        account(need()).needs.drop(need_id=NEED, reason=" ")


@pytest.mark.parametrize("end", [MET, DROPPED])
def test_a_need_ends_once_and_the_refusal_names_the_open_ones(end):
    huarui = account(need(), need(need_id=OTHER), end)
    with pytest.raises(NeedNotOpen, match=f"no open need {NEED}.*Open are: {OTHER}"):
        huarui.needs.meet(need_id=NEED)
    with pytest.raises(NeedNotOpen):
        huarui.needs.drop(need_id=NEED, reason="gone")


def test_a_need_comes_up_once():
    claim = Claim("need", str(ROOT), str(NEED))
    assert need().claims(ROOT) == [claim]
    assert need(restated=True).claims(ROOT) == []
    facts = history(REGISTERED, WANG_ADDED, on(day(9), need()))
    with pytest.raises(LaterFactForbids, match="NeedRecorded.*open already"):
        late(Account, facts, day(5), lambda a: a.needs.add(**SAID))


def test_a_need_that_was_restated_is_not_withdrawn():
    facts = history(REGISTERED, on(day(2), need()), on(day(3), need(importance=5, restated=True)))
    with pytest.raises(LaterFactForbids, match="no open need"):
        without(Account, facts, 2)
    assert without(Account, facts, 3).needs.open[NEED].importance == 3


def test_an_end_recorded_late_is_refused_where_the_need_ended_later():
    facts = history(REGISTERED, on(day(2), need()), on(day(9), DROPPED))
    with pytest.raises(LaterFactForbids, match="NeedDropped"):
        late(Account, facts, day(5), lambda a: a.needs.meet(need_id=NEED))


def test_a_thousand_needs_that_were_met_leave_nothing_in_the_state():
    huarui = account()
    before = contents(huarui.needs)
    for number in range(1000):
        huarui.needs.add(need_id=some_id(f"need {number}"), kind=NeedKind.GOAL, words=sealed("more"))
        huarui.needs.meet(need_id=some_id(f"need {number}"))
    assert contents(huarui.needs) == before


def test_needs_come_back_from_a_snapshot():
    huarui = account(need(stakeholders=(WANG,)))
    again = after_snapshot(huarui)
    assert again.needs.open == huarui.needs.open
    again.at(day(12)).needs.meet(need_id=NEED, how=sealed("new coating"))
    assert recorded(again) == [MET]


def test_a_refusal_names_the_newest_of_many():
    known = [some_id(str(number)) for number in range(LISTED + 3)]
    assert listed([]) == "none"
    assert listed(known[:2]) == f"{known[1]}, {known[0]}"
    assert listed(known).startswith(str(known[-1]))
    assert listed(known).endswith(f"{known[3]} and 3 older ones")
