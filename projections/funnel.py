"""The funnel (漏斗) as of any moment: open opportunities by stage, what was won and lost since a day."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from domain.language.catalogue import either
from domain.policies.calendar import day_of, fiscal_year, period
from projections.deals import Filters, deals_sql, grouping, missing, stages, start_of
from projections.funnel_columns import closed_lines, open_lines
from projections.kept_answers import Grain, if_kept, kept
from projections.names import names_of
from projections.view import Answer, View

ZERO = Decimal(0)
Asked = tuple[str, dict[str, Any]]
"""SQL and its parameters."""


class By(enum.StrEnum):
    """What a funnel or forecast is grouped by."""

    STAGE = "stage"
    OWNER = "owner"
    TERRITORY = "territory"
    PRODUCT = "product"
    ACCOUNT = "account"
    PERIOD = "period"


class StageLine(msgspec.Struct):
    """The open opportunities at a stage; amounts in the reporting currency, ages in days since opening."""

    stage: str
    count: int
    amount: Decimal
    weighted: Decimal
    median_age_days: int | None
    median_days_in_stage: int | None = None
    process: str = ""
    name: str = ""


class Total(msgspec.Struct):
    """How many, and what they are worth in the reporting currency."""

    count: int = 0
    amount: Decimal = ZERO


class Group(msgspec.Struct):
    """The funnel of one owner, territory, product, account, period or stage."""

    key: str
    name: str
    stages: list[StageLine]
    won: Total
    lost: Total


class FunnelAnswer(Answer, kw_only=True):
    """The funnel. `missing_rates` counts amounts by currencies without a rate, `missing_prices` opportunities
    without an amount by a product without a list price: they are counted, and are in no sum. `groups` is there
    when it was asked for."""

    since: date
    stages: list[StageLine]
    won: Total
    lost: Total
    disqualified: Total
    pushes: int
    groups: list[Group] | msgspec.UnsetType = msgspec.UNSET
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
    missing_prices: dict[str, int] = msgspec.field(default_factory=dict)


class OpenStage(msgspec.Struct, frozen=True):
    """How many stand at a stage, and what they are worth."""

    process: str
    stage: str
    count: int
    amount: Decimal


_STAND = "select '', process, stage, count(*), coalesce(sum(value), 0) from valued group by process, stage"
_OPEN = """
select {group} as grp, process, stage, count(*), coalesce(sum(value), 0), coalesce(sum(weighted), 0),
    floor(extract(epoch from %(as_of)s - percentile_disc(0.5) within group (order by opened desc)) / 86400),
    floor(extract(epoch from %(as_of)s - percentile_disc(0.5) within group (order by since desc)) / 86400),
    coalesce(sum(pushes), 0), count(*) - count(value)
from valued where outcome = '' group by 1, 2, 3
"""
_CLOSED = """
select {group} as grp, outcome, count(*),
    coalesce(sum(case when outcome = 'won' then signed_value else value end), 0),
    count(*) - count(case when outcome = 'won' then signed_value else value end)
