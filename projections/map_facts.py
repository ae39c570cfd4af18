"""What a decision map is drawn from: the people of a customer, who influences whom, where they stand, when met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from domain.account.influence import InfluenceKind, InfluenceNature
from domain.account.person import Attitude, Coverage, Level, Orientation, PoliticalStatus
from domain.opportunity.buyers import BuyerRole, Support
from projections.buyers import BUYERS
from projections.contacts import CONTACTS
from projections.engine import ReadModel, as_of_sql
from projections.influences import INFLUENCES
from projections.stakeholders import RELATIONSHIPS, STAKEHOLDERS
from projections.trails import Trail, trails
from projections.view import View
from projections.visits import VISITS

V = TypeVar("V", bound=msgspec.Struct)
K = TypeVar("K")


class Person(msgspec.Struct, frozen=True):
    """A person of the customer, as far as it was stated."""

    account: UUID
    stakeholder: UUID
    present: bool
    title: str = ""
    department: str = ""
    reports_to: UUID | None = None
    attitude: Attitude | None = None
    political: PoliticalStatus | None = None
    orientation: Orientation | None = None


class Nearness(msgspec.Struct, frozen=True):
    """How near one of ours is to a person."""

    stakeholder: UUID
    member: UUID
    level: Level
    desired: Level | None = None
    coverage: Coverage | None = None


class Influence(msgspec.Struct, frozen=True):
    """What one person can do to what another one wants."""

    from_stakeholder: UUID
    to_stakeholder: UUID
    influence: InfluenceKind
    strength: int
    nature: InfluenceNature


class Stand(msgspec.Struct, frozen=True):
    """How a person stands on an opportunity."""

    opportunity: UUID
    stakeholder: UUID
    role: BuyerRole
    support: Support
    key_player: bool


class Meeting(msgspec.Struct, frozen=True):
    """When somebody was last met or contacted, and the event that says so."""

    at: datetime
    position: int


class MapFacts(msgspec.Struct):
    """The trails by what they are about; people who are the same after a merge of accounts are one."""

    people: dict[UUID, Trail[Person]]
    nearness: dict[tuple[UUID, UUID], Trail[Nearness]]
    influences: dict[tuple[UUID, UUID, InfluenceKind], Trail[Influence]]
    stands: dict[tuple[UUID, UUID], Trail[Stand]]
    met: dict[UUID, Meeting]
    contacted: dict[UUID, Meeting]
    same: dict[UUID, UUID]

    there: list[UUID] = msgspec.field(default_factory=list)
    people_there: set[UUID] = msgspec.field(default_factory=set)

    def __post_init__(self) -> None:
        """Everybody who is there, those known longest first."""
        there = {who: trail for who, trail in self.people.items() if trail.now and trail.now.present}
        self.there = sorted(there, key=lambda who: (there[who].steps[0].at, there[who].steps[0].position))
        self.people_there = set(there)

    def superior(self, person: Person) -> UUID | None:
        """Whom a person reports to."""
        above = person.reports_to
        return self.same.get(above, above) if above else None

    def stands_of(self, who: UUID) -> list[tuple[Stand, Trail[Stand]]]:
        """How a person stands on the opportunities of the map, and since when."""
        return [(trail.now, trail) for (_, person), trail in self.stands.items() if person == who and trail.now]

    def stands_on(self, opportunity: UUID) -> list[tuple[Stand, Trail[Stand]]]:
        """How those who are there stand on an opportunity, and since when."""
        return [
            (trail.now, trail)
            for (deal, person), trail in self.stands.items()
            if deal == opportunity and person in self.people_there and trail.now
        ]

    def nearness_of(self, who: UUID) -> list[tuple[Nearness, Trail[Nearness]]]:
        """How near each of ours is to a person, and since when."""
        return [(trail.now, trail) for (person, _), trail in self.nearness.items() if person == who and trail.now]

    def influences_between(self, source: UUID, target: UUID) -> list[tuple[Influence, Trail[Influence]]]:
        """What one person can do to what another one wants, and since when."""
        found = [(key, trail) for key, trail in self.influences.items() if key[:2] == (source, target)]
        return [(trail.now, trail) for _, trail in found if trail.now]


def map_facts(view: View, account: UUID, opportunities: list[UUID]) -> MapFacts:
    """The facts of an account, with those of the accounts merged into it, and of these opportunities."""
    together, same, one = view.together(account), view.same_people, view.person
    people = trails(view, STAKEHOLDERS, Person, "account", together)
    nearness = trails(view, RELATIONSHIPS, Nearness, "account", together)
    influences = trails(view, INFLUENCES, Influence, "account", together)
    stands = trails(view, BUYERS, Stand, "opportunity", opportunities)
    return MapFacts(
        _by(people, lambda it: one(it.stakeholder), first=lambda it: it.stakeholder not in same),
        _by(nearness, lambda it: (one(it.stakeholder), it.member)),
        _by(influences, lambda it: (one(it.from_stakeholder), one(it.to_stakeholder), it.influence)),
        _by(stands, lambda it: (it.opportunity, one(it.stakeholder))),
        _newest(view, VISITS, "account = any(%(ids)s) and status = 'logged'", together, one),
        _newest(view, CONTACTS, "account = any(%(ids)s)", together, one),
        same,
    )


def _by(
    found: dict[UUID, Trail[V]], key: Callable[[V], K], first: Callable[[V], bool] = lambda _: True
) -> dict[K, Trail[V]]:
    """The trails by what they are about: of several about the same one that goes `first`, then the newest."""

    def rank(trail: Trail[V]) -> tuple[bool, datetime, int]:
        return first(_known(trail)), trail.steps[-1].at, trail.steps[-1].position

    return {key(_known(trail)): trail for trail in sorted(found.values(), key=rank)}


def _known(trail: Trail[V]) -> V:
    """The newest value that there was."""
    return next(step.value for step in reversed(trail.steps) if step.value is not None)


def _newest(
    view: View, model: ReadModel, where: str, accounts: list[UUID], one: Callable[[UUID], UUID]
) -> dict[UUID, Meeting]:
    """The newest row of each person who is named in it."""
    rows = as_of_sql(model, "at, cause, stakeholders", where)
    sql = (
        f"select distinct on (person) person, at, cause from ({rows}) met, unnest(stakeholders) person"
        " order by person, at desc, cause desc"
    )
    found: dict[UUID, Meeting] = {}
    for person, at, position in view.connection.execute(sql.encode(), view.parameters(ids=accounts)):
        before = found.get(one(person))
        if before is None or (before.at, before.position) < (at, position):
            found[one(person)] = Meeting(at, position)
    return found
