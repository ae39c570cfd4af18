"""Visit discipline explained: the visits behind each of its counts, with the events that made them what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from projections.explained import Explanation, one_of
from projections.explained_deals import FIRST_PAGE, Page
from projections.explained_sums import Asked, Part, Row, asked_of, explain_sum
from projections.view import View
from projections.visit_discipline import whose
from projections.visit_facts import FIELDS, Held, accounts_asked, customers, span_of, visit_of
from projections.visit_made import made_of
from projections.visit_measures import Made, kept, logging, outcome
from projections.visits import VISITS

KEPT = ("planned", "logged", "cancelled", "outstanding", "ahead", "moved", "ad_hoc")
OUTCOMES = ("met", "partly", "not_met", "unstated")
CELLS = (*KEPT, "measured", "late", *OUTCOMES)
DECIDING = ("status", "start", "at", "people", "planned", "moves", "logged", "objective_met")


class VisitsCell(msgspec.Struct, frozen=True, kw_only=True):
    """A count of visit discipline, one of CELLS, in a period (default: the month of `as_of`): of the visits of one of
    our people, to one customer, or to the outlets of a wholesaler."""

    cell: str = "planned"
    period: str = ""
    member: UUID | None = None
    account: UUID | None = None
    outlets_of: UUID | None = None


def explain_visits(view: View, cell: VisitsCell, page: Page = FIRST_PAGE) -> Explanation:
    """Which visits a count of visit discipline counts, as of the view's clocks; each counts 1. Raises NotExplained for
    a count that is none."""
    one_of("count of visits", cell.cell, CELLS)
    span = span_of(view, cell.period)
    accounts = accounts_asked(view, cell.account, cell.outlets_of)
    part = Part(
        VISITS,
        FIELDS,
        _measures(view, cell),
        DECIDING,
        where="coalesce(at, start) between %(first)s and %(last)s"
        + ("" if accounts is None else " and account = any(%(accounts)s)"),
        parameters={"accounts": accounts, "first": span.starts, "last": span.ends},
    )
    question = asked_of(cell) | {"period": span.key}
    return explain_sum(view, Asked("visits", question, "count", (part,)), page)


def _measures(view: View, cell: VisitsCell) -> Callable[[Sequence[Row]], list[Decimal | None]]:
    span, known = span_of(view, cell.period), customers(view, accounts_asked(view, cell.account, cell.outlets_of))

    def counts(made: Made[Held], row: Row) -> bool:
        visit = made.visit
        is_within = span.starts <= visit.moment <= span.ends and not view.goes_on_elsewhere(row["account"], visit.visit)
        is_theirs = cell.member is None or cell.member in whose(known, visit)
        return is_within and is_theirs and _count(view, cell.cell, made) > 0

    def measures(rows: Sequence[Row]) -> list[Decimal | None]:
        made = made_of(view, [visit_of(view, tuple(row.values())) for row in rows])
        return [Decimal(1) if counts(*each) else None for each in zip(made, rows, strict=True)]

    return measures


def _count(view: View, cell: str, made: Made[Held]) -> int:
    """What the answer counts of one visit."""
    if cell == "measured":
        return logging([made]).measured
    part: Any = kept([made], view.clock.as_of) if cell in KEPT else logging([made])
    found = getattr(outcome([made]) if cell in OUTCOMES else part, cell)
    count: int = found.count
    return count
