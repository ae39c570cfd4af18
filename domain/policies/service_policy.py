"""The service policy: how often a customer is seen, how fast a contact cools, what health is made of."""

from __future__ import annotations

import enum
from collections.abc import Callable, Container, Iterable
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy, policy_id
from domain.policies.service_hours import Hours, see_that_hours_make_sense


class ServiceLevel(enum.StrEnum):
    """How closely a customer is looked after: by the relationship type of its key status, or none."""

    NONE = "none"
    ORDINARY = "ordinary"
    PARTNER = "partner"
    STRATEGIC = "strategic"


VISIT_CADENCE_DAYS = {
    ServiceLevel.NONE: 180,
    ServiceLevel.ORDINARY: 60,
    ServiceLevel.PARTNER: 30,
    ServiceLevel.STRATEGIC: 14,
}
CONTACT_HALF_LIFE_DAYS = {
    ServiceLevel.NONE: 180,
    ServiceLevel.ORDINARY: 90,
    ServiceLevel.PARTNER: 60,
    ServiceLevel.STRATEGIC: 30,
}
HEALTH_WEIGHTS = {
    "coverage": Decimal(20),
    "contact": Decimal(25),
    "sentiment": Decimal(15),
    "satisfaction": Decimal(15),
    "issues": Decimal(10),
    "plan": Decimal(5),
    "joint_activity": Decimal(5),
    "purchases": Decimal(5),
    "exposure": Decimal(5),
}


class Effect(enum.StrEnum):
    """What brings both sides closer: a joint activity (联合推广, 创新) that took place, value that we gave."""

    ACTIVITY_AIM_MET = "activity_aim_met"
    ACTIVITY = "activity"
    VALUE_ACKNOWLEDGED = "value_acknowledged"
    VALUE_GIVEN = "value_given"


OPINION_HALF_LIFE_DAYS = 365
SEAT_SHARE = Decimal("0.4")
EFFECT_HALF_LIFE_DAYS = 180
EFFECT_POINTS = {
    Effect.ACTIVITY_AIM_MET: Decimal(60),
    Effect.ACTIVITY: Decimal(40),
    Effect.VALUE_ACKNOWLEDGED: Decimal(30),
    Effect.VALUE_GIVEN: Decimal(15),
}
THREAD_HALF_LIFE_DAYS = 180
RESPONSE_HOURS: dict[ServiceLevel, Hours] = {
    ServiceLevel.NONE: (9, 18, 27, 45),
    ServiceLevel.ORDINARY: (4, 9, 18, 27),
    ServiceLevel.PARTNER: (2, 4, 9, 18),
    ServiceLevel.STRATEGIC: (1, 2, 4, 9),
}
RESOLUTION_HOURS: dict[ServiceLevel, Hours] = {
    ServiceLevel.NONE: (45, 90, 135, 180),
    ServiceLevel.ORDINARY: (27, 45, 90, 135),
    ServiceLevel.PARTNER: (18, 27, 45, 90),
    ServiceLevel.STRATEGIC: (9, 18, 45, 90),
}


class RelationshipMissing(Refused):
    """{what} must be stated for every relationship type; {missing} is missing."""


class DaysNotPositive(Refused):
    """{what} of {found} is not possible: state 1 or more."""


class WeightUnknown(Refused):
    """{component} is not a component of health; there are: {known}."""


class WeightsNotPositive(Refused):
    """The weights of health are {found}: state 0 or more for each and above 0 for at least one."""


class BordersOutOfOrder(Refused):
    """Red up to {red} and yellow up to {yellow} is no scale: state 0 ≤ red < yellow ≤ 100."""


class ShareOutOfRange(Refused):
    """A share of {found} for a seat in which somebody is mapped is not possible: state 0 to 1."""


class PointsNegative(Refused):
    """An effect of {found} points is not possible: state 0 or more."""


