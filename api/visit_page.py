"""One visit whole (客户拜访): its plan and its log as they hold, and every version of both; texts opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.account_page import known
from api.names import member_names, opening, stakeholder_names, with_members
from domain.account.account import Account
from domain.account.visits import Visits
from domain.aggregate import Recorded, Withdrawal
from domain.errors import NotFound
from domain.journal.journal import Journal
from domain.sealed import Sealed
from projections.view import Answer, View
from projections.visits import VisitStatus

STATED = (Visits.VisitPlanned, Visits.VisitRescheduled, Visits.VisitCancelled, Visits.VisitLogged)


class VisitVersion(msgspec.Struct):
    """A fact of a visit and what it states; `withdrawn_by` is the position at which it was taken back, `reason` why."""

    position: int
    occurred_at: datetime
    recorded_at: datetime | None
    fact: str
    actor: UUID | None
    actor_name: str | None
    withdrawn_by: int | None
    reason: str
    stated: dict[str, Any]


class VisitAnswer(Answer, kw_only=True):
    """A visit as of the view's clocks. `plan` and `log` are what holds of them, null where there is none; what is empty
    in the log stands as it was planned. `versions` are all facts recorded by then, those that were taken back too, in
    the order of their positions. `names` are those of the people in it, for those who may read them."""

    account: UUID
    visit: UUID
    status: VisitStatus
    at: datetime | None
    plan: dict[str, Any] | None
    log: dict[str, Any] | None
    versions: list[VisitVersion]
    names: dict[UUID, str]
    positions: list[int]


def visit_page(journal: Journal, view: View, account_id: UUID, visit: UUID) -> VisitAnswer:
    """A visit of an account that the asker may see, or of one that was merged into it. Raises NotFound."""
    together = view.together(account_id)
    history = [fact for each in journal.streams.histories(together).values() for fact in each]
    facts = [fact for fact in known(history, view) if _is_about(fact, visit)]
    versions = _versions(journal, view, history, visit)
    if not versions:
        raise NotFound(kind="visit", key=visit)
    names = {**member_names(journal, view), **stakeholder_names(journal, view, together)}
    named = with_members(journal, view, names, {each.actor for each in versions if each.actor})
    for each in versions:
        each.actor_name = named.get(each.actor) if each.actor else None
    status, plan, log = _standing(journal, view, facts)
    people = {key for one in (plan, log) if one for field in ("people", "stakeholders") for key in one.get(field, ())}
    return VisitAnswer(
        **view.head(),
        account=account_id,
        visit=visit,
        status=status,
        at=next((fact.occurred_at for fact in facts if isinstance(fact.event, Visits.VisitLogged)), None),
        plan=plan,
        log=log,
        versions=versions,
        names={key: named[key] for key in people if key in named},
        positions=sorted(fact.position for fact in facts),
    )


def _is_about(fact: Recorded, visit: UUID) -> bool:
    event = fact.event
    if isinstance(event, Account.AccountHandedOver):
        return visit in event.visits
    return isinstance(event, STATED) and event.visit_id == visit


def _standing(
    journal: Journal, view: View, facts: list[Recorded]
) -> tuple[VisitStatus, dict[str, Any] | None, dict[str, Any] | None]:
    """How far it is, the plan as it was changed, and the log."""
    status, plan, log = VisitStatus.PLANNED, None, None
    for fact in facts:
        event = fact.event
        if isinstance(event, Visits.VisitPlanned):
            plan = _opened(journal, view, event)
        elif isinstance(event, Visits.VisitRescheduled) and plan:
            plan |= {"start": event.start, "end": event.end}
        elif isinstance(event, Account.AccountHandedOver) and plan:
            plan["people"] = event.after(tuple(plan["people"]))
        elif isinstance(event, Visits.VisitCancelled):
            status = VisitStatus.CANCELLED
        elif isinstance(event, Visits.VisitLogged):
            status, log = VisitStatus.LOGGED, _opened(journal, view, event)
    return status, plan, log


def _versions(journal: Journal, view: View, history: list[Recorded], visit: UUID) -> list[VisitVersion]:
    recorded = [fact for fact in history if fact.position <= view.clock.known_at]
    back = {fact.event.position: fact for fact in recorded if isinstance(fact.event, Withdrawal)}
    found = [fact for fact in recorded if _is_about(fact, visit) and fact.occurred_at <= view.clock.as_of]
    return [_version(journal, view, fact, back) for fact in sorted(found, key=lambda fact: fact.position)]


def _version(journal: Journal, view: View, fact: Recorded, back: Mapping[int, Recorded]) -> VisitVersion:
    withdrawal = back.get(fact.position)
    return VisitVersion(
        position=fact.position,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        fact=fact.event.topic,
        actor=fact.actor,
        actor_name=None,
        withdrawn_by=withdrawal.position if withdrawal else None,
        reason=getattr(withdrawal.event, "reason", "") if withdrawal else "",
        stated=_opened(journal, view, fact.event),
    )


def _opened(journal: Journal, view: View, event: msgspec.Struct) -> dict[str, Any]:
    """The fields of an event, its texts opened for those who may read them, else null."""

    def plain(value: Any, field: str) -> Any:
        return opening(journal, view)(value, field) if isinstance(value, Sealed) else value

    return {field: plain(getattr(event, field), field) for field in event.__struct_fields__}
