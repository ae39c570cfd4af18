"""Decoding what the journal holds into envelopes, once for all models that read the same events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

import psycopg

from domain.aggregate import EVENTS
from domain.errors import JournalError
from domain.journal import reading
from domain.journal.mapper import JournalMapper
from domain.journal.reading import EPOCH, Stored
from projections.engine.model import Envelope, Plan

_BY_POSITION = attrgetter("position")


@dataclass(frozen=True, slots=True)
class Broken:
    """An event that cannot be read."""

    position: int
    step: int
    stream: bytes
    topic: str
    error: str


@dataclass
class Batch:
    """The events after a position up to another, whole appends, by position."""

    after: int
    to: int
    envelopes: list[Envelope] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def of(self, topics: Collection[str]) -> list[Envelope]:
        """The events of these names, by position: what a model looks at, however many others there are."""
        found = [self._by_topic[topic] for topic in topics if topic in self._by_topic]
        if len(found) == 1:
            return found[0]
        return sorted(chain.from_iterable(found), key=_BY_POSITION)

    def leave_out(self, positions: Collection[int]) -> None:
        """As if some events had never been told."""
        if positions:
            self.envelopes = [envelope for envelope in self.envelopes if envelope.position not in positions]
            self.broken = [broken for broken in self.broken if broken.position not in positions]

    @property
    def topics(self) -> Collection[str]:
        """The names of the events in it."""
        return self._by_topic.keys()

    @cached_property
    def _by_topic(self) -> dict[str, list[Envelope]]:
        found: dict[str, list[Envelope]] = {}
        for envelope in self.envelopes:
            found.setdefault(envelope.topic, []).append(envelope)
        return found


class Facts:
    """Reads and decodes, on connections given by the caller."""

    def __init__(self, mapper: JournalMapper) -> None:
        self._mapper = mapper
        self._lean: dict[str, Callable[[int, bytes], Any]] = {}

    def between(self, connection: psycopg.Connection, after: int, to: int, plans: Iterable[Plan]) -> Batch:
        """What the models need of the events after a position up to the end of an append."""
        wanted = frozenset[str]().union(*(plan.topics for plan in plans))
        batch = Batch(after, to)
        self._decode(reading.between(connection, after, to, EVENTS.keys() - wanted), batch)
        return batch

    def at(self, connection: psycopg.Connection, positions: Collection[int]) -> dict[int, Envelope | Broken]:
        """The events at some positions; their `step` is not known."""
        batch = Batch(0, 0)
        if positions:
            self._decode(reading.at(connection, positions), batch)
        found: dict[int, Envelope | Broken] = {envelope.position: envelope for envelope in batch.envelopes}
        found.update((broken.position, broken) for broken in batch.broken)
        return found

    def of_streams(self, connection: psycopg.Connection, streams: Collection[bytes], to: int) -> Batch:
        """All events of some streams up to a position."""
        batch = Batch(0, to)
        self._decode(reading.of_streams(connection, streams, to), batch)
        return batch

    def _decode(self, rows: Iterable[Stored], batch: Batch) -> None:
        lean, keep, epoch = self._lean, batch.envelopes.append, EPOCH
        for position, step, stream, topic, state in rows:
            try:
                stored = (lean.get(topic) or self._learn(topic, position))(position, state)
            except JournalError as error:
                batch.broken.append(Broken(position, step, stream, topic, str(error)))
                continue
            moment = stored.occurred_at
            since = moment - epoch
            at = since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
            keep(Envelope(position, step, stream, topic, at, moment, stored.event))

    def _learn(self, topic: str, position: int) -> Callable[[int, bytes], Any]:
        found: Callable[[int, bytes], Any] = self._mapper.decoder(topic, position).lean
        self._lean[topic] = found
        return found