def _with_what_was_fixed_before(fields: dict[str, Any]) -> dict[str, Any]:
    """A definition of schema 1: what it could not state was as KAMS shipped it, and exposure had no weight."""
    return {
        **fields,
        "opinion_half_life_days": OPINION_HALF_LIFE_DAYS,
        "seat_share": str(SEAT_SHARE),
        "effect_half_life_days": EFFECT_HALF_LIFE_DAYS,
        "effect_points": {effect.value: str(points) for effect, points in EFFECT_POINTS.items()},
        "thread_half_life_days": THREAD_HALF_LIFE_DAYS,
    }


def _with_the_hours_of_issues(fields: dict[str, Any]) -> dict[str, Any]:
    """A definition of schema 2: the hours for issues, which it could not state, were as KAMS ships them."""
    return {
        **fields,
        "response_hours": {level.value: hours for level, hours in RESPONSE_HOURS.items()},
        "resolution_hours": {level.value: hours for level, hours in RESOLUTION_HOURS.items()},
        "round_the_clock": (),
    }


@learn
class ServicePolicy(Policy, eq=False):
    """How customers are looked after. Undefined, the values that KAMS ships hold.

    `seat_share` (0–1) is what it counts that somebody is mapped as approver or decision maker, however near he is; what
    people said, an effect (up to 100 points) and a meeting halve with every half-life of theirs. A weight or points
    that are not stated are 0.
    """

    edition: int = 0
    visit_cadence_days: dict[ServiceLevel, int] = msgspec.field(default_factory=lambda: dict(VISIT_CADENCE_DAYS))
    contact_half_life_days: dict[ServiceLevel, int] = msgspec.field(
        default_factory=lambda: dict(CONTACT_HALF_LIFE_DAYS)
    )
    review_period_months: int = 6
    health_weights: dict[str, Decimal] = msgspec.field(default_factory=lambda: dict(HEALTH_WEIGHTS))
    red_up_to: int = 50
    yellow_up_to: int = 75
    opinion_half_life_days: int = OPINION_HALF_LIFE_DAYS
    seat_share: Decimal = SEAT_SHARE
    effect_half_life_days: int = EFFECT_HALF_LIFE_DAYS
    effect_points: dict[Effect, Decimal] = msgspec.field(default_factory=lambda: dict(EFFECT_POINTS))
    thread_half_life_days: int = THREAD_HALF_LIFE_DAYS
    response_hours: dict[ServiceLevel, Hours] = msgspec.field(default_factory=lambda: dict(RESPONSE_HOURS))
    resolution_hours: dict[ServiceLevel, Hours] = msgspec.field(default_factory=lambda: dict(RESOLUTION_HOURS))
    round_the_clock: tuple[int, ...] = ()

    class Defined(Event):
        """How customers are looked after, as a whole."""

        schema_version: ClassVar[int] = 3
        upcasts: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {
            1: _with_what_was_fixed_before,
            2: _with_the_hours_of_issues,
        }

        edition: int
        visit_cadence_days: dict[ServiceLevel, int]
        contact_half_life_days: dict[ServiceLevel, int]
        review_period_months: int
        health_weights: dict[str, Decimal]
        red_up_to: int
        yellow_up_to: int
        opinion_half_life_days: int
        seat_share: Decimal
        effect_half_life_days: int
        effect_points: dict[Effect, Decimal]
        thread_half_life_days: int
        response_hours: dict[ServiceLevel, Hours]
        resolution_hours: dict[ServiceLevel, Hours]
        round_the_clock: tuple[int, ...]

        def check(self, policy: ServicePolicy) -> None:
            _see_that_all_are_stated("A visit cadence", self.visit_cadence_days)
            _see_that_all_are_stated("A contact half-life", self.contact_half_life_days)
            days = [*self.visit_cadence_days.values(), *self.contact_half_life_days.values()]
            half_lives = [self.opinion_half_life_days, self.effect_half_life_days, self.thread_half_life_days]
            _see_that_all_are_positive("A number of days", [*days, *half_lives])
            _see_that_all_are_positive("A review period in months", [self.review_period_months])
            _see_that_weights_weigh(self.health_weights)
            if not 0 <= self.red_up_to < self.yellow_up_to <= 100:
                raise BordersOutOfOrder(red=self.red_up_to, yellow=self.yellow_up_to)
            if not (self.seat_share.is_finite() and 0 <= self.seat_share <= 1):
                raise ShareOutOfRange(found=self.seat_share)
            for points in self.effect_points.values():
                if not (points.is_finite() and points >= 0):
                    raise PointsNegative(found=points)
            _see_that_all_are_stated("A time to respond", self.response_hours)
            _see_that_all_are_stated("A time to resolve", self.resolution_hours)
            see_that_hours_make_sense(self.response_hours, self.resolution_hours, self.round_the_clock)

        def apply(self, policy: ServicePolicy) -> None:
            for name in self.__struct_fields__:
                setattr(policy, name, getattr(self, name))

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(
        self,
        *,
        visit_cadence_days: dict[ServiceLevel, int] | None = None,
        contact_half_life_days: dict[ServiceLevel, int] | None = None,
        review_period_months: int = 6,
        health_weights: dict[str, Decimal] | None = None,
        red_up_to: int = 50,
        yellow_up_to: int = 75,
        opinion_half_life_days: int = OPINION_HALF_LIFE_DAYS,
        seat_share: Decimal = SEAT_SHARE,
        effect_half_life_days: int = EFFECT_HALF_LIFE_DAYS,
        effect_points: dict[Effect, Decimal] | None = None,
        thread_half_life_days: int = THREAD_HALF_LIFE_DAYS,
        response_hours: dict[ServiceLevel, Hours] | None = None,
        resolution_hours: dict[ServiceLevel, Hours] | None = None,
        round_the_clock: tuple[int, ...] = (),
    ) -> None:
        """Say how customers are looked after; what is left out takes the value that KAMS ships."""
        event = self.Defined(
            edition=self.root.version + 1,
            visit_cadence_days=dict(VISIT_CADENCE_DAYS if visit_cadence_days is None else visit_cadence_days),
            contact_half_life_days=dict(
                CONTACT_HALF_LIFE_DAYS if contact_half_life_days is None else contact_half_life_days
            ),
            review_period_months=review_period_months,
            health_weights=dict(HEALTH_WEIGHTS if health_weights is None else health_weights),
            red_up_to=red_up_to,
            yellow_up_to=yellow_up_to,
            opinion_half_life_days=opinion_half_life_days,
            seat_share=seat_share,
            effect_half_life_days=effect_half_life_days,
            effect_points=dict(EFFECT_POINTS if effect_points is None else effect_points),
            thread_half_life_days=thread_half_life_days,
            response_hours=dict(RESPONSE_HOURS if response_hours is None else response_hours),
            resolution_hours=dict(RESOLUTION_HOURS if resolution_hours is None else resolution_hours),
            round_the_clock=tuple(sorted(set(round_the_clock))),
        )
        same = all(getattr(self, name) == getattr(event, name) for name in event.__struct_fields__[1:])
        if not (same and self.edition):
            self.record(event)


def default_service_policy() -> ServicePolicy:
    """The policy of a system that was never told of one."""
    return ServicePolicy(id=policy_id("ServicePolicy"))


def _see_that_all_are_stated(what: str, days: Container[ServiceLevel]) -> None:
    if missing := [each.value for each in ServiceLevel if each not in days]:
        raise RelationshipMissing(what=what, missing=", ".join(missing))


def _see_that_all_are_positive(what: str, numbers: Iterable[int]) -> None:
    for number in numbers:
        if number < 1:
            raise DaysNotPositive(what=what, found=number)


def _see_that_weights_weigh(weights: dict[str, Decimal]) -> None:
    for component in weights:
        if component not in HEALTH_WEIGHTS:
            raise WeightUnknown(component=component, known=list(HEALTH_WEIGHTS))
    if not any(weights.values()) or any(not weight.is_finite() or weight < 0 for weight in weights.values()):
        raise WeightsNotPositive(found=", ".join(f"{name} {weight}" for name, weight in weights.items()) or "none")
