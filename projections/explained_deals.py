"""Figures that are sums over opportunities, explained: their shares, and the events that made each of them.

One query values and ranks every row of the figure; the versions of those on the page alone are then valued in the same
way, so a figure of a hundred thousand opportunities costs little more to explain than to ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from projections.deals import COLUMNS, Filters, Missing, below, conditions, deals_sql, grouping, valued_sql
from projections.explained import ZERO, Explanation, Line, Share, Version, because
from projections.explained_inputs import inputs_of
from projections.opportunities import FUNNEL
from projections.versions import versions_sql
from projections.view import View

FIELDS = tuple(COLUMNS.replace(" ", "").split(","))[1:]
DECIDE = {
    "stage": "stage",
    "owner": "owner",
    "territory": "owner",
    "product": "products",
    "account": "account",
    "period": "close_on",
}
"""The field of an opportunity that decides where a filter or grouping puts it."""


class Branch(msgspec.Struct, frozen=True):
    """A part of a figure: the opportunities whose row fulfils `which` and whose values fulfil `valued`, each adding a
    `measure` (SQL, with the parameters of the cell); the fields that decide on it, and those whose `way` does."""

    which: str
    measure: str
    deciding: tuple[str, ...]
    valued: str = "true"
    only_open: bool = False
    way: tuple[str, ...] = ()


class Cell(msgspec.Struct, frozen=True):
    """A figure: the sum of its branches over the opportunities of a filter, in one group of a grouping. `middle` says
    that it is no sum but the lower middle of the measures: the share of one opportunity alone."""

    branches: tuple[Branch, ...]
    filters: Filters = Filters()
    parameters: dict[str, Any] = {}
    by: str | None = None
    group: str = ""
    middle: bool = False

    @property
    def placed(self) -> bool:
        """Whether opportunities must be placed in territories for it."""
        return self.by == "territory" or bool(self.filters.territory)

    def deciding(self, branch: Branch) -> list[str]:
        """The fields that decide whether, and by how much, an opportunity counts; `opened` names its opening."""
        names = [name for name in DECIDE if name == self.by or getattr(self.filters, name, None)]
        return list(dict.fromkeys(["opened", *branch.deciding, *(DECIDE[name] for name in names)]))


class Page(msgspec.Struct, frozen=True):
    """Which shares are shown: by `amount` (the greatest first, whatever its sign) or by `time` (those whose newest
    event is the newest first), so many after so many."""

    limit: int = 20
    skip: int = 0
    order: str = "amount"


FIRST_PAGE = Page()


class Found(msgspec.Struct):
    """The shares of a page, what all add up to and how many they are, what has no value, and the page's opportunities
    as they stand."""

    shares: list[Share] = msgspec.field(default_factory=list)
    total: Decimal = ZERO
    count: int = 0
    lacking: Missing = msgspec.field(default_factory=Missing)
    rows: list[dict[str, Any]] = msgspec.field(default_factory=list)


class _Ranked(NamedTuple):
    key: UUID
    at: datetime
    cause: int
    share: Decimal
    branch: Branch


_SHARES = """
, cell as materialized (select key, valid_from as at, cause, {measure} as share from valued where {within}),
counted as (select sum(share) as total, count(*) as number, count(share) as known from cell)
"""
_FIRST = """
select key, at, cause, share, counted.* from counted, lateral (select key, at, cause, coalesce(share, 0) as share
    from cell order by {order} limit %(most)s) first"""
_MIDDLE = """
select key, at, cause, share, share, number, known from counted, lateral (select key, at, cause,
    coalesce(share, 0) as share from cell order by 4, at, cause limit 1 offset (number - 1) / 2) middle"""
_ORDERS = {"amount": "abs(coalesce(share, 0)) desc, at desc, cause desc", "time": "at desc, cause desc"}
ORDERS = tuple(_ORDERS)
_LACKING = """
select case when outcome = 'won' then unsigned else unvalued end, case when outcome <> 'won' then unpriced end, count(*)
from valued where {within} and ({measure}) is null group by 1, 2 order by 1, 2"""


def shares_of(view: View, cell: Cell, page: Page) -> Found:
    """The shares of a cell; those of the page with their events."""
    found, ranked = Found(), list[_Ranked]()
    for branch in cell.branches:
        ranked += _of_branch(view, cell, branch, page, found)
    ranked.sort(key=_by_time if page.order == "time" else _by_amount)
    shown = ranked[page.skip : page.skip + page.limit]
    versions = _versions(view, cell, [each.key for each in shown])
    for each in shown:
        steps = versions[each.key]
        row = steps[-1].fields or {}
        events = because(steps, cell.deciding(each.branch), each.branch.way)
        found.rows.append(row)
        found.shares.append(Share(each.key, row.get("account"), each.share, events))  # type: ignore[arg-type]
    return found


def _by_time(each: _Ranked) -> Any:
    return -each.at.timestamp(), -each.cause


def _by_amount(each: _Ranked) -> Any:
    return -abs(each.share), -each.at.timestamp(), -each.cause


def _of_branch(view: View, cell: Cell, branch: Branch, page: Page, found: Found) -> list[_Ranked]:
    """The first shares of a branch, as far as the page needs them; its sum is added to what was found. A territory is
    known once opportunities are placed; in any other group they are found before they are valued."""
    in_group = _in_group(view, cell)
    known, later = ("true", in_group) if cell.by == "territory" else (in_group, "true")
    sql, parameters = deals_sql(
        view,
        cell.filters,
        territory=cell.placed,
        only_open=branch.only_open,
        also=f"{branch.which} and {known}",
        more=", valid_from, cause",
    )
    parameters |= {**cell.parameters, "group": cell.group, "most": max(page.skip + page.limit, 1)}
    within = f"({branch.valued}) and {later}"
    question = _SHARES + (_MIDDLE if cell.middle else _FIRST.format(order=_ORDERS[page.order]))
    asked = sql + question.replace("{measure}", branch.measure).replace("{within}", within)
    rows = view.connection.execute(asked.encode(), parameters).fetchall()
    if not rows:
        return []
    _, _, _, _, total, number, known = rows[0]
    found.total += total or ZERO
    found.count += number
    if known < number:
        lacking = _LACKING.format(within=within, measure=branch.measure)
        for line in view.connection.execute((sql + lacking).encode(), parameters):
            found.lacking.count(*line)
    return [_Ranked(key, at, cause, Decimal(share), branch) for key, at, cause, share, *_ in rows]


def _in_group(view: View, cell: Cell) -> str:
    return f"coalesce({grouping(view, cell.by)}, '') = %(group)s" if cell.by else "true"


def _versions(view: View, cell: Cell, keys: Sequence[UUID]) -> dict[UUID, list[Version]]:
    """All versions of some opportunities in business order, each with what it adds to the cell."""
    if not keys:
        return {}
    held, more = conditions(cell.filters, view)
    if (territories := below(cell.filters, view)) is not None:
        held.append("territory = any(%(territories)s)")
        more["territories"] = territories
    held.append(_in_group(view, cell))
    within = " and ".join(f"({each})" for each in held)
    measures = " + ".join(
        f"case when {within} and ({each.which}) and ({each.valued}) then coalesce({each.measure}, 0) else 0 end"
        for each in cell.branches
    )
    columns = f"{', '.join(FIELDS)}, kind = 1 as is_there"
    deal = versions_sql(FUNNEL, columns, "key = any(%(keys)s)", gone=True)
    sql, parameters = valued_sql(view, deal, territory=cell.placed)
    asked = (
        f"{sql} select key, valid_from, cause, {measures}, is_there, {', '.join(FIELDS)} from valued order by 1, 2, 3"
    )
    parameters |= {**more, **cell.parameters, "group": cell.group, "keys": list(keys)}
    rows = view.connection.execute(asked.encode(), parameters).fetchall()
    return {key: [_version(row) for row in each] for key, each in groupby(rows, key=lambda row: row[0])}


def _version(row: Iterable[Any]) -> Version:
    _, at, position, share, is_there, *values = row
    return Version(at, position, Decimal(share), dict(zip(FIELDS, values, strict=True)) if is_there else None)


def explanation(
    view: View,
    figure: str,
    question: dict[str, str],
    unit: str,
    cell: Cell,
    found: Found,
    *,
    value: Decimal | None,
    lines: Sequence[Line] = (),
) -> Explanation:
    """What was found as an answer: what is not on the page is the rest."""
    deciding = {field for branch in cell.branches for field in branch.deciding}
    rest = (value or ZERO) - sum((each.share for each in found.shares), ZERO)
    return Explanation(
        **view.head(),
        figure=figure,
        question=question,
        unit=unit,
        value=value,
        shares=found.shares,
        lines=list(lines),
        inputs=inputs_of(
            view,
            found.rows,
            valued=bool(deciding & {"currency", "signed_currency"}),
            weighed=bool(deciding & {"process", "category"}),
            placed=cell.placed,
            led=cell.by == "account" or bool(cell.filters.account),
        ),
        count=found.count,
        not_shown=found.count - len(found.shares),
        not_shown_sum=rest - sum((each.contribution for each in lines), ZERO),
        missing_rates=found.lacking.rates,
        missing_prices=found.lacking.prices,
    )
