"""The people of customers and our relationships with them as facts."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from msgspec import UNSET

from api.importing.desk import NOBODY, Desk, batches
from api.importing.facts.children import Children
from api.importing.facts.ranks import LEAVING, PERSON, RELATION
from api.importing.kinds.stakeholders import RELATIONSHIPS, STAKEHOLDERS, RelationshipRow, StakeholderRow
from api.importing.past import child
from api.importing.refusals import Fault
from api.importing.world import World
from domain.account.account import Account
from domain.account.person import Attitude, Coverage, Level, Orientation, PoliticalStatus
from domain.language.catalogue import say


def plan(desk: Desk, people: Children) -> None:
    """Facts of stakeholders, superiors first, and of relationships."""
    for rows in batches(_superiors_first(desk.content.of("stakeholders"))):
        desk.people.prepare(people.id_of(row.external_id) for row in rows)
        for row in rows:
            _plan_stakeholder(desk, row, people)
    for relationship in desk.content.of("relationships"):
        _plan_relationship(desk, relationship, people)


def _plan_stakeholder(desk: Desk, row: StakeholderRow, people: Children) -> None:
    person = people.id_of(row.external_id)
    holder, part = people.holder(row.external_id), child(person)
    if holder and desk.is_settled(STAKEHOLDERS, row, holder, part):
        return
    desk.take_up(row)
    account = desk.account("account", row.account)
    if holder not in (None, account):
        reason = say("{external_id} is a person of another account", external_id=row.external_id)
        desk.fault("account", row.account, Fault(reason, "Let the person leave there, and use a new identifier here."))
    superior = people.find(desk, "reports_to", row.reports_to, account)[1] if row.reports_to else None
    since = desk.day("since", row.since) if row.since else desk.earliest
    left = desk.day("left_on", row.left_on) if row.left_on else None
    if not desk.sound:
        return
    about = (Account, account)
    known = holder is not None
    at = desk.clock.export if known else since
    decide = partial(_stands, _particulars(desk, row, person, superior), _profile(row), row.external_id, known)
    desk.add(STAKEHOLDERS, row, 0, at, PERSON, about, decide, child=part)
    if left:
        desk.add(STAKEHOLDERS, row, 1, left, LEAVING, about, partial(_leave, person), child=part)


def _particulars(desk: Desk, row: StakeholderRow, person: UUID, superior: UUID | None) -> dict[str, Any]:
    stated = {
        "stakeholder_id": person,
        "name": desk.people.seal_person(person, "name", row.name),
        "title": row.title,
        "department": row.department,
        "reports_to": superior,
        "email": desk.seal_person(person, "email", row.email),
        "phone": desk.seal_person(person, "phone", row.phone),
        "language": row.language,
    }
    return {name: value for name, value in stated.items() if value is not None}


def _profile(row: StakeholderRow) -> dict[str, Any]:
    stated = {
        "attitude": Attitude(row.attitude) if row.attitude else UNSET,
        "political": PoliticalStatus(row.political) if row.political else UNSET,
        "orientation": Orientation(row.orientation) if row.orientation else UNSET,
    }
    return {name: value for name, value in stated.items() if value is not UNSET}


def _stands(
    particulars: dict[str, Any], profile: dict[str, Any], external_id: str, known: bool, account: Any, _: World
) -> None:
    person = account.stakeholders.people.get(particulars["stakeholder_id"])
    if known and person is not None:
        if not person.present:
            return
        account.stakeholders.change(**particulars)
    else:
        account.stakeholders.add(**particulars, external_id=external_id)
    if profile:
        account.stakeholders.profile(stakeholder_id=particulars["stakeholder_id"], **profile)


def _leave(person: UUID, account: Any, _: World) -> None:
    account.stakeholders.leave(stakeholder_id=person)


def _superiors_first(rows: list[Any]) -> list[StakeholderRow]:
    """Rows in their order, but nobody before his superior; those in a circle come last, for the rule to refuse."""
    ordered: list[StakeholderRow] = []
    waiting: dict[str, StakeholderRow] = {row.external_id: row for row in rows}
    while ready := [row for row in waiting.values() if row.reports_to not in waiting]:
        ordered.extend(waiting.pop(row.external_id) for row in ready)
    return [*ordered, *waiting.values()]


def _plan_relationship(desk: Desk, row: RelationshipRow, people: Children) -> None:
    desk.take_up(row)
    account, person = people.find(desk, "stakeholder", row.stakeholder)
    member = desk.member("member", row.member)
    at = desk.day("on", row.on) if row.on else desk.clock.export
    part = None if row.on else child(person, member)
    if not desk.sound or account == NOBODY or (part is not None and desk.is_settled(RELATIONSHIPS, row, account, part)):
        return
    values = {
        "stakeholder": person,
        "member": member,
        "level": Level(row.level),
        "desired": Level(row.desired) if row.desired else None,
        "coverage": Coverage(row.coverage) if row.coverage else None,
    }
    desk.add(RELATIONSHIPS, row, 0, at, RELATION, (Account, account), partial(_assess, values), child=part)


def _assess(values: dict[str, Any], account: Any, _: World) -> None:
    account.stakeholders.assess(**values)
