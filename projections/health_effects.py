"""Joint activity, as a component of relationship health: what joint activities and value given still do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import fsum

import msgspec

from domain.language.catalogue import say
from domain.policies.service_policy import Effect
from projections.health_components import Ahead, Component, Course, Fading, counted, days_between, halved

NAMES = {
    Effect.ACTIVITY_AIM_MET: ("joint activity", "joint activities"),
    Effect.ACTIVITY: ("joint activity", "joint activities"),
    Effect.VALUE_ACKNOWLEDGED: ("value given", "values given"),
    Effect.VALUE_GIVEN: ("value given", "values given"),
}
SEEN = 1.0


class Done(msgspec.Struct, frozen=True):
    """A joint activity that took place, or value that we gave: when, and by which event."""

    effect: Effect
    at: datetime
    position: int


class Capped(msgspec.Struct, frozen=True):
    """100, until what halves with every half-life (days) falls below."""

    above: float
    half_life: float

    def at(self, ahead: Ahead) -> float:
        """The score, never rising."""
        return min(100.0, self.above * halved(ahead.days, self.half_life))


def joint_activity(
    done: Sequence[Done], points: Mapping[Effect, Decimal], half_life: int, now: datetime
) -> Component | None:
    """Joint activity: the sum of the points of each effect × 0.5^(its age / half-life in days), at most 100.

    An activity counts from its end, while it is under way from its start; value acknowledged from then on. The
    positions are those of effects that still have a point, and of the newest.
    """
    if not done:
        return None
    left = [(each, float(points.get(each.effect, 0)) * halved(days_between(each.at, now), half_life)) for each in done]
    total, newest = fsum(effect for _, effect in left), max(done, key=lambda each: (each.at, each.position))
    course: Course = Fading(0, total, half_life) if total <= 100 else Capped(total, half_life)
    felt = {each for each, effect in left if effect >= SEEN} | {newest}
    age = counted(int(days_between(newest.at, now)), "day")
    reason = say(
        "{said}, the newest {age} ago, half-life {half_life}",
        said=_said(done),
        age=age,
        half_life=counted(half_life, "day"),
    )
    return Component("joint_activity", course, reason, tuple(sorted({each.position for each in felt})))


def _said(done: Sequence[Done]) -> str:
    numbers: dict[tuple[str, str], int] = {}
    for each in done:
        numbers[NAMES[each.effect]] = numbers.get(NAMES[each.effect], 0) + 1
    return say(" and ").join(counted(number, *names) for names, number in sorted(numbers.items()))
