"""Visits one by one, with the five W: who, what, why, where, when; their purpose and what the customer will do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from projections.plan_standing import PlanStanding, plan_standings
from projections.stated import Stated, stated
from projections.view import Listing, View
from projections.visit_facts import Customer, Held, Span, accounts_asked, customers, held, span_of
from projections.visits import VisitStatus


class VisitLine(msgspec.Struct):
    """A visit. `people` are ours and `stakeholders` theirs; `start` and `finish` are planned, `at` is when it took
    place.
    `expected_action` is what the customer will do; `chances` those of the opportunities served, when it was planned;
    `in_plan` says whether the member's monthly plan names it (None where nobody's plan was asked for). `changed_at` is
    when the fact behind its state was recorded; `revision` rises with each change, also where one was taken back."""

    visit: UUID
    account: UUID
    account_external_id: str
    account_name: str
    status: VisitStatus
    what: VisitKind
    purpose: VisitPurpose | None
    why: str
    where: str
    start: datetime | None
    finish: datetime | None
    at: datetime | None
    minutes: int | None
    people: tuple[UUID, ...]
    stakeholders: tuple[UUID, ...]
    expected_action: str
    opportunities: tuple[UUID, ...]
    chances: dict[UUID, Decimal]
    objective_met: ObjectiveMet | None
    ad_hoc: bool
    moves: int
    in_plan: bool | None
    changed_at: datetime
    revision: int
    positions: list[int]


class VisitsAnswer(Listing, kw_only=True):
    """The visits of a period, in the order of their moments."""

    listed: ClassVar[str] = "visits"
    period: str
    first: date
    last: date
    visits: list[VisitLine]


class MonthPlanAnswer(VisitsAnswer, kw_only=True):
    """What a member is to do, or did, in a month; with the plans that were handed in for it."""

    member: UUID
    plans: list[PlanStanding]


def visits(
    view: View,
    period: str = "",
    *,
    member: UUID | None = None,
    account: UUID | None = None,
    outlets_of: UUID | None = None,
    status: VisitStatus | None = None,
) -> VisitsAnswer:
    """The visits of a month, quarter or year (default: the month of `as_of`) to accounts that the asker sees."""
    span = span_of(view, period)
    asked = accounts_asked(view, account, outlets_of)
    found = lines(view, asked, span.starts, span.ends, member=member)
    chosen = [line for line in found if status in (None, line.status)]
    return VisitsAnswer(**view.head(), period=span.key, first=span.first, last=span.last, visits=chosen)


def month_plan(view: View, member: UUID, month: str = "") -> MonthPlanAnswer:
    """A member's month as a list: who, what, why, where, when, purpose, expected action."""
    span: Span = span_of(view, month)
    found = lines(view, accounts_asked(view), span.starts, span.ends, member=member)
    plans = plan_standings(view, {member}, span)[member]
    named = {visit for plan in plans for visit in plan.visits}
    for line in found:
        line.in_plan = line.visit in named
    return MonthPlanAnswer(
        **view.head(),
        period=span.key,
        first=span.first,
        last=span.last,
        visits=found,
        member=member,
        plans=plans,
    )


def lines(
    view: View,
    accounts: list[UUID] | None,
    first: datetime,
    last: datetime,
    *,
    member: UUID | None = None,
    only_planned: bool = False,
) -> list[VisitLine]:
    """The visits between two moments; of a member those on which he is, or whose account he manages and nobody is."""
    known = customers(view, accounts)
    chosen = [
        visit
        for visit in held(view, accounts, first, last, only_planned)
        if member is None or member in (visit.people or (_manager(known, visit),))
    ]
    facts = stated(view, (position for each in chosen for position in (each.planned, each.logged, each.cause)))
    return [_line(visit, known.get(visit.account), facts) for visit in chosen]


def _manager(known: Mapping[UUID, Customer], visit: Held) -> UUID | None:
    customer = known.get(visit.account)
    return customer.manager_at(visit.moment) if customer else None


def _line(visit: Held, customer: Customer | None, facts: dict[int, Stated]) -> VisitLine:
    plan, log = (_event(facts, position) for position in (visit.planned, visit.logged))
    served = next((each.opportunities for each in (log, plan) if each is not None and each.opportunities), ())
    return VisitLine(
        visit=visit.visit,
        account=visit.account,
        account_external_id=customer.external_id if customer else "",
        account_name=customer.name if customer else "",
        status=visit.status,
        what=visit.what,
        purpose=visit.purpose,
        why=_first(each.why for each in (log, plan) if each is not None),
        where=_first(each.where for each in (log, plan) if each is not None),
        start=visit.start,
        finish=visit.finish,
        at=visit.at,
        minutes=visit.minutes,
        people=visit.people,
        stakeholders=visit.stakeholders,
        expected_action=plan.expected_action if plan is not None else "",
        opportunities=served,
        chances=plan.chances if plan is not None else {},
        objective_met=visit.objective_met,
        ad_hoc=visit.ad_hoc,
        moves=visit.moves,
        in_plan=None,
        changed_at=facts[visit.cause].recorded_at,
        revision=visit.known_from,
        positions=sorted({each for each in (visit.planned, visit.logged, visit.cause) if each is not None}),
    )


def _event(facts: dict[int, Stated], position: int | None) -> Any:
    """The plan or the log of a visit."""
    found = facts[position].event if position is not None else None
    assert found is None or isinstance(found, Visits.VisitPlanned | Visits.VisitLogged)
    return found


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