from valued group by 1, 2
"""


def funnel(
    view: View, filters: Filters | None = None, *, by: By | None = None, since: date | None = None
) -> FunnelAnswer:
    """The funnel as of the view's clocks. `since` is the day from which won and lost count (default: the first
    day of the fiscal year of `as_of`); what is won counts by its signed amount, what is lost by its last one."""
    asked = filters or Filters(), by, since or first_day_of_year(view)
    return kept(view, "funnel", FunnelAnswer, partial(_funnel, view, *asked), *asked, of_few=True)


def funnel_kept(view: View, filters: Filters | None, since: date) -> FunnelAnswer | None:
    """The funnel, if it was worked out before."""
    return if_kept(view, "funnel", FunnelAnswer, filters or Filters(), None, since, of_few=True)


def _funnel(view: View, filters: Filters, by: By | None, since: date) -> FunnelAnswer:
    placed, group = by is By.TERRITORY, grouping(view, by)
    opened = deals_sql(view, filters, territory=placed, only_open=True)
    ended, first = "outcome <> '' and closed between %(since)s and %(as_of)s", start_of(view, since)
    closed = deals_sql(view, filters, territory=placed, also=ended, since=first)
    closed[1]["since"] = first
    open_rows = _open_rows(view, filters, opened)
    grouped = _rows(view, opened, _OPEN.format(group=group)) if by else []
    closed_rows = closed_lines(view, filters, first) if by is None else None
    if closed_rows is None:
        closed_rows = _rows(view, closed, _CLOSED.format(group=group))
    lacking = missing(view, *(asked for asked, rows in ((opened, open_rows), (closed, closed_rows)) if _unvalued(rows)))
    return FunnelAnswer(
        **view.head(),
        since=since,
        stages=_in_order(view, open_rows),
        won=_total(view, closed_rows, "won"),
        lost=_total(view, closed_rows, "lost"),
        disqualified=_total(view, closed_rows, "disqualified"),
        pushes=sum(int(row[8]) for row in open_rows),
        groups=_groups(view, by, grouped, closed_rows) if by else msgspec.UNSET,
        missing_rates=lacking.rates,
        missing_prices=lacking.prices,
    )


def open_stages(view: View, filters: Filters | None = None) -> list[OpenStage]:
    """The stages of `funnel`, by what stands there alone."""
    asked = filters or Filters()
    return kept(view, "open stages", list[OpenStage], partial(_open_stages, view, asked), asked, grain=Grain.FACTS)


def _open_rows(view: View, filters: Filters, asked: Asked) -> list[Any]:
    """What is open by stage: by columns, or of the rows where these do not say it."""
    found = open_lines(view, filters)
    return _rows(view, asked, _OPEN.format(group="''")) if found is None else list(found)


def _open_stages(view: View, filters: Filters) -> list[OpenStage]:
    rows: list[Any] | None = open_lines(view, filters)
    if rows is None:
        found = _rows(view, deals_sql(view, filters, only_open=True), _STAND)
        rows = [(*row, ZERO, None, None) for row in found]
    lines = _in_order(view, rows)
    return [OpenStage(line.process, line.stage, line.count, line.amount) for line in lines]


def _rows(view: View, asked: Asked, question: str) -> list[Any]:
    sql, parameters = asked
    return view.connection.execute((sql + question).encode(), parameters).fetchall()


def _unvalued(rows: list[Any]) -> bool:
    """Whether an amount is in no sum; the last column says how many."""
    return any(row[-1] for row in rows)


def first_day_of_year(view: View) -> date:
    """The first day of the fiscal year in which `as_of` lies."""
    company = view.policies.company
    return period(company, f"{fiscal_year(company, day_of(company, view.clock.as_of)):04}").first


def _in_order(view: View, rows: list[Any]) -> list[StageLine]:
    """Lines in the order of the process; every stage of a process in use has its line in the whole funnel."""
    found = {(row[1], row[2]): row for row in rows}
    used = {process for process, _ in found}
    known = [(process, stage) for process, stage in stages(view) if process in used]
    lines = [
        _line(view, key, each.key, either(each.name, each.name_zh), found.pop((key, each.key), None))
        for key, each in known
    ]
    return [*lines, *(_line(view, process, stage, stage, row) for (process, stage), row in sorted(found.items()))]


def _line(view: View, process: str, stage: str, name: str, row: Any) -> StageLine:
    if row is None:
        return StageLine(stage, 0, view.money(ZERO), view.money(ZERO), None, None, process, name)
    _, _, _, count, amount, weighted, age, in_stage, *_ = row
    return StageLine(stage, count, view.money(amount), view.money(weighted), _days(age), _days(in_stage), process, name)


def _days(value: Any) -> int | None:
    return None if value is None else int(value)


def _total(view: View, rows: list[Any], outcome: str) -> Total:
    ours = [row for row in rows if row[1] == outcome]
    return Total(sum(row[2] for row in ours), view.money(sum((row[3] for row in ours), ZERO)))


def _groups(view: View, by: By, open_rows: list[Any], closed_rows: list[Any]) -> list[Group]:
    """A group per key; opportunities without one (no owner, no product) have the key ''."""
    keys = sorted({row[0] or "" for row in [*open_rows, *closed_rows]})
    names = names_of(view, by, keys)
    return [
        Group(
            key,
            names.get(key, key),
            [line for line in _in_order(view, [r for r in open_rows if (r[0] or "") == key]) if line.count],
            _total(view, [r for r in closed_rows if (r[0] or "") == key], "won"),
            _total(view, [r for r in closed_rows if (r[0] or "") == key], "lost"),
        )
        for key in keys
    ]
