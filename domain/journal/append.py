"""What a command wants appended, what the journal answers, and the one SQL call between the two."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from domain.claims import Claim, ClaimedTwice, taken
from domain.errors import KamsError, RepeatedDifferently
from domain.journal.mapper import Row

APPEND = (
    "select * from append_commands(%b::uuid[], %b::bytea[], %b::int4[], %b::uuid[], %b::int4[],"
    " %b::int4[], %b::int4[], %b::text[], %b::text[], %b::text[], %b::uuid[], %b::int4[], %b::int8[],"
    " %b::int4[], %b::uuid[], %b::int4[], %b::text[], %b::bytea[])"
)


@dataclass(frozen=True, slots=True)
class Append:
    """What one command wants recorded: its events, in order, and what they stand on.

    `guards` are the versions at which streams must stand (0: must not exist).
    """

    command_id: UUID
    digest: bytes
    events: Sequence[Row]
    guards: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the events of a command lie; `repeated` if they were recorded by an earlier try."""

    first: int
    last: int
    recorded_at: datetime
    repeated: bool = False


def guards_of(events: Sequence[Row]) -> dict[UUID, int]:
    """The versions at which the streams of these events stand before them.

    Raises IntegrityError where versions of a stream do not follow each other.
    """
    guards: dict[UUID, int] = {}
    newest: dict[UUID, int] = {}
    for event in events:
        stream, version = event.originator_id, event.originator_version
        assert isinstance(stream, UUID)
        if version != newest.setdefault(stream, version - 1) + 1:
            raise IntegrityError(f"{stream}: version {version} does not follow {newest[stream]}")
        guards.setdefault(stream, version - 1)
        newest[stream] = version
    return guards


def claims_of(events: Sequence[Row]) -> list[tuple[int, Claim, UUID | str]]:
    """The claims of events, each with the number of its event, counted from 1. Raises ClaimedTwice."""
    claims = [(n, claim, event.originator_id) for n, event in enumerate(events, 1) for claim in event.claims]
    each_once(claims)
    return claims


def each_once(claims: Sequence[tuple[int, Claim, UUID | str]]) -> None:
    """Raises ClaimedTwice where two of the claims are the same."""
    if len(claims) > 1:
        ordered = sorted((claim.kind, claim.scope, claim.value) for _, claim, _ in claims)
        for one, other in pairwise(ordered):
            if one == other:
                raise ClaimedTwice(kind=one[0], value=one[2])


def arguments(group: Sequence[Append]) -> list[list[Any]]:
    """The arguments of APPEND for a group of commands that do not touch each other."""
    guards = [(c, *guard) for c, a in enumerate(group, 1) for guard in a.guards.items()]
    events = [(c, e) for c, a in enumerate(group, 1) for e in a.events]
    owners = [c for c, _ in events]
    rows = [e for _, e in events]
    return [
        [a.command_id for a in group],
        [a.digest for a in group],
        *columns(guards, 3),
        *claim_columns(rows, owners),
        owners,
        [e.originator_id for e in rows],
        [e.originator_version for e in rows],
        [e.topic for e in rows],
        [e.state for e in rows],
    ]


def claim_columns(events: Sequence[Row], owners: Sequence[int]) -> list[list[Any]]:
    """The columns of what is claimed and what is released by events; `owners` are the numbers of their commands."""
    claims = [(owners[n - 1], n, c.kind, c.scope, c.value, stream) for n, c, stream in claims_of(events)]
    released = [(owner, event.releases) for owner, event in zip(owners, events, strict=True) if event.releases]
    return [*columns(claims, 6), *columns(released, 2)]


def answer(append: Append, row: Sequence[Any], events: int) -> Appended | KamsError | IntegrityError:
    """What a command's line of the answer means; the command has so many events."""
    outcome, first, last, at, detail = row
    if outcome in ("recorded", "repeated"):
        return Appended(first, last or first + events - 1, at, repeated=outcome == "repeated")
    if outcome == "different":
        return RepeatedDifferently(command_id=append.command_id)
    if outcome == "claimed":
        kind, scope, value, aggregate, position = json.loads(detail)
        return taken(Claim(kind, scope, value), aggregate, position)
    return IntegrityError(detail)


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as that many columns."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
