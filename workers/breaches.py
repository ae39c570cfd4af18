"""Records what was promised for a moment and not done by then, once, as of that moment; and takes back what was none.

What is overdue is always computed from facts. These records are for those who follow the stream of events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import structlog

from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate, Origin
from domain.errors import KamsError
from domain.issue.issue import Issue
from domain.issue.terms import Due
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.policies.calendar import day_end, day_of
from domain.policies.company import Company
from domain.visibility import Visibility
from projections.account_plans import ACCOUNT_PLANS, AccountPlanRow
from projections.issue_times import breach_of, overdue_since
from projections.issues import ISSUES, IssueRow
from projections.plan_milestones import PLAN_MILESTONES, PlanMilestoneRow
from projections.seen import Seen, rows_as_of
from projections.view import Reader, View
from workers.clock import now_utc

log = structlog.get_logger()

NAMESPACE = UUID("7c0e4a0e-1d53-5d7e-9a55-0f6f1f2b8c11")


class Noticed(NamedTuple):
    """Something to record in a stream: as of when, by which decision (which records nothing where it is known), and
    what it is about (`known_by`): the same for everybody who notices the same."""

    root: type[Aggregate]
    stream: UUID
    at: datetime
    decision: Callable[[Any], None]
    known_by: tuple[object, ...]


Source = Callable[[View], Iterable[Noticed]]
"""Finds in the rows of now what is overdue and not recorded, and what is recorded and was none."""


def of_issues(view: View) -> Iterator[Noticed]:
    """SLAs of issues that were breached, and breaches that the facts do not bear out any more."""
    now = view.clock.as_of
    where = (
        "response_breach is not null or resolution_breach is not null or response_missed is not null"
        " or resolution_missed is not null or responded is null and response_due < %(now)s"
        " or resolved is null and resolution_due < %(now)s"
    )
    for issue in rows_as_of(view, ISSUES, IssueRow, where, now=now):
        for which in Due:
            overdue, recorded = overdue_since(issue.row, which, now), breach_of(issue.row, which)
            if recorded is not None and recorded != overdue:
                yield _noticed(issue, which, recorded, "withdrawn")
            if overdue is not None and recorded != overdue:
                yield _noticed(issue, which, overdue, "breached")


def _noticed(issue: Seen[IssueRow], which: Due, at: datetime, what: str) -> Noticed:
    def decision(found: Issue) -> None:
        (found.sla.note_breach if what == "breached" else found.sla.withdraw_breach)(which)

    return Noticed(Issue, issue.key, at, decision, (which.value, at, what, issue.row.breaches_withdrawn))


def of_plans(view: View) -> Iterator[Noticed]:
    """Milestones of account plans whose day is over, and those noted as missed that were reached in time after all."""
    now, company = view.clock.as_of, view.policies.company
    closed = {
        each.key: each.row.closed for each in rows_as_of(view, ACCOUNT_PLANS, AccountPlanRow, "closed is not null")
    }
    where = "status <> 'dropped' and due <= %(today)s and (missed is distinct from due or reached_on <= due)"
    for stone in rows_as_of(view, PLAN_MILESTONES, PlanMilestoneRow, where, today=day_of(company, now)):
        row = stone.row
        if row.plan is None or row.due is None or row.due_since is None:
            continue
        over, in_time = day_end(company, row.due), row.reached_on is not None and row.reached_on <= row.due
        at, end = max(over, row.due_since), closed.get(row.plan)
        if at < now and (end is None or at < end) and in_time == (row.missed == row.due):
            yield _missed(row, row.plan, at, company, in_time=in_time)


def _missed(row: PlanMilestoneRow, plan: UUID, at: datetime, company: Company, *, in_time: bool) -> Noticed:
    milestone = row.milestone or UUID(int=0)

    def decision(found: AccountPlan) -> None:
        if in_time:
            found.milestones.withdraw_miss(milestone_id=milestone)
        else:
            found.milestones.miss(milestone_id=milestone, company=company)

    return Noticed(AccountPlan, plan, at, decision, (milestone, row.due, in_time, row.misses))


SOURCES: tuple[Source, ...] = (of_issues, of_plans)


class Breaches:
    """Looks at all sources and records what they notice. Safe to repeat, at any time, by several at once."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        clock: Callable[[], datetime] = now_utc,
        sources: tuple[Source, ...] = SOURCES,
    ) -> None:
        self._journal, self._reader, self._clock, self._sources = journal, reader, clock, sources

    def note(self) -> int:
        """Record what is noticed; how many facts. Waits for the next time while read models lag."""
        with self._reader.view(Visibility.whole(), now=self._clock()) as view:
            if not view.complete:
                return 0
            noticed = [each for source in self._sources for each in source(view)]
        recorded = sum(self._record(each) for each in noticed)
        if recorded:
            log.info("breaches noted", recorded=recorded)
        return recorded

    def _record(self, one: Noticed) -> int:
        what = "\n".join(map(str, (one.root.__name__, one.stream, *one.known_by)))
        context = Context(
            at=one.at, origin=Origin.WORKER, command_id=uuid5(NAMESPACE, what), digest=digest_of(what.encode())
        )
        try:
            outcome = self._journal.run(one.root, one.stream, one.decision, context)
        except KamsError as refusal:  # the others are recorded all the same
            log.warning("breach not noted", stream=str(one.stream), refusal=type(refusal).__name__)
            return 0
        return 0 if outcome.repeated else len(outcome.positions)
