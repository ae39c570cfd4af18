"""Locking a member out: refused at once whatever he asks, until a moment or until somebody lets him in."""

from __future__ import annotations

from typing import Any

import pytest

from domain.aggregate import LaterFactForbids, NotYetOpened
from domain.member import Lock, LockBornOver, Member, MemberHasLeft, NotLockedOut
from tests.domain.given import after_snapshot, contents, day, given, history, late, on, recorded, sealed, without

INVITED = Member.Invited(name=sealed("Anna"))
STOLEN = sealed("The notebook was stolen")
LOCKED = Member.LockedOut(reason=STOLEN)


def anna(*facts: Any) -> Member:
    return given(Member, on(day(1), INVITED), *facts, now=day(10))


def test_a_member_is_locked_out_until_somebody_lets_him_in():
    member = anna()
    member.lock_out(reason=STOLEN)
    assert recorded(member) == [LOCKED]
    assert member.locked(day(1000))
    member.let_in(reason=sealed("Found again"))
    assert recorded(member) == [Member.LetIn(reason=sealed("Found again"))]
    assert not member.locked(day(10))


def test_a_lock_with_an_end_holds_up_to_it_and_not_at_it():
    member = anna(on(day(2), Member.LockedOut(reason=STOLEN, until=day(5))))
    assert member.lock == Lock(STOLEN, day(5))
    assert [member.locked(day(n)) for n in (2, 4, 5, 6)] == [True, True, False, False]


def test_the_same_lock_again_records_nothing_and_another_end_does():
    member = anna(on(day(2), LOCKED))
    member.lock_out(reason=STOLEN)
    assert recorded(member) == []
    member.lock_out(reason=STOLEN, until=day(20))
    assert recorded(member) == [Member.LockedOut(reason=STOLEN, until=day(20))]


def test_a_lock_cannot_end_when_it_begins():
    with pytest.raises(LockBornOver):
        anna().lock_out(reason=STOLEN, until=day(10))


def test_only_who_is_locked_out_is_let_in():
    with pytest.raises(NotLockedOut):
        anna().let_in()


def test_who_has_left_or_was_never_invited_is_neither_locked_out_nor_let_in():
    gone = anna(on(day(2), Member.Left()))
    for refused in (lambda: gone.lock_out(reason=STOLEN), gone.let_in):
        with pytest.raises(MemberHasLeft):
            refused()
    with pytest.raises(NotYetOpened):
        given(Member, now=day(1)).lock_out(reason=STOLEN)


def test_a_locked_member_keeps_his_keys():
    issued = Member.KeyIssued(key_id="k", hash=b"h", scopes=("read",), issued=day(1))
    member = anna(on(day(1), issued), on(day(2), LOCKED))
    assert list(member.live_keys(day(3))) == ["k"]


def test_a_lock_whose_end_was_recorded_is_not_taken_back():
    facts = history(on(day(1), INVITED), on(day(2), LOCKED), on(day(3), Member.LetIn()))
    with pytest.raises(LaterFactForbids):
        without(Member, facts, 2)


def test_a_late_lock_lies_before_the_letting_in_that_follows():
    facts = history(on(day(1), INVITED), on(day(2), LOCKED), on(day(4), Member.LetIn()))
    assert late(Member, facts, day(3), lambda each: each.lock_out(reason=STOLEN, until=day(9))) == [
        Member.LockedOut(reason=STOLEN, until=day(9))
    ]


def test_a_lock_survives_a_snapshot():
    member = anna(on(day(2), Member.LockedOut(reason=STOLEN, until=day(5))))
    assert contents(after_snapshot(member)) == contents(member)
    assert after_snapshot(member).locked(day(4))
