"""The whole of relationship health: the weighted mean of its components, its band, and the day it turns red."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import fsum

import msgspec

from domain.policies.service_policy import ServicePolicy
from projections.health_components import Ahead, Component, Course, Fading


class Part(msgspec.Struct, frozen=True):
    """A component's course and its weight in the whole."""

    course: Course
    weight: float


def parts_of(components: Sequence[Component], weights: Mapping[str, Decimal]) -> list[Part]:
    """The components that weigh something."""
    weighed = [Part(each.course, float(weights.get(each.name, 0))) for each in components]
    return [part for part in weighed if part.weight > 0]


def total(parts: Sequence[Part], ahead: Ahead) -> float | None:
    """The mean of what the parts say then, weighted, to one decimal; None where none says anything."""
    said = [(score, part.weight) for part in parts if (score := part.course.at(ahead)) is not None]
    return (
        rounded(fsum(score * weight for score, weight in said) / fsum(weight for _, weight in said)) if said else None
    )


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


def turns_red_on(parts: Sequence[Part], horizon: Sequence[Ahead], red_up_to: float) -> date | None:
    """The first day of the horizon (ends of days, in order) on which the whole is red; None if on none.

    Fading parts never rise. The others lie between 0 and 100, so the first red day lies between the first with
    0 and the first with 100 in their place: both are found by bisection, only the days between are looked at.
    """

    def red(of: Sequence[Part], n: int) -> bool:
        score = total(of, horizon[n])
        return score is not None and score <= red_up_to

    def first(of: Sequence[Part]) -> int:
        return bisect_left(range(len(horizon)), True, key=lambda n: red(of, n))

    earliest, latest = first(_fixed(parts, 0)), first(_fixed(parts, 100))
    days = range(earliest, min(latest + 1, len(horizon)))
    found = next((n for n in days if red(parts, n)), None)
    return None if found is None else date.fromordinal(horizon[found].day)


def _fixed(parts: Sequence[Part], score: float) -> list[Part]:
    """The parts, with those that do not fade held at a score."""
    return [part if isinstance(part.course, Fading) else Part(Fading(score), part.weight) for part in parts]
