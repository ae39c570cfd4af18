"""What is reckoned of visits: pure functions of what happened and of the moment asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Generic, TypeVar

import msgspec

from domain.account.visits import ObjectiveMet, VisitKind
from domain.policies.visit_template import Step, Template
from projections.visit_facts import Visited
from projections.visits import VisitStatus

V = TypeVar("V", bound=Visited)
LATE_AFTER = timedelta(days=7)
"""A log is late that was recorded more than a week after the visit."""


class Figure(msgspec.Struct):
    """A number of visits, and the positions of the events that made it."""

    count: int
    positions: list[int]


class Kept(msgspec.Struct):
    """What was planned and what came of it. `planned` were to take place in the period; of them some were logged and
    cancelled, are `outstanding` (the time is over and nobody said what came of it), or lie ahead. `moved` changed
    their time. `ad_hoc` were logged without a plan; `ad_hoc_share` is their share of all that took place."""

    planned: Figure
    logged: Figure
    cancelled: Figure
    outstanding: Figure
    ahead: Figure
    moved: Figure
    ad_hoc: Figure
    ad_hoc_share: float | None


class Logging(msgspec.Struct):
    """How soon visits were logged, in days; what was imported says nothing about that and is left out."""

    measured: int
    median_days: float | None
    late: Figure
    late_share: float | None


class Outcome(msgspec.Struct):
    """What the visits reached. Rates are shares of those that say it; `action_share` is the share of logged visits that
    state what the customer will do, `expected_share` that of all visits that say so in plan or log."""

    met: Figure
    partly: Figure
    not_met: Figure
    unstated: Figure
    met_rate: float | None
    action_share: float | None
    expected_share: float | None


class StepDone(msgspec.Struct):
    """A step of a template: in how many of the visits that had it, it was done. `positions` are of those without it."""

    kind: VisitKind
    step: str
    name: str
    name_zh: str
    done: int
    of: int
    share: float
    positions: list[int]


class Made(msgspec.Struct, Generic[V]):
    """A visit, the template that held when it took place, and how long it waited for its log (None: not known)."""

    visit: V
    template: Template | None = None
    waited: timedelta | None = None


def kept(made: Sequence[Made[V]], now: datetime) -> Kept:
    """Planned against logged, as of a moment."""
    visits = [each.visit for each in made]
    planned = [visit for visit in visits if visit.planned is not None]
    still = [visit for visit in planned if visit.status is VisitStatus.PLANNED]
    logged = [visit for visit in visits if visit.status is VisitStatus.LOGGED]
    ad_hoc = [visit for visit in logged if visit.planned is None]
    return Kept(
        planned=_figure(planned, "planned"),
        logged=_figure([visit for visit in planned if visit.status is VisitStatus.LOGGED], "logged"),
        cancelled=_figure([visit for visit in planned if visit.status is VisitStatus.CANCELLED]),
        outstanding=_figure([visit for visit in still if visit.moment <= now]),
        ahead=_figure([visit for visit in still if visit.moment > now]),
        moved=_figure([visit for visit in planned if visit.moves]),
        ad_hoc=_figure(ad_hoc, "logged"),
        ad_hoc_share=share(len(ad_hoc), len(logged)),
    )


def logging(made: Iterable[Made[V]]) -> Logging:
    """How soon what took place was logged."""
    waited = [(each.waited, each.visit) for each in made if each.waited is not None]
    late = [visit for wait, visit in waited if wait > LATE_AFTER]
    days = [wait / timedelta(days=1) for wait, _ in waited]
    middle = round(median(days), 2) if days else None
    return Logging(len(days), middle, _figure(late, "logged"), share(len(late), len(days)))


def outcome(made: Sequence[Made[V]]) -> Outcome:
    """What was reached."""
    visits = [each.visit for each in made if each.visit.status is not VisitStatus.CANCELLED]
    logged = [visit for visit in visits if visit.status is VisitStatus.LOGGED]
    by: dict[ObjectiveMet | None, list[V]] = {}
    for visit in logged:
        by.setdefault(visit.objective_met, []).append(visit)
    met, partly, missed = (by.get(each, []) for each in (ObjectiveMet.YES, ObjectiveMet.PARTLY, ObjectiveMet.NO))
    expected = [visit for visit in visits if visit.planned is not None or visit.action_agreed]
    return Outcome(
        met=_figure(met, "logged"),
        partly=_figure(partly, "logged"),
        not_met=_figure(missed, "logged"),
        unstated=_figure(by.get(None, []), "logged"),
        met_rate=share(len(met), len(met) + len(partly) + len(missed)),
        action_share=share(sum(visit.action_agreed for visit in logged), len(logged)),
        expected_share=share(len(expected), len(visits)),
    )


def steps_done(made: Iterable[Made[V]]) -> list[StepDone]:
    """Each step of the templates, in their order: how often it was done of the visits that should have it."""
    found: dict[tuple[VisitKind, str], tuple[Step, list[bool], list[int]]] = {}
    for each in made:
        if each.visit.status is not VisitStatus.LOGGED or each.template is None:
            continue
        for step in each.template.steps:
            _, done, without = found.setdefault((each.template.kind, step.key), (step, [], []))
            done.append(step.key in each.visit.steps)
            if not done[-1]:
                without.append(each.visit.logged or each.visit.cause)
    return [
        StepDone(kind, key, step.name, step.name_zh, sum(done), len(done), round(sum(done) / len(done), 4), without)
        for (kind, key), (step, done, without) in found.items()
    ]


def with_and_without(made: Iterable[Made[V]], kind: VisitKind, step: str) -> tuple[list[V], list[V]]:
    """The logged visits that should have a step of a template: those in which it was done, and those in which not."""
    due = [
        each.visit
        for each in made
        if each.visit.status is VisitStatus.LOGGED
        and each.template is not None
        and each.template.kind is kind
        and any(every.key == step for every in each.template.steps)
    ]
    return [each for each in due if step in each.steps], [each for each in due if step not in each.steps]


def longest_gap(visited: Sequence[datetime], since: datetime, until: datetime) -> timedelta:
    """The longest time without a visit from one moment to another; visits in order."""
    points = [since, *visited, max(until, since)]
    return max(later - earlier for earlier, later in pairwise(points))


def share(part: int, whole: int) -> float | None:
    """A share from 0 to 1; None of nothing."""
    return round(part / whole, 4) if whole else None


def _figure(visits: Iterable[Visited], by: str = "cause") -> Figure:
    positions: list[Any] = [getattr(visit, by) or visit.cause for visit in visits]
    return Figure(len(positions), positions)
