"""What is open with customers: planned visits, next steps agreed on the last one, action items, commitments, needs,
joint activities, invoices, issues and what departments were asked because of them, milestones of plans whose day is
over."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from domain.sealed import Sealed
from projections.account_plans import ACCOUNT_PLANS
from projections.action_items import ACTION_ITEMS
from projections.commitments import COMMITMENTS
from projections.department_requests import DEPARTMENT_REQUESTS
from projections.engine import ReadModel, as_of_sql
from projections.issues import ISSUES
from projections.joint_activities import JOINT_ACTIVITIES
from projections.needs import NEEDS
from projections.payments import PAYMENTS
from projections.plan_milestones import PLAN_MILESTONES
from projections.seen import sealed
from projections.view import View
from projections.visits import VISITS


class OpenItemKind(enum.StrEnum):
    """What is open."""

    VISIT = "visit"
    ACTION_ITEM = "action_item"
    COMMITMENT = "commitment"
    NEED = "need"
    JOINT_ACTIVITY = "joint_activity"
    INVOICE = "invoice"
    ISSUE = "issue"
    DEPARTMENT_REQUEST = "department_request"
    PLAN_MILESTONE = "plan_milestone"
    NEXT_STEP = "next_step"


class OpenItem(msgspec.Struct):
    """Something that is not over: `due` is the day by which it is to be, or on which a visit is; `overdue` where that
    day is past. `whose` is the member whose it is, or the first of a visit's; `words` stay sealed, `text` are plain."""

    kind: OpenItemKind
    id: UUID | None
    account: UUID
    due: date | None
    overdue: bool
    whose: UUID | None
    text: str
    words: Sealed | None
    position: int


class LastVisit(msgspec.Struct):
    """The newest visit of a customer that took place, and what was agreed on it, if that has a day."""

    at: datetime
    position: int
    next_step: OpenItem | None


class _Source(msgspec.Struct, frozen=True):
    """Where open items of a kind are: SQL for id, day, member, plain text and sealed words, and what is open."""

    kind: OpenItemKind
    model: ReadModel
    columns: str
    is_open: str


UNDER_WAY = as_of_sql(ACCOUNT_PLANS, "key", "account = any(%(accounts)s) and status <> 'closed'")
SOURCES = (
    _Source(
        OpenItemKind.VISIT,
        VISITS,
        "visit, (start at time zone %(zone)s)::date, people[1], what, null::bytea",
        "status = 'planned'",
    ),
    _Source(OpenItemKind.ACTION_ITEM, ACTION_ITEMS, "item, due_on, owner, department, text", "status = 'open'"),
    _Source(OpenItemKind.COMMITMENT, COMMITMENTS, "commitment, due_on, owner, made_by, what", "status = 'open'"),
    _Source(OpenItemKind.NEED, NEEDS, "need, null::date, null::uuid, need_kind, words", "status = 'open'"),
    _Source(
        OpenItemKind.JOINT_ACTIVITY,
        JOINT_ACTIVITIES,
        "activity, end_on, null::uuid, title, null::bytea",
        "status in ('proposed', 'under_way')",
    ),
    _Source(
        OpenItemKind.INVOICE,
        PAYMENTS,
        "null::uuid, due_on, null::uuid, invoice_no || ' ' || trim_scale(amount) || ' ' || currency, null::bytea",
        "paid_on is null",
    ),
    _Source(
        OpenItemKind.ISSUE,
        ISSUES,
        "key, (case when responded is null then response_due else resolution_due end at time zone %(zone)s)::date,"
        " escalated_to, category, description",
        "resolved is null",
    ),
    _Source(
        OpenItemKind.PLAN_MILESTONE,
        PLAN_MILESTONES,
        "milestone, due, owner, title, null::bytea",
        f"status in ('open', 'missed') and due < %(today)s and plan in ({UNDER_WAY})",
    ),
)


def open_items(
    view: View, accounts: Sequence[UUID], kinds: Collection[OpenItemKind] = tuple(OpenItemKind)
) -> list[OpenItem]:
    """What is open with some accounts, the most urgent first, what has no day last; of some kinds alone. What goes on
    under another identifier since a merge is there once."""
    found = list(_items(view, accounts, kinds))
    if OpenItemKind.NEXT_STEP in kinds:
        found += [each.next_step for each in last_visits(view, accounts).values() if each.next_step]
    return in_turn(view, found)


def in_turn(view: View, items: Iterable[OpenItem]) -> list[OpenItem]:
    """Open items, the most urgent first."""
    today = day_of(view.policies.company, view.clock.as_of)
    return sorted(items, key=lambda one: (one.due is None, one.due or today, one.kind, one.position))


def _items(view: View, accounts: Sequence[UUID], kinds: Collection[OpenItemKind]) -> Iterator[OpenItem]:
    today = day_of(view.policies.company, view.clock.as_of)
    sql = " union all ".join(f"select '{kind}', item.* from ({of}) item" for kind, of in _queries() if kind in kinds)
    if not sql:
        return
    asked = view.parameters(accounts=list(accounts), zone=view.policies.company.time_zone, today=today)
    for kind, account, item, due, whose, text, words, cause in view.connection.execute(sql.encode(), asked):
        if not view.goes_on_elsewhere(account, item):
            late = due is not None and due < today
            text_of = sealed(words) if words else None
            yield OpenItem(OpenItemKind(kind), item, account, due, late, whose, text or "", text_of, cause)


def last_visits(view: View, accounts: Sequence[UUID]) -> dict[UUID, LastVisit]:
    """The newest visit of each customer among some accounts, with what was agreed on it: a visit since has done it, or
    agreed anew."""
    today = day_of(view.policies.company, view.clock.as_of)
    columns = "account, visit, at, next_step_on, people[1] as whose, cause"
    logged = as_of_sql(VISITS, columns, "account = any(%(accounts)s) and status = 'logged'")
    newest = f"select distinct on (account) * from ({logged}) v order by account, at desc, cause desc"
    last = dict[UUID, LastVisit]()
    for account, visit, at, due, whose, cause in view.connection.execute(
        newest.encode(), view.parameters(accounts=list(accounts))
    ):
        customer = view.leads_to(account)
        if customer not in last or (last[customer].at, last[customer].position) < (at, cause):
            late = due is not None and due < today
            item = OpenItem(OpenItemKind.NEXT_STEP, visit, account, due, late, whose, "", None, cause)
            last[customer] = LastVisit(at, cause, item if due else None)
    return last


def _queries() -> Iterator[tuple[OpenItemKind, str]]:
    for source in SOURCES:
        where = f"account = any(%(accounts)s) and {source.is_open}"
        yield source.kind, as_of_sql(source.model, f"account, {source.columns}, cause", where)
    yield OpenItemKind.DEPARTMENT_REQUEST, _requests()


def _requests() -> str:
    """What departments were asked and have not answered: whose it is says the issue."""
    issues = as_of_sql(ISSUES, "key, account", "account = any(%(accounts)s)")
    columns = "issue, request, (due at time zone %(zone)s)::date as due, department, what, cause"
    asked = as_of_sql(DEPARTMENT_REQUESTS, columns, "answered is null")
    return (
        "select i.account, r.request, r.due, null::uuid, r.department, r.what, r.cause"
        f" from ({issues}) i join ({asked}) r on r.issue = i.key"
    )
