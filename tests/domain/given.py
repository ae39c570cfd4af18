"""Given these facts, when this is commanded, then those facts are recorded: the words of the domain's tests.

A fact of a history is an event, or `on(moment, event)`; events without a moment happen a day apart, from `day(1)` on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import Aggregate, Event, Part, Recorded, decide, fold, withdraw
from domain.money import Money
from domain.sealed import Sealed

A = TypeVar("A", bound=Aggregate)
Fact = Event | tuple[datetime, Event]

ROOT = UUID("00000000-0000-0000-0000-000000000001")


def some_id(name: str) -> UUID:
    """The same identifier for the same name."""
    return uuid5(ROOT, name)


def day(number: int, hour: int = 9) -> datetime:
    """A moment of the tests' calendar; day 1 is 2 January 2025."""
    return datetime(2025, 1, 1, hour, tzinfo=UTC) + timedelta(days=number)


def on(moment: datetime, event: Event) -> tuple[datetime, Event]:
    """An event at a moment."""
    return moment, event


def sealed(text: str, key: str = "key") -> Sealed:
    """A text as the door would hand it in: equal texts are equal."""
    return Sealed(some_id(key), b"0123456789abcdef", text.encode())


def eur(amount: int | str) -> Money:
    """An amount of euros."""
    return Money.of(amount, "EUR")


def history(*facts: Fact, aggregate_id: UUID = ROOT) -> list[Recorded]:
    """The recorded facts of one stream, at positions 1, 2, 3 … in the order given."""
    found = []
    for position, fact in enumerate(facts, start=1):
        moment, event = fact if isinstance(fact, tuple) else (day(position), fact)
        found.append(
            Recorded(
                originator_id=aggregate_id,
                originator_version=position,
                event=event,
                occurred_at=moment,
                position=position,
            )
        )
    return found


def given(root: type[A], *facts: Fact, aggregate_id: UUID = ROOT, now: datetime | None = None) -> A:
    """An aggregate after these facts, standing at `now` (default: a day after the last of them)."""
    known = history(*facts, aggregate_id=aggregate_id)
    aggregate = fold(root, aggregate_id, known)
    latest = max((fact.occurred_at for fact in known), default=day(0))
    aggregate.at(now or latest + timedelta(days=1))
    return aggregate


def recorded(aggregate: Aggregate) -> list[Event]:
    """The events that commands have recorded since the last call."""
    return [fact.event for fact in aggregate.collect_events()]


def late(root: type[A], facts: list[Recorded], moment: datetime, decision: Callable[[A], None]) -> list[Event]:
    """What a command records that is given for an earlier moment than facts known already."""
    return recorded(decide(root, facts[0].originator_id, facts, moment, decision))


def without(root: type[A], facts: list[Recorded], position: int) -> A:
    """The aggregate without the fact at `position`; refused where a later fact needs it."""
    return withdraw(root, facts[0].originator_id, facts, position)


def contents(part: Part) -> object:
    """Everything an aggregate or a part of it holds, comparable."""
    return msgspec.to_builtins(part)


def after_snapshot(aggregate: A) -> A:
    """The same aggregate, written to a snapshot and read again."""
    encoded = msgspec.msgpack.Encoder(uuid_format="bytes").encode(aggregate)
    return msgspec.msgpack.decode(encoded, type=type(aggregate))
