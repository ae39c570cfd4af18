"""The forecast (预测) of a period as of any moment: closed, commit, best case, pipeline, weighted, target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.money import rounded
from domain.policies.calendar import Period, day_of, period, period_of
from domain.policies.sales_target import SalesTarget, Target, TargetScope
from projections.deals import Filters, deals_sql, end_of, grouping, missing, rates_now, start_of
from projections.forecast_columns import Sums
from projections.forecast_groups import parts_of, within
from projections.funnel import ZERO, By
from projections.kept_answers import Grain, kept
from projections.names import names_of
from projections.view import Answer, View

NO_MODEL = "none"


class RateMissing(Refused):
    """The target of {scope} {key} for {period} is in {currency}, which has no rate at that moment: record one."""


class Amounts(msgspec.Struct, kw_only=True):
    """A forecast's figures in the reporting currency.

    `commit`, `best_case` and `pipeline` are single: each opportunity stands in one of them. `cumulative` adds them
    up to closed, closed + commit, … `weighted` is closed plus the open amounts by the probability of their stage.
    `undated` is the open amount without an expected close date, which is in no period and in no other figure.
    `gap` is target − closed, never below 0; `coverage` is the open amount over the gap; those of a territory take the
    closed and open amounts of all that lies below it, as its target does. `p10`, `p50` and `p90` are
    quantiles of the revenue that the whole period will have brought, by simulation (`projections.forecast_chances`);
    those of a territory are of all that lies below it. Null where they were not asked for, or nothing was learned.
    """

    closed: Decimal = ZERO
    commit: Decimal = ZERO
    best_case: Decimal = ZERO
    pipeline: Decimal = ZERO
    omitted: Decimal = ZERO
    undated: Decimal = ZERO
    weighted: Decimal = ZERO
    cumulative: dict[str, Decimal] = msgspec.field(default_factory=dict)
    target: Decimal | None = None
    gap: Decimal | None = None
    coverage: Decimal | None = None
    p10: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None


class ForecastGroup(Amounts, kw_only=True):
    """The forecast of one owner, territory or product. The amounts of a territory are its own, so that the groups add
    up to the whole; its target, gap and coverage, like its quantiles, are of all that lies below it. `layers`, of an
    owner who has any, are what he `submitted` and what `owner` and `manager` adjusted
    (`projections.forecast_layers.CallLine`)."""

    key: str
    name: str
    layers: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class ForecastAnswer(Answer, kw_only=True):
    """The forecast of a period, with the figures of `Amounts`; `groups` is there when it was asked for.

    `model` is the method by which the quantiles were reckoned ("none" without one), `model_version` the numbers that it
    had learned, `position` the last fact that it could know, `basis` what it rests on in words, or why there is none.
    `unknown_stages` counts open deals of the period by stages that their process no longer has: `weighted` has nothing
    of them.
    """

    period: str
    closed: Decimal = ZERO
    commit: Decimal = ZERO
    best_case: Decimal = ZERO
    pipeline: Decimal = ZERO
    omitted: Decimal = ZERO
    undated: Decimal = ZERO
    weighted: Decimal = ZERO
    cumulative: dict[str, Decimal] = msgspec.field(default_factory=dict)
    target: Decimal | None = None
    gap: Decimal | None = None
    coverage: Decimal | None = None
    p10: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None
    model: str = NO_MODEL
    model_version: str = ""
    position: int = 0
    basis: str = ""
    groups: list[ForecastGroup] | msgspec.UnsetType = msgspec.UNSET
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
    missing_prices: dict[str, int] = msgspec.field(default_factory=dict)
    unknown_stages: dict[str, int] = msgspec.field(default_factory=dict)


STEPS = ("closed", "commit", "best_case", "pipeline")
APART = ("omitted", "undated")
_OPEN = """
select {group} as grp, case when close_on is null then 'undated' else
        coalesce(nullif(category, ''), default_category, 'pipeline') end,
    coalesce(sum(value), 0), coalesce(sum(weighted), 0),
    count(*) filter (where default_category is null), count(*) - count(value)
from valued group by 1, 2
"""
_WON = """
select {group} as grp, 'closed', coalesce(sum(signed_value), 0), coalesce(sum(signed_value), 0),
    0, count(*) - count(signed_value)
