"""Issues (客户投诉与反馈): what is open, and one of them with its clocks, what was asked and what became better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from api.account_page import known
from api.console.frame import Frame, Moments, page
from api.endpoints import Endpoint
from api.identity import Named, identified
from api.names import member_names, opening, opening_many, stakeholder_names, with_members
from api.questions.visits import seen_account
from api.timeline import timeline
from domain.aggregate import Recorded
from domain.issue.issue import Issue
from domain.issue.terms import Due
from domain.language.catalogue import say, term
from domain.member import KeyScope
from projections.issue_first import first_issues
from projections.issue_list import IssueLine, issue
from projections.issues import OVER
from projections.view import View

SHOWN = 50
LINES = 100
DAY = timedelta(days=1)
BEGINS = (Issue.Raised, Issue.Reopened)
ENDS = {Due.RESPONSE: (Issue.Acknowledged, Issue.Resolved), Due.RESOLUTION: (Issue.Resolved,)}


class ListQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Which issues: of a customer, only the open ones, so many of them."""

    account: Named | None = None
    open: bool = False
    shown: int = SHOWN


@dataclass(frozen=True)
class SlaClock:
    """What was promised by when, and whether it was kept. `share` is how much of the time is over; `late` by how long
    it was missed, or is by now."""

    name: str
    due: datetime | None
    done: datetime | None
    kept: bool | None
    share: float
    late: timedelta | None
    left: timedelta | None
    positions: list[int]

    @property
    def tone(self) -> str:
        """How it looks."""
        if self.due is None:
            return "plain"
        return {True: "good", False: "bad", None: "warn" if self.share > 0.75 else "plain"}[self.kept]

    @property
    def words(self) -> str:
        """Whether it was kept, in words."""
        if self.due is None:
            return say("nothing promised")
        if self.kept is None:
            return say("running")
        if self.kept:
            return say("in time")
        return say("missed") if self.done else say("overdue")


def endpoints() -> list[Endpoint]:
    """The list, and one issue."""
    return [page("/issues", "issue_list", _listed, ListQuery), page("/issue/{id}", "issue", _shown)]


def _listed(frame: Frame[ListQuery]) -> Mapping[str, Any]:
    """Issues, the open ones first."""
    query = frame.query
    account = seen_account(frame.call, query.account)
    with frame.view() as view:
        frame.may_read_people(view)
        read, expect = opening_many(frame.call.doors.journal, view)
        most = max(query.shown, 1)
        found = first_issues(view, most, account=account, only_open=query.open, read=read, expect=expect)
        return {
            "title": say("Issues"),
            "lines": found.lines,
            "more": found.of_all - len(found.lines),
            "next_shown": query.shown + SHOWN,
            "open": found.open,
            "overdue": found.overdue,
            "about": found.lines[0].account_name if account and found.lines else "",
            "is_open": is_open,
            "due_of": due_of,
        }


def _shown(frame: Frame[Moments]) -> Mapping[str, Any]:
    """One issue: its clocks, what was asked of departments, what became better, and all that was recorded."""
    call = frame.call
    call.asker.must_have(KeyScope.READ)
    key = identified(call, Issue, str(call.path["id"]))
    call.doors.access.must_see(call.asker, Issue, key)
    with frame.view() as view:
        frame.may_read_people(view)
        found = issue(view, key, opening(call.doors.journal, view))
        facts = known(call.doors.journal.streams.history(key), view)
        line, names = found.issue, _names(frame, view, found.issue, facts)
        told, _ = timeline(facts, LINES, None, names, opening(call.doors.journal, view))
        return {
            "title": _title(line),
            "issue": line,
            "open": is_open(line),
            "clocks": [_clock(due, line, facts, view.clock.as_of) for due in Due],
            "requests": found.requests,
            "improvements": found.improvements,
            "escalations": [_escalation(fact, names) for fact in facts if isinstance(fact.event, Issue.Escalated)],
            "raised_by": _raised_by(facts, names),
            "resolution": _resolution(frame, view, facts) if not is_open(line) else None,
            "told": told,
            "facts": [fact.position for fact in facts],
        }


def is_open(line: IssueLine) -> bool:
    """Whether it is not resolved."""
    return line.status not in OVER


def due_of(line: IssueLine) -> datetime | None:
    """What is due next; of one that is over nothing."""
    if not is_open(line):
        return None
    return line.resolution_due if line.responded else line.response_due or line.resolution_due


def _title(line: IssueLine) -> str:
    named = f"{line.external_id} · " if line.external_id else ""
    return named + (line.category.replace("_", " ") or term("IssueKind", line.kind.value))


def _names(frame: Frame[Any], view: View, line: IssueLine, facts: Sequence[Recorded]) -> dict[UUID, str]:
    journal = frame.call.doors.journal
    theirs = stakeholder_names(journal, view, view.together(line.account))
    actors = {fact.actor for fact in facts if fact.actor}
    return {**with_members(journal, view, member_names(journal, view), actors), **theirs}


def _clock(due: Due, line: IssueLine, facts: Sequence[Recorded], now: datetime) -> SlaClock:
    response = due is Due.RESPONSE
    until = line.response_due if response else line.resolution_due
    done = line.responded if response else line.resolved
    end = done or now
    span = (until - line.raised) if until else DAY
    return SlaClock(
        name=say("Answer") if response else say("Solution"),
        due=until,
        done=done,
        kept=line.response_kept if response else line.resolution_kept,
        share=min(max((end - line.raised) / span, 0.0), 1.0) if span else 1.0,
        late=end - until if until and end > until else None,
        left=until - end if until and not done and end <= until else None,
        positions=_positions(facts, (*BEGINS, *ENDS[due])),
    )


def _positions(facts: Iterable[Recorded], kinds: tuple[type[msgspec.Struct], ...]) -> list[int]:
    return [fact.position for fact in facts if isinstance(fact.event, kinds)]


def _escalation(fact: Recorded, names: Mapping[UUID, str]) -> dict[str, Any]:
    event: Any = fact.event
    return {
        "on": fact.occurred_at,
        "to": names.get(event.to, "") or event.level,
        "reason": event.reason,
        "position": fact.position,
    }


def _raised_by(facts: Iterable[Recorded], names: Mapping[UUID, str]) -> str:
    opened = next((fact.event for fact in facts if isinstance(fact.event, Issue.Raised)), None)
    return names.get(opened.raised_by, "") if opened and opened.raised_by else ""


def _resolution(frame: Frame[Any], view: View, facts: Sequence[Recorded]) -> str | None:
    """How it was settled, in the newest words."""
    read = opening(frame.call.doors.journal, view)
    settled = [fact.event for fact in facts if isinstance(fact.event, Issue.Resolved)]
    return read(settled[-1].resolution, "resolution") if settled else None
