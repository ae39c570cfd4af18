"""The whole of relationship health: the weighted mean of its components, its band, and the day it turns red."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from domain.policies.service_policy import ServicePolicy
from projections.health_components import Ahead, Component, Course, Fading, halved

DOUBT = 1e-6
"""So near to where rounding turns, the order of an addition decides how a score is shown."""


class Whole:
    """The weighted mean of components, at the moment asked about and later if nothing happens.

    What fades is kept as one sum over half-lives; what does not (`restless`) is asked day by day. Components
    without weight do not count.
    """

    def __init__(self, components: Sequence[Component], weights: Mapping[str, Decimal]) -> None:
        self._floor = self._weight = 0.0
        self._above = defaultdict[float, float](float)
        self._restless: list[tuple[Course, float]] = []
        for component in components:
            weight, course = float(weights.get(component.name, 0)), component.course
            if weight > 0 and isinstance(course, Fading):
                self._weight += weight
                self._floor += weight * course.floor
                self._above[course.half_life] += weight * course.above
            elif weight > 0:
                self._restless.append((course, weight))

    def at(self, ahead: Ahead) -> float | None:
        """The score 0–100 to one decimal; None where no component says anything then."""
        found = self.exactly(ahead)
        return None if found is None else rounded(found)

    def exactly(self, ahead: Ahead) -> float | None:
        """The score before it is rounded."""
        total, weight = self._faded(ahead), self._weight
        for course, its_weight in self._restless:
            if (score := course.at(ahead)) is not None:
                total += its_weight * score
                weight += its_weight
        return total / weight if weight else None

    def turns_red_on(self, horizon: Sequence[Ahead], red_up_to: float) -> date | None:
        """The first day of the horizon (ends of days, in order) on which the whole is red; None if on none.

        What fades never rises. What is restless lies between 0 and 100, so the first red day lies between the first
        with 0 and the first with 100 in its place: both are found by bisection, only the days between looked at.
        """
        lowest = bisect_left(horizon, True, key=lambda ahead: self._held(ahead, 0) <= red_up_to)
        highest = bisect_left(horizon, True, key=lambda ahead: self._held(ahead, 100) <= red_up_to)
        for ahead in horizon[lowest : highest + 1]:
            if (score := self.at(ahead)) is not None and score <= red_up_to:
                return date.fromordinal(ahead.day)
        return None

    def _held(self, ahead: Ahead, score: float) -> float:
        """The whole with everything restless at one score."""
        restless = sum(weight for _, weight in self._restless)
        weight = self._weight + restless
        return rounded((self._faded(ahead) + restless * score) / weight) if weight else 100.0

    def _faded(self, ahead: Ahead) -> float:
        return self._floor + sum(above * halved(ahead.days, life) for life, above in self._above.items())


def rounded(score: float) -> float:
    """A score as it is shown: one decimal."""
    return round(score, 1)


def band(score: float | None, policy: ServicePolicy) -> str | None:
    """red, yellow or green, by the borders of the policy; None without a score."""
    if score is None:
        return None
    if score <= policy.red_up_to:
        return "red"
    return "yellow" if score <= policy.yellow_up_to else "green"
