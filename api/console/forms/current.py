"""What holds now, where a command says what holds from now on: its form begins with that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from api.console.forms.asked import Asked
from api.identity import is_identifier
from domain.opportunity.rivals import plain
from domain.sealed import Sealed

Values = Mapping[str, Any]


def values_of(asked: Asked) -> dict[str, Any]:
    """What a form begins with, by field: what holds now, and who asks where somebody of ours is named."""
    own = asked.call.asker.member
    found: dict[str, Any] = {"people": (own,), **dict.fromkeys(OURSELVES, own)}
    if asked.door.corrects:
        return {**_corrected(asked)}
    if asked.state is not None and asked.door.full_name in CURRENT:
        found |= CURRENT[asked.door.full_name](asked)
    return found


OURSELVES = ("member", "giver", "by", "assessor")


def opened(asked: Asked, values: Values) -> dict[str, Any]:
    """Values with their texts opened."""
    return {name: asked.opened(each, name) if isinstance(each, Sealed) else each for name, each in values.items()}


def _fields(thing: msgspec.Struct | None) -> Values:
    return {name: getattr(thing, name) for name in thing.__struct_fields__} if thing is not None else {}


def _named(asked: Asked, field: str) -> UUID | None:
    stated = asked.preset.get(field, "")
    return UUID(stated) if is_identifier(stated) else None


def _person(asked: Asked) -> Values:
    found = (
        asked.account.stakeholders.people.get(_named(asked, "stakeholder_id") or UUID(int=0)) if asked.account else None
    )
    return opened(asked, _fields(found))


def _relationship(asked: Asked) -> Values:
    member = _named(asked, "member") or asked.call.asker.member
    person = (
        asked.account.stakeholders.people.get(_named(asked, "stakeholder") or UUID(int=0)) if asked.account else None
    )
    return {**_fields(person.relationships.get(member)), "member": member} if person else {}


def _buyer(asked: Asked) -> Values:
    return opened(asked, _fields(asked.state.buyers.mapped.get(_named(asked, "stakeholder"))))


def _criterion(asked: Asked) -> Values:
    found = opened(asked, _fields(asked.state.criteria.known.get(_named(asked, "criterion_id"))))
    standings = found.pop("standings", {})
    rivals = asked.state.rivals()
    theirs = {rivals.get(name, name): each for name, each in standings.items() if name}
    return {**found, "ours": standings.get(""), "theirs": theirs}


def _answered(asked: Asked) -> Values:
    of_whom = asked.state.qualification.answers.get(asked.preset.get("competitor", ""), {})
    return opened(asked, _fields(of_whom.get(asked.preset.get("question", ""))))


def _rival(asked: Asked) -> Values:
    return opened(asked, _fields(asked.state.competition.competitors.get(plain(asked.preset.get("competitor", "")))))


def _quote(asked: Asked) -> Values:
    return _fields(asked.state.quotes.open.get(asked.preset.get("quote_no", "")))


def _visit(asked: Asked) -> Values:
    plan = asked.state.visits.planned.get(_named(asked, "visit_id"))
    kept = ("start", "end", "what", "why", "where", "purpose", "people", "stakeholders", "opportunities")
    return {name: getattr(plan, name) for name in kept} if plan else {}


def _logged(asked: Asked) -> Values:
    """Of a planned visit only who was to be there: the rest need not be repeated."""
    return {name: each for name, each in _visit(asked).items() if name in ("people", "stakeholders")}


def _objective(asked: Asked) -> Values:
    found = asked.state.objectives.objectives.get(_named(asked, "objective_id"))
    return {"value": found.value} if found else {}


def _corrected(asked: Asked) -> Values:
    """What the fact says that is corrected."""
    return opened(asked, _fields(asked.wrong.event)) if asked.wrong else {}


CURRENT: dict[str, Callable[[Asked], Values]] = {
    "Account.action_items.add": lambda asked: {"owner": asked.call.asker.member},
    "Account.change_profile": lambda asked: _fields(asked.state.profile),
    "Account.stakeholders.change": _person,
    "Account.stakeholders.profile": _person,
    "Account.stakeholders.assess": _relationship,
    "Account.visits.log": _logged,
    "Account.visits.reschedule": _visit,
    "Opportunity.revise_amount": lambda asked: {"amount": asked.state.amount},
    "Opportunity.move_close_date": lambda asked: {"close_on": asked.state.close_on},
    "Opportunity.categorise": lambda asked: {"category": asked.state.category},
    "Opportunity.change_owner": lambda asked: {"owner": asked.state.owner},
    "Opportunity.win": lambda asked: {"signed": asked.state.amount},
    "Opportunity.qualification.answer": _answered,
    "Opportunity.buyers.map": _buyer,
    "Opportunity.criteria.describe": _criterion,
    "Opportunity.decision_process.describe": lambda asked: opened(asked, _fields(asked.state.decision_process)),
    "Opportunity.competition.assess": _rival,
    "Opportunity.quotes.revise": _quote,
    "Opportunity.quotes.accept": _quote,
    "AccountPlan.situation.analyse": lambda asked: opened(asked, _fields(asked.state.situation)),
    "AccountPlan.objectives.progress": _objective,
    "KeyAccountStrategy.restate": lambda asked: _fields(asked.state.statement),
}
