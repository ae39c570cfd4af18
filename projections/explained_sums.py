"""Figures that are sums over the rows of read models, explained.

Every row is measured as the answer measures it, and so is every version of the rows on the page, as of the same clocks:
what its events contributed are the differences from one version to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.policies.calendar import day_end, day_of
from projections.engine import ReadModel, as_of_sql
from projections.explained import ZERO, Because, Explanation, Share, Version, because, one_of
from projections.explained_deals import ORDERS, Page
from projections.explained_inputs import rates_of
from projections.reporting import Rates
from projections.versions import versions_sql
from projections.view import View

Row = Mapping[str, Any]
Measures = Callable[[Sequence[Row]], Iterable[Decimal | None]]
Amounts = Callable[[Row], Iterable[tuple[str, datetime]]]


class Part(msgspec.Struct, frozen=True):
    """Rows of a read model that add to a figure: of those that `where` (SQL, with `parameters`) takes, each adds what
    `measures` says, None where it is not in the figure. `amounts` are the currencies that it is converted from, with
    the moments; `deciding` the fields that decide whether, and by how much, it counts; `named` the one that names it.
    """

    model: ReadModel
    fields: tuple[str, ...]
    measures: Measures
    deciding: tuple[str, ...]
    where: str = ""
    parameters: dict[str, Any] = {}
    amounts: Amounts | None = None
    named: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A figure: its answer, what identifies it, its unit and parts (each of another read model), and the accounts of
    opportunities."""

    figure: str
    question: dict[str, str]
    unit: str
    parts: tuple[Part, ...]
    accounts: Mapping[UUID, UUID | None] = {}


class _Measured(NamedTuple):
    part: Part
    key: UUID
    at: datetime
    cause: int
    row: Row
    share: Decimal

    @property
    def row_of(self) -> tuple[str, UUID]:
        """Which row: keys are those of one read model."""
        return self.part.model.name, self.key

    @property
    def of(self) -> Hashable:
        """What the share is of: the opportunity, else the row itself."""
        return self.row.get("opportunity") or self.row_of


def one_by_one(measure: Callable[[Row], Decimal | None]) -> Measures:
    """Measures rows each for itself."""
    return lambda rows: [measure(row) for row in rows]


def asked_of(cell: msgspec.Struct) -> dict[str, str]:
    """What was stated of a cell, in words."""
    return {name: str(value) for name, value in msgspec.structs.asdict(cell).items() if value not in (None, "")}


def explain_sum(view: View, asked: Asked, page: Page) -> Explanation:
    """Why a sum is what it is: a share for each opportunity, else for each row. Raises NotExplained for an order that
    is none."""
    one_of("order", page.order, ORDERS)
    measured = [each for part in asked.parts for each in _measured(view, part)]
    shares: dict[Hashable, list[_Measured]] = {}
    for each in measured:
        shares.setdefault(each.of, []).append(each)
    ranked = sorted(shares.values(), key=_by_time if page.order == "time" else _by_amount)
    shown = ranked[page.skip : page.skip + page.limit]
    events = _events(view, [each for share in shown for each in share])
    told = [_share(view, asked, share, events) for share in shown]
    total = sum((each.share for each in measured), ZERO)
    return Explanation(
        **view.head(),
        figure=asked.figure,
        question=asked.question,
        unit=asked.unit,
        value=total,
        shares=told,
        inputs=rates_of(view, {pair for share in shown for each in share for pair in _dated(view, each)}),
        count=len(shares),
        not_shown=len(shares) - len(told),
        not_shown_sum=total - sum((each.share for each in told), ZERO),
        missing_rates=_missing(view, measured),
    )


def _measured(view: View, part: Part) -> list[_Measured]:
    sql = as_of_sql(part.model, ", ".join(("key", "valid_from", "cause", *part.fields)), part.where)
    found = view.connection.execute(sql.encode(), view.parameters(**part.parameters)).fetchall()
    rows = [dict(zip(part.fields, values, strict=True)) for _, _, _, *values in found]
    measures = zip(found, rows, part.measures(rows), strict=True)
    return [
        _Measured(part, key, at, cause, row, share)
        for (key, at, cause, *_), row, share in measures
        if share is not None
    ]


def _total(share: list[_Measured]) -> Decimal:
    return sum((each.share for each in share), ZERO)


def _newest(share: list[_Measured]) -> tuple[datetime, int]:
    return max((each.at, each.cause) for each in share)


def _by_time(share: list[_Measured]) -> Any:
    at, cause = _newest(share)
    return -at.timestamp(), -cause


def _by_amount(share: list[_Measured]) -> Any:
    return -abs(_total(share)), *_by_time(share)


def _share(view: View, asked: Asked, share: list[_Measured], events: Mapping[tuple[str, UUID], list[Because]]) -> Share:
    first = share[0]
    opportunity = first.row.get("opportunity")
    account = asked.accounts.get(opportunity) if opportunity else first.row.get("account")
    because_of = [event for each in share for event in events[each.row_of]]
    title = str(first.row[first.part.named]) if first.part.named else ""
    return Share(
        opportunity=opportunity,
        account=view.leads_to(account) if account else None,
        share=_total(share),
        events=sorted(because_of, key=lambda event: (event.occurred_at, event.position)),
        title=title,
    )


def _events(view: View, shown: Sequence[_Measured]) -> dict[tuple[str, UUID], list[Because]]:
    """The events behind rows."""
    found: dict[tuple[str, UUID], list[Because]] = {}
    parts = {each.part.model.name: each.part for each in shown}
    for name, part in parts.items():
        keys = [each.key for each in shown if each.part is part]
        for key, versions in _versions(view, part, keys).items():
            found[name, key] = because(versions, part.deciding)
    return found


def _versions(view: View, part: Part, keys: list[UUID]) -> dict[UUID, list[Version]]:
    columns = ", ".join(("kind = 1", *part.fields))
    sql = versions_sql(part.model, columns, "key = any(%(keys)s)", gone=True) + " order by 1, 2, 3"
    rows = view.connection.execute(sql.encode(), view.parameters(keys=keys)).fetchall()
    there = {n: dict(zip(part.fields, row[4:], strict=True)) for n, row in enumerate(rows) if row[3]}
    shares = dict(zip(there, part.measures(list(there.values())), strict=True))
    told = [
        (key, Version(at, cause, shares.get(n) or ZERO, there.get(n))) for n, (key, at, cause, *_) in enumerate(rows)
    ]
    return {key: [version for _, version in each] for key, each in groupby(told, key=lambda pair: pair[0])}


def _dated(view: View, each: _Measured) -> list[tuple[str, datetime]]:
    """The currencies that a row is converted from, with the end of the company's day."""
    company, amounts = view.policies.company, each.part.amounts
    pairs = amounts(each.row) if amounts else ()
    return [(currency, day_end(company, day_of(company, at))) for currency, at in pairs]


def _missing(view: View, measured: Iterable[_Measured]) -> dict[str, int]:
    rates, found = Rates(view), dict[str, int]()
    for each in measured:
        for currency, moment in _dated(view, each):
            if rates.at(currency, moment) is None:
                found[currency] = found.get(currency, 0) + 1
    return found