from valued group by 1
"""
_UNKNOWN = """
select stage, count(*) from valued
where default_category is null and close_on is not null and coalesce(category, '') <> 'omitted' group by 1 order by 1
"""


def forecast(
    view: View, key: str, filters: Filters | None = None, *, by: By | None = None, sums: Sums | None = None
) -> ForecastAnswer:
    """The forecast of a quarter ('2017-Q4'), month or fiscal year as of the view's clocks. Open opportunities
    count in the period of their expected close, won ones in that of their closing day. Who asks for many gives the
    `sums` of all days that they are about."""
    asked = key, filters or Filters(), by
    ask = partial(_forecast, view, *asked, sums)
    return kept(view, "forecast", ForecastAnswer, ask, *asked, grain=Grain.FACTS)


def _forecast(view: View, key: str, filters: Filters, by: By | None, sums: Sums | None = None) -> ForecastAnswer:
    days = period(view.policies.company, key)
    rows = (sums or Sums(view, days.first, days.last)).lines(view, days, by, filters)
    answer = ForecastAnswer(**view.head(), period=key)
    if rows is None:
        rows = _asked(view, answer, days, filters, by)
    add_up(view, answer, rows)
    _set_target(answer, target_of(target_parts(view, key, filters)))
    if by:
        answer.groups = _groups(view, key, by, filters, rows)
    return answer


def _asked(view: View, answer: ForecastAnswer, days: Period, filters: Filters, by: By | None) -> list[Any]:
    """The sums by group and category, asked of the rows; the answer is told what they leave out."""
    placed, group = by is By.TERRITORY, grouping(view, by)
    expected = "(close_on is null or close_on between %(first)s and %(last)s)"
    opened = deals_sql(view, filters, territory=placed, only_open=True, also=expected)
    opened[1].update(first=days.first, last=days.last)
    starts, signed = start_of(view, days.first), "outcome = 'won' and closed between %(starts)s and %(ends)s"
    won = deals_sql(view, filters, territory=placed, also=signed, since=starts)
    won[1].update(starts=starts, ends=end_of(view, days.last))
    rows: list[Any] = []
    for (sql, parameters), question in ((opened, _OPEN), (won, _WON)):
        rows += view.connection.execute((sql + question.format(group=group)).encode(), parameters).fetchall()
    if any(row[-1] for row in rows):
        lacking = missing(view, opened, won)
        answer.missing_rates, answer.missing_prices = lacking.rates, lacking.prices
    if any(row[4] for row in rows if row[1] not in APART):
        answer.unknown_stages = dict(view.connection.execute((opened[0] + _UNKNOWN).encode(), opened[1]))
    return rows


def _groups(view: View, key: str, by: By, filters: Filters, rows: list[Any]) -> list[ForecastGroup]:
    """The groups that have a deal, and those with a target that lie within the filter."""
    targets, listed = targets_by(view, key, by), within(view, by, filters)
    keys = sorted({row[0] or "" for row in rows} | (targets.keys() if listed is None else targets.keys() & listed))
    names = names_of(view, by, keys)
    rows_of, groups = defaultdict[str, list[Any]](list), []
    for row in rows:
        rows_of[row[0] or ""].append(row)
    for one in keys:
        group = ForecastGroup(key=one, name=names.get(one, one))
        add_up(view, group, rows_of.get(one, []))
        below = parts_of(view, by, one) - {one}
        whole = _together(view, [each for part in (one, *below) for each in rows_of.get(part, [])]) if below else None
        _set_target(group, target_of(targets.get(one)), whole)
        groups.append(group)
    return groups


def _together(view: View, rows: list[Any]) -> Amounts:
    """What a group and all that lies below it come to."""
    whole = Amounts()
    add_up(view, whole, rows)
    return whole


def add_up(view: View, amounts: Amounts | ForecastAnswer, rows: list[Any]) -> None:
    """Put what groups and categories come to (`Sums.lines`) into the figures; target and gap have nothing of them."""
    nothing = total = view.money(ZERO)
    found = dict.fromkeys((*STEPS, *APART, "weighted"), nothing)
    for _, category, amount, weighted, *_ in rows:
        found[category] += amount
        if category not in APART:
            found["weighted"] += weighted
    for name, amount in found.items():
        setattr(amounts, name, view.money(amount) if amount else nothing)
    for step in STEPS:
        total += found[step]
        amounts.cumulative[step] = total


def _set_target(amounts: Amounts | ForecastAnswer, target: Decimal | None, whole: Amounts | None = None) -> None:
    amounts.target = target
    add_gap(amounts, whole)


def add_gap(amounts: Amounts | ForecastAnswer, whole: Amounts | None = None) -> None:
    """Reckon gap and coverage from the other figures, or from those of the `whole` that the target is for; none
    without a target."""
    if amounts.target is None:
        return
    of = whole or amounts
    still_open = of.commit + of.best_case + of.pipeline
    amounts.gap = max(amounts.target - of.closed, amounts.target - amounts.target)
    if amounts.gap:
        amounts.coverage = (still_open / amounts.gap).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


class TargetPart(msgspec.Struct, frozen=True):
    """A sales target, and what it is in the reporting currency."""

    target: Target
    amount: Decimal


def target_of(parts: list[TargetPart] | None) -> Decimal | None:
    """What parts of a target come to; None where there are none."""
    return sum((part.amount for part in parts), ZERO) if parts else None


def target_parts(view: View, key: str, filters: Filters) -> list[TargetPart] | None:
    """The target that a filter asks for, none where two filters are stated; without a filter that of all that the asker
    sees: the sum over the topmost territories of it (those of the company, or those that he directs), or over the
    owners where no territory has any. A territory without a target of its own has the sum of those below it."""
    asked = [(By(scope), str(getattr(filters, scope))) for scope in TargetScope if getattr(filters, scope)]
    if len(asked) > 1 or filters.period:
        return None
    if asked:
        ((by, one),) = asked
        return targets_by(view, key, by).get(one)
    by_territory, territories = targets_by(view, key, By.TERRITORY), view.policies.territories
    seen = [one for one in territories.territories if _sees_territory(view, one)]
    tops = [one for one in seen if not {*territories.above(one)} & {*seen}]
    found = [by_territory[top] for top in tops if top in by_territory] or targets_by(view, key, By.OWNER).values()
    return [part for parts in found for part in parts]


def targets_by(view: View, key: str, by: By) -> dict[str, list[TargetPart]]:
    """The parts of the targets of a scope, by what they are for; a month has none, a year those of its quarters."""
    if by.value not in {scope.value for scope in TargetScope}:
        return {}
    wanted = {key} if "-Q" in key else {f"{key}-Q{n}" for n in range(1, 5)} if len(key) == 4 else set()
    if not wanted:
        return {}
    found: dict[str, list[TargetPart]] = {}
    stated, rates = view.policies.targets, rates_now(view)
    theirs = _of_quarters(stated)
    may_see = _seen_by(view, by)
    for target in (each for quarter in sorted(wanted) for each in theirs.get((quarter, by.value), ())):
        if may_see is None or target.key in may_see:
            one = str(view.leads_to(UUID(target.key))) if by is By.ACCOUNT else target.key
            found.setdefault(one, []).append(TargetPart(target, _in_reporting_currency(view, target, rates)))
    return _with_sums(view, found) if by is By.TERRITORY else found


@lru_cache(maxsize=64)
def _of_quarters(stated: SalesTarget) -> dict[tuple[str, str], list[Target]]:
    """Targets by their quarters and scopes: sorted once for all moments at which they hold."""
    found: dict[tuple[str, str], list[Target]] = {}
    for target in stated.targets.values():
        found.setdefault((target.period, str(target.scope)), []).append(target)
    return found


def _seen_by(view: View, by: By) -> set[str] | None:
    """For whom or what a target is seen, None for all: by whom all that it counts may be seen: by the owner, by who
    directs the territory."""
    who = view.visibility
    if who.everything:
        return None
    match by:
        case By.OWNER:
            return {str(manager) for manager in who.managers}
        case By.TERRITORY:
            return set(who.territories)
        case By.ACCOUNT:
            return {str(account) for account in view.visible_accounts() or ()}
    return set()


def _sees_territory(view: View, key: str) -> bool:
    return view.visibility.everything or key in view.visibility.territories


def _with_sums(view: View, found: dict[str, list[TargetPart]]) -> dict[str, list[TargetPart]]:
    """Targets of territories, and for those without one those of the ones right below."""
    territories = view.policies.territories
    complete = dict(found)
    for key in sorted(territories.territories, key=lambda key: len(territories.above(key)), reverse=True):
        parts = [
            complete[each.key]
            for each in territories.territories.values()
            if each.parent == key and each.key in complete
        ]
        if key not in complete and parts and _sees_territory(view, key):
            complete[key] = [part for each in parts for part in each]
    return complete


def _in_reporting_currency(view: View, target: Target, rates: Mapping[str, Decimal]) -> Decimal:
    """A target at the rate of `as_of`."""
    rate = rates.get(target.amount.currency)
    if rate is None:
        raise RateMissing(currency=target.amount.currency, scope=target.scope, key=target.key, period=target.period)
    return rounded(target.amount.amount * rate, view.currency)


def current_period(view: View) -> str:
    """The quarter in which `as_of` lies."""
    company = view.policies.company
    return period_of(company, day_of(company, view.clock.as_of))
