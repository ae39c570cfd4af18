"""Accounts, their managers and their key status as facts."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from api.importing.desk import Desk
from api.importing.facts.ranks import ACCOUNT, RELATION
from api.importing.files import NAMED
from api.importing.kinds.accounts import ACCOUNTS, AccountRow
from api.importing.kinds.standing import KEY_STATUS, MANAGERS, KeyStatusRow, ManagerRow
from api.importing.refusals import Fault
from api.importing.world import World
from domain.account.account import Account, ParentInCircle, must_make_no_circle
from domain.account.profile import AccountKind
from domain.account.standing import NOT_STATED, RelationshipType, ReviewDecision
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import DEFAULT_MODEL

BORN_WITH = ("name", "tax_number", "address", "industry", "country", "currency")
LEARNT = ("headcount", "website", "segment")


def plan(desk: Desk) -> None:
    """Facts of accounts, managers and key status."""
    rows: list[Any] = desk.content.of("accounts")
    parents = _Parents(desk, rows)
    for account in rows:
        _plan_account(desk, account, parents)
    for manager in desk.content.of("managers"):
        _plan_manager(desk, manager)
    for status in desk.content.of("key_status"):
        _plan_status(desk, status)


class _Parents:
    """Who stands above whom, over the rows of the import and what is recorded."""

    def __init__(self, desk: Desk, rows: list[AccountRow]) -> None:
        self._desk = desk
        stated = ((desk.names.account_of(row), desk.names.accounts.find(row.parent)) for row in rows if row.parent)
        self._stated = dict(stated)

    def of(self, account: UUID) -> UUID | None:
        if account in self._stated:
            return self._stated[account]
        return self._desk.world.newest(Account, account).profile.parent if self._desk.world.exists(account) else None


def _plan_account(desk: Desk, row: AccountRow, parents: _Parents) -> None:
    account = desk.names.account_of(row)
    if desk.is_settled(ACCOUNTS, row, account):
        return
    desk.take_up(row)
    opened = desk.day("registered_on", row.registered_on) if row.registered_on else desk.earliest
    stated = _stated(desk, row, account, parents)
    revenue = desk.money("revenue", row.revenue, row.currency) if row.revenue is not None else None
    if not desk.sound:
        return
    about, known = (Account, account), desk.world.exists(account)
    learnt = {name: value for name in LEARNT if (value := getattr(row, name)) is not None}
    if revenue is not None:
        learnt["revenue"] = revenue
    if not known:
        values = {**stated, "external_id": row.external_id or f"{NAMED}{row.name}"}
        desk.add(ACCOUNTS, row, 0, opened, ACCOUNT, about, partial(_register, values))
    elif not desk.past.newest(account, ACCOUNTS, "", row.digest):
        learnt = {**stated, **learnt}
    if learnt:
        desk.add(ACCOUNTS, row, 1, max(desk.clock.export, opened), ACCOUNT, about, partial(_change, learnt))


def _stated(desk: Desk, row: AccountRow, account: UUID, parents: _Parents) -> dict[str, Any]:
    stated = {name: value for name in BORN_WITH if (value := getattr(row, name)) is not None}
    if row.kind:
        stated["kind"] = AccountKind(row.kind)
    if row.territory:
        stated["territory"] = desk.territory("territory", row.territory)
    if row.parent:
        stated["parent"] = desk.account("parent", row.parent)
        try:
            must_make_no_circle(account, stated["parent"], parents.of)
        except ParentInCircle as circle:
            desk.fault("parent", row.parent, Fault(str(circle), "Name a parent that does not belong to it."))
    return stated


def _register(values: dict[str, Any], account: Any, _: World) -> None:
    account.register(**values)


def _change(values: dict[str, Any], account: Any, _: World) -> None:
    account.change_profile(**values)


def _plan_manager(desk: Desk, row: ManagerRow) -> None:
    desk.take_up(row)
    account = desk.account("account", row.account)
    manager = desk.member("manager", row.manager)
    at = desk.day("effective_on", row.effective_on) if row.effective_on else desk.clock.export
    if not desk.sound or (row.effective_on is None and desk.is_settled(MANAGERS, row, account)):
        return
    values = {"manager": manager, "reason": row.reason or "", "effective_on": row.effective_on}
    part = None if row.effective_on else ""
    desk.add(MANAGERS, row, 0, at, RELATION, (Account, account), partial(_assign, values), child=part)


def _assign(values: dict[str, Any], account: Any, _: World) -> None:
    account.assign_manager(**values)


def _plan_status(desk: Desk, row: KeyStatusRow) -> None:
    desk.take_up(row)
    account = desk.account("account", row.account)
    at = desk.day("on", row.on)
    if row.action == "granted" and not row.relationship_type:
        reason = "granting key status needs the relationship type"
        desk.fault("relationship_type", "", Fault(reason, "State ordinary, partner or strategic."))
    if row.action == "reviewed" and not row.decision:
        desk.fault("decision", "", Fault("a review needs its decision", "State keep, promote or demote."))
    if desk.sound:
        decide = partial({"granted": _grant, "reviewed": _review}.get(row.action, _withdraw), row)
        desk.add(KEY_STATUS, row, 0, at, RELATION, (Account, account), decide, child=None)


def _grant(row: Any, account: Any, world: World) -> None:
    model = world.policy(SelectionModel, account.moment, DEFAULT_MODEL)
    account.standing.grant(
        selection_model=model,
        relationship_type=RelationshipType(row.relationship_type),
        justification=row.justification or "",
        review_due=row.review_due,
        override=row.override or ("" if _is_scored(account, model) else "imported"),
    )


def _is_scored(account: Any, model: SelectionModel) -> bool:
    """Whether the account's newest score is by the edition in force; where it is not, an import need not explain."""
    newest = account.standing.scored.get(DEFAULT_MODEL)
    return newest is not None and newest.edition == model.edition


def _review(row: Any, account: Any, _: World) -> None:
    account.standing.review(
        decision=ReviewDecision(row.decision),
        justification=row.justification or "",
        improvement=row.improvement or NOT_STATED,
        review_due=row.review_due,
        relationship_type=RelationshipType(row.relationship_type) if row.relationship_type else None,
    )


def _withdraw(row: KeyStatusRow, account: Any, _: World) -> None:
    account.standing.withdraw(reason=row.justification or row.override or "")
