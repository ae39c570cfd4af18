"""Whether monthly visit plans were handed in, and when (月拜访计划)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.member.visit_plans import due
from projections.engine import as_of_sql
from projections.monthly_plans import MONTHLY_PLANS
from projections.view import View
from projections.visit_facts import Span
from projections.visits import VISITS, VisitStatus


class PlanState(enum.StrEnum):
    """Whether a plan came in time: before the first working day of its month."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    NOT_DUE = "not_due"


class PlanStanding(msgspec.Struct):
    """A member's plan of a month: due before `due`, first handed in at `first_at` (by which it is judged), its newest
    content at `newest_at`. Of its `visits`, to accounts that the asker sees, so many were `logged`. `chance` is that of
    its success, as stated, for who sees any of them."""

    member: UUID
    month: str
    state: PlanState
    due: datetime
    first_at: datetime | None
    newest_at: datetime | None
    submissions: int
    visits: tuple[UUID, ...]
    logged: int
    chance: Decimal | None
    positions: list[int]


def plan_standings(view: View, members: Collection[UUID], span: Span) -> dict[UUID, list[PlanStanding]]:
    """The plans of members for the months of a span, in order, as of the view's clocks."""
    months = months_of(span)
    columns = "member, month, first_at, newest_at, submissions, visits, chance, cause"
    sql = as_of_sql(MONTHLY_PLANS, columns, "month = any(%(months)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(months=months))
    handed_in = {(member, month): tuple(rest) for member, month, *rest in rows if member in members}
    known = _known(view, {visit for plan in handed_in.values() for visit in plan[3]})
    return {
        member: [_standing(view, member, month, handed_in.get((member, month)), known) for month in months]
        for member in members
    }


def months_of(span: Span) -> list[str]:
    """The calendar months of a span, such as 2026-10."""
    first, last = (day.year * 12 + day.month - 1 for day in (span.first, span.last))
    return [f"{date(month // 12, month % 12 + 1, 1):%Y-%m}" for month in range(first, last + 1)]


def _standing(
    view: View, member: UUID, month: str, plan: tuple[object, ...] | None, known: Mapping[UUID, str]
) -> PlanStanding:
    until = due(view.policies.company, month)
    if plan is None:
        state = PlanState.MISSING if view.clock.as_of >= until else PlanState.NOT_DUE
        return PlanStanding(member, month, state, until, None, None, 0, (), 0, None, [])
    first_at, newest_at, submissions, visits, chance, cause = plan
    assert isinstance(first_at, datetime)
    assert isinstance(visits, list)
    shown = [visit for visit in visits if visit in known or view.visible_accounts() is None]
    return msgspec.convert(
        {
            "member": member,
            "month": month,
            "state": PlanState.ON_TIME if first_at < until else PlanState.LATE,
            "due": until,
            "first_at": first_at,
            "newest_at": newest_at,
            "submissions": submissions,
            "visits": tuple(shown),
            "logged": sum(known.get(visit) == VisitStatus.LOGGED for visit in shown),
            "chance": chance if shown else None,
            "positions": [cause],
        },
        decodable(PlanStanding),
    )


def _known(view: View, visits: Collection[UUID]) -> dict[UUID, str]:
    """The status of the visits to accounts that the asker sees."""
    visible = view.visible_accounts()
    where = "visit = any(%(visits)s)" if visible is None else "visit = any(%(visits)s) and account = any(%(visible)s)"
    asked = view.parameters(visits=list(visits), visible=visible)
    return dict(view.connection.execute(as_of_sql(VISITS, "visit, status", where).encode(), asked).fetchall())
