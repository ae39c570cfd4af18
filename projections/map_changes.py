"""What changed in a decision map since a moment: who came and went, roles, support, influence, closeness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from projections.map_facts import MapFacts
from projections.trails import Trail

OF_PEOPLE = ("title", "department", "reports_to", "attitude", "political", "orientation")
OF_STANDS = ("role", "support", "key_player")
OF_NEARNESS = ("level", "desired", "coverage")


class Change(msgspec.Struct, kw_only=True):
    """Before → after, and the positions of the events in between.

    `what`: joined, left; title, department, reports_to, attitude, political, orientation; role, support, key_player
    (on `opportunity`); advises, approves, blocks (`to` whom; strength and nature); level, desired, coverage (of our
    `member`). None: nothing was stated, or it was not there.
    """

    what: str
    stakeholder: UUID
    before: str | None
    after: str | None
    positions: list[int]
    to: UUID | None = None
    member: UUID | None = None
    opportunity: UUID | None = None
    name: str | None = None
    to_name: str | None = None


def changes(facts: MapFacts, since: datetime) -> list[Change]:
    """Everything that is not as it was, in the order of the first events behind it."""
    found = [*_people(facts, since), *_stands(facts, since), *_influences(facts, since), *_nearness(facts, since)]
    return sorted(found, key=lambda each: (each.positions, each.what, each.stakeholder))


def _people(facts: MapFacts, since: datetime) -> Iterator[Change]:
    for who, trail in facts.people.items():
        before, now = trail.then(since), trail.now
        was_there, is_there = bool(before and before.present), bool(now and now.present)
        if was_there != is_there:
            what = "joined" if is_there else "left"
            title = getattr(now, "title", "") or None
            yield Change(
                what=what,
                stakeholder=who,
                before=None if is_there else title,
                after=title if is_there else None,
                positions=trail.after(since, "present"),
            )
        elif is_there:
            yield from _fields(trail, since, OF_PEOPLE, stakeholder=who)


def _stands(facts: MapFacts, since: datetime) -> Iterator[Change]:
    for (opportunity, who), trail in facts.stands.items():
        yield from _fields(trail, since, OF_STANDS, stakeholder=who, opportunity=opportunity)


def _nearness(facts: MapFacts, since: datetime) -> Iterator[Change]:
    for (who, member), trail in facts.nearness.items():
        yield from _fields(trail, since, OF_NEARNESS, stakeholder=who, member=member)


def _influences(facts: MapFacts, since: datetime) -> Iterator[Change]:
    for (source, target, kind), trail in facts.influences.items():
        before, now = _strength(trail.then(since)), _strength(trail.now)
        if before != now:
            positions = sorted({*trail.after(since, "strength"), *trail.after(since, "nature")})
            yield Change(what=kind.value, stakeholder=source, to=target, before=before, after=now, positions=positions)


def _strength(influence: Any) -> str | None:
    return f"{influence.strength} {influence.nature.value}" if influence else None


def _fields(trail: Trail[Any], since: datetime, fields: tuple[str, ...], **about: Any) -> Iterator[Change]:
    earlier = trail.then(since)
    for field in fields:
        before, now = _text(getattr(earlier, field, None)), _text(getattr(trail.now, field, None))
        if before != now:
            yield Change(what=field, before=before, after=now, positions=trail.after(since, field), **about)


def _text(value: Any) -> str | None:
    """A value as it is shown; what is not stated, and a no, are None."""
    return None if value in (None, "", False) else "yes" if value is True else str(value)
