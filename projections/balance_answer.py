"""The shapes of the balance of both sides: every figure with the positions of the events behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.account.joint_activities import JointActivityKind
from domain.account.value import ValueKind
from domain.account.visits import ObjectiveMet
from projections.joint_activities import JointActivityStatus
from projections.view import Listing


class Count(msgspec.Struct):
    """How many, and the positions of the events behind them."""

    count: int = 0
    positions: list[int] = msgspec.field(default_factory=list)

    def add(self, positions: Iterable[int], number: int = 1) -> None:
        """Count so many more."""
        self.count += number
        self.positions += positions


class Sum(Count):
    """Their sum in the reporting currency. `unvalued` of them are not in it: they state no amount, or there is no
    rate."""

    amount: Decimal = Decimal(0)
    unvalued: int = 0

    def take(self, amount: Decimal | None, positions: Iterable[int]) -> None:
        """Add one more."""
        self.add(positions)
        self.amount += amount or 0
        self.unvalued += amount is None


class KindOfValue(msgspec.Struct):
    """Value of one kind: what was given, and what was acknowledged."""

    kind: ValueKind
    value: Sum
    acknowledged: Sum


class Contribution(msgspec.Struct):
    """What one side gave. `value` at the giver's worth; `acknowledged` at that of who received it where he states one,
    else at the giver's; `cost` what it took; `inputs` and `input_days` (person-days) what it put into joint activities
    that started; `total` is value and inputs."""

    total: Decimal
    value: Sum
    acknowledged: Sum
    cost: Sum
    inputs: Sum
    input_days: Decimal = Decimal(0)
    by_kind: list[KindOfValue] = msgspec.field(default_factory=list)


class Purchases(msgspec.Struct):
    """What the customer bought; of `margin` those documents are unvalued that state none."""

    revenue: Sum
    margin: Sum


class Commitments(msgspec.Struct):
    """The promises of one side. `kept_late` are those of `kept` whose due day was over; `overdue` those of `open`."""

    made: Count
    kept: Count
    kept_late: Count
    broken: Count
    open: Count
    overdue: Count


class Needs(msgspec.Struct):
    """The customer's needs; `open` as of the moment."""

    recorded: Count
    open: Count
    met: Count
    dropped: Count


class Gifts(msgspec.Struct):
    """Gifts to people of the customer; `above_limit` are those of `declared` that somebody else had to approve."""

    declared: Sum
    above_limit: Count


class PutIn(msgspec.Struct):
    """What a side puts into a joint activity: its worth in the reporting currency (None where no amount is stated, or
    there is no rate), person-days, kinds of input."""

    worth: Decimal | None
    days: Decimal
    kinds: list[str]


class ActivityLine(msgspec.Struct):
    """A joint activity and what each side puts in: as proposed, until it is stated anew."""

    activity: UUID
    kind: JointActivityKind
    title: str
    status: JointActivityStatus
    proposed: datetime
    started: datetime | None
    concluded: datetime | None
    us: PutIn
    customer: PutIn
    partner: PutIn
    attendance: int | None
    aim_met: ObjectiveMet | None
    positions: list[int]


class AccountBalance(msgspec.Struct):
    """Both sides of an account: what we gave and received, `ours` and `theirs` of the commitments."""

    account: UUID
    external_id: str
    name: str
    given: Contribution
    received: Contribution
    purchases: Purchases
    ours: Commitments
    theirs: Commitments
    activities: list[ActivityLine]
    needs: Needs
    gifts: Gifts


class BalanceAnswer(Listing, kw_only=True):
    """The balance of accounts by name; `since` is the first day that counts, None for all; `missing_rates` counts the
    amounts by currency that have no rate and are in no sum."""

    listed: ClassVar[str] = "accounts"
    since: date | None
    missing_rates: dict[str, int]
    accounts: list[AccountBalance]


def empty_balance(account: UUID, external_id: str, name: str, zero: Decimal) -> AccountBalance:
    """The balance of an account before any fact; `zero` of the reporting currency."""
    return AccountBalance(
        account,
        external_id,
        name,
        given=_nothing(zero),
        received=_nothing(zero),
        purchases=Purchases(Sum(amount=zero), Sum(amount=zero)),
        ours=Commitments(*(Count() for _ in range(6))),
        theirs=Commitments(*(Count() for _ in range(6))),
        activities=[],
        needs=Needs(*(Count() for _ in range(4))),
        gifts=Gifts(Sum(amount=zero), Count()),
    )


def _nothing(zero: Decimal) -> Contribution:
    value, acknowledged, cost, inputs = (Sum(amount=zero) for _ in range(4))
    return Contribution(zero, value, acknowledged, cost, inputs)
