"""How each fact counts in a balance: pure functions of the fact, the moment and the first day that counts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from domain.account.dealings import Side
from domain.account.joint_activities import Contributor
from domain.account.value import ValueKind
from domain.policies.calendar import day_end, day_start
from domain.policies.company import Company
from projections.balance_answer import AccountBalance, ActivityLine, Contribution, KindOfValue, PutIn, Sum
from projections.balance_facts import (
    ActivityFact,
    BoughtFact,
    CommitmentFact,
    Fact,
    GiftFact,
    NeedFact,
    ValueFact,
)
from projections.commitments import CommitmentStatus
from projections.needs import NeedStatus
from projections.reporting import Reporting
from projections.view import View


class Reckoning:
    """Adds facts to balances. `start` is the first moment that counts, None for all."""

    def __init__(self, view: View, since: date | None) -> None:
        self._company = view.policies.company
        self._now = view.clock.as_of
        self._zero = view.money(Decimal(0))
        self.start = day_start(self._company, since) if since else None
        self.reporting = Reporting(view)

    def take(self, balance: AccountBalance, fact: Fact) -> None:
        """Add a fact of any kind."""
        match fact:
            case NeedFact():
                self._need(balance, fact)
            case ValueFact():
                self._value(balance.given if fact.given_by is Side.US else balance.received, fact)
            case CommitmentFact():
                self._commitment(balance, fact)
            case GiftFact():
                self._gift(balance, fact)
            case ActivityFact():
                self._activity(balance, fact)
            case BoughtFact():
                self._bought(balance, fact)

    def _counts(self, moment: datetime | None) -> bool:
        return moment is not None and (self.start is None or moment >= self.start)

    def _need(self, balance: AccountBalance, need: NeedFact) -> None:
        if self._counts(need.recorded):
            balance.needs.recorded.add(need.positions)
        if need.status is NeedStatus.OPEN:
            balance.needs.open.add(need.positions)
        elif self._counts(need.ended):
            ended = balance.needs.met if need.status is NeedStatus.MET else balance.needs.dropped
            ended.add(need.positions)

    def _value(self, side: Contribution, value: ValueFact) -> None:
        if self._counts(value.given):
            worth = self.reporting.amount(value.worth, value.worth_currency, value.given)
            side.total += worth or 0
            for each in (side.value, self._kind(side, value.value_kind).value):
                each.take(worth, value.positions)
            if value.cost is not None:
                side.cost.take(self.reporting.amount(value.cost, value.cost_currency, value.given), value.positions)
        if value.acknowledged and self._counts(value.acknowledged):
            amount, currency = value.worth, value.worth_currency
            if value.acknowledged_worth is not None:
                amount, currency = value.acknowledged_worth, value.acknowledged_currency
            worth = self.reporting.amount(amount, currency, value.acknowledged)
            for each in (side.acknowledged, self._kind(side, value.value_kind).acknowledged):
                each.take(worth, value.positions)

    def _kind(self, side: Contribution, kind: ValueKind) -> KindOfValue:
        found = next((each for each in side.by_kind if each.kind is kind), None)
        if found is None:
            found = KindOfValue(kind, Sum(amount=self._zero), Sum(amount=self._zero))
            side.by_kind.append(found)
            side.by_kind.sort(key=lambda each: list(ValueKind).index(each.kind))
        return found

    def _commitment(self, balance: AccountBalance, promise: CommitmentFact) -> None:
        side = balance.ours if promise.made_by is Side.US else balance.theirs
        if self._counts(promise.made):
            side.made.add(promise.positions)
        if promise.status is CommitmentStatus.OPEN:
            side.open.add(promise.positions)
            if is_overdue(promise.due_on, self._now, self._company):
                side.overdue.add(promise.positions)
        elif promise.ended and self._counts(promise.ended):
            if promise.status is CommitmentStatus.BROKEN:
                side.broken.add(promise.positions)
                return
            side.kept.add(promise.positions)
            if is_overdue(promise.due_on, promise.ended, self._company):
                side.kept_late.add(promise.positions)

    def _gift(self, balance: AccountBalance, gift: GiftFact) -> None:
        if self._counts(gift.given):
            worth = self.reporting.amount(gift.worth, gift.currency, gift.given)
            balance.gifts.declared.take(worth, gift.positions)
            if gift.above_limit:
                balance.gifts.above_limit.add(gift.positions)

    def _activity(self, balance: AccountBalance, activity: ActivityFact) -> None:
        put_in = {side: self._put_in(activity, side) for side in Contributor}
        if activity.concluded is None or self._counts(activity.concluded):
            balance.activities.append(_line(activity, put_in))
        if self._counts(activity.started):
            for contribution, side in ((balance.given, Contributor.US), (balance.received, Contributor.CUSTOMER)):
                self._add_inputs(contribution, put_in[side], activity.positions)

    def _put_in(self, activity: ActivityFact, side: Contributor) -> PutIn:
        stated: Decimal = getattr(activity, f"{side}_worth")
        worth = self.reporting.amount(stated or None, activity.currency, activity.started or activity.proposed)
        return PutIn(worth, getattr(activity, f"{side}_days"), getattr(activity, f"{side}_kinds"))

    def _add_inputs(self, side: Contribution, put_in: PutIn, positions: list[int]) -> None:
        if put_in.kinds:
            side.inputs.take(put_in.worth, positions)
            side.total += put_in.worth or 0
            side.input_days += put_in.days

    def _bought(self, balance: AccountBalance, bought: BoughtFact) -> None:
        revenue, margin = balance.purchases.revenue, balance.purchases.margin
        revenue.add(bought.positions, bought.documents)
        margin.add(bought.positions, bought.documents)
        margin.unvalued += bought.documents - (bought.margins if bought.valued else 0)
        if bought.valued:
            revenue.amount += bought.revenue
            margin.amount += bought.margin
        else:
            revenue.unvalued += bought.documents
            self.reporting.count_missing(bought.currency, bought.documents)


def is_overdue(due_on: date, moment: datetime, company: Company) -> bool:
    """Whether a due day of the company's calendar is over at a moment."""
    return moment > day_end(company, due_on)


def _line(activity: ActivityFact, put_in: dict[Contributor, PutIn]) -> ActivityLine:
    return ActivityLine(
        activity=activity.item,
        kind=activity.activity_kind,
        title=activity.title,
        status=activity.status,
        proposed=activity.proposed,
        started=activity.started,
        concluded=activity.concluded,
        us=put_in[Contributor.US],
        customer=put_in[Contributor.CUSTOMER],
        partner=put_in[Contributor.PARTNER],
        attendance=activity.attendance,
        aim_met=activity.aim_met,
        positions=activity.positions,
    )
