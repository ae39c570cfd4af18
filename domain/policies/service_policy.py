"""The service policy: how often a customer is seen, how fast a contact cools, what health is made of."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy, policy_id


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
}


class RelationshipMissing(Refused):
    """{what} must be stated for every relationship type; {missing} is missing."""


class DaysNotPositive(Refused):
    """{what} of {found} is not possible: state 1 or more."""


class WeightUnknown(Refused):
    """{component} is not a component of health; there are: {known}."""


class WeightsNotPositive(Refused):
    """The weights of health must be 0 or more, and at least one above 0."""


class BordersOutOfOrder(Refused):
    """Red up to {red} and yellow up to {yellow} is no scale: state 0 ≤ red < yellow ≤ 100."""


@learn
class ServicePolicy(Policy, eq=False):
    """How customers are looked after. Undefined, the values that KAMS ships hold."""

    edition: int = 0
    visit_cadence_days: dict[ServiceLevel, int] = msgspec.field(default_factory=lambda: dict(VISIT_CADENCE_DAYS))
    contact_half_life_days: dict[ServiceLevel, int] = msgspec.field(
        default_factory=lambda: dict(CONTACT_HALF_LIFE_DAYS)
    )
    review_period_months: int = 6
    health_weights: dict[str, Decimal] = msgspec.field(default_factory=lambda: dict(HEALTH_WEIGHTS))
    red_up_to: int = 50
    yellow_up_to: int = 75

    class Defined(Event):
        """How customers are looked after, as a whole."""

        edition: int
        visit_cadence_days: dict[ServiceLevel, int]
        contact_half_life_days: dict[ServiceLevel, int]
        review_period_months: int
        health_weights: dict[str, Decimal]
        red_up_to: int
        yellow_up_to: int

        def check(self, policy: ServicePolicy) -> None:
            _see_that_all_are_stated("A visit cadence", self.visit_cadence_days)
            _see_that_all_are_stated("A contact half-life", self.contact_half_life_days)
            days = [*self.visit_cadence_days.values(), *self.contact_half_life_days.values()]
            _see_that_all_are_positive("A number of days", days)
            _see_that_all_are_positive("A review period in months", [self.review_period_months])
            _see_that_weights_weigh(self.health_weights)
            if not 0 <= self.red_up_to < self.yellow_up_to <= 100:
                raise BordersOutOfOrder(red=self.red_up_to, yellow=self.yellow_up_to)

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
        )
        same = all(getattr(self, name) == getattr(event, name) for name in event.__struct_fields__[1:])
        if not (same and self.edition):
            self.record(event)


def default_service_policy() -> ServicePolicy:
    """The policy of a system that was never told of one."""
    return ServicePolicy(id=policy_id("ServicePolicy"))


def _see_that_all_are_stated(what: str, days: dict[ServiceLevel, int]) -> None:
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
        raise WeightsNotPositive
