"""The weekly digest (每周摘要) of one of ours: what is due, what the last week changed, what the quarter will bring.

It is as of the first moment of its week, so that it says the same whenever it is asked for.
"""

from __future__ import annotations

import enum
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.finding import SubjectKind
from domain.policies.calendar import Period, day_end, day_of, day_start, period_of, week, week_of
from projections.deals import Filters
from projections.digest_deals import DealLine, deals_of_week
from projections.digest_health import HealthLine, health_of_week
from projections.finding_facts import Facts
from projections.findings_answer import FindingLine, found_by, line_of, weightiest_first
from projections.forecast import RateMissing, forecast
from projections.issue_list import IssueLine, issues
from projections.plan_progress import PlanLine, plans
from projections.todo import Read, Todo, dues
from projections.view import Answer, View
from projections.visit_facts import accounts_asked
from projections.visit_list import VisitLine
from projections.visit_list import lines as visits_between
from projections.visits import VisitStatus

LONGEST = 20
"""Lines of a part; what comes after is counted."""
A_WEEK = timedelta(days=7)


class WeekNotBegun(Refused):
    """{week} begins on {first}, and the question is as of {day}: state that day's week or one before."""


class Audience(enum.StrEnum):
    """Whose digest it is: a manager's own accounts, a director's territories, or the whole company."""

    OWN = "own"
    TERRITORY = "territory"
    COMPANY = "company"


class ForecastLine(msgspec.Struct):
    """The forecast of a quarter against its target, in the reporting currency: of `key`, a territory, or of the member
    or company where it is empty. `missing` says what is left out for want of a rate or price."""

    period: str
    key: str
    name: str
    closed: Decimal
    commit: Decimal
    best_case: Decimal
    weighted: Decimal
    target: Decimal | None
    gap: Decimal | None
    coverage: Decimal | None
    missing: list[str]


class Digest(Answer, kw_only=True):
    """The digest of a week. Findings are `new` where they did not hold a week before, else they are still open.
    `not_shown` counts by part what is left out of its end; `quiet` says that there is nothing to tell but figures."""

    member: UUID
    audience: Audience
    week: str
    first: date
    last: date
    due: list[Todo]
    visits: list[VisitLine]
    new_findings: list[FindingLine]
    open_findings: list[FindingLine]
    issues: list[IssueLine]
    plans: list[PlanLine]
    health: list[HealthLine]
    deals: list[DealLine]
    forecast: list[ForecastLine]
    not_shown: dict[str, int] = msgspec.field(default_factory=dict)
    quiet: bool = False


def digest_of(view: View, member: UUID, stated: str = "", read: Read = lambda _, __: None) -> Digest:
    """The digest of a week for a member, whose visibility is the view's; default: the week of the view's moment.

    Raises WeekUnknown, WeekNotBegun."""
    company = view.policies.company
    today = day_of(company, view.clock.as_of)
    span = week(stated or week_of(today))
    if span.first > today:
        raise WeekNotBegun(week=span.key, first=span.first, day=today)
    now, then = view.at(day_start(company, span.first)), view.at(day_start(company, span.first - A_WEEK))
    facts = Facts(now)
    audience = audience_of(view)
    new, still = _findings(facts, Facts(then), member, audience)
    parts: dict[str, list[Any]] = {
        "due": _due(facts, span, member, audience, read),
        "visits": _visits(now, span, member, audience),
        "new_findings": new,
        "open_findings": still,
        "issues": _issues(now, read),
        "plans": _plans(now),
        "health": health_of_week(then, now),
        "deals": deals_of_week(then, now, span.first),
    }
    return Digest(
        **now.head(),
        member=member,
        audience=audience,
        week=span.key,
        first=span.first,
        last=span.last,
        due=parts["due"][:LONGEST],
        visits=parts["visits"][:LONGEST],
        new_findings=new[:LONGEST],
        open_findings=still[:LONGEST],
        issues=parts["issues"][:LONGEST],
        plans=parts["plans"][:LONGEST],
        health=parts["health"][:LONGEST],
        deals=parts["deals"][:LONGEST],
        forecast=_forecast(now, span, member, audience),
        not_shown={name: len(lines) - LONGEST for name, lines in parts.items() if len(lines) > LONGEST},
        quiet=not any(parts.values()),
    )


