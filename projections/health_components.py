"""The components of relationship health: pure functions of facts and the days since them.

All scores run from 0 to 100. The formulas are this product's own. Nothing gets better by waiting: without new
facts a component stays or falls, but for purchases, whose comparison moves with the calendar.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from math import fsum
from statistics import fmean
from typing import Protocol
from uuid import UUID

import msgspec

from domain.account.person import Coverage, Level
from domain.account.purchases import SCALES, SurveyKind
from domain.language.catalogue import say
from domain.opportunity.buyers import BuyerRole, Support

NEUTRAL = 50.0
SEATS = (BuyerRole.APPROVER, BuyerRole.DECISION_MAKER)
COVERED = {Coverage.NONE: 0.0, Coverage.BRIEF: 1 / 3, Coverage.SEVERAL_MEETINGS: 2 / 3, Coverage.IN_DEPTH: 1.0}
STEPS = {level: step for step, level in enumerate(Level, start=1)}
STANDS = {
    Support.MENTOR: 100.0,
    Support.SUPPORTER: 75.0,
    Support.NEUTRAL: 50.0,
    Support.NON_SUPPORTER: 25.0,
    Support.ENEMY: 0.0,
}


class Ahead(msgspec.Struct, frozen=True):
    """A moment at or after the one asked about: so many days later, on this day (`date.toordinal`)."""

    days: float
    day: int


class Course(Protocol):
    """How a score goes on if nothing happens; None where nothing can be said then."""

    def at(self, ahead: Ahead) -> float | None:
        """The score, 0–100."""


class Fading(msgspec.Struct, frozen=True):
    """floor + above × 0.5^(days ahead / half-life): what is above the floor halves with every half-life (days)."""

    floor: float
    above: float = 0.0
    half_life: float = 1.0

    def at(self, ahead: Ahead) -> float:
        """The score, never rising."""
        return self.floor + self.above * halved(ahead.days, self.half_life)


class Component(msgspec.Struct, frozen=True):
    """What one component says: its course from now on, why, and the positions of the events behind it."""

    name: str
    course: Course
    reason: str
    positions: tuple[int, ...]


class Touch(msgspec.Struct, frozen=True):
    """We and the customer were in touch: a visit, a contact, a joint activity that took place."""

    at: datetime
    position: int
    what: str = "visit"


class Mapped(msgspec.Struct, frozen=True):
    """A person as mapped on an opportunity, since `at`."""

    opportunity: UUID
    stakeholder: UUID
    role: BuyerRole
    support: Support
    key_player: bool
    at: datetime
    position: int


class Relation(msgspec.Struct, frozen=True):
    """How near one of ours is to a person."""

    stakeholder: UUID
    level: Level
    desired: Level | None
    coverage: Coverage | None
    position: int

    @property
    def nearness(self) -> float:
        """0–1: the mean of the level against the desired one (a trusted adviser where none is stated; vendor is
        step 1 of 4, more than desired counts as reached) and of the coverage, where that is stated."""
        reached = min(1.0, STEPS[self.level] / STEPS[self.desired or Level.TRUSTED_ADVISER])
        return reached if self.coverage is None else (reached + COVERED[self.coverage]) / 2


class Survey(msgspec.Struct, frozen=True):
    """An answer to a survey."""

    at: datetime
    kind: SurveyKind
    score: int
    position: int

    @property
    def level(self) -> float:
        """The score on its scale as 0–100: NPS 0–10, CSAT 1–5."""
        lowest, highest = SCALES[self.kind]
        return 100 * (self.score - lowest) / (highest - lowest)


def contact(touch: Touch | None, half_life: int, now: datetime) -> Component | None:
    """Contact freshness: 100 × 0.5^(days since the last visit, contact or joint activity / half-life of the
    relationship type in days)."""
    if touch is None:
        return None
    days = days_between(touch.at, now)
    reason = say(
        "last {what} {days} ago, half-life {half_life}",
        what=say(touch.what),
        days=counted(int(days), "day"),
        half_life=counted(half_life, "day"),
    )
    return Component("contact", Fading(0, 100 * halved(days, half_life), half_life), reason, (touch.position,))


def coverage(
    open_ones: Collection[UUID], buyers: Iterable[Mapped], relations: Iterable[Relation], seat_share: float
) -> Component | None:
    """Coverage of the decision map, of people who are there: the mean of two halves, or the one that has facts.

    Seats: every open opportunity has two, approver and decision maker. An empty seat is 0, a mapped one
    100 × (share + (1 − share) × the nearness of the nearest person in it), by the `seat_share` (0–1) of the policy. It
    counts once anybody is mapped on an open opportunity;
    those where nobody is mapped are then 0. Closeness: 100 × the mean nearness of the people assessed, each by the
    nearest of ours.
    """
    nearness: dict[UUID, float] = {}
    known = list(relations)
    for relation in known:
        nearness[relation.stakeholder] = max(relation.nearness, nearness.get(relation.stakeholder, 0.0))
    mapped = [buyer for buyer in buyers if buyer.opportunity in open_ones]
    parts, said = [], []
    if mapped:
        filled = _seats(mapped, nearness, seat_share)
        parts.append(100 * fsum(filled.values()) / (len(SEATS) * len(open_ones)))
        seats = counted(len(SEATS) * len(open_ones), "seat")
        said.append(
            say(
                "{filled} of {seats} of approvers and decision makers mapped on {open_ones}",
                filled=len(filled),
                seats=seats,
                open_ones=counted(len(open_ones), "open opportunity", "open opportunities"),
            )
        )
    if nearness:
        parts.append(100 * fmean(nearness.values()))
        said.append(
            say(
                "{nearness} assessed, {parts:.0f} % of the desired closeness",
                nearness=counted(len(nearness), "person", "people"),
                parts=parts[-1],
            )
        )
    if not parts:
        return None
    return Component("coverage", Fading(fmean(parts)), "; ".join(said), _positions([*mapped, *known]))


def _seats(mapped: Iterable[Mapped], nearness: dict[UUID, float], share: float) -> dict[tuple[UUID, BuyerRole], float]:
    """How well the seats in which somebody is mapped are filled, from the share to 1."""
    filled: dict[tuple[UUID, BuyerRole], float] = {}
    for buyer in mapped:
        if buyer.role in SEATS:
            seat = (buyer.opportunity, buyer.role)
            value = share + (1 - share) * nearness.get(buyer.stakeholder, 0.0)
            filled[seat] = max(value, filled.get(seat, 0.0))
    return filled


def sentiment(buyers: Iterable[Mapped], half_life: float, now: datetime) -> Component | None:
    """Sentiment and support: where each person stood when last mapped on any opportunity (mentor 100, supporter
    75, neutral 50, non-supporter 25, enemy 0), as a mean in which approvers, decision makers and key players
    count twice; it fades from the newest statement on, with a half-life in days (see `faded`)."""
    newest: dict[UUID, Mapped] = {}
    for buyer in sorted(buyers, key=lambda each: (each.at, each.position)):
        newest[buyer.stakeholder] = buyer
    if not newest:
        return None
    people = list(newest.values())
    level = _weighted((STANDS[each.support], 2.0 if each.key_player or each.role in SEATS else 1.0) for each in people)
    age = min(days_between(each.at, now) for each in people)
    for_us = sum(STANDS[each.support] > NEUTRAL for each in people)
    against = sum(STANDS[each.support] < NEUTRAL for each in people)
    reason = say(
        "of {people} {for_us} for us, {against} against; newest view {age} old",
        people=counted(len(people), "person", "people"),
        for_us=for_us,
        against=against,
        age=counted(int(age), "day"),
    )
    return Component("sentiment", faded(level, age, half_life), reason, _positions(people))


def satisfaction(surveys: Sequence[Survey], half_life: float, now: datetime) -> Component | None:
    """Satisfaction: the mean of each person's newest answer (NPS 0–10 and CSAT 1–5 as 0–100), weighted by
    0.5^(age / half-life in days); it fades from the newest answer on (see `faded`)."""
    if not surveys:
        return None
    ages = [days_between(each.at, now) for each in surveys]
    age = min(ages)
    level = _weighted((each.level, halved(old - age, half_life)) for each, old in zip(surveys, ages, strict=True))
    newest = max(surveys, key=lambda each: (each.at, each.position))
    reason = say(
        "{surveys} with a mean of {level:.0f} of 100, the newest {kind} {score}, {age} ago",
        surveys=counted(len(surveys), "answer"),
        level=level,
        kind=newest.kind.upper(),
        score=newest.score,
        age=counted(int(age), "day"),
    )
    return Component("satisfaction", faded(level, age, half_life), reason, _positions(surveys))


def faded(level: float, age: float, half_life: float) -> Fading:
    """What people said fades: of a level above neutral (50) what is above halves with every half-life; `age` and
    half-life in days. What lies below does not heal by itself."""
    if level <= NEUTRAL:
        return Fading(level)
    return Fading(NEUTRAL, (level - NEUTRAL) * halved(age, half_life), half_life)


def halved(days: float, half_life: float) -> float:
    """What is left of 1 after some days: 0.5^(days / half-life)."""
    return math.pow(0.5, days / half_life)


def days_between(earlier: datetime, later: datetime) -> float:
    """Days and parts of days, never below 0."""
    return max(0.0, (later - earlier).total_seconds() / 86_400)


def _weighted(pairs: Iterable[tuple[float, float]]) -> float:
    known = list(pairs)
    return fsum(value * weight for value, weight in known) / fsum(weight for _, weight in known)


def _positions(facts: Iterable[Mapped | Relation | Survey]) -> tuple[int, ...]:
    return tuple(sorted({fact.position for fact in facts}))


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun, in the spoken language."""
    noun = one if number == 1 else several or f"{one}s"
    return say(f"{{n}} {noun}", n=number)
