"""Health over a year, with the events on the curve."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from api.console.accounts.scope import Scope
from api.console.moments import TimeBar
from api.thing_words import thing_words
from api.timeline import in_words
from domain.aggregate import Recorded
from domain.language.catalogue import say
from domain.policies.calendar import day_end, day_start
from projections.health_course import health_course

MOST_MARKS = 200
STEP = 7


@dataclass(frozen=True)
class Kind:
    """Which events are marked alike: `shape` is a symbol of ECharts, `series` a colour of the tokens."""

    key: str
    shape: str
    series: int
    topics: tuple[str, ...]


KINDS = (
    Kind("visit", "circle", 0, ("Account.VisitLogged", "Account.ContactLogged")),
    Kind("complaint", "triangle", 1, ("Issue.Raised", "Issue.Resolved", "Issue.Reopened", "Issue.Escalated")),
    Kind(
        "people",
        "diamond",
        3,
        (
            "Opportunity.BuyerMapped",
            "Account.StakeholderLeft",
            "Account.RelationshipAssessed",
            "Account.SatisfactionSurveyed",
        ),
    ),
    Kind(
        "business",
        "rect",
        4,
        ("Opportunity.Won", "Opportunity.Lost"),
    ),
    Kind(
        "together",
        "pin",
        2,
        (
            "Account.JointActivityStarted",
            "Account.JointActivityConcluded",
            "Account.ValueGiven",
            "Account.ValueAcknowledged",
            "Account.CommitmentKept",
            "Account.CommitmentBroken",
        ),
    ),
    Kind(
        "key",
        "roundRect",
        5,
        (
            "Account.KeyStatusGranted",
            "Account.KeyStatusReviewed",
            "Account.KeyStatusWithdrawn",
            "Account.AccountHandedOver",
            "Account.ManagerAssigned",
        ),
    ),
)
BY_TOPIC = {topic: kind for kind in KINDS for topic in kind.topics}


def kind_name(key: str) -> str:
    """What marks of a kind are called."""
    return {
        "visit": say("Visits and contacts"),
        "complaint": say("Complaints"),
        "people": say("People and their stance"),
        "business": say("Won and lost"),
        "together": say("Given and promised"),
        "key": say("Key status, manager"),
    }[key]


class Point(NamedTuple):
    """Health at a moment; None where there was none."""

    as_of: datetime
    score: float | None


@dataclass(frozen=True)
class Mark:
    """An event on the curve."""

    kind: Kind
    at: datetime
    score: float | None
    words: str
    position: int


def curve(scope: Scope) -> dict[str, Any]:
    """What the template shows: the points, the marks, and what the chart is given."""
    bar = TimeBar.of(scope.frame)
    points = [Point(*each) for each in health_course(scope.view, scope.id, _moments(scope, bar)).items()]
    known = [each for each in points if each.score is not None]
    policy = scope.view.policies.service
    marks = _marks(scope, points)
    chart = {
        "points": [[_ms(each.as_of), each.score] for each in points],
        "from": _ms(day_start(scope.view.policies.company, bar.first)),
        "to": _ms(day_end(scope.view.policies.company, bar.last)),
        "red": float(policy.red_up_to),
        "yellow": float(policy.yellow_up_to),
        "words": {"health": say("Health"), "red": say("red below"), "now": say("As of")},
        "kinds": [_series(kind, marks) for kind in KINDS],
    }
    return {
        "points": known[::4] if len(known) > 20 else known,
        "marks": marks[::-1],
        "chart": chart,
        "kind_name": kind_name,
    }


def _moments(scope: Scope, bar: TimeBar) -> list[datetime]:
    """The ends of every seventh day of the year that the slider moves through, up to the moment itself."""
    company, now = scope.view.policies.company, scope.view.clock.as_of
    ends = (day_end(company, bar.first + timedelta(days=days)) for days in range(0, bar.steps, STEP))
    return [*(each for each in ends if each < now), now]


def _marks(scope: Scope, points: Sequence[Point]) -> list[Mark]:
    """The events of the year that say something, the newest of them where there are too many."""
    chosen = scope.facts_since(points[0].as_of, BY_TOPIC)[-MOST_MARKS:]
    stages, names = thing_words(scope.view), scope.names
    return [_mark(scope, fact, points, names, stages) for fact in chosen]


def _mark(
    scope: Scope, fact: Recorded, points: Sequence[Point], names: Mapping[Any, str], stages: Mapping[str, str]
) -> Mark:
    words = in_words(fact, names, scope.read, stages)
    return Mark(BY_TOPIC[fact.event.topic], fact.occurred_at, _between(points, fact.occurred_at), words, fact.position)


def _between(points: Sequence[Point], at: datetime) -> float | None:
    """The height of the line at a moment."""
    place = bisect_left(points, at, key=lambda each: each.as_of)
    after = points[min(place, len(points) - 1)]
    before = points[max(place - 1, 0)]
    if before.score is None or after.score is None or after.as_of == before.as_of:
        return after.score if after.score is not None else before.score
    part = (at - before.as_of) / (after.as_of - before.as_of)
    return round(before.score + part * (after.score - before.score), 1)


def _series(kind: Kind, marks: Sequence[Mark]) -> dict[str, Any]:
    return {
        "key": kind.key,
        "name": kind_name(kind.key),
        "shape": kind.shape,
        "colour": kind.series,
        "marks": [
            {
                "at": _ms(each.at),
                "score": each.score,
                "words": each.words,
                "href": f"/console/why?positions={each.position}",
            }
            for each in marks
            if each.kind is kind and each.score is not None
        ],
    }


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
