"""Why an account cools and what to do: the components that fell, what is due, what rules of thumb say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from api.console.accounts import advice
from api.console.accounts.lines import BEFORE, manager_names
from api.console.accounts.scope import Scope
from api.console.health_words import Tendency, tendency, tone_of
from api.titles import entitle
from domain.language.catalogue import say, term
from domain.policies.calendar import day_of
from projections.account_list import pipelines, visits_of
from projections.customer_todo import todo_of
from projections.foreseeing import foresee
from projections.health_facts import facts_of
from projections.health_moved import ComponentMove, moved_to
from projections.health_scores import days_ago
from projections.relationship_health import AccountHealth, health
from projections.todo import Todo


@dataclass(frozen=True)
class Fall:
    """A component that took points away: what is said of it, and what to do."""

    move: ComponentMove
    advice: str


@dataclass(frozen=True)
class Standing:
    """Health now, and how it moved in 90 days."""

    now: AccountHealth | None
    before: float | None
    since: datetime
    change: float | None
    falls: list[Fall]
    rises: list[ComponentMove]
    by_weights: float = 0.0

    @property
    def tendency(self) -> Tendency:
        """Where it goes, in a word."""
        return tendency(self.change)

    @property
    def tone(self) -> str:
        """How it stands."""
        return tone_of(self.now.band if self.now else None)

    @property
    def turns_red_on(self) -> date | None:
        """When it turns red if nothing happens."""
        return self.now.turns_red_on if self.now else None


def at_a_glance(scope: Scope) -> dict[str, Any]:
    """What the template shows: how it stands, the last visit, and what is open."""
    visit = visits_of(scope.view, [scope.id]).get(scope.id)
    return {
        "standing": standing(scope),
        "visit": visit,
        "days": (scope.view.clock.as_of - visit.at).days if visit else None,
        "pipeline": pipelines(scope.view).get(scope.id),
    }


def standing(scope: Scope) -> Standing:
    """Health now and why it moved, the greatest falls first."""
    view, since = scope.view, days_ago(scope.view, BEFORE)
    then, at_last = view.through([since, view.clock.as_of], of_one=True)
    foresee(at_last, partial(facts_of, account=scope.id))
    found = health(at_last, scope.id).accounts
    now = next(iter(found), None)
    move = next(iter(moved_to(then, at_last, found, scope.id).accounts), None)
    before = move.before if move else now.score if now else None
    change = round(now.score - before, 1) if now and now.score is not None and before is not None else None
    parts = sorted(move.components, key=lambda each: each.points) if move else []
    return Standing(
        now,
        before,
        since,
        change,
        [Fall(each, _advised(each)) for each in parts if each.points < 0 and before is not None],
        [each for each in reversed(parts) if each.points > 0],
        move.by_weights if move else 0.0,
    )


def _advised(move: ComponentMove) -> str:
    return advice.for_component(move.name, by_time=move.by_time)


@dataclass(frozen=True)
class Doing:
    """Something to do, and what usually helps."""

    item: Todo
    advice: str
    whose: str
    overdue: bool

    @property
    def kind(self) -> str:
        """What kind of thing it is, in words."""
        return kind_words(self.item.kind)


def to_do(scope: Scope) -> dict[str, Any]:
    """What is due and what rules of thumb say about this account, the weightiest first."""
    items = todo_of(scope.view, scope.id, scope.read)
    entitle(scope.journal, items)
    return {"doings": _doings(scope, items)}


def _doings(scope: Scope, items: Sequence[Todo]) -> list[Doing]:
    names = manager_names(scope.frame, scope.view, (each.member for each in items))
    today = day_of(scope.view.policies.company, scope.view.clock.as_of)
    return [
        Doing(
            each,
            advice.for_finding(each.kind),
            names.get(each.member, "") if each.member else "",
            each.due is not None and each.due < today,
        )
        for each in items
    ]


def kind_words(kind: str) -> str:
    """A kind of thing to do in words: an open item, or a rule of thumb."""
    for section in ("findings", "OpenItemKind"):
        if (words := term(section, kind)) != kind:
            return words
    return {
        "quote": say("quote"),
        "review": say("review"),
        "next_step": say("next step"),
    }.get(kind, kind.replace("_", " "))
