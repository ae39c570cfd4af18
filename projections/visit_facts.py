"""The visits of a period as of two clocks, and the accounts to which they go: what questions about them begin with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from uuid import UUID

import msgspec

from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose
from domain.decodable import decodable
from domain.policies.calendar import day_end, day_of, day_start, period, period_of
from domain.policies.service_policy import ServiceLevel
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.kept_answers import Grain, kept
from projections.versions import versions_sql
from projections.view import View
from projections.visit_columns import keys_between
from projections.visits import VISITS, VisitStatus


class Span(msgspec.Struct, frozen=True):
    """A stretch of the company's days, both ends included, and its first and last moment."""

    key: str
    first: date
    last: date
    starts: datetime
    ends: datetime


class Visited(msgspec.Struct):
    """What counts of a visit. `account` is the customer as it goes on after merges."""

    account: UUID
    status: VisitStatus
    start: datetime | None
    at: datetime | None
    what: VisitKind
    objective_met: ObjectiveMet | None
    planned: int | None
    moves: int
    logged: int | None
    steps: tuple[str, ...]
    action_agreed: bool
    cause: int

    @property
    def moment(self) -> datetime:
        """When it took place, or shall."""
        found = self.at or self.start
        assert found is not None
        return found


class Held(Visited):
    """A visit as its row says it. `known_from` rises with each change, also where a fact was taken back."""

    visit: UUID
    finish: datetime | None
    minutes: int | None
    purpose: VisitPurpose | None
    people: tuple[UUID, ...]
    stakeholders: tuple[UUID, ...]
    ad_hoc: bool
    display_score: int | None
    known_from: int


class Customer(msgspec.Struct):
    """An account as far as visits need it. `since` is when it, or one merged into it, became known; `managers` who
    looked after it from when on, in order."""

    account: UUID
    external_id: str
    name: str
    manager: UUID | None
    level: ServiceLevel
    since: datetime
    managers: list[tuple[datetime, UUID | None]]

    def manager_at(self, moment: datetime) -> UUID | None:
        """Who looked after the account at a moment."""
        return next((manager for since, manager in reversed(self.managers) if since <= moment), None)


FIELDS = Held.__struct_fields__
"""The columns of the row of a visit."""
ACCOUNT, VISIT = FIELDS.index("account"), FIELDS.index("visit")


def span_of(view: View, key: str = "") -> Span:
    """The days of a month (2026-10), quarter or year; of the month of `as_of` where none is stated."""
    company = view.policies.company
    found = period(company, key or period_of(company, day_of(company, view.clock.as_of), "month"))
    starts, ends = day_start(company, found.first), day_end(company, found.last)
    return Span(found.key, found.first, found.last, starts, ends)


def accounts_asked(view: View, account: UUID | None = None, outlets_of: UUID | None = None) -> list[UUID] | None:
    """The accounts that a question is about, with those merged into them: one, the outlets of one (the accounts whose
    parent it is), or None for all; of them those that the asker may see."""
    visible = view.visible_accounts()
    asked = visible
    if account is not None:
        asked = view.together(view.leads_to(account))
    if outlets_of is not None:
        parents = view.together(view.leads_to(outlets_of))
        sql = as_of_sql(ACCOUNTS, "key", "parent = any(%(parents)s)")
        found = view.connection.execute(sql.encode(), view.parameters(parents=parents))
        outlets = {each for (key,) in found for each in view.together(view.leads_to(key))}
        asked = sorted(outlets if account is None else outlets & set(asked or ()))
    if visible is None or asked is None:
        return asked
    seen = set(visible)
    return [each for each in asked if each in seen]


def customers(view: View, accounts: list[UUID] | None) -> Mapping[UUID, Customer]:
    """The accounts by id; those that ended by a merge are left out. Who takes them changes nothing in them."""
    ask, asked = partial(_customers, view, accounts), None if accounts is None else tuple(accounts)
    return kept(view, "customers", dict[UUID, Customer], ask, asked, grain=Grain.FACTS, shared=True)


def _customers(view: View, accounts: list[UUID] | None) -> dict[UUID, Customer]:
    where = "true" if accounts is None else "key = any(%(accounts)s)"
    asked = view.parameters(accounts=accounts)
    since: dict[UUID, datetime] = {}
    managers: dict[UUID, list[tuple[datetime, UUID | None]]] = {}
    versions = versions_sql(ACCOUNTS, "manager", where) + " order by 2, 3"
    for key, moment, _, manager in view.connection.execute(versions.encode(), asked):
        goes_on = view.leads_to(key)
        since[goes_on] = min(moment, since.get(goes_on, moment))
        managers.setdefault(key, []).append((moment, manager))
    sql = as_of_sql(ACCOUNTS, "key, external_id, name, manager, relationship_type", where)
    return {
        key: Customer(
            key, external_id, name, manager, ServiceLevel(level or ServiceLevel.NONE), since[key], managers[key]
        )
        for key, external_id, name, manager, level in view.connection.execute(sql.encode(), asked)
        if view.leads_to(key) == key
    }


def held(
    view: View, accounts: list[UUID] | None, first: datetime, last: datetime, only_planned: bool = False
) -> list[Held]:
    """The visits that took place, or were to begin, from one moment to another; in the order of these moments. One
    that goes on under another identifier since a merge is there once."""
    within = "coalesce(at, start) between %(first)s and %(last)s"
    keys = keys_between(view, first, last) if accounts is None else None
    where = within if accounts is None else f"account = any(%(accounts)s) and {within}"
    where = where if keys is None else "key = any(%(keys)s)"
    where += " and planned is not null" if only_planned else ""
    rows = view.connection.execute(
        as_of_sql(VISITS, ", ".join(FIELDS), where).encode(),
        view.parameters(accounts=accounts, first=first, last=last, keys=keys),
    ).fetchall()
    found = [visit_of(view, row) for row in rows if not view.goes_on_elsewhere(row[ACCOUNT], row[VISIT])]
    return sorted(found, key=lambda visit: (visit.moment, visit.cause))


def visit_of(view: View, row: tuple[object, ...]) -> Held:
    """A visit from its FIELDS, with the account that goes on."""
    fields = dict(zip(FIELDS, row, strict=True))
    visit = msgspec.convert({**fields, "what": fields["what"] or VisitKind.OTHER}, decodable(Held))
    visit.account = view.leads_to(visit.account)
    return visit
