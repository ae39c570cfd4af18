"""Relationship health explained: how many points of an account's score each component adds, by which events, and how
many the mere passing of time took.

The events of a component are taken in one after the other, as if each were of today (nothing has faded): what the score
changes by is their contribution. What it has lost to time since is a line of its own, so both add up to what it says
now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.calendar import day_of
from projections.explained import ZERO, Because, Line, one_of
from projections.explained_health_steps import Told, steps_of
from projections.health_components import Ahead, Component
from projections.health_facts import AccountFacts, facts_of
from projections.relationship_health import Reckoning
from projections.view import Answer, View

CENT = Decimal("0.01")
FADING = frozenset({"contact", "sentiment", "satisfaction", "joint_activity"})
"""Components that the mere passing of time takes something from."""


class ComponentShare(msgspec.Struct):
    """A component: its own score 0–100 and weight, the points of the whole that it adds, why; its events and its line
    of time add up to its points."""

    name: str
    score: Decimal
    weight: Decimal
    points: Decimal
    reason: str
    events: list[Because]
    lines: list[Line]


class HealthExplanation(Answer, kw_only=True):
    """Why an account's health is what it is: the points of the components and the lines add up to the score, exactly;
    without a score where no component has facts."""

    account: UUID
    external_id: str
    name: str
    score: Decimal | None
    band: str | None
    components: list[ComponentShare]
    lines: list[Line]


def explain_health(view: View, account: UUID, component: str = "") -> HealthExplanation:
    """Why the relationship health of an account is what it is, as of the view's clocks; `component` shows the events
    of that one alone. Raises NotFound for an account that is not there or not to be seen, NotExplained for a component
    that has no facts."""
    found = facts_of(view, account)
    if not found:
        raise NotFound(kind="account", key=account)
    (facts,) = found
    reckoning = Reckoning(view)
    whole = reckoning.health(facts)
    now = Ahead(0, day_of(view.policies.company, view.clock.as_of).toordinal())
    known = [(each, each.course.at(now)) for each in reckoning.components(facts)]
    if component:
        one_of("component of this account's health", component, [each.name for each, _ in known])
    weights = {each.name: float(view.policies.service.health_weights.get(each.name, 0)) for each, _ in known}
    of_all = sum(weights[each.name] for each, score in known if score is not None)
    shares = [
        _share(view, facts, each, score, weights[each.name], of_all, told=component in ("", each.name))
        for each, score in known
        if score is not None
    ]
    score = None if whole.score is None else Decimal(str(whole.score))
    rest = (score or ZERO) - sum((each.points for each in shares), ZERO)
    return HealthExplanation(
        **view.head(),
        account=facts.account,
        external_id=facts.external_id,
        name=facts.name,
        score=score,
        band=whole.band,
        components=shares,
        lines=[Line("rounding", rest, [])] if rest else [],
    )


def _share(
    view: View, facts: AccountFacts, component: Component, score: float, weight: float, of_all: float, *, told: bool
) -> ComponentShare:
    factor = weight / of_all if of_all else 0.0
    points = _points(score * factor)
    steps = steps_of(view, facts, component.name) if told else []
    events = list(_events(component.name, steps, factor))
    rest = points - sum((each.contribution for each in events), ZERO)
    lines = [Line("time" if component.name in FADING else "rounding", rest, [])] if told and rest else []
    return ComponentShare(component.name, _points(score), Decimal(str(weight)), points, component.reason, events, lines)


def _events(name: str, steps: Sequence[Told], factor: float) -> Iterable[Because]:
    """What each event changed the component by, in points of the whole: rounded sums, so that they add up."""
    before = ZERO
    for step in steps:
        after = _points(step.score * factor)
        gave = [name] if step.holds else []
        if after != before or gave:
            yield Because(position=step.position, occurred_at=step.at, contribution=after - before, gave=gave)
        before = after


def _points(score: float) -> Decimal:
    return Decimal(repr(score)).quantize(CENT)
