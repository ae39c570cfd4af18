"""Influence between the people of a customer: observed, replaced, withdrawn."""

from __future__ import annotations

import pytest

from domain.account.account import Account
from domain.account.influence import (
    InfluenceKind,
    InfluenceNature,
    InfluenceNotObserved,
    InfluenceOnOneself,
    Influences,
    StrengthOutOfRange,
)
from domain.account.stakeholders import StakeholderHasLeft, Stakeholders, StakeholderUnknown
from domain.aggregate import Event, LaterFactForbids
from tests.domain.given import (
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

WANG, LI, CHEN = some_id("Wang"), some_id("Li"), some_id("Chen")
BASIS = (
    Account.Registered(name="Huarui Steel"),
    Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王")),
    Stakeholders.StakeholderAdded(stakeholder_id=LI, name=sealed("李")),
)
CHEN_LEFT = (
    Stakeholders.StakeholderAdded(stakeholder_id=CHEN, name=sealed("陈")),
    Stakeholders.StakeholderLeft(stakeholder_id=CHEN),
)


def observed(
    from_=WANG,
    to=LI,
    kind: InfluenceKind = InfluenceKind.ADVISES,
    strength: int = 2,
    nature: InfluenceNature = InfluenceNature.POLITICAL,
) -> Influences.InfluenceObserved:
    return Influences.InfluenceObserved(
        from_stakeholder=from_, to_stakeholder=to, kind=kind, strength=strength, nature=nature
    )


def withdrawn(from_=WANG, to=LI, kind: InfluenceKind = InfluenceKind.ADVISES, **more: object) -> Event:
    return Influences.InfluenceWithdrawn(from_stakeholder=from_, to_stakeholder=to, kind=kind, **more)


def account(*facts: Event) -> Account:
    return given(Account, *BASIS, *facts)


def observe(huarui: Account, **stated: object) -> list[Event]:
    known: dict = {"from_stakeholder": WANG, "to_stakeholder": LI, "kind": InfluenceKind.ADVISES, "strength": 2}
    huarui.influence.observe(**(known | stated))
    return recorded(huarui)


def test_influence_is_observed_between_two_people_of_the_account_political_unless_stated():
    assert observe(account()) == [observed()]
    assert observe(account(), nature=InfluenceNature.FORMAL) == [observed(nature=InfluenceNature.FORMAL)]


def test_observing_the_same_again_records_nothing():
    assert observe(account(observed())) == []


def test_another_strength_or_nature_replaces_the_one_before():
    assert observe(account(observed()), strength=3) == [observed(strength=3)]
    huarui = account(observed(), observed(strength=3), observed(strength=3, nature=InfluenceNature.FORMAL))
    assert observe(huarui, strength=3, nature=InfluenceNature.FORMAL) == []
    assert len(huarui.influence.observed) == 1


def test_another_kind_and_the_other_direction_stand_beside_it():
    huarui = account(observed())
    assert observe(huarui, kind=InfluenceKind.BLOCKS) == [observed(kind=InfluenceKind.BLOCKS)]
    assert observe(huarui, from_stakeholder=LI, to_stakeholder=WANG) == [observed(LI, WANG)]
    assert len(huarui.influence.observed) == 3


def test_nobody_has_influence_on_himself():
    with pytest.raises(InfluenceOnOneself, match=str(WANG)):
        observe(account(), to_stakeholder=WANG)


@pytest.mark.parametrize("strength", [0, 4, -1])
def test_a_strength_is_1_2_or_3(strength: int):
    with pytest.raises(StrengthOutOfRange, match=rf"{strength} is not possible: state 1 \(weak\), 2 or 3"):
        observe(account(), strength=strength)


def test_both_belong_to_the_account_and_the_refusal_lists_who_does():
    with pytest.raises(StakeholderUnknown, match=f"no stakeholder {CHEN}.*are: {WANG}, {LI}"):
        observe(account(), from_stakeholder=CHEN)
    with pytest.raises(StakeholderUnknown, match=f"no stakeholder {CHEN}.*are: {WANG}, {LI}"):
        observe(account(), to_stakeholder=CHEN)


def test_nothing_is_observed_about_somebody_who_has_left():
    with pytest.raises(StakeholderHasLeft, match=f"{CHEN} has left by then. Present are: {WANG}, {LI}"):
        observe(account(*CHEN_LEFT), to_stakeholder=CHEN)


def test_influence_is_withdrawn_with_a_sealed_reason():
    huarui = account(observed())
    huarui.influence.withdraw(
        from_stakeholder=WANG, to_stakeholder=LI, kind=InfluenceKind.ADVISES, reason=sealed("fell out")
    )
    assert recorded(huarui) == [withdrawn(reason=sealed("fell out"))]
    assert huarui.influence.observed == {}
    assert observe(huarui) == [observed()]


def test_what_was_not_observed_is_not_withdrawn_and_the_refusal_lists_what_was():
    huarui = account(observed())
    with pytest.raises(InfluenceNotObserved, match=f"{WANG} blocks {LI}. Observed are: {WANG} advises {LI}"):
        huarui.influence.withdraw(from_stakeholder=WANG, to_stakeholder=LI, kind=InfluenceKind.BLOCKS)
    with pytest.raises(InfluenceNotObserved, match="Observed are: none yet"):
        account().influence.withdraw(from_stakeholder=WANG, to_stakeholder=LI, kind=InfluenceKind.ADVISES)


def test_the_influence_of_somebody_who_has_left_can_be_withdrawn():
    huarui = account(CHEN_LEFT[0], observed(CHEN, LI), CHEN_LEFT[1])
    huarui.influence.withdraw(from_stakeholder=CHEN, to_stakeholder=LI, kind=InfluenceKind.ADVISES)
    assert recorded(huarui) == [withdrawn(CHEN)]


def test_that_somebody_left_earlier_is_refused_where_his_influence_was_observed_later():
    facts = history(*BASIS, observed())
    with pytest.raises(LaterFactForbids, match=r"Account.InfluenceObserved at position 4.*has left by then"):
        late(Account, facts, day(3, 12), lambda huarui: huarui.stakeholders.leave(stakeholder_id=LI))


def test_an_observation_that_was_withdrawn_later_is_not_taken_back_alone():
    with pytest.raises(LaterFactForbids, match=r"Account.InfluenceWithdrawn at position 5"):
        without(Account, history(*BASIS, observed(), withdrawn()), 4)
    assert without(Account, history(*BASIS, observed()), 4).influence.observed == {}


def test_influences_survive_a_snapshot():
    huarui = account(observed(), observed(LI, WANG, InfluenceKind.BLOCKS, 3, InfluenceNature.FORMAL))
    assert contents(after_snapshot(huarui)) == contents(huarui)
