"""Issues one by one (客户投诉与反馈): how far each is, what was promised, and whether it was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.issue.terms import Due, IssueKind
from domain.policies.service_policy import ServiceLevel
from domain.sealed import Sealed
from projections.accounts import ACCOUNTS
from projections.department_requests import DEPARTMENT_REQUESTS, DepartmentRequestRow
from projections.engine import as_of_sql
from projections.improvements import IMPROVEMENTS, ImprovementRow
from projections.issue_times import first_missed, kept
from projections.issues import ISSUES, OVER, IssueRow, IssueStatus
from projections.seen import Seen, all_rows_as_of, rows_as_of
from projections.view import Answer, Listing, View

Read = Callable[[Sealed, str], str | None]
"""Opens a sealed text of a field for the asker; None where he may not read it."""
Expect = Callable[[list[Sealed]], object]
"""Told which texts are about to be opened, so that their keys are fetched in one look."""


class Customer(msgspec.Struct, frozen=True):
    """An account as far as issues need it."""

    account: UUID
    external_id: str
    name: str
    manager: UUID | None
    territory: str


class Complaint(msgspec.Struct, frozen=True):
    """An issue with the account that goes on for its own."""

    customer: Customer
    seen: Seen[IssueRow]

    @property
    def row(self) -> IssueRow:
        """What its row says."""
        return self.seen.row

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.row.status not in OVER


class IssueLine(msgspec.Struct):
    """An issue. Whether a time was kept is None while nobody knows, and where nothing was promised; `overdue_since` is
    the first moment at which one was missed, by the facts, whether a breach is recorded or not. `description` is what
    the customer said, for those who may read it."""

    issue: UUID
    external_id: str
    account: UUID
    account_external_id: str
    account_name: str
    kind: IssueKind
    severity: int
    category: str
    service_level: ServiceLevel
    status: IssueStatus
    raised: datetime
    response_due: datetime | None
    responded: datetime | None
    response_kept: bool | None
    resolution_due: datetime | None
    resolved: datetime | None
    resolution_kept: bool | None
    overdue_since: datetime | None
    confirmed: datetime | None
    root_cause: str
    reopened: int
    escalated_to: UUID | None
    escalated_level: str
    description: str | None
    positions: list[int]


class IssuesAnswer(Listing, kw_only=True):
    """Issues: the open ones first, of them those that are due earliest; then the others, the newest first."""

    listed: ClassVar[str] = "issues"
    issues: list[IssueLine]


class RequestLine(msgspec.Struct):
    """A request to a department of ours; `overdue` while it is not answered though it was due, and where the answer
    came too late."""

    request: UUID
    department: str
    asked: datetime
    due: datetime | None
    answered: datetime | None
    overdue: bool
    what: str | None
    positions: list[int]


class ImprovementLine(msgspec.Struct):
    """What changed because of an issue."""

    improvement: UUID
    issue: UUID
    area: str
    made: datetime
    what: str | None
    positions: list[int]


class IssueAnswer(Answer, kw_only=True):
    """One issue, what departments were asked because of it, and what changed."""

    issue: IssueLine
    requests: list[RequestLine]
    improvements: list[ImprovementLine]


def issues(
    view: View,
    *,
    account: UUID | None = None,
    only_open: bool = False,
    severity: int | None = None,
    keys: list[UUID] | None = None,
    read: Read = lambda _, __: None,
    expect: Expect = lambda _: None,
) -> IssuesAnswer:
    """The issues as of the view's clocks, of all accounts that the asker may see or of one; all of them, or these."""
    found = complaints(view, account, *([] if keys is None else ["key = any(%(keys)s)"]), keys=keys)
    chosen = [each for each in found if (each.is_open or not only_open) and severity in (None, each.row.severity)]
    expect([each.row.description for each in chosen if each.row.description])
    return IssuesAnswer(**view.head(), issues=[_line(view, each, read) for each in sorted(chosen, key=_order)])


