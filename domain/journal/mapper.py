"""Typed MessagePack, both ways: events and what is known about them, as the bytes of the journal.

The state is an array: [schema version, occurred_at, event, precision, origin, actor, correlation, causation,
note, source]. The event is a map by field name, so that an upcaster can work on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent

import domain.vocabulary  # noqa: F401 every event is known before one is read
from domain.aggregate import EVENTS, Event, Moment, Origin, Precision, Recorded, Withdrawal
from domain.claims import Claim
from domain.decodable import decodable
from domain.errors import CorruptEvent, UnknownTopic
from domain.sealed import Sealed

_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_decode = msgspec.msgpack.Decoder().decode

UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What damaged bytes, or an upcaster that meets them, can raise."""


class State(msgspec.Struct, array_like=True, frozen=True):
    """What `state` holds, with the event still untyped."""

    schema_version: int
    occurred_at: Moment
    event: Any
    precision: Precision = Precision.MOMENT
    origin: Origin = Origin.PERSON
    actor: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: int | None = None
    note: Sealed | None = None
    source: bytes | None = None


@dataclass(frozen=True, init=False)
class Row(StoredEvent):
    """An event as it lies in the journal, with the columns that the library does not know.

    `claims` and `releases` are for the append alone: what becomes unique by the event, and the position of a fact
    whose claims end with it.
    """

    position: int = 0
    recorded_at: datetime | None = None
    command_id: UUID | None = None
    claims: tuple[Claim, ...] = ()
    releases: int | None = None

    def __init__(
        self,
        originator_id: UUID,
        originator_version: int,
        topic: str,
        state: bytes,
        position: int = 0,
        recorded_at: datetime | None = None,
        command_id: UUID | None = None,
        claims: tuple[Claim, ...] = (),
        releases: int | None = None,
    ) -> None:
        """A third of the time that the generated constructor of a frozen dataclass takes."""
        self.__dict__.update(
            originator_id=originator_id,
            originator_version=originator_version,
            topic=topic,
            state=state,
            position=position,
            recorded_at=recorded_at,
            command_id=command_id,
            claims=claims,
            releases=releases,
        )


class Decoder:
    """Decodes the state of one event type; `lean` reads occurred_at and event alone, for projections."""

    def __init__(self, event: type[Event]) -> None:
        first = [("schema_version", int), ("occurred_at", Moment), ("event", event)]
        rest = [(f.name, f.type, f.default) for f in msgspec.structs.fields(State)[3:]]
        self.event = event
        self.version = event.schema_version
        full = msgspec.defstruct("Full", [*first, *rest], array_like=True, frozen=True)
        lean = msgspec.defstruct("Lean", first, array_like=True, frozen=True, gc=False)
        self._full = msgspec.msgpack.Decoder(decodable(full))
        self._lean = msgspec.msgpack.Decoder(decodable(lean))
        self.decode: Callable[[bytes], Any] = self._lean.decode
        """The same as `lean`, in a third of the time, for what is stored in the newest schema: of another one it says
        the `schema_version` or raises one of UNREADABLE."""

    def lean(self, position: int, state: bytes) -> Any:
        """A struct with `occurred_at` and `event`."""
        return self._read(self._lean, position, state)

    def full(self, position: int, state: bytes) -> Any:
        """A struct with everything the state holds."""
        return self._read(self._full, position, state)

    def _read(self, decoder: msgspec.msgpack.Decoder[Any], position: int, state: bytes) -> Any:
        try:
            stored = decoder.decode(state)
            if stored.schema_version == self.event.schema_version:
                return stored
            reason = ""
        except UNREADABLE as error:
            reason = str(error)
        return self._upcast(decoder, position, state, reason)

    def _upcast(self, decoder: msgspec.msgpack.Decoder[Any], position: int, state: bytes, reason: str) -> Any:
        """Bring an older schema to the newest one; name what is wrong where that is not possible."""
        try:
            raw = _decode(state)
            version = raw[0]
            if version > self.event.schema_version:
                reason = f"schema version {version} is newer than this program, which knows {self.event.schema_version}"
                raise CorruptEvent(position=position, topic=self.event.topic, reason=reason)
            if version == self.event.schema_version:
                raise CorruptEvent(position=position, topic=self.event.topic, reason=reason)
            fields = raw[2]
            for step in range(version, self.event.schema_version):
                fields = self.event.upcasts[step](fields)
            return decoder.decode(_encode([self.event.schema_version, raw[1], fields, *raw[3:]]))
        except UNREADABLE as error:
            raise CorruptEvent(
                position=position, topic=self.event.topic, reason=reason or f"{type(error).__name__}: {error}"
            ) from error


@cache
def decoder_of(event: type[Event]) -> Decoder:
    """The decoder of an event type, the same for every journal of a process."""
    return Decoder(event)


class JournalMapper(Mapper[UUID]):
    """Turns recorded facts into rows of the journal and back."""

    def __init__(self) -> None:
        """Nothing to transcode: the mapper does it all."""

    def decoder(self, topic: str, position: int = 0) -> Decoder:
        """The decoder of a stored name."""
        event = EVENTS.get(topic)
        if event is None:
            raise UnknownTopic(position=position, topic=topic)
        return decoder_of(event)

    def to_stored_event(self, domain_event: Any) -> Row:
        """The row of a recorded fact."""
        return row_of(domain_event)

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        """The recorded fact of a row."""
        assert isinstance(stored_event, Row)
        row = stored_event
        assert isinstance(row.originator_id, UUID)
        return self.fact(
            row.position,
            row.recorded_at,
            row.originator_id,
            row.command_id,
            row.originator_version,
            row.topic,
            row.state,
        )

    def fact(
        self,
        position: int,
        recorded_at: datetime | None,
        stream: UUID,
        command_id: UUID | None,
        version: int,
        topic: str,
        state: bytes,
    ) -> Recorded:
        """The recorded fact of the columns of the journal."""
        s = self.decoder(topic, position).full(position, state)
        return Recorded(
            originator_id=stream,
            originator_version=version,
            event=s.event,
            occurred_at=s.occurred_at,
            precision=s.precision,
            actor=s.actor,
            origin=s.origin,
            command_id=command_id,
            correlation_id=s.correlation_id,
            causation_id=s.causation_id,
            note=s.note,
            source=s.source,
            position=position,
            recorded_at=recorded_at,
        )


def row_of(fact: Recorded) -> Row:
    """The row of a recorded fact."""
    event = fact.event
    return Row(
        fact.originator_id,
        fact.originator_version,
        event.topic,
        encode_state(fact),
        fact.position,
        fact.recorded_at,
        fact.command_id,
        tuple(event.claims(fact.originator_id)),
        event.position if isinstance(event, Withdrawal) else None,
    )


def encode_state(fact: Recorded) -> bytes:
    """The bytes of `state` for a fact: the fields of State in their order."""
    return _encode(
        (
            fact.event.schema_version,
            fact.occurred_at,
            fact.event,
            fact.precision,
            fact.origin,
            fact.actor,
            fact.correlation_id,
            fact.causation_id,
            fact.note,
            fact.source,
        )
    )
