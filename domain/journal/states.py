"""Newest states kept in memory and as snapshots; both are only a shorter way to the fold of the stream."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Recorded, in_business_order, unopened
from domain.decodable import decodable

A = TypeVar("A", bound=Aggregate)

KEPT = 20_000
SNAPSHOT_EVERY = 100
SNAPSHOTS_KEPT = 10
"""How many snapshots stay: from them a fact is decided that lies up to a thousand facts back."""


class States:
    """The newest states of this process's aggregates. A state is taken out to be decided on and comes back only
    when the decision was recorded, so that an unrecorded decision never stays."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._states: OrderedDict[UUID, Aggregate] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, aggregate_id: UUID) -> Aggregate | None:
        """Take a state out; None where there is none."""
        with self._lock:
            return self._states.pop(aggregate_id, None)

    def get(self, aggregate_id: UUID) -> Aggregate | None:
        """Look at a state without taking it out."""
        with self._lock:
            found = self._states.get(aggregate_id)
            if found is not None:
                self._states.move_to_end(aggregate_id)
            return found

    def keep(self, aggregate: Aggregate) -> None:
        """Keep a state that equals the journal."""
        with self._lock:
            self._states[aggregate.id] = aggregate
            if len(self._states) > self._kept:
                self._states.popitem(last=False)

    def drop(self, aggregate_ids: set[UUID]) -> None:
        """Forget the states of aggregates that were written by another way."""
        with self._lock:
            for aggregate_id in aggregate_ids:
                self._states.pop(aggregate_id, None)


@cache
def snapshot_topic(root: type[Aggregate]) -> str:
    """The name under which snapshots of this shape of the state are kept; another shape is not read."""
    digest = hashlib.sha256(_shape(root).encode()).hexdigest()[:16]
    return f"{root.__name__}:{root.state_version}:{digest}"


def _shape(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        inside = ",".join(f"{field.name}:{_shape(field.type)}" for field in msgspec.structs.fields(kind))
        return f"{kind.__name__}({inside})"
    arguments = getattr(kind, "__args__", ())
    return f"{kind!r}[{','.join(_shape(argument) for argument in arguments)}]" if arguments else repr(kind)


class Mark(msgspec.Struct, frozen=True):
    """A state on the way through a stream: that of its first `version` facts."""

    version: int
    state: bytes


def folded(root: type[A], aggregate_id: UUID, base: A | None, since: list[Recorded]) -> tuple[A, list[Mark]]:
    """The newest state, from a base that all of `since` continues; and snapshots worth keeping where that was much.

    After n facts the state is a snapshot where these are the n next versions: then it holds all that was recorded
    up to its version and nothing else, and every other fact is later.
    """
    aggregate = base or unopened(root, aggregate_id, since)
    first = highest = aggregate.version
    last = max((fact.originator_version for fact in since), default=first)
    many = len(since) > 2 * SNAPSHOT_EVERY
    marks: list[Mark] = []
    for number, fact in enumerate(in_business_order(since), first + 1):
        aggregate.fold(fact)
        aggregate.version = highest = max(highest, fact.originator_version)
        on_grid = many and highest == number and highest % SNAPSHOT_EVERY == 0
        if on_grid and last - highest < SNAPSHOTS_KEPT * SNAPSHOT_EVERY:
            marks.append(Mark(highest, encoded(aggregate)))
    aggregate.version = last
    return aggregate, [*marks, Mark(last, encoded(aggregate))] if many and last % SNAPSHOT_EVERY else marks


def encoded(aggregate: Aggregate) -> bytes:
    """The bytes of a snapshot."""
    return msgspec.msgpack.encode(aggregate)


def decoded(root: type[Aggregate], state: bytes) -> Aggregate:
    """The aggregate of a snapshot, its parts bound to it."""
    return msgspec.msgpack.decode(state, type=decodable(root))
