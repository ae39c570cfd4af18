"""What each component of relationship health gave to a change of the whole: parts that add up to it.

The whole is a weighted mean. A component that counts at both moments gives the change of its own score times its part
of the weights now, so that one that rose never stands as a reason of a fall. One that began to count gives what it lies
above or below the others, times its part of the weights; one that ceased to count gives the opposite. What a changed
policy made of the weights themselves stands apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

TENTH = 0.1


class Weighed(NamedTuple):
    """A component at a moment."""

    score: float
    weight: float


@dataclass(frozen=True)
class Parts:
    """The points of each component, to one decimal, its part of all weights, and the points of changed weights."""

    points: dict[str, float]
    shares: dict[str, float] = field(default_factory=dict)
    by_weights: float = 0.0


def parts_of(
    before: Mapping[str, Weighed], after: Mapping[str, Weighed], whole_before: float | None, whole_after: float | None
) -> Parts:
    """What each component gave. Without a score before, what each brings to the whole now, and the other way round."""
    then, now = _counting(before), _counting(after)
    share_then, share_now = _shares(then), _shares(now)
    shares = {**share_then, **share_now}
    if not then or not now:
        brought = {name: share_now[name] * each.score for name, each in now.items()}
        brought |= {name: -share_then[name] * each.score for name, each in then.items()}
        return Parts({name: round(points, 1) for name, points in brought.items()}, shares)
    both = [name for name in now if name in then]
    mean, remaining = _mean(then), {name: then[name] for name in both}
    exact: dict[str, float] = {}
    rest = _mean(remaining) if both else mean
    stayed = sum(each.weight for each in remaining.values())
    for name, each in then.items():
        if name not in now and both:
            exact[name] = -each.weight * (each.score - mean) / stayed
    weighed_anew = _mean({name: Weighed(then[name].score, now[name].weight) for name in both}) if both else mean
    by_weights = weighed_anew - rest
    for name, each in now.items():
        exact[name] = share_now[name] * (each.score - (then[name].score if name in then else weighed_anew))
    exact[""] = by_weights
    change = None if whole_before is None or whole_after is None else whole_after - whole_before
    points = _rounded(exact, change)
    return Parts({name: each for name, each in points.items() if name}, shares, points.get("", 0.0))


def _counting(components: Mapping[str, Weighed]) -> dict[str, Weighed]:
    return {name: each for name, each in components.items() if each.weight > 0}


def _shares(components: Mapping[str, Weighed]) -> dict[str, float]:
    weight = sum(each.weight for each in components.values())
    return {name: each.weight / weight for name, each in components.items()}


def _mean(components: Mapping[str, Weighed]) -> float:
    return sum(_shares(components)[name] * each.score for name, each in components.items())


def _rounded(exact: Mapping[str, float], change: float | None) -> dict[str, float]:
    """Parts to one decimal that add up to a change to one decimal: what rounding lost goes where it lost most, never to
    a part that is nothing, and never so that a rise is told as a fall."""
    found = {name: round(each, 1) for name, each in exact.items()}
    tenths = 0 if change is None else round((change - sum(found.values())) / TENTH)
    step = TENTH if tenths > 0 else -TENTH
    moved = [name for name, each in exact.items() if abs(each) > 1e-6]
    for _ in range(abs(tenths)):
        fitting = [name for name in moved if round(found[name] + step, 1) * exact[name] >= 0]
        if not fitting:
            break
        most = max(fitting, key=lambda name: (exact[name] - found[name]) * step)
        found[most] = round(found[most] + step, 1)
    return {name: each + 0.0 for name, each in found.items()}
