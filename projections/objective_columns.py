"""Which customers have objectives behind their line, in columns of a whole company.

What is reckoned in floating point is undecided where an objective lies nearer to the limit than that may err; so is
what is measured by surveys or shares of wallet. Of these customers the rule itself is asked.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.account_plan.objective_terms import MeasuredBy
from domain.currencies import minor_unit
from domain.objective import FAR_BEHIND, Metric
from projections.account_plans import ACCOUNT_PLANS, PlanStatus
from projections.deal_columns import Unkept, then
from projections.finding_facts import Facts
from projections.kept_columns import NO_DAY, Kind, Rows, day_number, days_of, kept_then, marked, place_among
from projections.plan_objectives import OBJECTIVES, ObjectiveStatus
from projections.purchase_columns import (
    CODES,
    MOST,
    PURCHASE,
    THOUSAND,
    in_currency,
    place_of_currency,
    whole_parts,
)
from projections.visit_columns import customers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = 10_000
DAY = 86_400_000_000
LIMIT = -float(FAR_BEHIND) - 0.00005
"""A deviation of four digits is further behind than FAR_BEHIND where it is less than this before it is rounded."""
ERROR = 1e-6
METRICS = ("", *Metric)
OPEN_PLAN = Kind(
    ACCOUNT_PLANS,
    stream="key",
    account="account",
    where=f"status <> '{PlanStatus.CLOSED}'",
    numbers={"is_draft": f"(status = '{PlanStatus.DRAFT}')::int", "fiscal_year": "fiscal_year"},
)
OPEN_OBJECTIVE = Kind(
    OBJECTIVES,
    stream="plan",
    account="account",
    where=f"status = '{ObjectiveStatus.OPEN}'",
    days={"start": "start", "due": "due"},
    numbers={
        "by_facts": f"(measured_by = '{MeasuredBy.FACTS}')::int",
        "metric": place_among(Metric, "metric"),
        "currency": place_of_currency("currency"),
        "baseline": whole_parts("baseline", PARTS),
        "target": whole_parts("target", PARTS),
        "value": whole_parts("value", PARTS),
        "has_value": "(value is not null)::int",
        "has_result": "(reached is not null)::int",
    },
)


class Behind(NamedTuple):
    """Customers as numbers: one for each objective that is behind; those of whom the rule is to be asked."""

    surely: NDArray[Any]
    undecided: NDArray[Any]


class Judged(NamedTuple):
    """The objectives of plans in columns, which of them surely lie behind their line, of which the rule is to be
    asked."""

    aims: Rows
    are_behind: NDArray[Any]
    are_undecided: NDArray[Any]


class OpenPlans:
    """The plans that are not closed, of customers as numbers or of all, in columns. Raises Unkept."""

    def __init__(self, facts: Facts, customers: NDArray[Any] | None = None) -> None:
        self._facts, self._customers = facts, customers

    @cached_property
    def rows(self) -> Rows:
        """The plans, with their `customer`."""
        plans = then(self._facts, OPEN_PLAN)
        plans.columns["customer"] = customers_of(self._facts.view, plans.ids)[plans["_account"]]
        if self._customers is None:
            return plans
        return plans.where(marked(plans.ids, self._customers)[plans["customer"]])

    def drafts(self, fiscal_year: int) -> NDArray[Any]:
        """The customers of plans of a fiscal year or of earlier ones that are drafts, one for each."""
        plans = self.rows
        found: NDArray[Any] = plans["customer"][(plans["is_draft"] > 0) & (plans["fiscal_year"] <= fiscal_year)]
        return found

    def behind(self) -> Behind:
        """Whose objectives lie behind their line."""
        import numpy as np

        aims, are_behind, are_undecided = self.judged()
        undecided = np.unique(aims["customer"][are_undecided])
        others = ~marked(aims.ids, undecided)[aims["customer"]]
        return Behind(aims["customer"][are_behind & others], undecided)

    def judged(self, plans: Rows | None = None) -> Judged:
        """The objectives of these plans, or of all: each that is open."""
        import numpy as np

        plans, aims = self.rows if plans is None else plans, then(self._facts, OPEN_OBJECTIVE)
        purchases = kept_then(self._facts.view, PURCHASE)
        if purchases is None:
            raise Unkept
        of_plan = np.zeros(len(aims.ids), np.int32)
        of_plan[plans["_stream"]] = plans["customer"]
        aims.columns["customer"] = of_plan[aims["_stream"]]
        aims = aims.where(aims["customer"] > 0)
        deviation, error, is_known = _deviations(self._facts, aims, purchases)
        are_undecided = (np.abs(deviation - LIMIT) <= error) | ~is_known
        return Judged(aims, (deviation < LIMIT) & ~are_undecided, are_undecided)


def _deviations(facts: Facts, aims: Rows, purchases: Rows) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """How far objectives are ahead or behind, by how much that may err, and whether it is known at all."""
    import numpy as np

    in_money = np.isin(aims["metric"], [METRICS.index(Metric.REVENUE), METRICS.index(Metric.MARGIN)])
    counted = (aims["by_facts"] > 0) & in_money
    baseline, target, value = (aims[name] / PARTS for name in ("baseline", "target", "value"))
    begins = np.where(counted, 0.0, baseline)
    value = np.where(aims["has_value"] > 0, value, begins)
    may_err = np.zeros(len(aims))
    value[counted], may_err[counted] = _bought(facts, aims.where(counted), purchases)
    way = target - begins
    span = np.where(way != 0, way, np.where(target != 0, np.abs(target), 1.0))
    deviation = (value - _expected(aims, begins, target, day_number(facts.today))) / span
    large = np.zeros(len(aims), np.bool_)
    for name in ("baseline", "target", "value"):
        large |= np.abs(aims[name]) >= MOST
    known = (counted | (aims["by_facts"] == 0)) & (aims["has_result"] == 0) & ~large
    return deviation, ERROR + may_err / np.abs(span), known


def _expected(aims: Rows, begins: NDArray[Any], target: NDArray[Any], today: int) -> NDArray[Any]:
    """Where objectives should stand on a day, on their straight line."""
    import numpy as np

    start, due = aims["start"], aims["due"]
    share = (today - start) / np.maximum(due - start, 1)
    on_the_way = np.where(today <= start, begins, begins + (target - begins) * share)
    expected: NDArray[Any] = np.where((today >= due) | (start >= due), target, on_the_way)
    return expected


def _bought(facts: Facts, aims: Rows, purchases: Rows) -> tuple[NDArray[Any], NDArray[Any]]:
    """What objectives that purchases are counted for stand at, and by how much that may err."""
    import numpy as np

    sums = _Sums(facts, purchases, aims)
    value, error = np.zeros(len(aims)), np.zeros(len(aims))
    for currency in np.unique(aims["currency"]).tolist():
        for metric, amount in ((Metric.REVENUE, "revenue"), (Metric.MARGIN, "margin")):
            places = np.flatnonzero((aims["currency"] == currency) & (aims["metric"] == METRICS.index(metric)))
            if len(places):
                value[places], error[places] = sums.of(aims.where(places), amount, currency)
    return value, error


class _Sums:
    """The purchases that objectives may count, in the order of days, to be summed over stretches of them."""

    def __init__(self, facts: Facts, purchases: Rows, aims: Rows) -> None:
        import numpy as np

        self._view = facts.view
        customer = customers_of(facts.view, purchases.ids)[purchases["_account"]]
        first, last = ((aims["start"].min() - 2) * DAY, (aims["due"].max() + 3) * DAY) if len(aims) else (0, 0)
        lately = (purchases["at"] >= first) & (purchases["at"] <= last)
        theirs = np.flatnonzero(marked(purchases.ids, aims["customer"])[customer] & lately)
        rows = purchases.where(theirs)
        self._days = days_of(facts.view.policies.company, rows["at"]).astype(np.int64)
        keys = _keys(customer[theirs], self._days)
        order = np.argsort(keys, kind="stable")
        self._rows, self._keys, self._days = rows.where(order), keys[order], self._days[order]

    def of(self, aims: Rows, amount: str, currency: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """The sums of objectives in one currency, and by how much they may err."""
        import numpy as np

        rows = self._rows
        if not currency:
            return np.zeros(len(aims)), np.full(len(aims), np.inf)
        amounts = in_currency(self._view, rows[amount], rows["currency"], self._days, currency)
        error = np.where(rows["currency"] == currency, 0.0, float(minor_unit(CODES[currency])))
        error[np.abs(rows[amount]) >= MOST] = float(MOST)
        first = np.searchsorted(self._keys, _keys(aims["customer"], aims["start"]))
        last = np.searchsorted(self._keys, _keys(aims["customer"], aims["due"]), side="right")
        last = np.maximum(first, last)
        total, errors = (np.concatenate(([0], np.cumsum(each))) for each in (amounts, error))
        return (total[last] - total[first]) / THOUSAND, errors[last] - errors[first]


def _keys(customers: NDArray[Any], days: NDArray[Any]) -> NDArray[Any]:
    """Customers and days as one number that has their order."""
    keys: NDArray[Any] = (customers.astype("int64") << 32) + (days.astype("int64") - NO_DAY)
    return keys
