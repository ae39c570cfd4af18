"""The to-do list (待办) of each of ours: what is due, what findings ask for, ranked, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from domain.finding import SubjectKind
from domain.language.catalogue import say, term
from domain.policies.calendar import day_of
from domain.sealed import Sealed
from projections.action_items import ACTION_ITEMS, ActionItemRow
from projections.commitments import COMMITMENTS, CommitmentRow
from projections.control_point_standing import PointLine, PointState, point_name
from projections.department_requests import DEPARTMENT_REQUESTS, DepartmentRequestRow
from projections.due_kinds import EVERY_KIND, DueKind
from projections.finding import FindingRule
from projections.finding_facts import Facts
from projections.findings_answer import found_by, title_of
from projections.issue_list import complaints
from projections.plan_facts import stones_of_ours
from projections.quotes import QUOTES, QuoteRow, follow_up_due
from projections.seen import Seen, positions_of, rows_as_of
from projections.todo_rules import ASKING
from projections.view import Listing, View
from projections.visits import VISITS, VisitRow

SOON = timedelta(days=7)
GRAVE = 2
REVIEWS_AHEAD = timedelta(days=14)

Read = Callable[[Sealed, str], str | None]
"""Opens a sealed text of a field for the asker; None where he may not read it."""


class Todo(msgspec.Struct):
    """Something to do: what, why (`reason`), until when, for whom; `score` ranks it, `positions` are the events behind
    it. `text` is what was written down about it, for those who may read it; the title and external id of an opportunity
    are put in at the door. `subject` is what a command about it goes to (an account, be it one that was merged, an
    opportunity, issue, plan, strategy), and `thing` what that names there: an item, a visit, a quote."""

    kind: str
    member: UUID | None
    account: UUID | None
    name: str
    opportunity: UUID | None
    reason: str
    due: date | None
    score: float
    positions: list[int]
    text: str | None = None
    title: str = ""
    external_id: str = ""
    subject: UUID | None = None
    thing: str = ""


class TodoAnswer(Listing, kw_only=True):
    """What is to be done, of each member the weightiest first."""

    listed: ClassVar[str] = "items"
    items: list[Todo]


def todo(view: View, member: UUID | None = None, read: Read = lambda _, __: None) -> TodoAnswer:
    """The to-do lists as of the view's clocks, of everybody or of one; nobody's items come last.

    `score` = 10 × weight + min(days overdue, 30), and 5 less for each week that is left: the weight (1 to 3) is that
    of the finding or of the kind of thing, one more for key accounts. The formula is this product's own.
    """
    items = [each for each in _Listing(Facts(view), read).items() if member in (None, each.member)]
    return TodoAnswer(**view.head(), items=sorted(items, key=_order))


def dues(facts: Facts, read: Read = lambda _, __: None, kinds: Collection[DueKind] = EVERY_KIND) -> list[Todo]:
    """What is due by itself, of everybody, the weightiest first: all of the lists but what findings ask for, or of some
    kinds alone."""
    return sorted(_Listing(facts, read).dues(kinds), key=_order)


def asked_for(facts: Facts, rules: Iterable[FindingRule] = ASKING) -> list[Todo]:
    """What rules ask for, of everybody, in no order."""
    return list(_Listing(facts, lambda _, __: None).findings(rules))


def control_points(facts: Facts) -> list[Todo]:
    """What of `dues` is about the strategy in force, and no customer."""
    return list(_Listing(facts, lambda _, __: None).control_points())


def score_of(weight: int, due: date | None, today: date) -> float:
    """The score of a thing of some weight (one more for key accounts) on a day."""
    overdue = (today - due).days if due else 0
    return 10.0 * weight + (min(overdue, 30) if overdue >= 0 else 5 * overdue / 7)


def weightiest(one: Todo) -> tuple[float, str, str, str, str, list[int]]:
    """The order of things to do: of alike ones always the same."""
    return -one.score, one.kind, str(one.due), one.name, str(one.opportunity or one.subject), one.positions


def _order(one: Todo) -> tuple[bool, str, tuple[float, str, str, str, str, list[int]]]:
    return one.member is None, str(one.member), weightiest(one)


class _Listing:
    """Makes the items of one view."""

    def __init__(self, facts: Facts, read: Read) -> None:
        self._view, self._read, self._facts = facts.view, read, facts
        self._today = self._facts.today

    def items(self) -> Iterator[Todo]:
        """Everything, in no order."""
        yield from self.dues(EVERY_KIND)
        yield from self.findings(ASKING)

    def dues(self, kinds: Collection[DueKind]) -> Iterator[Todo]:
        """What is due by itself, of some kinds, in no order."""
        made = {
            DueKind.ACTION_ITEM: self._action_items,
            DueKind.COMMITMENT: self._commitments,
            DueKind.VISIT: self._visits,
            DueKind.QUOTE: self._quotes,
            DueKind.REVIEW: self._reviews,
            DueKind.CONTROL_POINT: self.control_points,
            DueKind.ISSUE: self._issues,
            DueKind.DEPARTMENT_REQUEST: self._requests,
            DueKind.PLAN_MILESTONE: self._milestones,
        }
        for kind in DueKind:
            if kind in kinds:
                yield from made[kind]()

    def _action_items(self) -> Iterator[Todo]:
        for account, rows in self._facts.of_customers(ACTION_ITEMS, ActionItemRow, "status = 'open'").items():
            for item in rows:
                row = item.row
                where = say(" ({department})", department=row.department) if row.department else ""
                reason = say("action item{where}", where=where) + self._when(row.due_on)
                owner = row.owner or self._manager(account)
                yield self._item(
                    "action_item", account, reason, row.due_on, [item], owner, 2, row.text, "text", row.item,
                    row.account,
                )  # fmt: skip

    def _commitments(self) -> Iterator[Todo]:
        where = "status = 'open' and made_by = 'us'"
        for account, rows in self._facts.of_customers(COMMITMENTS, CommitmentRow, where).items():
            for each in rows:
                kind = term("CommitmentKind", each.row.commitment_kind.value)
                reason = say("we promised {kind}", kind=kind) + self._when(each.row.due_on)
                owner = each.row.owner or self._manager(account)
                yield self._item(
                    "commitment", account, reason, each.row.due_on, [each], owner, 3, each.row.what, "what",
                    each.row.commitment, each.row.account,
                )  # fmt: skip

    def _visits(self) -> Iterator[Todo]:
        """Planned visits that lie in the past or in the week to come, and next steps that are due after a visit."""
        where = "status = 'planned' and start <= %(until)s or status = 'logged' and next_step_on <= %(today)s::date + 7"
        found = self._facts.of_customers(VISITS, VisitRow, where, until=self._facts.now + SOON)
        newest = self._facts.newest_visits
        for account, visit in ((account, visit) for account, rows in found.items() for visit in rows):
            row = visit.row
            owner = row.people[0] if row.people else self._manager(account)
            if row.status == "planned" and row.start:
                day = day_of(self._view.policies.company, row.start)
                past = row.start < self._facts.now
                todo = (
                    say("log the visit, or move it") if row.account == account else say("log the visit, or cancel it")
                )
                reason = todo if past else say("the visit takes place")
                weight = 2 if past else 1
                yield self._item(
                    "visit", account, reason + self._when(day), day, [visit], owner, weight, thing=row.visit,
                    at=row.account,
                )  # fmt: skip
            elif row.next_step_on and row.at == newest.get(account):
                reason = say("the next step agreed on the last visit") + self._when(row.next_step_on)
                yield self._item("next_step", account, reason, row.next_step_on, [visit], owner, 2, thing=row.visit)

    def _quotes(self) -> Iterator[Todo]:
        for key, rows in self._facts.of_deals(QUOTES, QuoteRow, "status = 'issued' and followed_up_on is null").items():
            deal = self._facts.deal(key)
            account = self._facts.customer(deal.row.account)
            for quote in rows:
                due = follow_up_due(quote.row)
                reason = say("follow up the quote {number}", number=quote.row.quote_no) + self._when(due)
                owner = deal.row.owner or self._manager(account)
                item = self._item("quote", account, reason, due, [quote], owner, 2, thing=quote.row.quote_no)
                item.opportunity = item.subject = key
                yield item

    def _reviews(self) -> Iterator[Todo]:
        for account, status in self._facts.statuses.items():
            due = status.review_due
            if due <= self._today + REVIEWS_AHEAD:
                reason = say("say why this customer is key") + self._when(due)
                yield self._item("review", account, reason, due, [status.position], self._manager(account), 2)

    def control_points(self) -> Iterator[Todo]:
        """Control points of the strategy in force, due in two weeks or overdue, for the owners of their processes: the
        oldest period of each, and how many more there are."""
        strategy = self._facts.in_force
        waiting: dict[tuple[str, str], list[PointLine]] = {}
        for point in sorted(strategy.points if strategy else (), key=lambda each: each.due):
            if point.state in (PointState.DUE, PointState.OVERDUE) and point.due <= self._today + REVIEWS_AHEAD:
                waiting.setdefault((point.process, point.control_point), []).append(point)
        for oldest, *later in waiting.values():
            assert strategy
            about = say("control point {point}", point=point_name(oldest)) + self._when(oldest.due)
            more = say("; and {n} more [period|periods] of it", n=len(later)) if later else ""
            yield Todo(
                kind="control_point",
                member=oldest.owner,
                account=None,
                name=strategy.line.title,
                opportunity=None,
                reason=about + more,
                due=oldest.due,
                score=self._score(2, None, oldest.due),
                positions=sorted({position for each in (oldest, *later) for position in each.positions}),
                text=oldest.text,
                subject=strategy.line.strategy,
                thing=oldest.control_point,
            )

    def _issues(self) -> Iterator[Todo]:
        """Open issues that are overdue or due within the week: to be answered, then to be resolved, by the manager
        and by whom it was escalated to."""
        for each in complaints(self._view, where="resolved is null"):
            row, customer = each.row, each.customer
            due = row.resolution_due if row.responded else row.response_due
            if due is not None and due <= self._facts.now + SOON:
                day = day_of(self._view.policies.company, due)
                reason = (
                    say("resolve the issue: {what}", what=row.category)
                    if row.responded
                    else say("answer the issue: {what}", what=row.category)
                ) + self._when(day)
                weight = 3 if row.severity <= GRAVE else 2
                for owner in dict.fromkeys((customer.manager, row.escalated_to or customer.manager)):
                    item = self._item(
                        "issue", customer.account, reason, day, [each.seen], owner, weight, row.description,
                        "description",
                    )  # fmt: skip
                    item.subject = each.seen.key
                    yield item

    def _requests(self) -> Iterator[Todo]:
        """Requests to departments that nobody has answered and that are overdue or due within the week."""
        where, until = "answered is null and due <= %(until)s", self._facts.now + SOON
        asked = rows_as_of(self._view, DEPARTMENT_REQUESTS, DepartmentRequestRow, where, until=until)
        keys = [each.row.issue for each in asked]
        found = complaints(self._view, where="key = any(%(keys)s)", keys=keys) if keys else []
        issues = {each.seen.key: each for each in found}
        for each in asked:
            row, about = each.row, issues.get(each.row.issue) if each.row.issue else None
            if about is not None and row.due is not None:
                day = day_of(self._view.policies.company, row.due)
                reason = say("{department} is to answer", department=row.department) + self._when(day)
                owner = about.customer.manager
                item = self._item(
                    "department_request", about.customer.account, reason, day, [each], owner, 2, row.what, "what",
                    row.request,
                )  # fmt: skip
                item.subject = row.issue
                yield item

    def _milestones(self) -> Iterator[Todo]:
        """Milestones of ours in plans that are due within two weeks, or whose day is over."""
        for plan, stone in stones_of_ours(self._facts.view, self._facts.accounts):
            reason = say("milestone of the plan: {title}", title=stone.row.title) + self._when(stone.row.due)
            owner = stone.row.owner or self._manager(plan.customer)
            item = self._item(
                "plan_milestone", plan.customer, reason, stone.row.due, stone.positions, owner, 2,
                thing=stone.row.milestone,
            )  # fmt: skip
            item.subject = plan.plan
            yield item

    def findings(self, rules: Iterable[FindingRule]) -> Iterator[Todo]:
        """What some rules ask for, in no order."""
        for rule, found in found_by(self._facts, tuple(rules)):
            yield Todo(
                kind=rule.name,
                member=found.member,
                account=found.account,
                name=self._name(found.account) or title_of(self._facts, found),
                opportunity=found.subject if found.kind is SubjectKind.OPPORTUNITY else None,
                reason=found.text,
                due=None,
                score=self._score(rule.weight, found.account, None),
                positions=list(found.causes),
                subject=found.subject,
            )

    def _item(
        self,
        kind: str,
        account: UUID,
        reason: str,
        due: date | None,
        causes: Iterable[Seen[Any] | int],
        owner: UUID | None,
        weight: int,
        sealed: Sealed | None = None,
        field: str = "",
        thing: UUID | str | None = None,
        at: UUID | None = None,
    ) -> Todo:
        return Todo(
            kind=kind,
            member=owner,
            account=account,
            name=self._name(account),
            opportunity=None,
            reason=reason,
            due=due,
            score=self._score(weight, account, due),
            positions=list(positions_of(causes)),
            text=self._read(sealed, field) if sealed else None,
            subject=at or account,
            thing=str(thing) if thing else "",
        )

    def _score(self, weight: int, account: UUID | None, due: date | None) -> float:
        return score_of(weight + (account in self._facts.statuses), due, self._today)

    def _when(self, due: date | None) -> str:
        if due is None:
            return ""
        late = (self._today - due).days
        if late > 0:
            return say(", overdue for {days} [day|days]", days=late)
        return say(", due on {day}", day=due) if late < 0 else say(", due today")

    def _manager(self, account: UUID) -> UUID | None:
        customer = self._facts.accounts.get(account)
        return customer.row.manager if customer else None

    def _name(self, account: UUID | None) -> str:
        customer = self._facts.accounts.get(account) if account else None
        return customer.row.name if customer else ""
