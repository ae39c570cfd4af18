"""The weightiest things that are due, and how many there are, without making a line of each.

Every kind of thing is asked for by the few columns that rank it; the lines are then made of the accounts that the
weightiest belong to alone, by the same code that makes all of them (`todo.dues`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from heapq import nsmallest
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from domain.account.dealings import Side
from domain.policies.calendar import day_of
from projections.account_plans import ACCOUNT_PLANS, PlanStatus
from projections.accounts import ACCOUNTS
from projections.action_items import ACTION_ITEMS
from projections.commitments import COMMITMENTS
from projections.department_requests import DEPARTMENT_REQUESTS
from projections.due_kinds import DueKind
from projections.engine import ReadModel
from projections.finding_facts import Facts
from projections.issues import ISSUES
from projections.kept_columns import NO_ONE, Rows, day_back, day_number, marked
from projections.key_accounts import key_statuses
from projections.opportunities import FUNNEL
from projections.plan_measures import SOON as STONES_AHEAD
from projections.plan_milestones import PLAN_MILESTONES, PlanMilestoneStatus
from projections.quotes import QUOTES, QuoteRow, follow_up_due
from projections.todo import GRAVE, REVIEWS_AHEAD, SOON, Read, Todo, control_points, dues, score_of
from projections.view import View
from projections.visit_columns import visits_due


class Ranked(NamedTuple):
    """What ranks a thing that is due, the weightiest the least; `customer` is None for what is about none."""

    later: bool
    lighter: float
    day: str
    name: str
    customer: UUID | None
    kind: DueKind


_place = itemgetter(slice(4))
"""What the order of ranked things is made by."""


class FirstDues(NamedTuple):
    """The weightiest things that are due, how many are due in all, and how many of them are overdue."""

    first: list[Todo]
    of_all: int
    overdue: int


def first_dues(view: View, most: int, member: UUID | None = None, read: Read = lambda _, __: None) -> FirstDues:
    """The weightiest that `dues` says, overdue things first; of everybody or of one."""
    ranking = _Ranking(view, member, most)
    found = list(ranking.all())
    last = [_place(each) for each in nsmallest(most, found, key=_place)[-1:]]
    first = [each for each in found if _place(each) <= last[0]]
    accounts, kinds = {each.customer for each in first if each.customer}, {each.kind for each in first}
    made = [each for each in dues(Facts(view.among(accounts)), read, kinds) if member in (None, each.member)]
    made.sort(key=lambda each: _rank(each.due, each.score, each.name, ranking.today))
    return FirstDues(made[:most], len(found) + ranking.not_shown, sum(not each.later for each in found) + ranking.late)


def _rank(due: date | None, score: float, name: str, today: date) -> tuple[bool, float, str, str]:
    return not (due and due < today), -score, str(due), name


class _Ranking:
    """Ranks what is due of the customers that the asker may see. What is left out because so many visits are weightier
    is counted in `not_shown`, and in `late` where it is overdue."""

    def __init__(self, view: View, member: UUID | None, most: int) -> None:
        self._view, self._member, self._most = view, member, most
        self.today = day_of(view.policies.company, view.clock.as_of)
        self.not_shown = self.late = 0
        rows = self._rows(ACCOUNTS, "key, name, manager", "key")
        self._managers = {key: manager for key, _, manager in rows}
        self._names = {key: name for key, name, _ in rows if key not in view.merged}
        self._statuses = {key: each for key, each in key_statuses(view).items() if key in self._names}

    def all(self) -> Iterator[Ranked]:
        """Everything that is due, in no order."""
        yield from self._action_items()
        yield from self._commitments()
        yield from self._visits()
        yield from self._quotes()
        yield from self._reviews()
        yield from self._control_points()
        yield from self._issues()
        yield from self._requests()
        yield from self._milestones()

    def _action_items(self) -> Iterator[Ranked]:
        for account, item, owner, due in self._rows(
            ACTION_ITEMS, "account, item, owner, due_on", "account", "status = 'open'"
        ):
            yield from self._of(DueKind.ACTION_ITEM, account, due, 2, owner, item)

    def _commitments(self) -> Iterator[Ranked]:
        where = "status = 'open' and made_by = 'us'"
        for account, item, owner, due in self._rows(
            COMMITMENTS, "account, commitment, owner, due_on", "account", where
        ):
            yield from self._of(DueKind.COMMITMENT, account, due, 3, owner, item)

    def _visits(self) -> Iterator[Ranked]:
        """Of the visits the weightiest alone, and those that weigh as much as the last of them: they are many."""
        import numpy as np

        rows, today = self._visits_due(), day_number(self.today)
        overdue, score, due = rows["due"] < today, rows["score"], rows["due"]
        order = np.lexsort((due, -score, ~overdue))
        first = order[: self._most]
        if len(first) < len(order):
            last, rest = first[-1], order[self._most :]
            alike = (overdue[rest] == overdue[last]) & (score[rest] == score[last]) & (due[rest] == due[last])
            first = np.append(first, rest[alike])
        self.not_shown, self.late = len(order) - len(first), int(overdue.sum() - overdue[first].sum())
        for place in first.tolist():
            customer = rows.ids.key(int(rows["customer"][place]))
            yield self._ranked(DueKind.VISIT, customer, day_back(due[place]), float(score[place]))

    def _visits_due(self) -> Rows:
        """Visits and next steps that are due, of whom is asked for, with the `score` of each."""
        import numpy as np

        rows = visits_due(self._view, SOON, SOON)
        ids = rows.ids
        known = list(self._names)
        codes = ids.of(known)
        looked_after = ids.codes([(self._managers[key] or NO_ONE).bytes for key in known])
        managers = np.zeros(len(ids), np.int32)
        managers[codes] = looked_after
        is_key = marked(ids, ids.of(list(self._statuses)))
        owner = np.where(rows["who"] > 0, rows["who"], managers[rows["customer"]])
        theirs = marked(ids, codes)[rows["customer"]]
        if self._member:
            theirs &= owner == ids.code(self._member)
        rows = rows.where(theirs)
        weight = np.where((rows["planned"] > 0) & ~rows["past"], 1, 2) + is_key[rows["customer"]]
        late = day_number(self.today) - rows["due"]
        rows.columns["score"] = 10.0 * weight + np.where(late >= 0, np.minimum(late, 30), 5 * late / 7)
        return rows

    def _quotes(self) -> Iterator[Ranked]:
        columns, where = "opportunity, follow_up_on, issued_on", "status = 'issued' and followed_up_on is null"
        rows = self._view.rows(QUOTES, columns, where)
        keys = [row[0] for row in rows]
        found = self._rows(FUNNEL, "key, account, owner", "account", "key = any(%(keys)s)", keys=keys) if rows else []
        deals = {key: (account, owner) for key, account, owner in found}
        for opportunity, follow_up_on, issued_on in rows:
            if opportunity in deals:
                account, owner = deals[opportunity]
                due = follow_up_due(QuoteRow(follow_up_on=follow_up_on, issued_on=issued_on))
                yield from self._of(DueKind.QUOTE, account, due, 2, owner)

    def _reviews(self) -> Iterator[Ranked]:
        for account, status in self._statuses.items():
            if status.review_due <= self.today + REVIEWS_AHEAD:
                yield from self._of(DueKind.REVIEW, account, status.review_due, 2, None)

    def _control_points(self) -> Iterator[Ranked]:
        for one in control_points(Facts(self._view)):
            if self._member in (None, one.member):
                yield Ranked(*_rank(one.due, one.score, one.name, self.today), None, DueKind.CONTROL_POINT)

    def _issues(self) -> Iterator[Ranked]:
        company = self._view.policies.company
        due, until = (
            "case when responded is null then response_due else resolution_due end",
            self._view.clock.as_of + SOON,
        )
        where = f"resolved is null and {due} <= %(until)s"
        for account, at, severity, escalated in self._rows(
            ISSUES, f"account, {due}, severity, escalated_to", "account", where, until=until
        ):
            manager, day = self._managers.get(self._view.leads_to(account)), day_of(company, at)
            for owner in dict.fromkeys((manager, escalated or manager)):
                yield from self._about(DueKind.ISSUE, account, day, 3 if severity <= GRAVE else 2, owner)

    def _requests(self) -> Iterator[Ranked]:
        where, until = "answered is null and due <= %(until)s", self._view.clock.as_of + SOON
        rows = self._view.rows(DEPARTMENT_REQUESTS, "issue, due", where, until=until)
        keys = [issue for issue, _ in rows]
        found = self._rows(ISSUES, "key, account", "account", "key = any(%(keys)s)", keys=keys) if rows else []
        accounts = dict(found)
        for issue, at in rows:
            if account := accounts.get(issue):
                owner = self._managers.get(self._view.leads_to(account))
                day = day_of(self._view.policies.company, at)
                yield from self._about(DueKind.DEPARTMENT_REQUEST, account, day, 2, owner)

    def _milestones(self) -> Iterator[Ranked]:
        where = f"reached_on is null and due <= %(until)s and side = '{Side.US}'"
        where += f" and status <> '{PlanMilestoneStatus.DROPPED}'"
        until = self.today + STONES_AHEAD
        rows = self._rows(PLAN_MILESTONES, "plan, due, owner", "account", where, until=until)
        closed = f"status <> '{PlanStatus.CLOSED}'"
        plans = dict(self._rows(ACCOUNT_PLANS, "key, account", "account", closed)) if rows else {}
        for plan, due, owner in rows:
            if plan in plans:
                yield from self._of(DueKind.PLAN_MILESTONE, plans[plan], due, 2, owner)

    def _of(
        self,
        kind: DueKind,
        account: UUID,
        due: date | None,
        weight: int,
        owner: UUID | None,
        item: UUID | None = None,
    ) -> Iterator[Ranked]:
        """What is due of a customer; of who it is his, else of who looks after the customer."""
        customer = self._view.leads_to(account)
        if customer in self._names and not (item and self._view.goes_on_elsewhere(account, item)):
            yield from self._about(kind, customer, due, weight, owner or self._managers[customer])

    def _about(
        self, kind: DueKind, account: UUID, due: date | None, weight: int, owner: UUID | None
    ) -> Iterator[Ranked]:
        customer = self._view.leads_to(account)
        if customer in self._managers and self._member in (None, owner):
            yield self._ranked(kind, customer, due, score_of(weight + (customer in self._statuses), due, self.today))

    def _ranked(self, kind: DueKind, customer: UUID, due: date | None, score: float) -> Ranked:
        return Ranked(*_rank(due, score, self._names.get(customer, ""), self.today), customer, kind)

    def _rows(
        self, model: ReadModel, columns: str, account: str, where: str = "", **asked: Any
    ) -> list[tuple[Any, ...]]:
        """The rows whose account, in a column, the asker may see."""
        visible = self._view.visible_accounts()
        wanted = [where] if where else []
        wanted += [] if visible is None else [f"{account} = any(%(visible)s)"]
        return self._view.rows(model, columns, " and ".join(wanted), visible=visible, **asked)