def audience_of(view: View) -> Audience:
    """Whose digest a visibility asks for."""
    if view.visibility.everything:
        return Audience.COMPANY
    return Audience.TERRITORY if view.visibility.territories else Audience.OWN


def _due(facts: Facts, span: Period, member: UUID, audience: Audience, read: Read) -> list[Todo]:
    """What is due by the end of the week: this week's, then what is overdue, each the weightiest first; of a manager
    alone what is his to do. The visits of the week have a part of their own."""
    found = [
        one
        for one in dues(facts, read)
        if one.due and one.due <= span.last and not (one.kind == "visit" and one.due >= span.first)
    ]
    mine = [one for one in found if audience is not Audience.OWN or one.member == member]
    return sorted(mine, key=lambda one: (one.due is not None and one.due < span.first, -one.score, str(one.due)))


def _issues(now: View, read: Read) -> list[IssueLine]:
    """The open issues: those whose time was missed first, the longest missed at the top."""
    found = issues(now, only_open=True, read=read).issues
    return sorted(found, key=lambda one: (one.overdue_since is None, one.overdue_since or one.raised, one.severity))


def _plans(now: View) -> list[PlanLine]:
    """The plans that ask for something: milestones missed or due, objectives behind their line."""
    found = [each for each in plans(now).plans if each.missed or each.due or each.behind]
    return sorted(found, key=lambda one: (-one.missed, -one.behind, -one.due, one.name, one.plan))


def _visits(now: View, span: Period, member: UUID, audience: Audience) -> list[VisitLine]:
    company = now.policies.company
    starts, ends = day_start(company, span.first), day_end(company, span.last)
    asked = accounts_asked(now)
    found = visits_between(now, asked, starts, ends, member=member if audience is Audience.OWN else None)
    return [each for each in found if each.status is VisitStatus.PLANNED]


def _findings(
    facts: Facts, before: Facts, member: UUID, audience: Audience
) -> tuple[list[FindingLine], list[FindingLine]]:
    """What holds now: what did not a week before, and the rest, the weightiest first. A finding about one of ours is
    his own, and his directors'."""
    held = {(rule.name, found.subject) for rule, found in found_by(before)}
    new: list[FindingLine] = []
    still: list[FindingLine] = []
    for rule, found in found_by(facts):
        theirs = audience is Audience.OWN and found.kind is SubjectKind.MEMBER and found.subject != member
        if not theirs:
            (still if (rule.name, found.subject) in held else new).append(line_of(facts, rule, found))
    return sorted(new, key=weightiest_first), sorted(still, key=weightiest_first)


def _forecast(now: View, span: Period, member: UUID, audience: Audience) -> list[ForecastLine]:
    """The quarter in which the week begins: a manager's own, each territory that a director has, or the company's."""
    quarter = period_of(now.policies.company, span.first)
    territories = now.policies.territories.territories
    if audience is Audience.OWN:
        return [_line(now, quarter, "", "", Filters(owner=member))]
    if audience is Audience.COMPANY:
        return [_line(now, quarter, "", "", Filters())]
    mine = sorted(now.visibility.territories & territories.keys())
    tops = [key for key in mine if territories[key].parent not in now.visibility.territories]
    return [_line(now, quarter, key, territories[key].name, Filters(territory=key)) for key in tops]


def _line(now: View, quarter: str, key: str, name: str, filters: Filters) -> ForecastLine:
    try:
        found = forecast(now, quarter, filters)
    except RateMissing as lacking:
        zero = now.money(Decimal(0))
        return ForecastLine(quarter, key, name, zero, zero, zero, zero, None, None, None, [str(lacking)])
    return ForecastLine(
        period=quarter,
        key=key,
        name=name,
        closed=found.closed,
        commit=found.commit,
        best_case=found.best_case,
        weighted=found.weighted,
        target=found.target,
        gap=found.gap,
        coverage=found.coverage,
        missing=[*found.missing_rates, *found.missing_prices],
    )
