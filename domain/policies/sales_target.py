"""Sales targets (销售目标): what an owner, a territory, a product or an account shall bring in a quarter."""

from __future__ import annotations

import enum

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.currencies import currency_code
from domain.errors import Refused
from domain.money import Money
from domain.policies.calendar import QUARTER
from domain.policies.policy import Policy


class TargetScope(enum.StrEnum):
    """Whose target it is."""

    OWNER = "owner"
    TERRITORY = "territory"
    PRODUCT = "product"
    ACCOUNT = "account"


class NotAQuarter(Refused):
    """{period} is not a quarter: state it as 2025-Q3."""


class TargetNegative(Refused):
    """The target {amount} is negative: state 0 or more."""


class TargetKeyBlank(Refused):
    """The key of the target's {scope} is blank: state whose target it is."""


class Target(msgspec.Struct, frozen=True):
    """A target: `key` is the member's or account's id, or the territory's or product's key."""

    scope: TargetScope
    key: str
    period: str
    amount: Money


@learn
class SalesTarget(Policy, eq=False):
    """All targets of the company. One stream; a change keeps the old value beside the new."""

    targets: dict[str, Target] = msgspec.field(default_factory=dict)

    class TargetSet(Event):
        """This much shall be won in a quarter."""

        scope: TargetScope
        key: str
        period: str
        amount: Money
        previous: Money | None

        def check(self, targets: SalesTarget) -> None:
            if not QUARTER.fullmatch(self.period):
                raise NotAQuarter(period=self.period)
            if not self.key.strip():
                raise TargetKeyBlank(scope=self.scope.value)
            if self.amount.amount < 0:
                raise TargetNegative(amount=self.amount)

        def apply(self, targets: SalesTarget) -> None:
            targets.targets[_place(self.scope, self.key, self.period)] = Target(
                self.scope, self.key, self.period, self.amount
            )

    class FactWithdrawn(Withdrawal):
        """A target is taken back (冲销)."""

    @command
    def define(self, *, targets: tuple[Target, ...]) -> None:
        """State several targets at once; those that are not stated stay."""
        for each in targets:
            self.set_target(scope=each.scope, key=each.key, period=each.period, amount=each.amount)

    @command
    def set_target(self, *, scope: TargetScope, key: str, period: str, amount: Money) -> None:
        """Set what is to be won in a quarter such as 2025-Q3 (of the company's fiscal year)."""
        new = Money.of(amount.amount, currency_code(amount.currency))
        former = self.targets.get(_place(scope, key, period))
        previous = former.amount if former else None
        if previous != new:
            self.record(self.TargetSet(scope=scope, key=key, period=period, amount=new, previous=previous))


def _place(scope: TargetScope, key: str, period: str) -> str:
    return f"{scope.value}\n{key}\n{period}"
