"""Milestones on the way to winning, and the delivery afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.account.stakeholders import StakeholderUnknown
from domain.aggregate import LaterFactForbids, NotYetOpened
from domain.errors import Refused
from domain.opportunity.delivery import (
    Delivery,
    DeliveryAcceptedAlready,
    DeliveryNotNamed,
    DeliveryNotPlanned,
    NotWon,
    NotYetMissed,
    Promise,
)
from domain.opportunity.milestones import MilestoneReachedAlready, Milestones, Reached
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed, ReasonBlank
from domain.policies.company import default_company
from domain.policies.process_definition import MilestoneUnknown
from tests.domain.given import ROOT, after_snapshot, day, given, history, late, on, recorded, sealed, without
from tests.domain.test_opportunity import WON, opened, process, process_of
from tests.domain.test_opportunity_buyers import LI, STRANGER, account

COMPANY = default_company()
DUE = date(2025, 1, 10)
REACHED = Milestones.MilestoneReached(
    milestone="need-confirmed", stage="confirmed", process_edition=0, evidence=sealed("mail of Li")
)
LOST = Opportunity.Lost()


def planned(**fields: Any) -> Delivery.DeliveryMilestonePlanned:
    return Delivery.DeliveryMilestonePlanned(**{"milestone": "installation", "due": DUE, **fields})


def missed(**fields: Any) -> Delivery.DeliveryMilestoneMissed:
    stated = {"milestone": "installation", "missed_on": date(2025, 1, 11), "reason": "strike", **fields}
    return Delivery.DeliveryMilestoneMissed(**stated)


def reached(on: date) -> Delivery.DeliveryMilestoneReached:
    return Delivery.DeliveryMilestoneReached(milestone="installation", reached_on=on)


def accepted(on: date, **fields: Any) -> Delivery.DeliveryAccepted:
    return Delivery.DeliveryAccepted(**{"stakeholder": LI, "accepted_on": on, **fields})


def accept(it: Opportunity, **fields: Any) -> None:
    it.delivery.accept(**{"stakeholder": LI, **fields}, account=account(), company=COMPANY)


def test_a_milestone_of_the_process_is_reached_with_its_evidence() -> None:
    it = given(Opportunity, opened())
    it.milestones.reach(milestone="need-confirmed", evidence=sealed("mail of Li"), sales_process=process())
    assert recorded(it) == [REACHED]
    assert after_snapshot(it).milestones.reached == {"need-confirmed": Reached(sealed("mail of Li"))}


def test_a_milestone_is_reached_once_until_that_is_withdrawn() -> None:
    facts = history(opened(), REACHED)
    it = given(Opportunity, opened(), REACHED)
    it.milestones.reach(milestone="need-confirmed", evidence=sealed("mail of Li"), sales_process=process())
    assert recorded(it) == []
    with pytest.raises(MilestoneReachedAlready, match="withdraw that fact first"):
        it.milestones.reach(milestone="need-confirmed", evidence=sealed("a call"), sales_process=process())
    again = without(Opportunity, facts, 2)
    again.milestones.reach(milestone="need-confirmed", evidence=sealed("a call"), sales_process=process())
    assert again.milestones.reached == {"need-confirmed": Reached(sealed("a call"))}


def test_an_unknown_milestone_is_refused_and_those_of_the_process_are_listed() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(MilestoneUnknown, match="need-confirmed, solution-accepted, decider-met, terms-agreed"):
        it.milestones.reach(milestone="party", evidence=sealed("photo"), sales_process=process())
    with pytest.raises(MilestoneUnknown, match="none"):
        it.milestones.reach(milestone="party", evidence=sealed("photo"), sales_process=process_of("Engaging"))
    assert recorded(it) == []


@pytest.mark.parametrize("key", ["four-funnel", "nine-phase", "plain"])
def test_every_shipped_process_has_milestones_in_the_order_of_its_stages(key: str) -> None:
    its = process(key)
    places = [its.place(milestone.stage) for milestone in its.milestones]
    assert places == sorted(places)
    assert all(milestone.name_zh for milestone in its.milestones)
    assert len(places) >= 3


def test_after_the_end_no_milestone_is_reached() -> None:
    it = given(Opportunity, opened(), WON)
    with pytest.raises(OpportunityClosed):
        it.milestones.reach(milestone="need-confirmed", evidence=sealed("mail of Li"), sales_process=process())


def test_a_delivery_is_promised_for_a_day_and_planned_anew() -> None:
    it = given(Opportunity, opened(), WON)
    it.delivery.plan(milestone=" installation ", due=DUE, what="Line 7")
    it.delivery.plan(milestone="installation", due=DUE, what="Line 7")
    it.delivery.plan(milestone="installation", due=date(2025, 1, 20), what="Line 7")
    assert recorded(it) == [
        planned(what="Line 7"),
        planned(what="Line 7", due=date(2025, 1, 20), previous=DUE),
    ]
    assert after_snapshot(it).delivery.promised == {"installation": Promise(date(2025, 1, 20), "Line 7")}


def test_a_promise_needs_a_name() -> None:
    with pytest.raises(DeliveryNotNamed):
        given(Opportunity, opened(), WON).delivery.plan(milestone=" ", due=DUE)


@pytest.mark.parametrize(
    ("facts", "refusal", "words"),
    [
        ((opened(),), NotWon, "is open"),
        ((opened(), LOST), NotWon, "is lost"),
        ((), NotYetOpened, "no Opportunity"),
    ],
)
def test_only_what_was_won_is_delivered(facts: tuple[Any, ...], refusal: type[Refused], words: str) -> None:
    it = given(Opportunity, *facts)
    with pytest.raises(refusal, match=words):
        it.delivery.plan(milestone="installation", due=DUE)
    with pytest.raises(refusal, match=words):
        it.delivery.reach(milestone="installation", company=COMPANY)
    with pytest.raises(refusal, match=words):
        it.delivery.miss(milestone="installation", reason="strike", company=COMPANY)
    with pytest.raises(refusal, match=words):
        accept(it)
    assert recorded(it) == []


def test_what_was_promised_is_delivered_once() -> None:
    it = given(Opportunity, opened(), WON, planned())
    it.delivery.reach(milestone="installation", evidence=sealed("protocol"), company=COMPANY)
    assert recorded(it) == [
        Delivery.DeliveryMilestoneReached(
            milestone="installation", reached_on=date(2025, 1, 5), evidence=sealed("protocol")
        )
    ]
    assert it.delivery.promised == {}
    with pytest.raises(DeliveryNotPlanned, match="promised are: none"):
        it.delivery.reach(milestone="installation", company=COMPANY)


def test_what_was_not_promised_is_refused_and_the_promises_are_listed() -> None:
    it = given(Opportunity, opened(), WON, planned())
    with pytest.raises(DeliveryNotPlanned, match="promised are: installation"):
        it.delivery.reach(milestone="training", company=COMPANY)


def test_a_promise_is_missed_after_its_day_once_and_can_be_kept_later() -> None:
    it = given(Opportunity, opened(), WON, planned(), now=day(10))
    it.delivery.miss(milestone="installation", reason="strike", company=COMPANY)
    it.delivery.miss(milestone="installation", reason="strike again", company=COMPANY)
    it.delivery.reach(milestone="installation", company=COMPANY)
    assert recorded(it) == [missed(), reached(date(2025, 1, 11))]


def test_a_promise_is_not_missed_on_its_day_and_not_without_a_reason() -> None:
    it = given(Opportunity, opened(), WON, planned(), now=day(9))
    with pytest.raises(NotYetMissed, match="due on 2025-01-10 and 2025-01-10 is not later"):
        it.delivery.miss(milestone="installation", reason="strike", company=COMPANY)
    it.at(day(10))
    with pytest.raises(ReasonBlank):
        it.delivery.miss(milestone="installation", reason=" ", company=COMPANY)
    assert recorded(it) == []


def test_a_missed_promise_planned_anew_counts_as_promised() -> None:
    it = given(Opportunity, opened(), WON, planned(), missed())
    assert it.delivery.promised["installation"].missed
    it.delivery.plan(milestone="installation", due=date(2025, 2, 1))
    assert it.delivery.promised == {"installation": Promise(date(2025, 2, 1))}


def test_a_person_of_the_customer_accepts_the_delivery_once() -> None:
    it = given(Opportunity, opened(), WON)
    accept(it, remarks=sealed("paint missing"))
    accept(it, remarks=sealed("paint missing"))
    assert recorded(it) == [accepted(date(2025, 1, 4), remarks=sealed("paint missing"))]
    with pytest.raises(DeliveryAcceptedAlready):
        accept(it)
    with pytest.raises(StakeholderUnknown):
        accept(it, stakeholder=STRANGER)


def test_a_win_that_was_delivered_is_not_withdrawn() -> None:
    with pytest.raises(LaterFactForbids, match="DeliveryAccepted"):
        without(Opportunity, history(opened(), WON, accepted(DUE)), 2)


def test_folding_never_refuses_what_was_not_promised() -> None:
    it = given(Opportunity, opened(), WON, missed(), reached(DUE), aggregate_id=ROOT)
    assert it.delivery.promised == {}


def test_a_promise_that_was_missed_later_is_not_kept_before_but_may_be_promised_before() -> None:
    facts = history(opened(), WON, planned(), on(day(10), missed()))
    with pytest.raises(LaterFactForbids, match="DeliveryMilestoneMissed"):
        late(Opportunity, facts, day(5), lambda it: it.delivery.reach(milestone="installation", company=COMPANY))
    with pytest.raises(LaterFactForbids, match="due on 2025-01-20"):
        late(Opportunity, facts, day(5), lambda it: it.delivery.plan(milestone="installation", due=date(2025, 1, 20)))
    sooner = late(Opportunity, facts, day(5), lambda it: it.delivery.plan(milestone="installation", due=day(8).date()))
    assert sooner == [planned(due=day(8).date(), previous=DUE)]
