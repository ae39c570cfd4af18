"""Issues and service as people and machines read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.cli import output
from api.cli.funnel_output import stamp
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.issue_list import IssueAnswer, IssueLine, IssuesAnswer
    from projections.service import Kept, ServiceAnswer, ServiceLine

LIST = ["issue", "account", "severity", "kind", "category", "status", "raised", "due", "overdue since", "cause"]
ALWAYS = ("issue", "account", "status", "due")
"""Columns that stand in the list even where all lines say the same."""
SERVICE = [
    "", "raised", "open", "overdue", "reopened", "response kept", "resolution kept", "hours", "working hours",
]  # fmt: skip


def show_issues(answer: IssuesAnswer, json: bool, csv: bool, zone: str) -> None:
    """Issues one by one, times in a time zone; in CSV in UTC."""
    if json:
        output.print_json(answer)
        return
    if csv:
        header = ["key", *LIST, "response kept", "resolution kept", "positions"]
        output.print_csv(header, [[str(each.issue), *_row(each, UTC), *_kept_cells(each)] for each in answer.issues])
        return
    if not answer.issues:
        output.say("No issues recorded.")
        return
    title = say("Issues as of {stamp}, times of {zone}", stamp=stamp(answer), zone=zone)
    rows = [_row(each, ZoneInfo(zone)) for each in answer.issues]
    told = [n for n, name in enumerate(LIST) if name in ALWAYS or len(rows) == 1 or len({row[n] for row in rows}) > 1]
    output.print_table(title, [LIST[n] for n in told], [[_brief(LIST[n], row[n]) for n in told] for row in rows])


def _brief(name: str, cell: Any) -> Any:
    """When it was raised the day tells; what is promised is promised to the hour."""
    return cell[:10] if name == "raised" else cell


def show_issue(answer: IssueAnswer, json: bool, zone: str, names: Mapping[UUID, str]) -> None:
    """One issue, with its requests and improvements."""
    if json:
        output.print_json(answer)
        return
    at, line = ZoneInfo(zone), answer.issue
    escalated = names.get(line.escalated_to, "") if line.escalated_to else ""
    told = [
        ("account", line.account_name or line.account_external_id),
        ("kind", term("IssueKind", line.kind.value)),
        ("severity", line.severity),
        ("category", line.category),
        ("status", term("IssueStatus", line.status.value)),
        ("description", line.description),
        ("raised", _when(line.raised, at)),
        ("response due", _when(line.response_due, at)),
        ("responded", _when(line.responded, at)),
        ("response kept", _yes(line.response_kept)),
        ("resolution due", _when(line.resolution_due, at)),
        ("resolved", _when(line.resolved, at)),
        ("resolution kept", _yes(line.resolution_kept)),
        ("overdue since", _when(line.overdue_since, at)),
        ("cause", line.root_cause),
        ("confirmed", _when(line.confirmed, at)),
        ("reopened", line.reopened),
        ("escalated", " ".join(filter(None, (line.escalated_level, escalated)))),
    ]
    title = say("Issue {issue} as of {stamp}", issue=line.external_id or line.issue, stamp=stamp(answer))
    output.print_table(title, ["", ""], [each for each in told if each[1] not in ("", None, 0)])
    if answer.requests:
        rows = [
            [each.department, each.what or "", _when(each.due, at), _when(each.answered, at), _yes(each.overdue)]
            for each in answer.requests
        ]
        output.print_table("\nRequests to departments", ["department", "what", "due", "answered", "overdue"], rows)
    _show_improvements(answer, at)


def show_service(answer: ServiceAnswer, json: bool, csv: bool) -> None:
    """A line per group, then causes that repeat and improvements."""
    if json:
        output.print_json(answer)
        return
    rows = [_service(each, each.name or say("nobody")) for each in answer.lines]
    if csv:
        header = [answer.by.value, *SERVICE[1:], "positions"]
        lines = zip(answer.lines, rows, strict=True)
        output.print_csv(header, [[*row, " ".join(map(str, line.positions))] for line, row in lines])
        return
    if not rows:
        output.say(say("No issues were raised from {first} to {last}.", first=answer.first, last=answer.last))
        return
    title = say(
        "Service from {first} to {last} by {by}, as of {stamp}",
        first=answer.first,
        last=answer.last,
        by=term("ServiceBy", answer.by.value),
        stamp=stamp(answer),
    )
    output.print_table(title, SERVICE, [*rows, _service(answer.whole, say("all"))])
    if answer.repeated_causes:
        causes = [[each.cause, each.name, each.count, each.newest.date()] for each in answer.repeated_causes]
        output.print_table("\nCauses that repeat within a year", ["cause", "account", "times", "newest"], causes)
    _show_improvements(answer, UTC)


def _show_improvements(answer: ServiceAnswer | IssueAnswer, at: tzinfo) -> None:
    if answer.improvements:
        rows = [[each.area, each.what or "", _when(each.made, at)] for each in answer.improvements]
        output.print_table("\nImprovements", ["area", "what", "made"], rows)


def _row(line: IssueLine, zone: tzinfo) -> list[Any]:
    due = line.resolution_due if line.responded else line.response_due
    return [
        line.external_id or str(line.issue)[:8],
        line.account_name or line.account_external_id,
        line.severity,
        term("IssueKind", line.kind.value),
        line.category,
        term("IssueStatus", line.status.value),
        _when(line.raised, zone),
        _when(due, zone),
        _when(line.overdue_since, zone),
        line.root_cause,
    ]


def _kept_cells(line: IssueLine) -> list[str]:
    return [_yes(line.response_kept), _yes(line.resolution_kept), " ".join(map(str, line.positions))]


def _service(line: ServiceLine, name: str) -> list[Any]:
    return [
        name,
        line.raised,
        line.open,
        line.overdue,
        line.reopened,
        _share(line.response),
        _share(line.resolution),
        "" if line.hours is None else f"{line.hours:.1f}",
        "" if line.working_hours is None else f"{line.working_hours:.1f}",
    ]


def _share(kept: Kept) -> str:
    return "" if kept.share is None else f"{kept.share:.0%} ({kept.kept}/{kept.kept + kept.missed})"


def _yes(value: bool | None) -> str:
    return "" if value is None else say("yes" if value else "no")


def _when(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
