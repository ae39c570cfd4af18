"""Who decides on an opportunity, in which role, and where they stand."""

from __future__ import annotations

import pytest

from domain.account.account import Account
from domain.account.stakeholders import Stakeholders, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.opportunity.buyers import BuyerRole, Buyers, NotABuyer, Support
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed
from tests.domain.given import day, given, history, late, on, recorded, sealed, some_id
from tests.domain.test_opportunity import STEEL, WON, opened

LI, STRANGER = some_id("li"), some_id("stranger")


def account() -> Account:
    return given(
        Account,
        Account.Registered(name="Steel works"),
        Stakeholders.StakeholderAdded(stakeholder_id=LI, name=sealed("Li Wei")),
        aggregate_id=STEEL,
    )


def mapped(**fields: object) -> Buyers.BuyerMapped:
    stated = {"stakeholder": LI, "role": BuyerRole.APPROVER, "support": Support.MENTOR, **fields}
    return Buyers.BuyerMapped(**stated)  # type: ignore[arg-type]


UNMAPPED = Buyers.BuyerUnmapped(stakeholder=LI, reason="moved on")


def test_a_stakeholder_of_the_account_is_mapped() -> None:
    it = given(Opportunity, opened())
    it.buyers.map(
        stakeholder=LI,
        role=BuyerRole.APPROVER,
        support=Support.MENTOR,
        key_player=True,
        wants=sealed("a promotion"),
        account=account(),
    )
    assert recorded(it) == [mapped(key_player=True, wants=sealed("a promotion"))]


def test_mapping_anew_replaces_and_the_same_again_records_nothing() -> None:
    it = given(Opportunity, opened(), mapped())
    it.buyers.map(stakeholder=LI, role=BuyerRole.APPROVER, support=Support.MENTOR, account=account())
    assert recorded(it) == []
    it.buyers.map(stakeholder=LI, role=BuyerRole.APPROVER, support=Support.ENEMY, account=account())
    assert recorded(it) == [mapped(support=Support.ENEMY)]


def test_nobody_of_another_account_is_mapped() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(StakeholderUnknown):
        it.buyers.map(stakeholder=STRANGER, role=BuyerRole.USER, support=Support.NEUTRAL, account=account())


def test_a_buyer_is_unmapped() -> None:
    it = given(Opportunity, opened(), mapped())
    it.buyers.unmap(stakeholder=LI, reason="moved on")
    assert recorded(it) == [UNMAPPED]
    assert it.buyers.mapped == {}


def test_who_is_not_mapped_is_not_unmapped() -> None:
    with pytest.raises(NotABuyer):
        given(Opportunity, opened()).buyers.unmap(stakeholder=LI)


def test_a_closed_deal_has_no_new_buyers_and_keeps_the_old() -> None:
    it = given(Opportunity, opened(), mapped(), WON)
    with pytest.raises(OpportunityClosed):
        it.buyers.map(stakeholder=LI, role=BuyerRole.USER, support=Support.NEUTRAL, account=account())
    with pytest.raises(OpportunityClosed):
        it.buyers.unmap(stakeholder=LI)


def test_an_unmapping_recorded_late_before_another_is_refused() -> None:
    facts = history(opened(), mapped(), on(day(9), UNMAPPED))
    with pytest.raises(LaterFactForbids, match="BuyerUnmapped"):
        late(Opportunity, facts, day(5), lambda it: it.buyers.unmap(stakeholder=LI))


def test_an_end_recorded_late_before_a_mapping_is_refused() -> None:
    with pytest.raises(LaterFactForbids, match="BuyerMapped"):
        late(Opportunity, history(opened(), on(day(9), mapped())), day(5), lambda it: it.lose())
