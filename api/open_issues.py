"""Which issues are open when an account is handed over, which the door tells the command."""

from __future__ import annotations

from typing import Any

from api.endpoints import Call
from domain.issue.issue import Issue
from domain.visibility import Visibility
from projections.issue_list import complaints
from projections.issues import ISSUES

ENOUGH = 10_000
CHANGES = (Issue.Raised, Issue.Resolved, Issue.Reopened, Issue.FactWithdrawn)


def open_issues_then(call: Call, body: Any) -> dict[str, Any]:
    """The open issues of the account at the moment of the handover: by the rows, and by what was recorded since these
    were brought up to date."""
    at, _ = call.doors.calendar.occurred("occurred_at", body.occurred_at, call.now)
    taken = next((m.position for m in call.doors.engine.status().models if m.model == ISSUES.name), 0)
    with call.doors.reader.view(Visibility.whole(), as_of=at, now=call.now) as view:
        together = view.together(view.leads_to(call.path["id"]))
        found = {each.seen.key for each in complaints(view, call.path["id"]) if each.is_open}
    streams = call.doors.journal.streams
    touched = {fact.originator_id for fact in streams.facts(taken, ENOUGH, [event.topic for event in CHANGES])}
    for each in touched:
        state = streams.state_at(Issue, each, at)
        is_open = state.opened and state.resolved is None and state.account in together
        (found.add if is_open else found.discard)(each)
    return {"open_issues": tuple(sorted(found))}