def issue(view: View, key: UUID, read: Read = lambda _, __: None) -> IssueAnswer:
    """One issue whole. Raises NotFound for one that is not there then, or not to be seen."""
    found = [each for each in complaints(view, where="key = %(key)s", key=key) if each.seen.key == key]
    if not found:
        raise NotFound(kind="issue", key=key)
    return IssueAnswer(
        **view.head(),
        issue=_line(view, found[0], read),
        requests=_requests(view, key, read),
        improvements=improvements(view, [key], read),
    )


def complaints(view: View, account: UUID | None = None, where: str = "true", **parameters: Any) -> list[Complaint]:
    """The issues that fulfil a condition, of all accounts that the asker may see or of one with those merged into
    it."""
    wanted = None if account is None else view.together(view.leads_to(account))
    visible = view.visible_accounts()
    if visible is not None:
        seen = set(visible)
        wanted = visible if wanted is None else [each for each in wanted if each in seen]
    condition = where if wanted is None else f"{where} and account = any(%(accounts)s)"
    rows = all_rows_as_of(view, ISSUES, IssueRow, condition, accounts=wanted, **parameters)
    known = _customers(view, {view.leads_to(each.row.account) for each in rows if each.row.account})
    return [
        Complaint(known[end], each)
        for each in rows
        if each.row.account is not None and (end := view.leads_to(each.row.account)) in known
    ]


def improvements(view: View, keys: Iterable[UUID], read: Read = lambda _, __: None) -> list[ImprovementLine]:
    """What changed because of these issues, in the order of time."""
    rows = rows_as_of(view, IMPROVEMENTS, ImprovementRow, "issue = any(%(keys)s)", keys=list(keys))
    found = [
        ImprovementLine(
            each.row.improvement,
            each.row.issue,
            each.row.area,
            each.row.made,
            read(each.row.what, "what") if each.row.what else None,
            [each.position],
        )
        for each in rows
        if each.row.improvement and each.row.issue and each.row.made
    ]
    return sorted(found, key=lambda each: (each.made, each.positions))


def _requests(view: View, key: UUID, read: Read) -> list[RequestLine]:
    rows = rows_as_of(view, DEPARTMENT_REQUESTS, DepartmentRequestRow, "issue = %(issue)s", issue=key)
    found = []
    for each in rows:
        row = each.row
        assert row.request is not None
        assert row.asked is not None
        late = row.due is not None and (row.answered or view.clock.as_of) > row.due
        said = read(row.what, "what") if row.what else None
        found.append(
            RequestLine(row.request, row.department, row.asked, row.due, row.answered, late, said, [each.position])
        )
    return sorted(found, key=lambda each: (each.asked, each.positions))


def _customers(view: View, keys: set[UUID]) -> dict[UUID, Customer]:
    if not keys:
        return {}
    sql = as_of_sql(ACCOUNTS, "key, external_id, name, manager, territory", "key = any(%(keys)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(keys=list(keys)))
    return {row[0]: Customer(*row) for row in rows}


def _order(one: Complaint) -> tuple[bool, float, int]:
    row = one.row
    due = row.resolution_due if row.responded else row.response_due or row.resolution_due
    when = (due or row.raised) if one.is_open else row.raised
    at = when.timestamp() if when else 0.0
    return not one.is_open, at if one.is_open else -at, one.seen.position


def _line(view: View, one: Complaint, read: Read) -> IssueLine:
    row, now = one.row, view.clock.as_of
    assert row.raised is not None
    return IssueLine(
        issue=one.seen.key,
        external_id=row.external_id,
        account=one.customer.account,
        account_external_id=one.customer.external_id,
        account_name=one.customer.name,
        kind=row.issue_kind,
        severity=row.severity,
        category=row.category,
        service_level=row.service_level,
        status=row.status,
        raised=row.raised,
        response_due=row.response_due,
        responded=row.responded,
        response_kept=kept(row, Due.RESPONSE, now),
        resolution_due=row.resolution_due,
        resolved=row.resolved,
        resolution_kept=kept(row, Due.RESOLUTION, now),
        overdue_since=first_missed(row, now),
        confirmed=row.confirmed,
        root_cause=row.root_cause,
        reopened=row.reopened,
        escalated_to=row.escalated_to,
        escalated_level=row.escalated_level,
        description=read(row.description, "description") if row.description else None,
        positions=[one.seen.position],
    )
