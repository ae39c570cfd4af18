"""How an opportunity went: its way through the stages, what its amount and its close date became, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.console.deals.scope import Scope
from api.console.formats import day, money
from api.console.subject import happened, told
from api.corrected import Corrections
from api.thing_words import thing_words
from domain.aggregate import Event, Recorded
from domain.language.catalogue import say, term
from domain.opportunity.opportunity import Opportunity
from domain.overriding import overridden

MOVES = (Opportunity.Opened, Opportunity.StageAdvanced, Opportunity.StageReverted, Opportunity.Reopened)
ENDS = (Opportunity.Won, Opportunity.Lost, Opportunity.Disqualified)
PAGE = 40


@dataclass(frozen=True)
class Stay:
    """A time at a stage; `until` is None where it lasts."""

    stage: str
    name: str
    since: datetime
    until: datetime | None
    days: int
    back: bool
    override: str
    position: int


@dataclass(frozen=True)
class Step:
    """A stage of the process on the way: when it was entered first, and how long it stood there in all. `overridden` is
    the last time that it was reached though a gate was not met."""

    stage: str
    name: str
    probability: Any
    mark: str
    """done, current, ahead, or skipped."""
    since: datetime | None
    days: int | None
    positions: list[int]
    overridden: Stay | None = None


@dataclass(frozen=True)
class Revision:
    """A value that became another."""

    what: str
    before: str
    after: str
    at: datetime
    reason: str
    position: int
    worse: bool = False


def stays(scope: Scope) -> list[Stay]:
    """The times at stages, in order."""
    turns = [fact for fact in scope.facts if isinstance(fact.event, MOVES + ENDS)]
    found, stage = [], ""
    for fact, following in zip(turns, [*turns[1:], None], strict=True):
        event = fact.event
        if isinstance(event, ENDS):
            continue
        stage = _stage_after(event, stage)
        until = following.occurred_at if following else None
        found.append(
            Stay(
                stage=stage,
                name=scope.stage_name(stage),
                since=fact.occurred_at,
                until=until,
                days=((until or scope.view.clock.as_of) - fact.occurred_at).days,
                back=isinstance(event, Opportunity.StageReverted),
                override=overridden(fact),
                position=fact.position,
            )
        )
    return found


def _stage_after(event: Event, before: str) -> str:
    if isinstance(event, Opportunity.Opened):
        return event.stage
    return event.to if isinstance(event, Opportunity.StageAdvanced | Opportunity.StageReverted) else before


def steps(scope: Scope, way: list[Stay]) -> list[Step]:
    """The stages of the process, each with what became of it."""
    keys = [stage.key for stage in scope.process.stages]
    now = scope.state.stage
    place = keys.index(now) if now in keys else -1
    found = []
    for at, stage in enumerate(scope.process.stages):
        there = [stay for stay in way if stay.stage == stage.key]
        mark = "current" if at == place else ("done" if there else "skipped") if at < place else "ahead"
        found.append(
            Step(
                stage=stage.key,
                name=scope.stage_name(stage.key),
                probability=stage.probability,
                mark=mark,
                since=there[0].since if there and mark != "ahead" else None,
                days=sum(stay.days for stay in there) if there and mark != "ahead" else None,
                positions=[stay.position for stay in there],
                overridden=next((stay for stay in reversed(there) if stay.override), None) if mark != "ahead" else None,
            )
        )
    return found


def revisions(scope: Scope) -> list[Revision]:
    """What its amount, close date, forecast category and owner became, the newest first."""
    found = [_revision(scope, fact) for fact in scope.facts]
    return [each for each in reversed(found) if each is not None]


def _revision(scope: Scope, fact: Recorded) -> Revision | None:
    event, names = fact.event, scope.members
    if isinstance(event, Opportunity.AmountRevised):
        worse = event.previous is not None and event.amount.amount < event.previous.amount
        return _changed(fact, say("Amount"), money(event.previous), money(event.amount), worse=worse)
    if isinstance(event, Opportunity.CloseDateMoved):
        worse = event.previous is not None and event.close_on > event.previous
        return _changed(fact, say("Close date"), day(event.previous), day(event.close_on), worse=worse)
    if isinstance(event, Opportunity.ForecastCategorySet):
        before, after = (term("ForecastCategory", each) if each else "–" for each in (event.previous, event.category))
        return _changed(fact, say("Forecast category"), before, after)
    if isinstance(event, Opportunity.OwnerChanged):
        before, after = (names.get(each, "–") if each else "–" for each in (event.previous, event.owner))
        return _changed(fact, say("Owner"), before, after)
    return None


def _changed(fact: Recorded, what: str, before: str, after: str, *, worse: bool = False) -> Revision:
    reason = getattr(fact.event, "reason", "")
    return Revision(what, before, after, fact.occurred_at, reason, fact.position, worse)


def course(scope: Scope, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """A page of its events, the newest first, what was taken back among them; and where the next one begins."""
    facts = happened(scope.everything, scope.view)
    stages = thing_words(scope.view, scope.state.process)
    return told(scope, facts, Corrections.among(facts), stages, before=before, limit=limit)
