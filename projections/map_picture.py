"""A decision map as a picture: people as nodes, reporting and influence as edges, each with what shows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from domain.account.person import Attitude, Coverage, Level, Orientation, PoliticalStatus
from domain.opportunity.buyers import BuyerRole, Support
from projections.map_facts import MapFacts, Person

STATED = tuple(field for field in Person.__struct_fields__ if field not in ("account", "stakeholder"))


class StandNode(msgspec.Struct):
    """How a person stands on an opportunity; `wants` is what he wants to win, for those who may read it."""

    opportunity: UUID
    role: BuyerRole
    support: Support
    key_player: bool
    since: datetime
    positions: list[int]
    wants: str | None = None


class Closeness(msgspec.Struct):
    """How near one of ours is to a person, and how near he should be."""

    member: UUID
    level: Level
    desired: Level | None
    coverage: Coverage | None
    positions: list[int]
    member_name: str | None = None


class MapNode(msgspec.Struct):
    """A person who is there; the name for those who may read it. `met` and `contacted` are the last times."""

    id: UUID
    account: UUID
    title: str
    department: str
    reports_to: UUID | None
    attitude: Attitude | None
    political: PoliticalStatus | None
    orientation: Orientation | None
    stands: list[StandNode]
    relationships: list[Closeness]
    met: datetime | None
    contacted: datetime | None
    positions: list[int]
    name: str | None = None


class MapEdge(msgspec.Struct):
    """An arrow: reports_to (formal, without strength), advises, approves or blocks, with strength 1 to 3."""

    id: str
    kind: str
    from_: UUID = msgspec.field(name="from")
    to: UUID
    strength: int | None
    nature: str
    positions: list[int]


def nodes(facts: MapFacts) -> list[MapNode]:
    """Everybody who is there, those known longest first."""
    return [_node(facts, who) for who in facts.there]


def edges(facts: MapFacts) -> list[MapEdge]:
    """The arrows between those who are there: the formal organisation, then influence, the strongest first."""
    return [*_reporting(facts), *_influences(facts)]


def _node(facts: MapFacts, who: UUID) -> MapNode:
    trail = facts.people[who]
    person = trail.now
    assert person is not None
    met, contacted = facts.met.get(who), facts.contacted.get(who)
    return MapNode(
        id=who,
        account=person.account,
        title=person.title,
        department=person.department,
        reports_to=facts.superior(person),
        attitude=person.attitude,
        political=person.political,
        orientation=person.orientation,
        stands=[
            StandNode(stand.opportunity, stand.role, stand.support, stand.key_player, trail.steps[-1].at, trail.begun())
            for stand, trail in facts.stands_of(who)
        ],
        relationships=[
            Closeness(near.member, near.level, near.desired, near.coverage, trail.begun("level", "desired", "coverage"))
            for near, trail in facts.nearness_of(who)
        ],
        met=met.at if met else None,
        contacted=contacted.at if contacted else None,
        positions=sorted(
            {*trail.begun(*Person.__struct_fields__[2:]), *(each.position for each in (met, contacted) if each)}
        ),
    )


def _reporting(facts: MapFacts) -> list[MapEdge]:
    """The formal organisation among those who are there."""
    found = []
    for who in facts.there:
        person = facts.people[who].now
        above = facts.superior(person) if person else None
        if above in facts.people_there:
            edge = f"{who} reports_to {above}"
            found.append(MapEdge(edge, "reports_to", who, above, None, "formal", facts.people[who].begun("reports_to")))
    return found


def _influences(facts: MapFacts) -> list[MapEdge]:
    """Who advises, approves or blocks whom among those who are there, the strongest first."""
    found = []
    for (source, target, kind), trail in facts.influences.items():
        if trail.now and facts.people_there >= {source, target}:
            key = f"{source} {kind.value} {target}"
            strength, nature = trail.now.strength, trail.now.nature.value
            found.append(MapEdge(key, kind.value, source, target, strength, nature, trail.begun("strength", "nature")))
    return sorted(found, key=lambda edge: (-(edge.strength or 0), edge.id))
