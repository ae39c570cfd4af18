"""Commitments of both sides: made by a day, kept in time or late, broken by a person's word."""

from __future__ import annotations

from datetime import date

import pytest

from domain.account.account import Account
from domain.account.commitments import CommitmentKind, CommitmentNotOpen, CommitmentOpenAlready, Commitments
from domain.account.dealings import Side
from domain.account.stakeholders import StakeholderHasLeft, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.opportunity.outcome import ReasonBlank
from tests.domain.dealings import ANNA, DEAL, OTHER, PROMISE, REGISTERED, WANG, WANG_ADDED, WANG_LEFT, account, promise
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

SAID = {
    "commitment_id": PROMISE,
    "made_by": Side.US,
    "kind": CommitmentKind.SUPPLY,
    "what": sealed("coils first"),
    "due_on": date(2025, 1, 20),
}
KEPT = Commitments.CommitmentKept(commitment_id=PROMISE)
BROKEN = Commitments.CommitmentBroken(commitment_id=PROMISE, reason="no coils")


def test_a_commitment_is_made_by_one_side_until_a_day():
    huarui = account()
    huarui.commitments.make(**SAID, owner=ANNA, stakeholders=(WANG,), opportunities=(DEAL,))
    expected = promise(owner=ANNA, stakeholders=(WANG,), opportunities=(DEAL,))
    assert recorded(huarui) == [expected]
    assert huarui.commitments.open == {PROMISE: expected}


def test_the_same_commitment_again_records_nothing_and_a_different_one_is_refused():
    huarui = account(promise())
    huarui.commitments.make(**SAID)
    assert recorded(huarui) == []
    with pytest.raises(CommitmentOpenAlready, match=str(PROMISE)):
        huarui.commitments.make(**SAID | {"due_on": date(2025, 2, 20)})


def test_a_commitment_to_nobody_or_to_somebody_who_has_left_is_refused():
    with pytest.raises(StakeholderUnknown):
        account().commitments.make(**SAID, stakeholders=(DEAL,))
    with pytest.raises(StakeholderHasLeft):
        account(WANG_LEFT).commitments.make(**SAID, stakeholders=(WANG,))


def test_an_open_commitment_is_kept_even_after_its_due_day():
    huarui = account(promise())
    huarui.at(day(50)).commitments.keep(commitment_id=PROMISE, evidence=sealed("note 7"))
    assert recorded(huarui) == [Commitments.CommitmentKept(commitment_id=PROMISE, evidence=sealed("note 7"))]
    assert huarui.commitments.open == {}


def test_an_open_commitment_is_broken_with_the_reason():
    huarui = account(promise())
    with pytest.raises(ReasonBlank, match="That a commitment is broken needs its reason, and it is blank: state it"):
        huarui.commitments.break_off(commitment_id=PROMISE, reason="")
    huarui.commitments.break_off(commitment_id=PROMISE, reason="no coils")
    assert recorded(huarui) == [BROKEN]
    assert huarui.commitments.open == {}


@pytest.mark.parametrize("end", [KEPT, BROKEN])
def test_a_commitment_ends_once_and_the_refusal_names_the_open_ones(end):
    huarui = account(promise(), promise(commitment_id=OTHER), end)
    with pytest.raises(CommitmentNotOpen, match=f"no open commitment {PROMISE}.*Open are: {OTHER}"):
        huarui.commitments.keep(commitment_id=PROMISE)
    with pytest.raises(CommitmentNotOpen):
        huarui.commitments.break_off(commitment_id=PROMISE, reason="no coils")


def test_a_commitment_is_made_once():
    assert promise().claims(ROOT) == [Claim("commitment", str(ROOT), str(PROMISE))]


def test_what_is_recorded_late_is_refused_where_the_commitment_ended_later():
    facts = history(REGISTERED, WANG_ADDED, on(day(2), promise()), on(day(9), KEPT))
    with pytest.raises(LaterFactForbids, match="CommitmentKept"):
        late(Account, facts, day(5), lambda a: a.commitments.break_off(commitment_id=PROMISE, reason="no coils"))
    with pytest.raises(LaterFactForbids, match="no open commitment"):
        without(Account, facts, 3)
    assert set(without(Account, facts, 4).commitments.open) == {PROMISE}


def test_a_thousand_kept_commitments_leave_nothing_in_the_state():
    huarui = account()
    before = contents(huarui.commitments)
    for number in range(1000):
        huarui.commitments.make(**SAID | {"commitment_id": some_id(f"promise {number}")})
        huarui.commitments.keep(commitment_id=some_id(f"promise {number}"))
    assert contents(huarui.commitments) == before


def test_commitments_come_back_from_a_snapshot():
    again = after_snapshot(account(promise(owner=ANNA)))
    assert again.commitments.open == {PROMISE: promise(owner=ANNA)}
    again.at(day(12)).commitments.keep(commitment_id=PROMISE)
    assert recorded(again) == [KEPT]
