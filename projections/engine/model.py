"""What a read model is: a row type, and handlers that see an event and a row, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

import msgspec

from domain.aggregate import EVENTS, Event, Withdrawal
from projections.engine.errors import BadModel
from projections.engine.rows import Row, shape_of

if TYPE_CHECKING:
    from projections.engine.facts import Batch

Handler = TypeVar("Handler", bound=Callable[..., Any])
KeyOf = Callable[["Envelope", Any], UUID | None]
KeysOf = Callable[["Envelope", Any], Iterable[UUID]]
Handle = Callable[[Row | None, Any, "Envelope"], Row | None]
Route = Callable[["Envelope", Any], Iterable[bytes]]


class Envelope(msgspec.Struct, gc=False):
    """An event on its way to the rows, with what is known about it.

    `at` is occurred_at in microseconds since 2000, `step` the last position of the append that recorded it.
    """

    position: int
    step: int
    stream: bytes
    topic: str
    at: int
    occurred_at: datetime
    event: Any

    @property
    def aggregate_id(self) -> UUID:
        """The stream of the event."""
        return UUID(bytes=self.stream)


class Handling(msgspec.Struct, frozen=True, gc=False):
    """How a model handles a topic: its handler, and the rows that an event concerns (None: its stream's)."""

    handle: Handle
    route: Route | None


def on(*events: type[Event], key: KeyOf | None = None, keys: KeysOf | None = None) -> Callable[[Handler], Handler]:
    """Register a handler for events.

    `key` names the row by the event alone, None meaning that the event does not concern the model; `keys`
    names several rows. Without either the row is that of the event's stream.
    """

    def register(handler: Handler) -> Handler:
        handler.__dict__.setdefault("handles", []).extend((event, _route(key, keys)) for event in events)
        return handler

    return register


def _route(key: KeyOf | None, keys: KeysOf | None) -> Route | None:
    if keys is not None:
        several = keys
        return lambda envelope, event: dict.fromkeys(one.bytes for one in several(envelope, event))
    if key is not None:
        single = key

        def route(envelope: Envelope, event: Any) -> tuple[bytes, ...]:
            found = single(envelope, event)
            return () if found is None else (found.bytes,)

        return route
    return None


class ReadModel:
    """The base of all read models: declare name, version, row and handlers; the engine does everything else.

    `open_when` is an SQL condition on the columns: the rows that most questions are about (an opportunity
    without outcome). The as-of indexes hold these rows alone; None means all rows. `covers` are columns that
    the index on the open current rows carries along. `indexes` are further lists of columns to be indexed, on
    the current rows and on the history; `open_indexes` are such lists for the open current rows alone, which are few.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    row: ClassVar[type[Row]]
    open_when: ClassVar[str | None] = None
    covers: ClassVar[tuple[str, ...]] = ()
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    open_indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()

    @property
    def table(self) -> str:
        """The table of the current rows; the earlier versions are in `history`."""
        return f"{self.name}_v{self.version}"

    @property
    def history(self) -> str:
        """The table of all versions but the current one."""
        return f"{self.table}_history"

    @property
    def open(self) -> str:
        """The condition of the as-of indexes, word for word as a query must repeat it."""
        return f"kind = 1 and {self.open_when}" if self.open_when else "kind = 1"


class Plan:
    """A read model as the engine uses it: handlings by topic, the aggregates it follows, its shape."""

    def __init__(self, model: ReadModel) -> None:
        self.model = model
        self.shape = shape_of(model.name, model.row)
        self.handlings = handlings(model)
        if not self.handlings:
            raise BadModel(model=model.name, reason="it handles no event")
        self.roots = frozenset(root_of(topic) for topic in self.handlings)
        self.withdrawals = frozenset(
            topic for topic, event in EVENTS.items() if issubclass(event, Withdrawal) and root_of(topic) in self.roots
        )
        self.topics = frozenset(self.handlings) | self.withdrawals
        self.by_stream = all(handling.route is None for handling in self.handlings.values())

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    def concerns(self, topic: str) -> bool:
        """Whether an event that cannot be read may have concerned the model's rows."""
        return topic in self.topics or (topic not in EVENTS and root_of(topic) in self.roots)

    def concerned(self, batch: Batch) -> bool:
        """Whether anything in a batch may concern the model's rows."""
        return not self.topics.isdisjoint(batch.topics) or any(self.concerns(broken.topic) for broken in batch.broken)

    def keys(self, envelope: Envelope) -> Iterable[bytes]:
        """The rows that an event concerns."""
        handling = self.handlings.get(envelope.topic)
        if handling is None:
            return ()
        return (envelope.stream,) if handling.route is None else handling.route(envelope, envelope.event)


def root_of(topic: str) -> str:
    """The aggregate in a stored name."""
    return topic.partition(".")[0]


def handlings(model: ReadModel) -> dict[str, Handling]:
    """The handlers of a model by topic. Raises BadModel where an event has two."""
    found: dict[str, Handling] = {}
    for name in dir(type(model)):
        for event, route in getattr(getattr(type(model), name), "handles", ()):
            if not event.topic:
                raise BadModel(model=model.name, reason=f"{event.__qualname__} has no stored name yet")
            if event.topic in found:
                raise BadModel(model=model.name, reason=f"{event.topic} has two handlers")
            found[event.topic] = Handling(getattr(model, name), route)
    return found
