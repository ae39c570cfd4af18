"""What is to be done, and what rules of thumb say: each with the page or form that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from domain.language.catalogue import say, term
from projections.finding_groups import FindingGroups
from projections.findings_answer import FindingLine
from projections.todo import Todo

Link = Callable[..., str]
"""Makes an address that keeps the clocks (`rendering.Links.url`)."""
BACK = "/console/"


@dataclass(frozen=True)
class Task:
    """A thing to do: where it is done, and what the link says."""

    todo: Todo
    href: str
    does: str
    overdue: int
    fresh: bool
    who: str

    @property
    def kind(self) -> str:
        """What kind of thing it is, in words."""
        return kind_words(self.todo.kind)

    @property
    def is_form(self) -> bool:
        """Whether a form does it, which is opened beside the page."""
        return "/console/do/" in self.href

    @property
    def tone(self) -> str:
        """How pressing it is."""
        return "bad" if self.overdue > 0 else "warn" if self.overdue == 0 else ""


def kind_words(kind: str) -> str:
    """A kind of thing to do in words."""
    return {
        "action_item": say("action item"),
        "commitment": say("our promise"),
        "visit": say("visit"),
        "next_step": say("next step"),
        "quote": say("quote"),
        "review": say("review"),
        "control_point": say("control point"),
        "issue": say("issue"),
        "department_request": say("request to a department"),
        "plan_milestone": say("milestone of the plan"),
    }.get(kind) or term("findings", kind)


def done_at(one: Todo, link: Link, may_change: bool) -> tuple[str, str]:
    """Where something is done, and what the link says; for who may not do it where it is read."""
    form = _form(one) if may_change else None
    if one.kind in ("visit", "next_step") and may_change:
        at, visit = (one.subject, one.thing) if one.kind == "visit" else (one.account, None)
        return link("/console/visits/log", account=at, visit=visit), say("Log it")
    if form is not None:
        noun, key, command, preset, words = form
        return link(f"/console/do/{noun}/{key}/{command}", preset=urlencode(preset), back=BACK), words
    return page_of(one.subject, one.kind, one.account, one.opportunity, link), say("Open it")


def _form(one: Todo) -> tuple[str, UUID | None, str, dict[str, str], str] | None:
    """The form of a command that does it."""
    return {
        "action_item": ("accounts", one.subject, "action_items.done", {"item_id": one.thing}, say("Mark as done")),
        "commitment": ("accounts", one.subject, "commitments.keep", {"commitment_id": one.thing}, say("We kept it")),
        "quote": ("opportunities", one.subject, "quotes.follow_up", {"quote_no": one.thing}, say("Follow up")),
        "review": ("accounts", one.account, "standing.review", {}, say("Review")),
        "plan_milestone": ("plans", one.subject, "milestones.reach", {"milestone_id": one.thing}, say("Reached")),
        "department_request": (
            "issues", one.subject, "departments.answer", {"request_id": one.thing}, say("Answer it"),
        ),
    }.get(one.kind)  # fmt: skip


def page_of(subject: UUID | None, kind: str, account: UUID | None, opportunity: UUID | None, link: Link) -> str:
    """The page about something."""
    if kind in ("issue", "department_request", "open_issue_overdue"):
        return link(f"/console/issue/{subject}")
    if kind == "plan_milestone":
        return link(f"/console/plan/{subject}")
    if opportunity is not None:
        return link(f"/console/opportunity/{opportunity}")
    return link(f"/console/account/{account}") if account else link("/console/accounts")


def task(one: Todo, today: date, link: Link, *, may_change: bool, since: int | None, names: dict[UUID, str]) -> Task:
    """A thing to do as the page shows it."""
    href, does = done_at(one, link, may_change)
    overdue = (today - one.due).days if one.due else -1
    return Task(
        one, href, does, overdue, is_fresh(one.positions, since), names.get(one.member, "") if one.member else ""
    )


def is_fresh(positions: list[int], since: int | None) -> bool:
    """Whether the newest fact behind something was recorded since the last sign-in."""
    return since is not None and bool(positions) and max(positions) > since


@dataclass(frozen=True)
class Said:
    """What a rule of thumb says, with its page."""

    finding: FindingLine
    href: str
    fresh: bool
    who: str


def said(one: FindingLine, link: Link, *, since: int | None, names: dict[UUID, str]) -> Said:
    """A finding as the page shows it."""
    href = page_of(one.subject, one.rule, one.account, one.opportunity, link)
    return Said(one, href, is_fresh(one.positions, since), names.get(one.member, "") if one.member else "")


@dataclass(frozen=True)
class OfRule:
    """What one rule says: how often, and the first of it."""

    rule: str
    weight: int
    count: int
    lines: list[FindingLine]

    @property
    def name(self) -> str:
        """The rule in words."""
        return term("findings", self.rule)

    @property
    def tone(self) -> str:
        """How much it matters."""
        return {3: "bad", 2: "warn"}.get(self.weight, "plain")


def by_rule(found: FindingGroups) -> list[OfRule]:
    """Findings by their rule, the weightiest and most frequent first."""
    return [OfRule(each.rule, each.weight, each.count, each.lines) for each in found.groups]
