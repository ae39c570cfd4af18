"""What relationship health takes from contacts, joint activities, value given and meetings, as of two clocks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.dealings import Side
from domain.account.joint_activities import JointActivities, JointActivityKind
from domain.account.value import Value, ValueKind
from domain.account.visits import ObjectiveMet
from domain.member import Member
from domain.policies.policy import policy_id
from domain.policies.service_policy import HEALTH_WEIGHTS, ServicePolicy, default_service_policy
from projections.relationship_health import ComponentScore, health
from tests.domain.given import sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.people import ACME, ANNA, BEN, GAO, SHEN, added, at, left, met, registered

NOW = at(100)


class Asking(Office):
    """Asks for the health of the account."""

    def component(self, name: str, account: UUID = ACME, **clocks: Any) -> ComponentScore | None:
        with self.view(clocks.pop("as_of", NOW), **clocks) as view:
            (found,) = health(view, account).accounts
        return next((each for each in found.components if each.name == name), None)

    def score(self, name: str, **clocks: Any) -> float | None:
        found = self.component(name, **clocks)
        return found.score if found else None


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Asking:
    found = Asking(journal, engine_of)
    found.tell(registered(), added(1, SHEN), added(2, GAO))
    return found


def phoned(day: float, *whom: UUID, by: tuple[UUID, ...] = (ANNA,)) -> Told:
    contact = Contacts.ContactLogged(
        contact_id=some_id(f"call {day}"),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.OUT,
        people=by,
        stakeholders=whom,
        subject=None,
        message_id="",
    )
    return ACME, contact, at(day)


def activity(name: str, day: float, ends: float | None = None, **more: Any) -> list[Told]:
    """Proposed ten days before it starts."""
    which, kind = some_id(name), JointActivityKind.EVENT
    proposed = JointActivities.JointActivityProposed(activity_id=which, kind=kind, title="Day", aim=sealed("aim"))
    facts: list[Told] = [
        (ACME, proposed, at(day - 10)),
        (ACME, JointActivities.JointActivityStarted(activity_id=which), at(day)),
    ]
    if ends is not None:
        over = JointActivities.JointActivityConcluded(activity_id=which, result=sealed("well"), **more)
        facts.append((ACME, over, at(ends)))
    return facts


def given(day: float, by: Side = Side.US) -> Told:
    value = Value.ValueGiven(value_id=some_id("value"), kind=ValueKind.SAVING, what=sealed("oil"), given_by=by)
    return ACME, value, at(day)


def test_contact_is_the_last_visit_contact_or_joint_activity(office: Asking) -> None:
    office.tell(met(10, SHEN))
    found = office.component("contact")
    assert found is not None
    assert (found.score, found.reason) == (70.7, "last visit 90 days ago, half-life 180 days")
    call = office.tell(phoned(40, GAO))
    found = office.component("contact")
    assert found is not None
    assert (found.score, found.positions) == (79.4, [call])
    assert found.reason == "last contact (phone) 60 days ago, half-life 180 days"
    together = office.tell(*activity("fair", 60, 70))
    found = office.component("contact")
    assert found is not None
    assert (found.positions, found.reason) == ([together], "last joint activity 30 days ago, half-life 180 days")
    assert office.score("contact", known_at=call) == 79.4
    assert office.score("contact", as_of=at(39)) == 89.4


def test_an_activity_that_was_only_proposed_or_given_up_is_no_contact_and_has_no_effect(office: Asking) -> None:
    proposed, _, _ = activity("fair", 60, 70)
    which = some_id("fair")
    office.tell(
        proposed, (ACME, JointActivities.JointActivityConcluded(activity_id=which, result=sealed("no")), at(70))
    )
    assert (office.component("contact"), office.component("joint_activity")) == (None, None)


def test_joint_activities_and_value_that_we_gave_have_an_effect_that_halves(office: Asking) -> None:
    started = office.tell(*activity("fair", 100))
    found = office.component("joint_activity")
    assert found is not None
    assert (found.score, found.weight, found.positions) == (40, 5, [started])
    office.tell(*activity("trial", 50, 100, aim_met=ObjectiveMet.YES)[:3])
    assert office.score("joint_activity") == 100
    assert office.score("joint_activity", as_of=at(280)) == 50


def test_value_counts_more_once_it_is_acknowledged_and_not_what_the_customer_gave(office: Asking) -> None:
    office.tell(given(100))
    assert office.score("joint_activity") == 15
    office.tell((ACME, Value.ValueAcknowledged(value_id=some_id("value"), stakeholder=SHEN), NOW))
    assert office.score("joint_activity") == 30


def test_what_the_customer_gave_is_no_value_that_we_gave(office: Asking) -> None:
    office.tell(given(100, Side.CUSTOMER))
    assert office.component("joint_activity") is None


def test_exposure_is_the_single_thread_of_meetings(office: Asking) -> None:
    first = office.tell(met(50, SHEN))
    found = office.component("exposure")
    assert found is not None
    assert (found.score, found.weight, found.positions) == (0, 5, [first])
    office.tell(phoned(50, GAO, by=(BEN,)))
    assert office.score("exposure") == 50
    assert office.score("exposure", as_of=at(1000)) == 50
    office.tell(met(55, SHEN, ours=(BEN,)), left(60, GAO))
    assert office.score("exposure") == 25
    assert office.score("exposure", as_of=at(59)) != 25


def test_the_meetings_of_a_colleague_who_left_carry_nothing(office: Asking) -> None:
    office.tell(met(50, SHEN), met(51, GAO, ours=(BEN,)), met(52, SHEN, ours=(BEN,)))
    invited = Member.Invited(name=sealed("Ben"), external_id="ben")
    office.tell((BEN, invited, at(0)))
    before = office.score("exposure")
    office.tell((BEN, Member.Left(), at(60)))
    after = office.component("exposure")
    assert after is not None
    assert before is not None
    assert after.score < before
    assert after.reason.startswith("1 of ours and 1 person there")


def test_meetings_with_a_person_who_was_merged_are_meetings_with_one_person(office: Asking) -> None:
    double, twin = some_id("double"), some_id("twin")
    office.tell(registered(1, double), added(2, twin, double), met(50, twin, account=double), met(50, GAO))
    merge = Account.AccountsMerged(into=ACME, reason="one company", people={twin: GAO})
    office.tell((double, merge, at(60)))
    assert office.score("exposure") == 0
    office.tell(met(50, SHEN), met(50, SHEN, GAO))
    found = office.component("exposure")
    assert found is not None
    assert found.reason == "1 of ours and 2 people there share the meetings; single thread 76 %"


def test_a_policy_that_was_defined_before_exposure_weighs_it_0(office: Asking) -> None:
    office.tell(met(100, SHEN))
    with office.view(NOW) as view:
        assert health(view, ACME).accounts[0].score == 83.3
    policy = default_service_policy()
    policy.define(health_weights={name: each for name, each in HEALTH_WEIGHTS.items() if name != "exposure"})
    (fact,) = policy.collect_events()
    assert isinstance(fact.event, ServicePolicy.Defined)
    office.tell((policy_id("ServicePolicy"), fact.event, at(1)))
    found = office.component("exposure")
    assert found is not None
    assert (found.score, found.weight) == (0, 0)
    with office.view(NOW) as view:
        assert health(view, ACME).accounts[0].score == 100


def test_half_lives_points_and_the_share_of_a_seat_are_those_of_the_policy(office: Asking) -> None:
    office.tell(given(0))
    policy = default_service_policy()
    policy.define(effect_half_life_days=100, thread_half_life_days=10, seat_share=Decimal("0.5"))
    (fact,) = policy.collect_events()
    assert isinstance(fact.event, ServicePolicy.Defined)
    assert office.score("joint_activity") == 10.2
    office.tell((policy_id("ServicePolicy"), fact.event, at(1)))
    assert office.score("joint_activity") == 7.5
