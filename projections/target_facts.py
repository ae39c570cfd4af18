"""What targets are held against: what was won and bought in each quarter, and what targets were before they changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from domain.policies.calendar import day_of, period_of
from domain.policies.sales_target import SalesTarget, TargetScope
from projections.deals import Filters, deals_sql, end_of, grouping, start_of
from projections.engine import as_of_sql
from projections.forecast import TargetPart
from projections.funnel import ZERO, By
from projections.policies import POLICIES, decoded
from projections.purchases import PURCHASES
from projections.reporting import Rates, purchases_valued
from projections.versions import versions_sql
from projections.view import View

TOPIC = SalesTarget.TargetSet.topic
Cell = tuple[str, str]
"""The key of a group, and a quarter."""


class Summed(msgspec.Struct):
    """An amount in the reporting currency, and the events that it is the sum of."""

    amount: Decimal = ZERO
    positions: list[int] = msgspec.field(default_factory=list)

    def add(self, amount: Decimal, positions: Iterable[int]) -> None:
        """Add an amount."""
        self.amount += amount
        self.positions.extend(positions)


class TargetStated(msgspec.Struct, frozen=True):
    """A target as somebody stated it, in its own currency; `set_at` is since when it held."""

    scope: TargetScope
    key: str
    period: str
    amount: Decimal
    currency: str
    set_at: datetime
    position: int


def won(view: View, by: By | None, first: date, last: date, missing: dict[str, int]) -> dict[Cell, Summed]:
    """What was won from one day to another by group and quarter of the closing day: signed amounts at the last rate of
    that day, each rounded. The same deals and groups as those of the forecast. Currencies without a rate are counted in
    `missing`."""
    closed = "outcome = 'won' and closed between %(starts)s and %(ends)s"
    sql, parameters = deals_sql(view, Filters(), territory=by is By.TERRITORY, also=closed, more=", cause")
    parameters.update(starts=start_of(view, first), ends=end_of(view, last))
    sql += f"select {grouping(view, by)}, closed, signed_value, unsigned, cause from valued order by cause"
    found: dict[Cell, Summed] = {}
    for key, at, amount, unsigned, cause in view.connection.execute(sql.encode(), parameters):
        if unsigned is not None:
            missing[unsigned] = missing.get(unsigned, 0) + 1
        company = view.policies.company
        cell = found.setdefault((key or "", period_of(company, day_of(company, at))), Summed())
        cell.add(amount or ZERO, [cause])
    return found


_BOUGHT = """
select {group}::text, day, case when rate is null then currency end, coalesce(sum(value), 0), count(*),
    array_agg(cause order by cause)
from valued group by 1, 2, 3
"""


def bought(view: View, first: date, last: date, missing: dict[str, int]) -> dict[Cell, Summed]:
    """What accounts bought from one day to another, by account and quarter, at the last rate of each day; merged
    accounts are one."""
    visible, where = view.visible_accounts(), "at between %(starts)s and %(ends)s"
    more: dict[str, Any] = {"starts": start_of(view, first), "ends": end_of(view, last)}
    if visible is not None:
        where, more["visible"] = f"{where} and account = any(%(visible)s)", visible
    rows = as_of_sql(PURCHASES, "account, at, currency, revenue, margin, cause", where)
    sql = purchases_valued(rows, view.currency) + _BOUGHT.format(group=view.group_sql())
    more |= {"zone": view.policies.company.time_zone, **Rates(view).parameters, **view.group_parameters()}
    found: dict[Cell, Summed] = {}
    for key, day, unvalued, amount, count, causes in view.connection.execute(sql.encode(), view.parameters(**more)):
        if unvalued is not None:
            missing[unvalued] = missing.get(unvalued, 0) + count
        found.setdefault((key, period_of(view.policies.company, day)), Summed()).add(amount, causes)
    return found


class StatedTargets:
    """Every target that was stated by the view's clocks, the newest last."""

    def __init__(self, view: View) -> None:
        sql = versions_sql(POLICIES, "event", f"topic = '{TOPIC}'") + " order by valid_from, cause"
        self._found: dict[tuple[TargetScope, str, str], list[TargetStated]] = {}
        for _, since, cause, event in view.connection.execute(sql.encode(), view.parameters()):
            stated: Any = decoded(TOPIC, event)
            one = TargetStated(
                stated.scope, stated.key, stated.period, stated.amount.amount, stated.amount.currency, since, cause
            )
            self._found.setdefault((one.scope, one.key, one.period), []).append(one)

    def of(self, parts: Iterable[TargetPart]) -> tuple[list[TargetStated], list[TargetStated]]:
        """What states the parts of a target now, and what stated them before."""
        histories = [self._found[each.target.scope, each.target.key, each.target.period] for each in parts]
        before = [earlier for each in histories for earlier in each[:-1]]
        return [each[-1] for each in histories], sorted(before, key=lambda each: (each.set_at, each.position))
