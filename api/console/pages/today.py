"""Today (今日): what cools, what is to be done, what changed since the last sign-in, what rules of thumb say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from api.access import CHANGE_ACCOUNTS
from api.console.accounts.advice import for_component, for_finding
from api.console.accounts.soon import scores_or_wait
from api.console.frame import Frame, Moments, page
from api.console.rendering import Links
from api.console.today.changes import changes, position_since
from api.console.today.lines import OfRule, Task, by_rule, said, task
from api.console.today.whose import Whose, whose
from api.endpoints import Endpoint
from api.names import opening_many, with_members
from api.titles import entitle
from domain.language.catalogue import say, term
from domain.policies.calendar import day_of, period_of
from projections.cooling import DAYS, Falls, falls_by, falls_in_columns, told_of
from projections.deals import Filters
from projections.directory import AccountFilters, accounts_after
from projections.finding_groups import finding_groups
from projections.findings_answer import FindingFilters
from projections.forecast import ForecastAnswer, RateMissing, forecast
from projections.health_scores import days_ago
from projections.planned_alike import plan_alike
from projections.todo import Todo
from projections.todo_first import first_dues
from projections.view import View
from projections.visit_columns import first_planned
from projections.visit_facts import accounts_asked
from projections.visit_list import VisitLine, lines
from projections.visits import VisitStatus

TASKS = 8
FINDINGS = 50
GROUPS, LINES = 10, 3
VISITS = 6
AHEAD = timedelta(days=14)


class TodayQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Whose day: one's own, or that of all accounts that one may see; so many lines."""

    whose: Literal["mine", "all"] | None = None
    tasks: int = TASKS
    rule: str = ""
    every: bool = False
    findings: int = FINDINGS


def endpoints() -> list[Endpoint]:
    """The first page, and its parts that take longer and come after it."""
    return [
        page("/", "today", _today, TodayQuery),
        page("/today/cooling", "today_cooling", _cooling, TodayQuery),
        page("/today/changes", "today_changes", _changes, TodayQuery),
        page("/today/findings", "today_findings", _findings, TodayQuery),
        page("/today/finding", "today_finding", _finding, TodayQuery),
    ]


def _today(frame: Frame[TodayQuery]) -> Mapping[str, Any]:
    """What is to be done today."""
    who = whose(frame, frame.query.whose or "")
    with frame.view() as view:
        frame.may_read_people(view)
        due = first_dues(view, max(frame.query.tasks, 1), who.member, *opening_many(frame.call.doors.journal, view))
        return {
            "title": say("Today"),
            "whose": who,
            "tasks": _tasks(frame, view, who, due.first),
            "more": due.of_all - len(due.first),
            "overdue": due.overdue,
            "next_tasks": frame.query.tasks + 40,
            "quarter": _quarter(view, who),
            "visits": _visits(view, who),
            "empty": not accounts_after(view, None, 1, AccountFilters()),
            "begin": "accounts",
            "may_register": may_change(frame),
        }


def may_change(frame: Frame[Any]) -> bool:
    """Whether the asker records facts about accounts at all."""
    return bool(frame.call.asker.roles & CHANGE_ACCOUNTS)


def _tasks(frame: Frame[TodayQuery], view: View, who: Whose, shown: list[Todo]) -> list[Task]:
    """What is due as the page shows it."""
    journal = frame.call.doors.journal
    entitle(journal, shown)
    made = partial(
        task,
        today=day_of(view.policies.company, view.clock.as_of),
        link=Links(frame).url,
        may_change=may_change(frame),
        since=position_since(frame, view),
        names=with_members(journal, view, {}, [each.member for each in shown if each.member]) if who.all else {},
    )
    return [made(each) for each in shown]


def _quarter(view: View, who: Whose) -> ForecastAnswer | None:
    """The figures of the quarter; None where there is no rate for its target."""
    key = period_of(view.policies.company, day_of(view.policies.company, view.clock.as_of))
    try:
        return forecast(view, key, Filters(owner=who.member))
    except RateMissing:
        return None


def _visits(view: View, who: Whose) -> list[VisitLine]:
    """The next planned visits."""
    now = view.clock.as_of
    asked = accounts_asked(view) if who.member else first_planned(view, now, now + AHEAD, VISITS)
    found = lines(view, asked, now, now + AHEAD, member=who.member)
    return [each for each in found if each.status is VisitStatus.PLANNED][:VISITS]


def _cooling(frame: Frame[TodayQuery]) -> Mapping[str, Any]:
    """The accounts that cool most, why, and what to do."""
    who = whose(frame, frame.query.whose or "")
    with frame.view() as view:
        falls = _falls(frame, view, who)
        plan_alike(view.connection)  # what is left to ask is about the few that cool most
        found = None if falls is None else told_of(view, falls)
        return {
            "title": say("What cools most"),
            "whose": who,
            "cooling": found,
            "days": DAYS,
            "advice": for_component,
            "may_log": may_change(frame),
        }


def _falls(frame: Frame[TodayQuery], view: View, who: Whose) -> Falls | None:
    """Who cools most; None while that is worked out."""
    then = view.at(days_ago(view, DAYS))
    if who.all and (found := falls_in_columns(then, view)) is not None:
        return found
    before, after = (scores_or_wait(frame, each) for each in (then, view))
    return None if before is None or after is None else falls_by(before, after, who.accounts(view))


def _changes(frame: Frame[TodayQuery]) -> Mapping[str, Any]:
    """What changed since the last sign-in."""
    who = whose(frame, frame.query.whose or "")
    with frame.view() as view:
        frame.may_read_people(view)
        found = changes(frame, view, who.accounts(view))
        return {"title": say("What changed"), "whose": who, "changes": found}


def _findings(frame: Frame[TodayQuery]) -> Mapping[str, Any]:
    """How often each rule of thumb holds, the weightiest first; of one rule all that it says."""
    query = frame.query
    who = whose(frame, query.whose or "")
    rules = (query.rule,) if query.rule else ()
    with frame.view() as view:
        shown = query.findings if rules else 0
        found = finding_groups(view, shown, FindingFilters(member=who.member, rules=rules), most=len(rules))
        most = None if query.rule or query.every else GROUPS
        groups = by_rule(found)
        return {
            **(_said(frame, view, who, groups) if rules else {}),
            "title": term("findings", query.rule) if query.rule else say("What rules of thumb say"),
            "whose": who,
            "groups": groups[:most],
            "more": len(groups) - len(groups[:most]),
            "count": found.count,
            "advice_for": for_finding,
            "first_lines": LINES,
        }


def _finding(frame: Frame[TodayQuery]) -> Mapping[str, Any]:
    """The first of what one rule of thumb says: asked for when it is unfolded."""
    who = whose(frame, frame.query.whose or "")
    with frame.view() as view:
        found = finding_groups(view, LINES, FindingFilters(member=who.member, rules=(frame.query.rule,)))
        groups = by_rule(found)
        return {**_said(frame, view, who, groups), "title": term("findings", frame.query.rule), "groups": groups}


def _said(frame: Frame[TodayQuery], view: View, who: Whose, groups: list[OfRule]) -> Mapping[str, Any]:
    """What the lines of groups are told by."""
    frame.may_read_people(view)
    journal = frame.call.doors.journal
    lines = [line for group in groups for line in group.lines]
    entitle(journal, lines)
    names = with_members(journal, view, {}, [line.member for line in lines if line.member]) if who.all else {}
    return {
        "said": partial(said, link=Links(frame).url, since=position_since(frame, view), names=names),
        "next_findings": frame.query.findings + 100,
    }
