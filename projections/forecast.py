"""The forecast (预测) of a period as of any moment: closed, commit, best case, pipeline, weighted, target."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec

from domain.errors import Refused
from domain.money import rounded
from domain.policies.calendar import day_of, period, period_of
from domain.policies.sales_target import Target, TargetScope
from projections.deals import GROUPS, Filters, deals_sql, end_of, rate_ranges, start_of
from projections.funnel import ZERO, By, missing_rates
from projections.names import names_of
from projections.view import Answer, View


class RateMissing(Refused):
    """The target of {scope} {key} for {period} is in {currency}, which has no rate at that moment: record one."""


class Amounts(msgspec.Struct, kw_only=True):
    """A forecast's figures in the reporting currency.

    `commit`, `best_case` and `pipeline` are single: each opportunity stands in one of them. `cumulative` adds them
    up to closed, closed + commit, … `weighted` is closed plus the open amounts by the probability of their stage.
    `gap` is target − closed, never below 0; `coverage` is the open amount over the gap.
    """

    closed: Decimal = ZERO
    commit: Decimal = ZERO
    best_case: Decimal = ZERO
    pipeline: Decimal = ZERO
    omitted: Decimal = ZERO
    weighted: Decimal = ZERO
    cumulative: dict[str, Decimal] = msgspec.field(default_factory=dict)
    target: Decimal | None = None
    gap: Decimal | None = None
    coverage: Decimal | None = None


class ForecastGroup(Amounts, kw_only=True):
    """The forecast of one owner, territory or product."""

    key: str
    name: str


class ForecastAnswer(Answer, kw_only=True):
    """The forecast of a period, with the figures of `Amounts`."""

    period: str
    closed: Decimal = ZERO
    commit: Decimal = ZERO
    best_case: Decimal = ZERO
    pipeline: Decimal = ZERO
    omitted: Decimal = ZERO
    weighted: Decimal = ZERO
    cumulative: dict[str, Decimal] = msgspec.field(default_factory=dict)
    target: Decimal | None = None
    gap: Decimal | None = None
    coverage: Decimal | None = None
    groups: list[ForecastGroup] | None = None
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


STEPS = ("closed", "commit", "best_case", "pipeline")
_BY_CATEGORY = """
select {group} as grp, case when outcome = 'won' then 'closed' else
        coalesce(nullif(category, ''), default_category, 'pipeline') end,
    coalesce(sum(case when outcome = 'won' then signed_value else value end), 0),
    coalesce(sum(case when outcome = 'won' then signed_value else weighted end), 0)
from valued where (outcome = 'won' and closed between %(starts)s and %(ends)s)
    or (outcome = '' and close_on between %(first)s and %(last)s)
group by 1, 2
"""


def forecast(view: View, key: str, filters: Filters | None = None, *, by: By | None = None) -> ForecastAnswer:
    """The forecast of a quarter ('2017-Q4'), month or fiscal year as of the view's clocks. Open opportunities
    count in the period of their expected close, won ones in that of their closing day."""
    filters = filters or Filters()
    days = period(view.policies.company, key)
    sql, parameters = deals_sql(view, filters, territory=by is By.TERRITORY)
    parameters |= {"first": days.first, "last": days.last}
    parameters |= {"starts": start_of(view, days.first), "ends": end_of(view, days.last)}
    group = GROUPS[by] if by else "''"
    rows = view.connection.execute((sql + _BY_CATEGORY.format(group=group)).encode(), parameters).fetchall()
    answer = ForecastAnswer(**view.head(), period=key, groups=None, missing_rates=missing_rates(view, sql, parameters))
    _add_up(view, answer, rows)
    _set_target(answer, target_of(view, key, filters))
    if by:
        answer.groups = _groups(view, key, by, rows)
    return answer


def _groups(view: View, key: str, by: By, rows: list[Any]) -> list[ForecastGroup]:
    targets = _targets(view, key, by)
    keys = sorted({row[0] or "" for row in rows} | targets.keys())
    names = names_of(view, by, keys)
    groups = []
    for one in keys:
        group = ForecastGroup(key=one, name=names.get(one, one))
        _add_up(view, group, [row for row in rows if (row[0] or "") == one])
        _set_target(group, targets.get(one))
        groups.append(group)
    return groups


def _add_up(view: View, amounts: Amounts | ForecastAnswer, rows: list[Any]) -> None:
    for _, category, amount, weighted in rows:
        setattr(amounts, category, getattr(amounts, category) + amount)
        if category != "omitted":
            amounts.weighted += weighted
    for name in (*STEPS, "omitted", "weighted"):
        setattr(amounts, name, view.money(getattr(amounts, name)))
    total = view.money(ZERO)
    for step in STEPS:
        total += getattr(amounts, step)
        amounts.cumulative[step] = total


def _set_target(amounts: Amounts | ForecastAnswer, target: Decimal | None) -> None:
    if target is None:
        return
    still_open = amounts.commit + amounts.best_case + amounts.pipeline
    amounts.target = target
    amounts.gap = max(target - amounts.closed, target - target)
    if amounts.gap:
        amounts.coverage = (still_open / amounts.gap).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def target_of(view: View, key: str, filters: Filters) -> Decimal | None:
    """The target that a filter asks for; without one, that of the company: the sum over the territories at the
    top, or over the owners where no territory has any."""
    if filters.owner:
        return _targets(view, key, By.OWNER).get(str(filters.owner))
    if filters.territory:
        return _targets(view, key, By.TERRITORY).get(filters.territory)
    if filters.product:
        return _targets(view, key, By.PRODUCT).get(filters.product)
    if filters.account:
        return _targets(view, key, By.ACCOUNT).get(str(filters.account))
    if not view.visibility.everything:
        return None
    by_territory = _targets(view, key, By.TERRITORY)
    tops = [
        by_territory[k] for k, t in view.policies.territories.territories.items() if not t.parent and k in by_territory
    ]
    found = tops or list(_targets(view, key, By.OWNER).values())
    return sum(found, ZERO) if found else None


def _targets(view: View, key: str, by: By) -> dict[str, Decimal]:
    """Targets of a scope in the reporting currency; a month has none, a year the sum of its quarters."""
    if by.value not in {scope.value for scope in TargetScope}:
        return {}
    wanted = {key} if "-Q" in key else {f"{key}-Q{n}" for n in range(1, 5)} if len(key) == 4 else set()
    found: dict[str, Decimal] = {}
    for target in view.policies.targets.targets.values():
        if target.scope == by.value and target.period in wanted:
            found[target.key] = found.get(target.key, ZERO) + _in_reporting_currency(view, target)
    return found


def _in_reporting_currency(view: View, target: Target) -> Decimal:
    """A target at the rate of `as_of`."""
    at = view.clock.as_of
    for currency, starts, ends, rate in rate_ranges(view):
        if currency == target.amount.currency and starts <= at < ends:
            return rounded(target.amount.amount * rate, view.currency)
    raise RateMissing(currency=target.amount.currency, scope=target.scope, key=target.key, period=target.period)


def current_period(view: View) -> str:
    """The quarter in which `as_of` lies."""
    company = view.policies.company
    return period_of(company, day_of(company, view.clock.as_of))
