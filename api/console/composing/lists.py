"""How long a list is: the things to do that are overdue, what rules of thumb say, what a plan holds; each with its
events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.console import formats
from api.console.composing.asked import Asked
from api.console.telling import Group, Why
from api.console.today.whose import whose
from api.identity import identified
from api.names import opening, opening_many
from api.questions.visits import seen_account
from api.titles import entitle
from domain.account_plan.account_plan import AccountPlan
from domain.errors import Fault, Malformed
from domain.language.catalogue import say, term
from projections.findings_answer import FindingFilters, findings
from projections.issue_list import issues
from projections.plan_measures import MilestoneState
from projections.plan_progress import MilestoneStanding, PlanProgress, plan_progress
from projections.todo_first import first_dues


def overdue(asked: Asked) -> Why:
    """What is to be done and overdue."""
    who, opened = whose(asked.frame, asked.one("whose")), opening_many(asked.frame.call.doors.journal, asked.view)
    found = first_dues(asked.view, asked.skip + asked.limit, who.member, *opened)
    shown = [*asked.page(found.first)][: max(found.overdue - asked.skip, 0)]
    made = say("What is agreed, promised or planned, and whose day is over.")
    return _listed(asked, say("Overdue"), made, shown, "reason", found.overdue)


def issues_of(asked: Asked) -> Why:
    """The open issues, or those of them that are overdue; of all accounts or of one. Raises NotFound."""
    call, stated = asked.frame.call, asked.one("account")
    account, read = seen_account(call, stated or None), opening(call.doors.journal, asked.view)
    found = issues(asked.view, account=account, only_open=True, read=read).issues
    late = asked.one("which") == "overdue"
    chosen = [each for each in found if not late or each.overdue_since is not None]
    shown = asked.page(chosen)
    groups = [
        Group(
            name=f"{each.external_id or term('IssueKind', each.kind.value)} · {each.account_name}",
            note=each.description or each.category.replace("_", " "),
            said="1",
            facts=asked.events(each.positions),
        )
        for each in shown
    ]
    title = say("Of them overdue") if late else say("Open")
    made = say("Issues that are not settled; overdue is one whose promised time for an answer or a solution is over.")
    return asked.why(title, made, formats.number(len(chosen)), groups, count=len(chosen), shown=len(shown))


def findings_of(asked: Asked) -> Why:
    """What rules of thumb say, or one of them."""
    who, rule = whose(asked.frame, asked.one("whose")), asked.one("rule")
    rules = (rule,) if rule else ()
    found = findings(asked.view, FindingFilters(member=who.member, rules=rules)).findings
    title = term("findings", rule) if rule else say("What rules of thumb say")
    return _listed(asked, title, say("Each finding counts one."), asked.page(found), "text", len(found))


def plan_cell(asked: Asked) -> Why:
    """The objectives or milestones of a plan that a figure counts. Raises NotFound, Malformed."""
    call, cell = asked.frame.call, asked.one("cell", "objectives")
    key = identified(call, AccountPlan, asked.whom)
    call.doors.access.must_see(call.asker, AccountPlan, key)
    found = plan_progress(asked.view, key)
    counted: dict[str, tuple[str, Sequence[Any]]] = {
        "objectives": (say("Objectives"), found.objectives),
        "behind": (say("Behind their line"), [each for each in found.objectives if each.behind]),
        "reached": (say("Milestones reached"), _at(found, MilestoneState.REACHED, MilestoneState.REACHED_LATE)),
        "missed": (say("Milestones missed"), _at(found, MilestoneState.MISSED)),
        "due": (say("due soon"), _at(found, MilestoneState.DUE)),
    }
    if cell not in counted:
        raise Malformed(Fault("cell", cell[:80], say("expected one of {known}", known=", ".join(counted))))
    title, each_one = counted[cell]
    shown = asked.page(each_one)
    groups = [
        Group(name=each.title, note=formats.day(each.due), said="1", facts=asked.events(each.positions))
        for each in shown
    ]
    made = say("Each of the plan counts one; what moved it stands below.")
    return asked.why(title, made, formats.number(len(each_one)), groups, count=len(each_one), shown=len(shown))


def _at(found: PlanProgress, *states: MilestoneState) -> list[MilestoneStanding]:
    return [each for each in found.milestones if each.state in states]


def _listed(asked: Asked, title: str, made: str, shown: Sequence[Any], reason: str, count: int) -> Why:
    entitle(asked.frame.call.doors.journal, list(shown))
    groups = [
        Group(
            name=each.title or each.name or getattr(each, reason),
            note=f"{each.name} · {getattr(each, reason)}" if each.title and each.name else getattr(each, reason),
            said="1",
            facts=asked.events(each.positions),
        )
        for each in shown
    ]
    return asked.why(title, made, formats.number(count), groups, count=count, shown=len(shown))
