"""The rate card (资源费率): what a person-day of each kind of resource costs us."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.money import Money, rounded
from domain.policies.policy import Policy


class ResourceKeyUnusable(Refused):
    """The resource kind {key} is blank, or stands twice: every kind is on the rate card once."""


class RateNegative(Refused):
    """The rate {rate} of {kind} is negative: state 0 or more for a person-day."""


class ResourceKindUnknown(Refused):
    """The rate card of that day has no resource kind {kind}; it has: {known}."""


class ResourceRate(msgspec.Struct, frozen=True):
    """A kind of resource, and what a person-day of it costs."""

    key: str
    name: str
    per_day: Money
    name_zh: str = ""

    def cost_of(self, person_days: Decimal) -> Money:
        """What so many person-days cost: rounded half to even to the minor unit."""
        return Money(rounded(self.per_day.amount * person_days, self.per_day.currency), self.per_day.currency)


@learn
class RateCard(Policy, eq=False):
    """The company's rates, by kind. `edition` is the version that decisions name; undefined, there are no kinds."""

    edition: int = 0
    rates: dict[str, ResourceRate] = msgspec.field(default_factory=dict)

    class Defined(Event):
        """The rate card, as a whole, in an edition of its own."""

        edition: int
        rates: tuple[ResourceRate, ...]

        def check(self, card: RateCard) -> None:
            seen: set[str] = set()
            for each in self.rates:
                if not each.key.strip() or each.key in seen:
                    raise ResourceKeyUnusable(key=each.key)
                if each.per_day.amount < 0:
                    raise RateNegative(kind=each.key, rate=each.per_day)
                seen.add(each.key)

        def apply(self, card: RateCard) -> None:
            card.edition = self.edition
            card.rates = {each.key: each for each in self.rates}

    class FactWithdrawn(Withdrawal):
        """A rate card is taken back (冲销)."""

    @command
    def define(self, *, rates: tuple[ResourceRate, ...]) -> None:
        """State the whole rate card. It holds for what is spent from now on."""
        normal = tuple([msgspec.structs.replace(each, per_day=each.per_day.normal()) for each in rates])
        if not (self.edition and tuple(self.rates.values()) == normal):
            self.record(self.Defined(edition=self.root.version + 1, rates=normal))

    def rate(self, kind: str) -> ResourceRate:
        """The rate of a kind; refuses one that is not on the card."""
        if kind not in self.rates:
            raise ResourceKindUnknown(kind=kind, known=", ".join(self.rates) or "none, define a rate card first")
        return self.rates[kind]
