"""Visits as facts: planned, moved, cancelled, logged."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from api.importing.desk import Desk, batches
from api.importing.facts.children import Children
from api.importing.facts.ranks import VISIT
from api.importing.kinds.visits import VISITS, VisitRow
from api.importing.past import child
from api.importing.refusals import Fault
from api.importing.world import World
from domain.account.account import Account
from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from domain.aggregate import in_business_order
from domain.language.catalogue import say
from domain.policies.visit_template import VisitTemplate

OVER = (Visits.VisitLogged, Visits.VisitCancelled)
TEXTS = ("action_agreed", "outcome", "next_step")


def plan(desk: Desk, visits: Children, people: Children) -> None:
    """Facts of visits."""
    over = _ended(desk)
    for rows in batches(desk.content.of("visits")):
        desk.people.prepare((), _texts(desk, rows, people))
        for row in rows:
            _plan_visit(desk, row, visits, people, over)


def _ended(desk: Desk) -> set[UUID]:
    """The visits that were logged or cancelled."""
    holders = {account for (kind, _), account in desk.names.holders.items() if kind == "visit"}
    histories = (in_business_order(desk.world.histories.get(account, ())) for account in holders)
    return {fact.event.visit_id for history in histories for fact in history if isinstance(fact.event, OVER)}


def _texts(desk: Desk, rows: list[Any], people: Children) -> list[tuple[UUID, tuple[UUID, ...]]]:
    found = []
    for row in rows:
        account = desk.names.accounts.find(row.account)
        if account and any(getattr(row, text) for text in TEXTS):
            met = {people.meant(desk, each, account) for each in row.stakeholders or ()}
            found.append((account, tuple(sorted(met))))
    return found


def _plan_visit(desk: Desk, row: VisitRow, visits: Children, people: Children, over: set[UUID]) -> None:
    visit, holder = visits.id_of(row.external_id), visits.holder(row.external_id)
    part = child(visit)
    if holder and desk.is_settled(VISITS, row, holder, part):
        return
    desk.take_up(row)
    account = desk.account("account", row.account)
    if holder not in (None, account):
        desk.fault(
            "account",
            row.account,
            Fault(say("{external_id} is a visit to another account", external_id=row.external_id), "Use a new one."),
        )
    if visit in over and not desk.past.newest(account, VISITS, part, row.digest):
        reason = "the visit is recorded as over, and this row differs from what was imported"
        desk.fault("external_id", row.external_id, Fault(reason, "Correct the visit itself, with the reason."))
    names = _names(desk, row, people, account)
    start = desk.clock.moment(row.start)
    status = row.status or ("planned" if start > desk.clock.now else "logged")
    planned = _planned_at(desk, row, status, start, holder is not None)
    if status == "logged":
        desk.day("start", row.start)
    if not desk.sound:
        return
    about = (Account, account)
    exact = isinstance(row.start, datetime)
    if planned is not None:
        decide = partial(_plan, _plan_of(row, visit, start, names))
        desk.add(VISITS, row, 0, planned, VISIT, about, decide, child=part, exact=isinstance(row.planned_on, datetime))
    if status == "logged":
        decide = partial(_log, _log_of(desk, row, account, visit, names))
        desk.add(VISITS, row, 1, start, VISIT, about, decide, child=part, exact=exact)
    elif status == "cancelled":
        at = max(planned or start, min(start, desk.clock.export))
        desk.add(VISITS, row, 2, at, VISIT, about, partial(_cancel, visit, row.outcome), child=part, exact=exact)


def _planned_at(desk: Desk, row: VisitRow, status: str, start: datetime, known: bool) -> datetime | None:
    """When the plan was made; None where there is none. A plan needs what a person would have to say, too."""
    if status == "logged" and row.planned_on is None:
        return None
    for column in ("what", "why", "purpose", "expected_action"):
        if not getattr(row, column):
            desk.fault(column, "", Fault("a planned visit needs this", "Fill it, or leave planned_on blank if logged."))
    if row.planned_on is not None and not known:
        at = desk.day("planned_on", row.planned_on)
        if at > start and status != "planned":
            at = start
        return at
    return desk.clock.export if status == "planned" else min(start, desk.clock.export)


def _names(desk: Desk, row: VisitRow, people: Children, account: UUID) -> dict[str, tuple[UUID, ...]]:
    return {
        "people": tuple(desk.member("our_people", each) for each in row.our_people or ()),
        "stakeholders": tuple(people.find(desk, "stakeholders", each, account)[1] for each in row.stakeholders or ()),
        "opportunities": tuple(desk.opportunity("opportunities", each) for each in row.opportunities or ()),
    }


def _plan_of(row: Any, visit: UUID, start: datetime, names: dict[str, tuple[UUID, ...]]) -> dict[str, Any]:
    return {
        "visit_id": visit,
        "start": start,
        "what": VisitKind(row.what),
        "why": row.why,
        "purpose": VisitPurpose(row.purpose),
        "expected_action": row.expected_action,
        "where": row.where or "",
        "external_id": row.external_id,
        **names,
    }


def _log_of(
    desk: Desk, row: VisitRow, account: UUID, visit: UUID, names: dict[str, tuple[UUID, ...]]
) -> dict[str, Any]:
    met = names["stakeholders"]
    return {
        "visit_id": visit,
        "minutes": row.minutes,
        "what": VisitKind(row.what) if row.what else None,
        "why": row.why or "",
        "where": row.where or "",
        "purpose": VisitPurpose(row.purpose) if row.purpose else None,
        "objective_met": ObjectiveMet(row.objective_met) if row.objective_met else None,
        **{text: desk.seal_text(account, met, text, getattr(row, text)) for text in TEXTS},
        "next_step_on": row.next_step_on,
        "external_id": row.external_id,
        **names,
    }


def _plan(values: dict[str, Any], account: Any, _: World) -> None:
    """The plan; a visit that is planned for another time already is moved."""
    known = account.visits.planned.get(values["visit_id"])
    if known is None:
        account.visits.plan(**values)
    else:
        account.visits.reschedule(visit_id=values["visit_id"], start=values["start"])


def _log(values: dict[str, Any], account: Any, world: World) -> None:
    """The log; what stands as it was planned is not said again."""
    plan = account.visits.planned.get(values["visit_id"])
    if plan is not None:
        same: dict[str, Any] = {name: "" for name in ("why", "where") if values[name] == getattr(plan, name)}
        same |= {name: None for name in ("what", "purpose") if values[name] == getattr(plan, name)}
        same |= {"opportunities": ()} if values["opportunities"] == plan.opportunities else {}
        values = {**values, **same}
    account.visits.log(**values, template=world.policy(VisitTemplate, account.moment))


def _cancel(visit: UUID, reason: str | None, account: Any, _: World) -> None:
    account.visits.cancel(visit_id=visit, reason=reason or "")
