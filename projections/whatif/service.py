"""What was promised for issues under another service policy or calendar, and whether it would have been kept."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from domain.issue.terms import Due
from domain.policies.calendar import day_of
from domain.policies.service_policy import ServiceLevel
from projections.deals import end_of, start_of
from projections.funnel import first_day_of_year
from projections.issue_promises import promised
from projections.issue_times import kept
from projections.issues import ISSUES, IssueRow
from projections.seen import Seen, rows_as_of
from projections.view import View
from projections.whatif.side_by_side import Compared, WhatIfAnswer


class PromiseUnder(msgspec.Struct):
    """What was promised for an issue: by when it was to be answered or resolved under both policies, when it was, and
    whether that kept it; None where it is neither done nor overdue yet."""

    which: Due
    due_was: datetime | None
    due: datetime | None
    done: datetime | None
    kept_was: bool | None
    kept: bool | None


class IssueUnder(msgspec.Struct):
    """An issue of an account, and both promises for it."""

    issue: UUID
    external_id: str
    account: UUID | None
    severity: int
    service_level: ServiceLevel
    raised: datetime
    promises: list[PromiseUnder]
    changed: bool
    positions: list[int]


class KeptUnder(msgspec.Struct):
    """How many promises of a kind were kept and missed by now, under both policies."""

    which: Due
    kept_was: int
    missed_was: int
    kept: int
    missed: int


class ServiceWhatIf(WhatIfAnswer, kw_only=True):
    """The issues raised from `first` to `last`; `changed` counts those of which a promise would have been kept that was
    missed, or missed that was kept. Those stand first."""

    first: date
    last: date
    whole: list[KeptUnder]
    changed: int
    issues: list[IssueUnder]
    not_shown: int = 0


def service_under(compared: Compared, first: date | None = None, last: date | None = None) -> ServiceWhatIf:
    """The promises for issues raised on some days (default: the fiscal year up to `as_of`) under both policies. By
    when something is due follows from the policies at the moment at which the issue was raised."""
    lines: list[IssueUnder] = []
    for was, would in compared.pairs():
        first = first or first_day_of_year(was)
        last = last or day_of(was.policies.company, was.clock.as_of)
        seen = _raised(was, first, last)
        then = promised(would, {each.key: each.row for each in seen})
        lines = [_line(was, each, then[each.key]) for each in seen]
    return ServiceWhatIf(
        **compared.about(),
        first=first or date.min,
        last=last or date.max,
        whole=[_whole(which, lines) for which in Due],
        changed=sum(line.changed for line in lines),
        issues=sorted(lines, key=lambda line: (not line.changed, line.raised, line.issue)),
    )


def _raised(view: View, first: date, last: date) -> list[Seen[IssueRow]]:
    visible = view.visible_accounts()
    where = "raised between %(starts)s and %(ends)s"
    where += "" if visible is None else " and account = any(%(visible)s)"
    asked = {"starts": start_of(view, first), "ends": end_of(view, last), "visible": visible}
    return rows_as_of(view, ISSUES, IssueRow, where, **asked)


def _line(view: View, seen: Seen[IssueRow], then: IssueRow) -> IssueUnder:
    row, now = seen.row, view.clock.as_of
    assert row.raised is not None
    promises = [
        PromiseUnder(
            which=which,
            due_was=row.response_due if which is Due.RESPONSE else row.resolution_due,
            due=then.response_due if which is Due.RESPONSE else then.resolution_due,
            done=row.responded if which is Due.RESPONSE else row.resolved,
            kept_was=kept(row, which, now),
            kept=kept(then, which, now),
        )
        for which in Due
    ]
    return IssueUnder(
        issue=seen.key,
        external_id=row.external_id,
        account=view.leads_to(row.account) if row.account else None,
        severity=row.severity,
        service_level=row.service_level,
        raised=row.raised,
        promises=promises,
        changed=any(each.kept_was != each.kept for each in promises),
        positions=[seen.position],
    )


def _whole(which: Due, lines: list[IssueUnder]) -> KeptUnder:
    ones = [promise for line in lines for promise in line.promises if promise.which is which]
    return KeptUnder(
        which=which,
        kept_was=sum(each.kept_was is True for each in ones),
        missed_was=sum(each.kept_was is False for each in ones),
        kept=sum(each.kept is True for each in ones),
        missed=sum(each.kept is False for each in ones),
    )
