"""Our people and the tree of territories as facts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from api.importing.desk import Desk, batches
from api.importing.facts.ranks import LEAVING, MEMBER, TERRITORY
from api.importing.kinds.people import MEMBERS, TERRITORIES, MemberRow, TerritoryRow
from api.importing.world import World
from domain.account.account import Account
from domain.member import Member, Role
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from domain.sealed import Sealed

TREE = (Territories, policy_id("Territories"))


def plan(desk: Desk) -> None:
    """Facts of territories, those above first, and of members."""
    known = desk.world.newest(*TREE).territories
    for territory in _parents_first(desk.content.of("territories")):
        _plan_territory(desk, territory, territory.key in known)
    for members in batches(desk.content.of("members")):
        desk.people.prepare(desk.names.member_of(row) for row in members)
        for member in members:
            _plan_member(desk, member)


def _plan_territory(desk: Desk, row: TerritoryRow, known: bool) -> None:
    if desk.is_settled(TERRITORIES, row, TREE[1], row.key):
        return
    desk.take_up(row)
    parent = desk.territory("parent", row.parent) if row.parent else ""
    if desk.sound:
        at = desk.clock.export if known else desk.earliest
        decide = partial(_set_territory, row.key, row.name or row.key, parent)
        desk.add(TERRITORIES, row, 0, at, TERRITORY, TREE, decide, child=row.key)


def _set_territory(key: str, name: str, parent: str, tree: Any, _: World) -> None:
    tree.set_territory(key=key, name=name, parent=parent)


def _parents_first(rows: list[Any]) -> list[TerritoryRow]:
    """Rows in their order, but none before its parent; those in a circle come last, for the rule to refuse."""
    ordered: list[TerritoryRow] = []
    waiting: dict[str, TerritoryRow] = {row.key: row for row in rows}
    while ready := [row for row in waiting.values() if row.parent not in waiting]:
        ordered.extend(waiting.pop(row.key) for row in ready)
    return [*ordered, *waiting.values()]


def _plan_member(desk: Desk, row: MemberRow) -> None:
    member = desk.names.member_of(row)
    if desk.is_settled(MEMBERS, row, member):
        return
    desk.take_up(row)
    known = desk.world.exists(member)
    joined = desk.day("joined_on", row.joined_on) if row.joined_on else desk.earliest
    territory = desk.territory("territory", row.territory) if row.territory else ""
    if row.manager:
        desk.member("manager", row.manager)
    left = desk.day("left_on", row.left_on) if row.left_on else None
    if not desk.sound:
        return
    about, roles = (Member, member), tuple(Role(role) for role in row.roles or ())
    if not known:
        name = desk.people.seal_person(member, "name", row.name)
        email = desk.seal_person(member, "email", row.email)
        invite = partial(_invite, name, email, row.language or "en", row.external_id or "", roles, territory)
        desk.add(MEMBERS, row, 0, joined, MEMBER, about, invite)
    else:
        desk.ledger.let_stand("members", _unchangeable(desk, row, member))
        desk.add(MEMBERS, row, 1, desk.clock.export, MEMBER, about, partial(_is_placed, roles, territory))
    if left:
        desk.add(MEMBERS, row, 2, left, LEAVING, about, partial(_leave, member))


def _unchangeable(desk: Desk, row: MemberRow, member: UUID) -> Iterator[str]:
    """The columns in which a row differs from the invitation, where no later event can follow it; what nobody can
    open any more differs from nothing."""
    for fact in desk.world.histories[member]:
        if isinstance(invited := fact.event, Member.Invited):
            if desk.people.open(invited.name, "name") not in (None, row.name):
                yield "name"
            if row.email and (
                invited.email is None or desk.people.open(invited.email, "email") not in (None, row.email)
            ):
                yield "email"
            if row.language and row.language != invited.language:
                yield "language"
            if row.joined_on and row.joined_on != desk.clock.day_of(fact.occurred_at):
                yield "joined_on"


def _invite(
    name: Sealed,
    email: Sealed | None,
    language: str,
    external_id: str,
    roles: tuple[Role, ...],
    territory: str,
    member: Any,
    world: World,
) -> None:
    member.invite(name=name, email=email, language=language, external_id=external_id)
    _is_placed(roles, territory, member, world)


def _is_placed(roles: tuple[Role, ...], territory: str, member: Any, world: World) -> None:
    """The roles and the territory of a row. Roles are never taken away: they may have been granted here."""
    if member.left:
        return
    for role in roles:
        member.grant_role(role=role)
    if territory and territory not in member.territories:
        for former in member.territories:
            member.leave_territory(territory=former)
        member.assign_territory(territory=territory, territories=world.policy(Territories, member.moment))


def _leave(id_: UUID, member: Any, world: World) -> None:
    held = (each.state for each in world.held.values() if isinstance(each.state, Account))
    member.leave(open_accounts=tuple(account.id for account in held if account.manager == id_))
