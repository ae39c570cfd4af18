"""The events of each component of relationship health, taken in one after the other as if nothing had faded: what the
component says after each of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from projections.contacts import CONTACTS
from projections.engine import as_of_sql
from projections.health_components import (
    Ahead,
    Component,
    Mapped,
    Relation,
    coverage,
    satisfaction,
    sentiment,
)
from projections.health_facts import AccountFacts
from projections.health_issues import issues
from projections.health_plan import PlanCourse
from projections.health_purchases import PurchasesCourse
from projections.opportunities import FUNNEL
from projections.purchases import PURCHASES
from projections.relationship_health import Reckoning
from projections.stated import stated
from projections.threads import single_thread
from projections.trails import trails
from projections.view import View
from projections.visits import VISITS

HIGHEST = 100.0
A_YEAR = timedelta(days=367)
"""As far back as a purchase may lie that counts, whatever the zone."""


class Told(NamedTuple):
    """An event, and what the component says (0–100) once it is known; `holds` whether what it stated still counts."""

    position: int
    at: datetime
    score: float
    holds: bool = True


class _Standing(msgspec.Struct):
    outcome: str


def steps_of(view: View, facts: AccountFacts, name: str) -> list[Told]:
    """The events of a component, in order."""
    found = {
        "contact": _contact,
        "coverage": _coverage,
        "sentiment": _sentiment,
        "satisfaction": _satisfaction,
        "joint_activity": _joint_activity,
        "purchases": _purchases,
        "exposure": _exposure,
        "issues": _issues,
        "plan": _plan,
    }
    return found[name](view, facts)


def _contact(_: View, facts: AccountFacts) -> list[Told]:
    return [Told(facts.touch.position, facts.touch.at, HIGHEST)] if facts.touch else []


def _sentiment(view: View, facts: AccountFacts) -> list[Told]:
    """The newest statement about each person counts."""
    newest = {each.stakeholder: each for each in sorted(facts.buyers, key=lambda each: (each.at, each.position))}
    stated = sorted(newest.values(), key=lambda each: (each.at, each.position))
    return _taken_in(view, stated, lambda known: sentiment(known, math.inf, view.clock.as_of))


def _satisfaction(view: View, facts: AccountFacts) -> list[Told]:
    answers = sorted(facts.surveys, key=lambda each: (each.at, each.position))
    return _taken_in(view, answers, lambda known: satisfaction(known, math.inf, view.clock.as_of))


def _coverage(view: View, facts: AccountFacts) -> list[Told]:
    """Open opportunities, who is mapped on them, who was assessed; in the order of recording."""
    opened = trails(view, FUNNEL, _Standing, "key", facts.open_opportunities)
    openings = [_Opening(key, trail.begun("outcome")[0], trail.steps[-1].at) for key, trail in opened.items()]
    mapped = [each for each in facts.buyers if each.opportunity in facts.open_opportunities]
    stated: list[Any] = sorted([*openings, *mapped, *facts.relations], key=lambda each: each.position)
    share = float(view.policies.service.seat_share)

    def score(known: Sequence[Any]) -> Component | None:
        open_ones = {each.opportunity for each in known if isinstance(each, _Opening)}
        buyers = [each for each in known if isinstance(each, Mapped)]
        return coverage(open_ones, buyers, [each for each in known if isinstance(each, Relation)], share)

    return _taken_in(view, stated, score)


class _Opening(NamedTuple):
    opportunity: UUID
    position: int
    at: datetime


def _joint_activity(view: View, facts: AccountFacts) -> list[Told]:
    points, total, found = view.policies.service.effect_points, 0.0, []
    for each in sorted(facts.done, key=lambda each: (each.at, each.position)):
        total += float(points.get(each.effect, 0))
        found.append(Told(each.position, each.at, min(HIGHEST, total)))
    return found


def _purchases(view: View, facts: AccountFacts) -> list[Told]:
    """Every purchase that counts, credit notes too, against what all of them are held against."""
    reckoning = Reckoning(view)
    course, rates = PurchasesCourse(*reckoning.compared(facts)), reckoning.rates_of(facts)
    today = day_of(view.policies.company, view.clock.as_of).toordinal()
    held = course.compare(today)
    if held is None:
        return []
    total, found = 0.0, []
    for position, at, amount, currency in _bought(view, facts):
        if currency in rates and course.counts(day_of(view.policies.company, at).toordinal(), today):
            total += float(amount * rates[currency])
            found.append(Told(position, at, HIGHEST * min(1.0, max(0.0, total / held.against))))
    return found


def _bought(view: View, facts: AccountFacts) -> list[tuple[int, datetime, Decimal, str]]:
    where = "account = any(%(accounts)s) and at > %(since)s"
    sql = f"{as_of_sql(PURCHASES, 'cause, at, revenue, currency', where)} order by 2, 1"
    asked = view.parameters(accounts=view.together(facts.account), since=view.clock.as_of - A_YEAR)
    return view.connection.execute(sql.encode(), asked).fetchall()


def _plan(view: View, facts: AccountFacts) -> list[Told]:
    """What was promised, what became of it, and the facts by which it is measured."""
    today = Ahead(0, day_of(view.policies.company, view.clock.as_of).toordinal())
    positions = PlanCourse(tuple(facts.aims), tuple(facts.stones)).positions
    told, known, found = stated(view, positions), set[int](), []
    for position in sorted(positions, key=lambda each: (told[each].occurred_at, each)):
        known.add(position)
        aims = tuple(aim.known_by(known) for aim in facts.aims if aim.stated in known)
        stones = tuple(stone.known_by(known) for stone in facts.stones if stone.stated in known)
        score = PlanCourse(aims, stones).at(today)
        found.append(Told(position, told[position].occurred_at, score or 0.0))
    return found


def _exposure(view: View, facts: AccountFacts) -> list[Told]:
    """Every meeting of which both sides are known, between people who are still there."""
    holding = {(tie.member, tie.stakeholder) for tie in facts.ties if tie.holds}
    weights: dict[tuple[UUID, UUID], float] = {}
    found = []
    for position, at, people, persons in _meetings(view, facts):
        pairs = {(member, view.person(person)) for member in people for person in persons} & holding
        for pair in sorted(pairs):
            weights[pair] = weights.get(pair, 0.0) + _weight(view, at)
        thread = single_thread(weights)
        found.append(Told(position, at, 0.0 if thread is None else HIGHEST - thread, bool(pairs)))
    return found


def _meetings(view: View, facts: AccountFacts) -> list[tuple[int, datetime, list[UUID], list[UUID]]]:
    both = "account = any(%(accounts)s) and people <> '{}' and stakeholders <> '{}'"
    columns = "cause, at, people, stakeholders"
    visits = as_of_sql(VISITS, columns, f"status = 'logged' and {both}")
    sql = f"select * from ({visits} union all {as_of_sql(CONTACTS, columns, both)}) met order by at, cause"
    asked = view.parameters(accounts=view.together(facts.account))
    return view.connection.execute(sql.encode(), asked).fetchall()


def _weight(view: View, at: datetime) -> float:
    days = (view.clock.as_of - at).total_seconds() / 86_400
    return math.pow(0.5, days / view.policies.service.thread_half_life_days)


def _issues(view: View, facts: AccountFacts) -> list[Told]:
    """Every issue that counts, by what was said of it last."""
    counts = issues(facts.issues, view.clock.as_of)
    known = sorted(facts.issues, key=lambda each: each.position)
    stated = [each for each in known if counts is not None and each.position in counts.positions]
    return _taken_in(view, stated, lambda some: issues(some, view.clock.as_of))


def _taken_in(view: View, facts: Sequence[Any], score: Callable[[Sequence[Any]], Component | None]) -> list[Told]:
    now, found = Ahead(0, view.clock.as_of.toordinal()), []
    for number, each in enumerate(facts, start=1):
        component = score(facts[:number])
        says = component.course.at(now) if component else None
        found.append(Told(each.position, getattr(each, "at", view.clock.as_of), says or 0.0))
    return found
