"""Issues and service over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import msgspec

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named
from api.names import member_names, opening
from api.questions.visits import seen_account
from domain.issue.issue import Issue
from domain.member import KeyScope
from projections.issue_list import IssueAnswer, IssuesAnswer, issue, issues
from projections.service import ServiceAnswer, ServiceBy, service

Severity = Annotated[int, msgspec.Meta(ge=1, le=4)]


class IssuesQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which issues: of a customer, of a severity, only those that are `open`."""

    account: Named | None = None
    severity: Severity | None = None
    open: bool = False
    limit: LongLimit = 500


class OneQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when, known when."""


class ServiceQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Service in a `period` (a month, quarter or year; default: the 365 days before), by what, of which customer."""

    period: str = ""
    by: ServiceBy = ServiceBy.SEVERITY
    account: Named | None = None


def endpoints() -> list[Endpoint]:
    """Everything that is asked about issues."""
    listed = "Issues, the open ones first: what was promised, whether it was kept, since when it is overdue."
    whole = "One issue with the requests to departments and the improvements that came of it, as of a moment."
    told = "Service: open issues, SLAs kept, time to resolve, causes that repeat, improvements."
    one = question("/issues/{id}", "Issue.show", whole, _issue, IssueAnswer, OneQuery)
    return [
        question("/issues", "issues", listed, _issues, IssuesAnswer, IssuesQuery),
        replace(one, tag="issues"),
        replace(question("/service", "service", told, _service, ServiceAnswer, ServiceQuery), tag="issues"),
    ]


def _issues(call: Call) -> Reply:
    query = call.query(IssuesQuery)
    with viewing(call, query) as view:
        account = seen_account(call, query.account)
        call.opened_personal = call.opened_personal or view.visibility.personal
        answer = issues(
            view,
            account=account,
            only_open=query.open,
            severity=query.severity,
            read=opening(call.doors.journal, view),
        )
        answer.cut(query.limit)
        return Reply(answer)


def _issue(call: Call) -> Reply:
    call.asker.must_have(KeyScope.READ)
    call.doors.access.must_see(call.asker, Issue, call.path["id"])
    with viewing(call, call.query(OneQuery)) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(issue(view, call.path["id"], opening(call.doors.journal, view)))


def _service(call: Call) -> Reply:
    query = call.query(ServiceQuery)
    with viewing(call, query) as view:
        account = seen_account(call, query.account)
        call.opened_personal = call.opened_personal or view.visibility.personal
        answer = service(view, query.period, by=query.by, account=account, read=opening(call.doors.journal, view))
        if query.by is ServiceBy.MANAGER:
            names = member_names(call.doors.journal, view)
            for line in answer.lines:
                line.name = names.get(line.key, "") if line.key else ""
        return Reply(answer)
