"""Issues as facts: raised, acknowledged, resolved, confirmed; a later export of the same list adds what came since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from api.importing.desk import Desk, batches
from api.importing.facts.children import Children
from api.importing.facts.ranks import DEALING, THING
from api.importing.kinds.issues import ISSUES, IssueRow
from api.importing.refusals import Fault
from api.importing.world import World
from domain.account.account import Account
from domain.issue.issue import Issue
from domain.issue.terms import IssueKind
from domain.policies.company import Company
from domain.policies.service_policy import ServicePolicy

UNEXPLAINED = Fault(
    "it is resolved, and nothing says why and how", "Fill root_cause and resolution, or no resolved_on."
)
UNTOLD = Fault("the customer confirms, and nothing says who", "Name the stakeholder in confirmed_by.")


class Step(NamedTuple):
    """What became of an issue: its number within the row, when, in which column that stands, and the decision."""

    number: int
    on: date | datetime
    column: str
    decide: Callable[[Issue, World], None]


def plan(desk: Desk, people: Children) -> None:
    """Facts of the list of issues."""
    for rows in batches(desk.content.of("issues")):
        desk.people.prepare((), _texts(desk, rows, people))
        for row in rows:
            _plan(desk, row, people)


def _texts(desk: Desk, rows: list[Any], people: Children) -> list[tuple[UUID, tuple[UUID, ...]]]:
    found: list[tuple[UUID, tuple[UUID, ...]]] = []
    for row in rows:
        if issue := desk.names.things["issue"].find(row.external_id):
            account = desk.names.accounts.find(row.account)
            raised_by = (people.meant(desk, row.raised_by, account),) if row.raised_by else ()
            found += [(issue, raised_by), (issue, ())]
    return found


def _plan(desk: Desk, row: IssueRow, people: Children) -> None:
    desk.take_up(row)
    issue = desk.thing("issue", "external_id", row.external_id)
    account = desk.account("account", row.account)
    steps = [*_steps(desk, row, issue, account, people)]
    moments = [(step, desk.day(step.column, step.on)) for step in steps]
    if not desk.sound or desk.is_settled(ISSUES, row, issue):
        return
    for step, at in moments:
        exact = isinstance(step.on, datetime)
        rank = DEALING if step.number else THING
        desk.add(ISSUES, row, step.number, at, rank, (Issue, issue), step.decide, exact=exact)


def _steps(desk: Desk, row: IssueRow, issue: UUID, account: UUID, people: Children) -> Iterator[Step]:
    yield Step(0, row.raised_on, "raised_on", partial(_raise, _raised(desk, row, issue, account, people)))
    if row.acknowledged_on:
        by = desk.member("acknowledged_by", row.acknowledged_by) if row.acknowledged_by else None
        yield Step(1, row.acknowledged_on, "acknowledged_on", partial(_acknowledge, by))
    if row.resolved_on:
        if not (row.root_cause and row.resolution):
            desk.fault("root_cause", row.root_cause or "", UNEXPLAINED)
        said = desk.seal_text(issue, [], "resolution", row.resolution)
        yield Step(2, row.resolved_on, "resolved_on", partial(_resolve, row.root_cause or "", said))
    if row.confirmed_on:
        if not row.confirmed_by:
            desk.fault("confirmed_by", "", UNTOLD)
        else:
            person = people.find(desk, "confirmed_by", row.confirmed_by, account)[1]
            yield Step(3, row.confirmed_on, "confirmed_on", partial(_confirm, person))


def _raised(desk: Desk, row: IssueRow, issue: UUID, account: UUID, people: Children) -> dict[str, Any]:
    person = people.find(desk, "raised_by", row.raised_by, account)[1] if row.raised_by else None
    return {
        "account": account,
        "kind": IssueKind(row.kind),
        "severity": row.severity,
        "category": row.category,
        "description": desk.seal_text(issue, [person] if person else [], "description", row.description),
        "raised_by": person,
        "opportunity": desk.opportunity("opportunity", row.opportunity) if row.opportunity else None,
        "external_id": row.external_id,
    }


def _raise(values: dict[str, Any], issue: Issue, world: World) -> None:
    if not issue.opened:
        issue.raise_issue(
            **values,
            customer=world.look(Account, values["account"], issue.moment),
            company=world.policy(Company, issue.moment),
            service_policy=world.policy(ServicePolicy, issue.moment),
        )


def _acknowledge(by: UUID | None, issue: Issue, _: World) -> None:
    if not issue.acknowledged:
        issue.acknowledge(by=by)


def _resolve(root_cause: str, resolution: Any, issue: Issue, _: World) -> None:
    if not issue.resolved:
        issue.resolve(root_cause=root_cause, resolution=resolution)


def _confirm(stakeholder: UUID, issue: Issue, world: World) -> None:
    if not issue.confirmed:
        assert issue.account is not None
        issue.confirm(stakeholder=stakeholder, account=world.look(Account, issue.account, issue.moment))
