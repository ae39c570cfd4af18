"""Whether we take part, and the resources that are spent on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.aggregate import LaterFactForbids, NotYetOpened
from domain.claims import Claim
from domain.errors import Refused
from domain.opportunity.amounts import AmountNegative
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed, ReasonBlank
from domain.opportunity.pursuit import (
    DecidedAgainst,
    Decision,
    NoGoAllowsNothing,
    PersonDaysNotSensible,
    Pursued,
    Pursuit,
    PursuitUndecided,
)
from domain.opportunity.resources import Resources
from domain.policies.rate_card import RateCard, ResourceKindUnknown
from tests.domain.given import ROOT, after_snapshot, day, eur, given, history, late, on, recorded, without
from tests.domain.test_opportunity import ANNA, BO, WON, opened, process
from tests.domain.test_policies_rate_card import ENGINEER, SALES, card

CARD = card(SALES, ENGINEER)
GO = Pursuit.PursuitDecided(
    decision=Decision.GO, by=ANNA, why="They need it", cost_allowed=eur(5_000), days_allowed=Decimal(10)
)
NO_GO = Pursuit.PursuitDecided(decision=Decision.NO_GO, by=ANNA, why="No budget there")


def spent(**fields: Any) -> Resources.ResourceSpent:
    stated = {
        "kind": "sales",
        "person_days": Decimal("1.5"),
        "cost": eur(900),
        "stage": "potential",
        "rate_card_edition": 1,
        "process_edition": 0,
        "needs_go": True,
        **fields,
    }
    return Resources.ResourceSpent(**stated)


def spend(it: Opportunity, key: str = "four-funnel", rate_card: RateCard = CARD, **fields: Any) -> None:
    stated: dict[str, Any] = {"kind": "sales", "person_days": Decimal("1.5"), **fields}
    it.resources.spend(**stated, rate_card=rate_card, sales_process=process(key))


def test_a_go_says_by_whom_why_and_with_which_resources() -> None:
    it = given(Opportunity, opened())
    it.pursuit.decide(
        decision=Decision.GO, by=ANNA, why="They need it", cost_allowed=eur(5_000), days_allowed=Decimal(10)
    )
    assert recorded(it) == [GO]
    assert after_snapshot(it).pursuit.decided == Pursued(Decision.GO, ANNA, "They need it", eur(5_000), Decimal(10))


def test_the_same_decision_again_records_nothing_and_another_replaces_it() -> None:
    it = given(Opportunity, opened(), NO_GO)
    it.pursuit.decide(decision=Decision.NO_GO, by=ANNA, why="No budget there")
    assert recorded(it) == []
    it.pursuit.decide(decision=Decision.GO, by=BO, why="There is budget now")
    assert recorded(it) == [Pursuit.PursuitDecided(decision=Decision.GO, by=BO, why="There is budget now")]


def test_a_no_go_is_not_a_loss() -> None:
    it = given(Opportunity, opened(), NO_GO)
    assert it.ending is None
    it.advance(to="confirmed", override="the customer insists", sales_process=process())
    assert it.stage == "confirmed"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"why": "  "}, ReasonBlank),
        ({"cost_allowed": eur(-1)}, AmountNegative),
        ({"days_allowed": Decimal(0)}, PersonDaysNotSensible),
        ({"days_allowed": Decimal("NaN")}, PersonDaysNotSensible),
        ({"decision": Decision.NO_GO, "days_allowed": Decimal(1)}, NoGoAllowsNothing),
        ({"decision": Decision.NO_GO, "cost_allowed": eur(0)}, NoGoAllowsNothing),
    ],
)
def test_a_decision_to_pursue_is_refused(fields: dict[str, Any], refusal: type[Refused]) -> None:
    it = given(Opportunity, opened())
    with pytest.raises(refusal):
        it.pursuit.decide(**{"decision": Decision.GO, "by": ANNA, "why": "They need it", **fields})
    assert recorded(it) == []


def test_nothing_is_decided_about_what_has_ended_or_not_begun() -> None:
    with pytest.raises(OpportunityClosed):
        given(Opportunity, opened(), WON).pursuit.decide(decision=Decision.GO, by=ANNA, why="Late")
    with pytest.raises(NotYetOpened):
        given(Opportunity).pursuit.decide(decision=Decision.GO, by=ANNA, why="Early")


def test_resources_cost_the_rate_of_the_card_and_stand_in_the_stage_of_that_day() -> None:
    it = given(Opportunity, opened(), GO)
    spend(it, member=BO, external_id="TS-1")
    assert recorded(it) == [spent(member=BO, external_id="TS-1")]


def test_spending_again_is_spending_more() -> None:
    it = given(Opportunity, opened(), GO, spent())
    spend(it)
    assert recorded(it) == [spent()]


def test_more_than_allowed_was_spent_all_the_same() -> None:
    it = given(Opportunity, opened(), GO)
    spend(it, person_days=Decimal(100))
    assert recorded(it) == [spent(person_days=Decimal(100), cost=eur(60_000))]


def test_a_process_that_asks_for_the_decision_lets_nothing_be_spent_before() -> None:
    for key in ("four-funnel", "nine-phase"):
        with pytest.raises(PursuitUndecided, match="asks for the decision to pursue"):
            spend(given(Opportunity, opened(process=key)), key)


def test_a_process_that_does_not_ask_lets_it_be_spent() -> None:
    it = given(Opportunity, opened(process="plain", stage="prospecting"))
    spend(it, "plain")
    assert recorded(it) == [spent(stage="prospecting", needs_go=False)]


def test_after_a_no_go_nothing_is_spent_in_any_process() -> None:
    for key in ("four-funnel", "plain"):
        with pytest.raises(DecidedAgainst):
            spend(given(Opportunity, opened(), NO_GO), key)


def test_a_kind_that_is_not_on_the_card_of_that_day_is_refused() -> None:
    with pytest.raises(ResourceKindUnknown, match="sales, engineer"):
        spend(given(Opportunity, opened(), GO), kind="magic")


@pytest.mark.parametrize("days", ["0", "-1", "NaN", "Infinity"])
def test_person_days_are_a_number_above_0(days: str) -> None:
    with pytest.raises(PersonDaysNotSensible):
        spend(given(Opportunity, opened(), GO), person_days=Decimal(days))


def test_nothing_is_spent_on_what_has_ended() -> None:
    with pytest.raises(OpportunityClosed):
        spend(given(Opportunity, opened(), GO, WON))


def test_a_go_that_spending_needs_is_not_withdrawn() -> None:
    facts = history(opened(), GO, spent())
    with pytest.raises(LaterFactForbids, match="ResourceSpent"):
        without(Opportunity, facts, 2)


def test_a_no_go_recorded_late_before_spending_is_refused() -> None:
    facts = history(opened(), GO, on(day(9), spent()))
    with pytest.raises(LaterFactForbids, match="no-go"):
        late(Opportunity, facts, day(5), lambda it: it.pursuit.decide(decision=Decision.NO_GO, by=BO, why="No budget"))


def test_a_time_sheet_is_recorded_once() -> None:
    assert spent(external_id="TS-1").claims(ROOT) == [Claim("resource", "", "TS-1")]
    assert spent().claims(ROOT) == []
