"""Joint activity and exposure, as components of relationship health, by worked examples."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.service_policy import EFFECT_POINTS, Effect
from projections.health_components import Ahead, Component
from projections.health_effects import Done, joint_activity
from projections.health_exposure import Tie, exposure
from tests.domain.given import day, some_id

NOW = day(1000)
HALF_LIFE = 180
ANNA, BEN, WANG, LI, ZHAO = (some_id(name) for name in ("anna", "ben", "wang", "li", "zhao"))


def done(effect: Effect, days_ago: float, position: int = 1) -> Done:
    return Done(effect, NOW - timedelta(days=days_ago), position)


def effect_of(*all_done: Done, days: float = 0) -> float | None:
    found = joint_activity(all_done, EFFECT_POINTS, HALF_LIFE, NOW)
    assert found is not None
    score = found.course.at(Ahead(days, 0))
    return None if score is None else round(score, 2)


def tie(member: UUID, stakeholder: UUID, weight: float, position: int = 1, holds: bool = True) -> Tie:
    return Tie(member, stakeholder, weight, position, holds)


def score(component: Component | None) -> float:
    assert component is not None
    found = component.course.at(Ahead(0, 0))
    assert found is not None
    return round(found, 2)


def test_without_activity_or_value_nothing_is_said() -> None:
    assert joint_activity([], EFFECT_POINTS, HALF_LIFE, NOW) is None


def test_effects_add_up_and_halve_with_every_half_life() -> None:
    assert effect_of(done(Effect.ACTIVITY, 0)) == 40
    assert effect_of(done(Effect.ACTIVITY, 180)) == 20
    assert effect_of(done(Effect.ACTIVITY_AIM_MET, 180), done(Effect.VALUE_GIVEN, 0)) == 45
    assert effect_of(done(Effect.VALUE_ACKNOWLEDGED, 0), days=360) == 7.5


def test_more_than_100_is_100_until_it_has_halved_below() -> None:
    much = [done(Effect.ACTIVITY_AIM_MET, 0)] * 3
    assert [effect_of(*much, days=days) for days in (0, 100, 180, 360)] == [100, 100, 90, 45]


def test_points_that_the_policy_does_not_state_are_none() -> None:
    found = joint_activity([done(Effect.ACTIVITY, 0)], {Effect.VALUE_GIVEN: Decimal(9)}, HALF_LIFE, NOW)
    assert score(found) == 0


def test_it_says_what_was_done_and_names_what_is_still_felt_and_the_newest() -> None:
    long_ago, now = done(Effect.VALUE_GIVEN, 2000, 3), done(Effect.ACTIVITY_AIM_MET, 12.5, 7)
    found = joint_activity([long_ago, now, done(Effect.ACTIVITY, 200, 5)], EFFECT_POINTS, HALF_LIFE, NOW)
    assert found is not None
    expected = "2 joint activities and 1 value given, the newest 12 days ago, half-life 180 days"
    assert (found.reason, found.positions) == (expected, (5, 7))
    old = joint_activity([long_ago], EFFECT_POINTS, HALF_LIFE, NOW)
    assert old is not None
    assert old.positions == (3,)


@given(st.lists(st.tuples(st.sampled_from(Effect), st.floats(0, 1000)), min_size=1), st.floats(0, 1000))
def test_what_is_foretold_is_what_is_found_then(all_done: list[tuple[Effect, float]], days: float) -> None:
    known = [done(effect, age) for effect, age in all_done]
    then = joint_activity(known, EFFECT_POINTS, HALF_LIFE, NOW + timedelta(days=days))
    assert effect_of(*known, days=days) == pytest.approx(score(then), abs=0.011)


def test_one_manager_and_one_contact_carry_it_all() -> None:
    assert score(exposure([tie(ANNA, WANG, 0.2)])) == 0


def test_the_more_share_the_meetings_the_better() -> None:
    assert score(exposure([tie(ANNA, WANG, 1), tie(BEN, WANG, 1)])) == 25
    found = exposure([tie(ANNA, WANG, 3, 5), tie(BEN, LI, 1, 9), tie(BEN, ZHAO, 0, 9)])
    assert found is not None
    reason = "2 of ours and 3 people there share the meetings; single thread 62 %"
    assert (score(found), found.reason, found.positions) == (37.5, reason, (5, 9))


def test_ties_of_who_has_left_hold_no_longer() -> None:
    assert score(exposure([tie(ANNA, WANG, 9, holds=False), tie(ANNA, LI, 1), tie(BEN, LI, 1)])) == 25
    nobody = exposure([tie(ANNA, WANG, 1, 3, holds=False)])
    assert nobody is not None
    expected = (0, "nobody who knew each other is there any more", (3,))
    assert (score(nobody), nobody.reason, nobody.positions) == expected


def test_without_meetings_of_which_both_sides_are_known_nothing_is_said() -> None:
    assert exposure([]) is None
