"""Service (投诉): what is open, whether SLAs were kept, how long it took, which causes repeat, what changed."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

import msgspec

from domain.issue.terms import Due
from domain.policies.calendar import day_end, day_of, day_start, period
from domain.policies.company import Company
from domain.policies.working_time import working_time_between
from projections.issue_list import Complaint, ImprovementLine, Read, complaints, improvements
from projections.issue_times import first_missed, kept
from projections.view import Answer, View

A_YEAR = timedelta(days=365)
REPEATS = 2
HOUR = timedelta(hours=1)


class ServiceBy(enum.StrEnum):
    """By what service is told."""

    SEVERITY = "severity"
    CATEGORY = "category"
    ACCOUNT = "account"
    MANAGER = "manager"
    TERRITORY = "territory"


class Kept(msgspec.Struct):
    """How often a time was kept and missed, by the facts; `share` is None where nothing was decided yet. Issues that
    are neither done nor overdue, or of which nothing was promised, are in neither."""

    kept: int
    missed: int
    share: float | None
    positions: list[int]


class ServiceLine(msgspec.Struct):
    """Service of a group, or of all: the issues raised in the period. `hours` and `working_hours` are the medians from
    raised to resolved, by the clock and on the company's calendar; None where none is resolved. `key` is the account or
    member, `name` what the group is called; a member's name is put in at the door."""

    key: UUID | None
    name: str
    raised: int
    open: int
    overdue: int
    reopened: int
    response: Kept
    resolution: Kept
    hours: float | None
    working_hours: float | None
    positions: list[int]


class RepeatedCause(msgspec.Struct):
    """A root cause that came at least twice at an account within the year before the moment asked about."""

    account: UUID
    external_id: str
    name: str
    cause: str
    count: int
    newest: datetime
    positions: list[int]


class ServiceAnswer(Answer, kw_only=True):
    """Service in a period, as far as it went; repeated causes of the year before `as_of`, the most frequent first;
    improvements that came of the issues of the period."""

    period: str
    first: date
    last: date
    by: ServiceBy
    whole: ServiceLine
    lines: list[ServiceLine]
    repeated_causes: list[RepeatedCause]
    improvements: list[ImprovementLine]


def service(
    view: View,
    period_key: str = "",
    *,
    by: ServiceBy = ServiceBy.SEVERITY,
    account: UUID | None = None,
    read: Read = lambda _, __: None,
) -> ServiceAnswer:
    """Service as of the view's clocks, of accounts that the asker sees or of one: the issues raised in a month,
    quarter, year or stretch of days, by default in the 365 days before. Raises PeriodUnknown."""
    company, now = view.policies.company, view.clock.as_of
    today = day_of(company, now)
    first, last = today - A_YEAR, today
    if period_key:
        asked = period(company, period_key)
        first, last = asked.first, asked.last
    found = complaints(view, account)
    starts, ends = day_start(company, first), day_end(company, last)
    chosen = [each for each in found if each.row.raised and starts <= each.row.raised <= ends]
    groups = defaultdict[tuple[str, UUID | None], list[Complaint]](list)
    for each in chosen:
        groups[_group(each, by)].append(each)
    return ServiceAnswer(
        **view.head(),
        period=period_key,
        first=first,
        last=last,
        by=by,
        whole=_told(company, now, None, "", chosen),
        lines=[_told(company, now, key, name, groups[name, key]) for name, key in sorted(groups, key=str)],
        repeated_causes=repeated_causes(found, now),
        improvements=improvements(view, [each.seen.key for each in chosen], read),
    )


def repeated_causes(found: Iterable[Complaint], now: datetime, least: int = REPEATS) -> list[RepeatedCause]:
    """Root causes that came so often at one account, of the issues raised in the 365 days before a moment."""
    alike = defaultdict[tuple[UUID, str], list[Complaint]](list)
    for each in found:
        if each.row.root_cause and each.row.raised and now - A_YEAR < each.row.raised <= now:
            alike[each.customer.account, each.row.root_cause].append(each)
    told = [
        RepeatedCause(
            account,
            same[0].customer.external_id,
            same[0].customer.name,
            cause,
            len(same),
            max(each.row.raised for each in same if each.row.raised),
            _positions(same),
        )
        for (account, cause), same in alike.items()
        if len(same) >= least
    ]
    return sorted(told, key=lambda each: (-each.count, each.name, each.cause, each.account))


def _group(one: Complaint, by: ServiceBy) -> tuple[str, UUID | None]:
    customer = one.customer
    return {
        ServiceBy.SEVERITY: (str(one.row.severity), None),
        ServiceBy.CATEGORY: (one.row.category, None),
        ServiceBy.ACCOUNT: (customer.name, customer.account),
        ServiceBy.MANAGER: ("", customer.manager),
        ServiceBy.TERRITORY: (customer.territory, None),
    }[by]


def _told(company: Company, now: datetime, key: UUID | None, name: str, found: Sequence[Complaint]) -> ServiceLine:
    open_ones = [each for each in found if each.is_open]
    took = [(each.row.raised, each.row.resolved) for each in found if each.row.raised and each.row.resolved]
    return ServiceLine(
        key=key,
        name=name,
        raised=len(found),
        open=len(open_ones),
        overdue=sum(first_missed(each.row, now) is not None for each in open_ones),
        reopened=sum(each.row.reopened for each in found),
        response=_kept(found, Due.RESPONSE, now),
        resolution=_kept(found, Due.RESOLUTION, now),
        hours=_median([end - start for start, end in took]),
        working_hours=_median([working_time_between(company, start, end) for start, end in took]),
        positions=_positions(found),
    )


def _kept(found: Sequence[Complaint], which: Due, now: datetime) -> Kept:
    decided = [(each, was) for each in found if (was := kept(each.row, which, now)) is not None]
    good = sum(was for _, was in decided)
    share = round(good / len(decided), 4) if decided else None
    return Kept(good, len(decided) - good, share, _positions([each for each, _ in decided]))


def _median(took: Sequence[timedelta]) -> float | None:
    return round(median(each / HOUR for each in took), 1) if took else None


def _positions(found: Iterable[Complaint]) -> list[int]:
    return sorted({each.seen.position for each in found})
