"""What exposure is reckoned from: who of ours knows whom, what is open, as of two clocks, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.account.person import Coverage
from domain.opportunity.buyers import BuyerRole, Support
from projections.accounts import ACCOUNTS
from projections.action_items import ACTION_ITEMS
from projections.buyers import BUYERS
from projections.contacts import CONTACTS
from projections.deals import Filters, Missing, deals_sql, missing
from projections.engine import ReadModel, as_of_sql
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.stakeholders import RELATIONSHIPS, STAKEHOLDERS
from projections.view import View
from projections.visits import VISITS

YEAR = timedelta(days=365)
"""How far back a meeting or contact makes two people know each other."""


class Touch(NamedTuple):
    """A meeting or a contact of the last 365 days: ours, theirs, and the event."""

    members: frozenset[UUID]
    stakeholders: frozenset[UUID]
    position: int


class Stand(NamedTuple):
    """How somebody stands on an open opportunity."""

    stakeholder: UUID
    role: BuyerRole
    support: Support
    position: int


class OpenDeal(NamedTuple):
    """An open opportunity, what it is worth, and the event of its newest state."""

    opportunity: UUID
    value: Decimal | None
    weighted: Decimal | None
    position: int


class Planned(NamedTuple):
    """A visit to come."""

    visit: UUID
    start: datetime | None
    members: tuple[UUID, ...]
    stakeholders: tuple[UUID, ...]
    position: int


class Item(NamedTuple):
    """An open action item."""

    item: UUID
    owner: UUID | None
    due_on: date | None
    position: int


class Customer(msgspec.Struct):
    """An account with all that exposure is made of; people who left on either side are not in it."""

    account: UUID
    external_id: str
    name: str
    manager: UUID | None
    position: int
    people: set[UUID] = msgspec.field(default_factory=set)
    assessed: dict[tuple[UUID, UUID], int] = msgspec.field(default_factory=dict)
    touches: list[Touch] = msgspec.field(default_factory=list)
    deals: list[OpenDeal] = msgspec.field(default_factory=list)
    stands: dict[UUID, list[Stand]] = msgspec.field(default_factory=dict)
    visits: list[Planned] = msgspec.field(default_factory=list)
    items: list[Item] = msgspec.field(default_factory=list)


def customers(view: View, account: UUID | None = None) -> tuple[list[Customer], Missing]:
    """The accounts that the asker may see, or one, merged ones as one; and what is missing to value their deals."""
    loading = _Loading(view, account)
    loading.read()
    return list(loading.found.values()), loading.missing


def known_people(view: View) -> list[Customer]:
    """The accounts that the asker may see with who knows whom there, and nothing of what hangs on it."""
    loading = _Loading(view, None)
    loading.read_people()
    return list(loading.found.values())


class _Loading:
    def __init__(self, view: View, account: UUID | None) -> None:
        visible = view.visible_accounts()
        wanted = visible
        if account is not None:
            wanted = [one for one in view.together(account) if visible is None or one in visible]
        self._view, self._account = view, account
        self._asked = view.parameters(accounts=wanted, since=view.clock.as_of - YEAR)
        self._of = "true" if wanted is None else "account = any(%(accounts)s)"
        keys = "" if wanted is None else "key = any(%(accounts)s)"
        self.missing = Missing()
        rows = self._rows(ACCOUNTS, "key, external_id, name, manager, cause", keys)
        self.found = {row[0]: Customer(*row) for row in rows if row[0] not in view.merged}
        self._gone = {key for (key,) in self._rows(MEMBERS, "key", "has_left")}

    def read(self) -> None:
        """Everything."""
        self.read_people()
        self._deals()
        self._open()

    def read_people(self) -> None:
        """Who is there, and who knows whom."""
        for account, person in self._rows(STAKEHOLDERS, "account, stakeholder", f"{self._of} and present"):
            if customer := self._at(account):
                customer.people.add(self._one(person))
        known = f"{self._of} and coalesce(coverage, '') <> '{Coverage.NONE}'"
        for account, person, member, cause in self._rows(RELATIONSHIPS, "account, stakeholder, member, cause", known):
            customer = self._at(account)
            if customer and member not in self._gone and self._one(person) in customer.people:
                customer.assessed[member, self._one(person)] = cause
        self._touches(VISITS, "status = 'logged'")
        self._touches(CONTACTS, "true")

    def _touches(self, model: ReadModel, also: str) -> None:
        where = f"{self._of} and {also} and at > %(since)s"
        for account, ours, theirs, cause in self._rows(model, "account, people, stakeholders, cause", where):
            if customer := self._at(account):
                members = frozenset(ours or ()) - self._gone
                people = frozenset(map(self._one, theirs or ())) & customer.people
                customer.touches.append(Touch(members, people, cause))

    def _deals(self) -> None:
        asked = deals_sql(self._view, Filters(account=self._account), only_open=True)
        sql = f"{asked[0]} select key, account, value, weighted from valued where outcome = ''"
        rows = self._view.connection.execute(sql.encode(), asked[1]).fetchall()
        self.missing = missing(self._view, asked) if any(row[2] is None for row in rows) else Missing()
        causes = dict(self._rows(FUNNEL, "key, cause", f"{self._of} and outcome = ''"))
        at_work: dict[UUID, Customer] = {}
        for key, account, value, weighted in rows:
            if customer := self._at(account):
                at_work[key] = customer
                customer.deals.append(OpenDeal(key, value, weighted, causes[key]))
        columns = "opportunity, stakeholder, role, support, cause"
        for deal, person, role, support, cause in self._rows(
            BUYERS, columns, "opportunity = any(%(deals)s)", deals=[*at_work]
        ):
            if (customer := at_work[deal]) and (one := self._one(person)) in customer.people:
                stand = Stand(one, BuyerRole(role), Support(support), cause)
                customer.stands.setdefault(deal, []).append(stand)

    def _open(self) -> None:
        columns = "account, visit, start, people, stakeholders, cause"
        for account, visit, start, ours, theirs, cause in self._rows(
            VISITS, columns, f"{self._of} and status = 'planned'"
        ):
            if (customer := self._at(account)) and not self._view.goes_on_elsewhere(account, visit):
                people = tuple(map(self._one, theirs or ()))
                customer.visits.append(Planned(visit, start, tuple(ours or ()), people, cause))
        columns = "account, item, owner, due_on, cause"
        for account, *item in self._rows(ACTION_ITEMS, columns, f"{self._of} and status = 'open'"):
            if (customer := self._at(account)) and not self._view.goes_on_elsewhere(account, item[0]):
                customer.items.append(Item(*item))

    def _at(self, account: UUID) -> Customer | None:
        return self.found.get(self._view.leads_to(account))

    def _one(self, person: UUID) -> UUID:
        return self._view.person(person)

    def _rows(self, model: ReadModel, columns: str, where: str, **more: Any) -> Iterator[tuple[Any, ...]]:
        sql = f"select * from ({as_of_sql(model, columns, where)}) row order by {columns.rpartition(', ')[2]}"
        return iter(self._view.connection.execute(sql.encode(), self._asked | more).fetchall())


def ties_of(customer: Customer) -> dict[tuple[UUID, UUID], float]:
    """How much each of ours has to do with each of theirs: a meeting or contact counts 1, so does an assessment."""
    found: dict[tuple[UUID, UUID], float] = defaultdict(float)
    for touch in customer.touches:
        for member in touch.members:
            for person in touch.stakeholders:
                found[member, person] += 1
    for pair in customer.assessed:
        found[pair] += 1
    return dict(found)
