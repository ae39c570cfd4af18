"""Forgetting a person: recorded once, of a member only after he left, never undone."""

import pytest

from domain.member import Member
from domain.opportunity.outcome import ReasonBlank
from domain.person_forgetting import DestroyedKey, MemberIsStillHere, Person, PersonKind, forgetting_of
from tests.domain.given import given, recorded, sealed, some_id

ANN = some_id("ann")
NAME = DestroyedKey(ANN, b"0123456789abcdef")
TEXT = DestroyedKey(some_id("text"), b"fedcba9876543210")
FORGOTTEN = Person.Forgotten(person=ANN, kind=PersonKind.STAKEHOLDER, keys=(NAME,), reason="asked for it")


def member(*facts):
    return given(Member, Member.Invited(name=sealed("Ann")), *facts)


def test_a_person_is_forgotten_with_his_keys_and_what_was_left():
    person = given(Person)
    person.forget(
        ANN,
        PersonKind.STAKEHOLDER,
        (NAME,),
        reason="asked for it",
        texts_left=(TEXT.key,),
        same_as=(some_id("double"),),
    )
    assert recorded(person) == [
        Person.Forgotten(
            person=ANN,
            kind=PersonKind.STAKEHOLDER,
            keys=(NAME,),
            reason="asked for it",
            texts_left=(TEXT.key,),
            same_as=(some_id("double"),),
        )
    ]


def test_forgetting_needs_a_reason():
    person = given(Person)
    with pytest.raises(ReasonBlank):
        person.forget(ANN, PersonKind.STAKEHOLDER, (NAME,), reason=" ")
    assert recorded(person) == []


def test_forgetting_again_records_nothing_unless_more_is_destroyed():
    person = given(Person, FORGOTTEN)
    person.forget(ANN, PersonKind.STAKEHOLDER, (), reason="again", texts_left=(TEXT.key,))
    assert recorded(person) == []
    person.forget(ANN, PersonKind.STAKEHOLDER, (TEXT,), reason="the shared ones, too")
    assert recorded(person) == [Person.TextsForgotten(person=ANN, keys=(TEXT,), reason="the shared ones, too")]


def test_a_member_is_forgotten_only_after_he_left():
    person = given(Person)
    with pytest.raises(MemberIsStillHere, match=str(ANN)):
        person.forget(ANN, PersonKind.MEMBER, (NAME,), reason="asked for it", member=member())
    assert recorded(person) == []
    person.forget(ANN, PersonKind.MEMBER, (NAME,), reason="asked for it", member=member(Member.Left()))
    assert [event.kind for event in recorded(person)] == [PersonKind.MEMBER]


def test_the_stream_of_a_forgetting_is_nobody_elses():
    assert forgetting_of(ANN) == forgetting_of(ANN) != ANN
    assert forgetting_of(ANN) != forgetting_of(some_id("bob"))


def test_forgetting_cannot_be_taken_back():
    assert not hasattr(Person, "FactWithdrawn")
