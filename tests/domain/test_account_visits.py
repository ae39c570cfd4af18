"""Visits: planned with the five W, moved, cancelled, logged once, corrected."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.account.account import Account
from domain.account.stakeholders import StakeholderHasLeft, Stakeholders, StakeholderUnknown
from domain.account.visit_plan import names_our_action
from domain.account.visits import (
    EndsBeforeItStarts,
    ExpectedActionBlank,
    MinutesOutOfRange,
    ObjectiveMet,
    VisitKind,
    VisitNotPlanned,
    VisitPlannedAlready,
    VisitPurpose,
    Visits,
    WhyBlank,
)
from domain.aggregate import Event, LaterFactForbids
from domain.claims import Claim
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

WANG, ANNA, DEAL = some_id("Wang"), some_id("Anna"), some_id("deal")
VISIT, OTHER = some_id("visit"), some_id("other visit")
REGISTERED = on(day(1), Account.Registered(name="Huarui Steel"))
WANG_ADDED = on(day(1), Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王")))
WANG_LEFT = Stakeholders.StakeholderLeft(stakeholder_id=WANG)

PLAN: dict[str, Any] = {
    "visit_id": VISIT,
    "start": day(10),
    "end": day(10, 11),
    "what": VisitKind.DEMO,
    "why": "the new line is decided in March",
    "where": "Suzhou",
    "purpose": VisitPurpose.MOVING_FORWARD,
    "expected_action": "Mr Wang names the budget",
    "people": (ANNA,),
    "stakeholders": (WANG,),
    "opportunities": (DEAL,),
}
PLANNED = Visits.VisitPlanned(**PLAN)
CANCELLED = Visits.VisitCancelled(visit_id=VISIT)
MOVED = Visits.VisitRescheduled(visit_id=VISIT, start=day(12), end=None)


def logged(visit=VISIT, **more: Any) -> Visits.VisitLogged:
    empty: dict[str, Any] = dict.fromkeys(
        ["minutes", "what", "purpose", "template_version", "objective_met", "action_agreed", "outcome", "next_step"]
    )
    empty |= {"next_step_on": None, "why": "", "where": ""}
    empty |= dict.fromkeys(["people", "stakeholders", "opportunities", "steps"], ())
    return Visits.VisitLogged(visit_id=visit, **(empty | more))


def account(*facts: Event) -> Account:
    return given(Account, REGISTERED, WANG_ADDED, *facts)


def test_a_visit_is_planned_with_the_five_w():
    huarui = account()
    huarui.visits.plan(**PLAN)
    assert recorded(huarui) == [PLANNED]
    assert huarui.visits.planned == {VISIT: PLANNED}


def test_the_same_plan_again_records_nothing():
    huarui = account(PLANNED)
    huarui.visits.plan(**PLAN)
    assert recorded(huarui) == []


def test_a_planned_visit_is_not_planned_differently():
    with pytest.raises(VisitPlannedAlready, match=str(VISIT)):
        account(PLANNED).visits.plan(**PLAN | {"why": "another reason"})


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"why": " "}, WhyBlank),
        ({"expected_action": ""}, ExpectedActionBlank),
        ({"end": day(10)}, EndsBeforeItStarts),
        ({"end": day(9)}, EndsBeforeItStarts),
        ({"stakeholders": (WANG, DEAL)}, StakeholderUnknown),
    ],
)
def test_a_plan_without_reason_expected_action_right_time_or_known_people_is_refused(wrong, refusal):
    huarui = account()
    with pytest.raises(refusal):
        huarui.visits.plan(**PLAN | wrong)
    assert recorded(huarui) == []


def test_a_visit_is_not_planned_with_somebody_who_has_left():
    with pytest.raises(StakeholderHasLeft):
        account(WANG_LEFT).visits.plan(**PLAN)


def test_a_planned_visit_is_moved_while_it_is_planned():
    huarui = account(PLANNED)
    huarui.visits.reschedule(visit_id=VISIT, start=day(10), end=day(10, 11))
    huarui.visits.reschedule(visit_id=VISIT, start=day(12), reason="Mr Wang travels")
    assert recorded(huarui) == [
        Visits.VisitRescheduled(visit_id=VISIT, start=day(12), end=None, reason="Mr Wang travels")
    ]
    assert huarui.visits.must_be_planned(VISIT).start == day(12)
    with pytest.raises(EndsBeforeItStarts):
        huarui.visits.reschedule(visit_id=VISIT, start=day(12), end=day(11))


@pytest.mark.parametrize("over", [(), (PLANNED, CANCELLED), (PLANNED, logged())])
def test_only_a_planned_visit_is_moved_or_cancelled(over: tuple[Event, ...]):
    huarui = account(*over)
    with pytest.raises(VisitNotPlanned, match="Planned are: none"):
        huarui.visits.reschedule(visit_id=VISIT, start=day(20))
    with pytest.raises(VisitNotPlanned):
        huarui.visits.cancel(visit_id=VISIT)


def test_a_refusal_names_the_visits_that_are_planned():
    with pytest.raises(VisitNotPlanned, match=str(VISIT)):
        account(PLANNED).visits.cancel(visit_id=OTHER)


def test_a_planned_visit_is_cancelled():
    huarui = account(PLANNED)
    huarui.visits.cancel(visit_id=VISIT, reason="plant closed")
    assert recorded(huarui) == [Visits.VisitCancelled(visit_id=VISIT, reason="plant closed")]
    assert huarui.visits.planned == {}


def test_a_planned_visit_is_logged_with_what_came_of_it():
    huarui = account(PLANNED)
    came_of_it: dict[str, Any] = {
        "minutes": 90,
        "people": (ANNA,),
        "stakeholders": (WANG,),
        "objective_met": ObjectiveMet.PARTLY,
        "action_agreed": sealed("names the budget in a week"),
        "outcome": sealed("budget not settled"),
        "next_step": sealed("call"),
        "next_step_on": date(2025, 1, 20),
    }
    huarui.visits.log(visit_id=VISIT, **came_of_it)
    assert recorded(huarui) == [logged(**came_of_it)]
    assert huarui.visits.planned == {}


def test_an_ad_hoc_visit_states_what_it_was_or_is_an_other_one():
    huarui = account()
    huarui.visits.log(visit_id=VISIT)
    huarui.visits.log(
        visit_id=OTHER,
        what=VisitKind.SALES_CALL,
        why="he called",
        where="fair",
        purpose=VisitPurpose.RAPPORT,
        opportunities=(DEAL,),
        external_id="V-1",
    )
    assert recorded(huarui) == [
        logged(what=VisitKind.OTHER, ad_hoc=True),
        logged(
            OTHER,
            what=VisitKind.SALES_CALL,
            why="he called",
            where="fair",
            purpose=VisitPurpose.RAPPORT,
            opportunities=(DEAL,),
            external_id="V-1",
            ad_hoc=True,
        ),
    ]


def test_a_visit_lasts_some_minutes():
    with pytest.raises(MinutesOutOfRange):
        account().visits.log(visit_id=VISIT, minutes=0)
    huarui = account()
    huarui.visits.log(visit_id=VISIT, minutes=1)
    assert len(recorded(huarui)) == 1


def test_a_visit_is_not_logged_with_somebody_who_had_left_by_then():
    with pytest.raises(StakeholderHasLeft):
        account(PLANNED, WANG_LEFT).visits.log(visit_id=VISIT, stakeholders=(WANG,))
    with pytest.raises(StakeholderUnknown):
        account(PLANNED).visits.log(visit_id=VISIT, stakeholders=(DEAL,))


def test_a_visit_before_the_leaving_is_logged_late_with_the_person():
    facts = history(REGISTERED, WANG_ADDED, on(day(9), WANG_LEFT))
    met = late(Account, facts, day(5), lambda a: a.visits.log(visit_id=VISIT, stakeholders=(WANG,)))
    assert met == [logged(stakeholders=(WANG,), what=VisitKind.OTHER, ad_hoc=True)]


@pytest.mark.parametrize("later", [logged(stakeholders=(WANG,)), PLANNED])
def test_a_leaving_recorded_late_is_refused_where_a_later_visit_names_the_person(later: Event):
    facts = history(REGISTERED, WANG_ADDED, on(day(9), later))
    with pytest.raises(LaterFactForbids, match=later.topic):
        late(Account, facts, day(5), lambda a: a.stakeholders.leave(stakeholder_id=WANG))


@pytest.mark.parametrize("later", [MOVED, CANCELLED])
def test_a_log_or_cancellation_recorded_late_is_refused_where_the_visit_was_still_planned(later: Event):
    facts = history(REGISTERED, WANG_ADDED, on(day(2), PLANNED), on(day(9), later))
    for end in (lambda a: a.visits.log(visit_id=VISIT), lambda a: a.visits.cancel(visit_id=VISIT)):
        with pytest.raises(LaterFactForbids, match=later.topic):
            late(Account, facts, day(5), end)


def test_a_plan_recorded_late_is_refused_where_it_was_planned_later():
    facts = history(REGISTERED, WANG_ADDED, on(day(9), PLANNED))
    with pytest.raises(LaterFactForbids, match="planned already"):
        late(Account, facts, day(5), lambda a: a.visits.plan(**PLAN))


def test_a_visit_is_planned_once_and_ends_once():
    scope = str(ROOT)
    plan, end = Claim("visit-plan", scope, str(VISIT)), Claim("visit-end", scope, str(VISIT))
    assert PLANNED.claims(ROOT) == [plan]
    assert CANCELLED.claims(ROOT) == [end]
    assert logged().claims(ROOT) == [end]
    assert logged(ad_hoc=True).claims(ROOT) == [end, plan]
    assert MOVED.claims(ROOT) == []


def test_the_external_id_of_a_visit_is_claimed_by_its_plan_or_by_its_log():
    external = Claim("visit", "", "V-1")
    huarui = account()
    huarui.visits.plan(**PLAN, external_id="V-1")
    huarui.visits.log(visit_id=VISIT, external_id="V-1")
    assert [external in event.claims(ROOT) for event in recorded(huarui)] == [True, False]
    huarui = account(PLANNED)
    huarui.visits.log(visit_id=VISIT, external_id="V-1")
    assert external in recorded(huarui)[0].claims(ROOT)


def test_a_withdrawn_log_leaves_the_visit_planned_to_be_logged_again():
    facts = history(REGISTERED, WANG_ADDED, on(day(2), PLANNED), on(day(10), logged(minutes=9)))
    corrected = without(Account, facts, 4)
    corrected.at(day(10)).visits.log(visit_id=VISIT, minutes=90)
    assert recorded(corrected) == [logged(minutes=90)]


def test_a_withdrawn_plan_leaves_its_log_but_is_kept_while_it_was_moved():
    facts = history(REGISTERED, WANG_ADDED, on(day(2), PLANNED), on(day(10), logged()))
    assert without(Account, facts, 3).visits.planned == {}
    facts = history(REGISTERED, WANG_ADDED, on(day(2), PLANNED), on(day(5), MOVED))
    with pytest.raises(LaterFactForbids, match="no planned visit"):
        without(Account, facts, 3)
    assert without(Account, facts, 4).visits.must_be_planned(VISIT).start == day(10)


def test_thousands_of_logged_visits_leave_the_state_as_small_as_before():
    huarui = account()
    before = len(str(contents(huarui)))
    for number in range(1000):
        visit = some_id(f"visit {number}")
        huarui.visits.plan(**PLAN | {"visit_id": visit})
        huarui.visits.log(visit_id=visit)
    assert len(str(contents(huarui))) < before + 10


def test_visits_come_back_from_a_snapshot():
    huarui = account(PLANNED, MOVED)
    again = after_snapshot(huarui)
    assert contents(again) == contents(huarui)
    again.at(day(12)).visits.log(visit_id=VISIT, stakeholders=(WANG,))
    assert recorded(again) == [logged(stakeholders=(WANG,))]


@pytest.mark.parametrize("ours", ["We present the line", " our offer is shown", "Introduce Li", "我方演示", "送样品"])
def test_an_expected_action_that_begins_with_us_names_our_action(ours: str):
    assert names_our_action(ours)


@pytest.mark.parametrize("theirs", ["Ms Li signs the trial", "Western mill tests it", "客户确认订单", "Industry day"])
def test_an_expected_action_of_the_customer_does_not(theirs: str):
    assert not names_our_action(theirs)
