"""What objectives that are measured by facts stand at: from purchases, surveys and scores, as of a view's clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from domain.account.purchases import SurveyKind
from domain.account_plan.objective_terms import IN_MONEY, MeasuredBy
from domain.money import rounded
from domain.objective import Metric
from domain.policies.calendar import day_end, day_of, day_start
from projections.engine import ReadModel
from projections.plan_objectives import ObjectiveRow
from projections.purchases import PURCHASES
from projections.reporting import Rates
from projections.satisfaction import SATISFACTION
from projections.scores import SCORES
from projections.seen import Seen
from projections.view import View

PROMOTER, DETRACTOR = 9, 6
FOUR_DIGITS = Decimal("0.0001")
EARLIEST, LATEST = date(1000, 1, 1), date(9000, 1, 1)


class Reading(NamedTuple):
    """What an objective stands at once a fact is known."""

    value: Decimal
    at: datetime
    position: int


class Bought(NamedTuple):
    """A document of purchases."""

    at: datetime
    day: date
    position: int
    currency: str
    revenue: Decimal
    margin: Decimal | None


class Readings:
    """The readings of objectives in business order; amounts in the objective's own currency, by the rates of their day.
    `missing_rates` counts purchases without one."""

    def __init__(self, view: View, objectives: Iterable[Seen[ObjectiveRow]]) -> None:
        self._view = view
        self._wanted = [each for each in objectives if each.row.measured_by is MeasuredBy.FACTS]
        self._customers = {view.leads_to(each.row.account) for each in self._wanted if each.row.account}
        self._accounts = [one for customer in self._customers for one in view.together(customer)]
        self._rates = Rates(view)
        self.missing_rates: dict[str, int] = {}
        self._bought = self._purchases() if self._any(*IN_MONEY) else {}
        self._answers = self._surveys() if self._any(Metric.SATISFACTION) else {}
        self._shares = self._scores() if self._any(Metric.SHARE_OF_WALLET) else {}

    def of(self, objective: ObjectiveRow) -> list[Reading]:
        """What it stood at after each fact; nothing where it is recorded by hand, or no fact is known."""
        if objective.measured_by is not MeasuredBy.FACTS or objective.account is None:
            return []
        customer = self._view.leads_to(objective.account)
        if objective.metric in IN_MONEY:
            return list(self._sums(objective, self._bought.get(customer, [])))
        if objective.metric is Metric.SATISFACTION:
            return list(self._means(objective.unit, self._answers.get(customer, [])))
        return self._shares.get(customer, [])

    def _sums(self, objective: ObjectiveRow, bought: list[Bought]) -> Iterator[Reading]:
        total = Decimal(0)
        for each in bought:
            amount = each.revenue if objective.metric is Metric.REVENUE else each.margin
            within = objective.start and objective.due and objective.start <= each.day <= objective.due
            if amount is None or not within:
                continue
            value = self._in(amount, each, objective.currency)
            if value is not None:
                total += value
                yield Reading(total, each.at, each.position)

    def _in(self, amount: Decimal, bought: Bought, currency: str) -> Decimal | None:
        if bought.currency == currency:
            return rounded(amount, currency)
        at = min(self._view.clock.as_of, day_end(self._view.policies.company, bought.day))
        rates = {each: self._rates.at(each, at) for each in (bought.currency, currency)}
        for each, rate in rates.items():
            if rate is None:
                self.missing_rates[each] = self.missing_rates.get(each, 0) + 1
        ours, theirs = rates[currency], rates[bought.currency]
        return rounded(amount * theirs / ours, currency) if ours and theirs else None

    def _means(self, unit: str, answers: list[tuple[UUID | None, str, int, datetime, int]]) -> Iterator[Reading]:
        """Of each person's newest answer, each without a name by itself: NPS is the share of promoters (9, 10) less
        that of detractors (0 to 6), in points; CSAT the mean."""
        newest: dict[object, int] = {}
        for person, kind, score, at, position in answers:
            if kind == unit:
                newest[person or position] = score
                yield Reading(_satisfaction(kind, list(newest.values())), at, position)

    def _any(self, *metrics: Metric) -> bool:
        return any(each.row.metric in metrics for each in self._wanted)

    def _purchases(self) -> dict[UUID, list[Bought]]:
        found, company = defaultdict[UUID, list[Bought]](list), self._view.policies.company
        measured = [each.row for each in self._wanted if each.row.metric in IN_MONEY]
        first = day_start(company, max(min(each.start or LATEST for each in measured), EARLIEST))
        last = day_end(company, min(max(each.due or EARLIEST for each in measured), LATEST))
        within, columns = " and at between %(first)s and %(last)s", "account, at, cause, currency, revenue, margin"
        for account, at, *rest in self._rows(PURCHASES, columns, within, first=first, last=last):
            found[account].append(Bought(at, day_of(company, at), *rest))
        return found

    def _surveys(self) -> dict[UUID, list[tuple[UUID | None, str, int, datetime, int]]]:
        found = defaultdict[UUID, list[tuple[UUID | None, str, int, datetime, int]]](list)
        for account, at, position, person, kind, score in self._rows(
            SATISFACTION, "account, at, cause, stakeholder, survey, score"
        ):
            who = self._view.person(person) if person else None
            found[account].append((who, str(kind), score, at, position))
        return found

    def _scores(self) -> dict[UUID, list[Reading]]:
        found = defaultdict[UUID, list[Reading]](list)
        for account, at, position, share in self._rows(
            SCORES, "account, at, cause, wallet_share", " and wallet_share is not null"
        ):
            found[account].append(Reading(share, at, position))
        return found

    def _rows(self, model: ReadModel, columns: str, also: str = "", **more: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of the customers, whose first columns are account, moment and position, in business order."""
        found = self._view.rows(model, columns, f"account = any(%(accounts)s){also}", accounts=self._accounts, **more)
        return ((self._view.leads_to(row[0]), *row[1:]) for row in sorted(found, key=lambda row: row[1:3]))


def _satisfaction(kind: str, scores: list[int]) -> Decimal:
    if kind == SurveyKind.NPS:
        for_us = sum(each >= PROMOTER for each in scores)
        against = sum(each <= DETRACTOR for each in scores)
        value = Decimal(100 * (for_us - against)) / len(scores)
    else:
        value = Decimal(sum(scores)) / len(scores)
    return value.quantize(FOUR_DIGITS, ROUND_HALF_EVEN)
