"""The base of all aggregates: parts that decide, events that apply, one order of folding.

A command method of a part checks and records. An event has a condition (`check`, asked by the command and
again when an earlier fact is recorded late) and a consequence (`apply`, which never refuses).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, dataclass_transform
from uuid import UUID

import msgspec

from domain.claims import Claim
from domain.errors import NotFound, Refused
from domain.sealed import Sealed

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

CommandMethod = TypeVar("CommandMethod", bound=Callable[..., None])


class Origin(enum.StrEnum):
    """Who brought the fact in."""

    PERSON = "person"
    IMPORT = "import"
    WORKER = "worker"


class Precision(enum.StrEnum):
    """Whether `occurred_at` is a moment, or stands for a whole day of the company's calendar."""

    MOMENT = "moment"
    DAY = "day"


class NotYetOpened(Refused):
    """There is no {kind} {id}, or it begins only later: date this after its beginning."""


class AlreadyOpened(Refused):
    """The {kind} {id} exists already: use another identifier, or change the one that is there."""


class LaterFactForbids(Refused):
    """At {occurred_at} this was not possible: {topic} at position {position}, which came later, could not have
    happened after it ({reason}). Withdraw that fact first, or date this one after it."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class EventType(msgspec.StructMeta):
    """Makes every event a frozen, keyword-only struct without repeating it at each class."""

    def __new__(mcls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> EventType:
        return super().__new__(mcls, name, bases, body, frozen=True, kw_only=True, forbid_unknown_fields=True)


class Event(msgspec.Struct, metaclass=EventType):
    """A fact of the business. Its fields are what is stored, under `topic`, in schema `schema_version`."""

    topic: ClassVar[str] = ""
    part: ClassVar[str] = ""
    schema_version: ClassVar[int] = 1
    upcasts: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
    opens: ClassVar[bool] = False

    def check(self, part: Any) -> None:
        """Refuse where this fact is not possible in the state of the part."""

    def apply(self, part: Any) -> None:
        """Change the state of the part. Never refuses and computes no rule."""

    def claims(self, aggregate_id: UUID) -> list[Claim]:
        """What only one aggregate may hold, from this event on."""
        return []


class Withdrawal(Event):
    """A fact is taken back (冲销): everything folds as if it had not been, from this position on.

    What replaces it is recorded by the same command, with the withdrawn position as its cause.
    """

    position: int
    reason: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event with all that the journal keeps about it. `position` is 0 until it is appended."""

    originator_id: UUID
    originator_version: int
    event: Event
    occurred_at: Moment
    precision: Precision = Precision.MOMENT
    actor: UUID | None = None
    origin: Origin = Origin.PERSON
    command_id: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: int | None = None
    note: Sealed | None = None
    source: bytes | None = None
    position: int = 0
    recorded_at: datetime | None = None

    def mutate(self, aggregate: Aggregate | None) -> Aggregate:
        """The aggregate after this event; a new one if there is none yet."""
        aggregate = aggregate or ROOTS[self.event.topic.partition(".")[0]](id=self.originator_id)
        aggregate.fold(self)
        return aggregate


class Part(msgspec.Struct, dict=True, eq=False):
    """A business noun of an aggregate: state, events, decisions. Parts do not know each other."""

    if TYPE_CHECKING:
        root: ClassVar[Aggregate]

    def record(self, event: Event) -> None:
        """Check the event's condition, apply it, keep it for the journal."""
        self.root.take(event)


class Aggregate(Part, eq=False):
    """The root: identity, version, and the commands that concern several parts.

    `state_version` rises when an event's `apply` changes what it does: kept snapshots are then not read any more.
    `refers_by` names the field by which it refers to another kind, where that is not the kind's own name.
    """

    state_version: ClassVar[int] = 1
    refers_by: ClassVar[dict[str, str]] = {}

    id: UUID
    version: int = 0
    latest: Moment = BEGINNING
    opened: bool = False

    if TYPE_CHECKING:
        pending: ClassVar[list[Recorded]]
        moment: ClassVar[datetime]

    def __post_init__(self) -> None:
        self.__dict__.update(pending=[], root=self, moment=END_OF_TIME)
        for name in self.__struct_fields__:
            part = getattr(self, name)
            if isinstance(part, Part):
                part.__dict__["root"] = self

    def at(self, moment: datetime) -> Aggregate:
        """The same aggregate, at which the next commands happen at `moment`."""
        self.__dict__["moment"] = moment
        return self

    def take(self, event: Event) -> None:
        """Record an event that a command has decided on."""
        if event.opens == self.opened:
            raise (AlreadyOpened if self.opened else NotYetOpened)(kind=type(self).__name__, id=self.id)
        self.must_take(event)
        event.check(self.part_of(event))
        recorded = Recorded(
            originator_id=self.id, originator_version=self.version + 1, event=event, occurred_at=self.moment
        )
        self.fold(recorded)
        self.pending.append(recorded)

    def must_take(self, event: Event) -> None:
        """Refuse any event where the whole aggregate takes no more; asked before the event's own condition."""

    def part_of(self, event: Event) -> Any:
        """The part that an event belongs to; the root itself for its own."""
        return getattr(self, event.part) if event.part else self

    def fold(self, recorded: Recorded) -> None:
        """Apply a fact without asking."""
        event = recorded.event
        event.apply(getattr(self, event.part) if event.part else self)
        if event.opens:
            self.opened = True
        self.version = recorded.originator_version
        if recorded.occurred_at > self.latest:
            self.latest = recorded.occurred_at

    def collect_events(self) -> list[Recorded]:
        """The facts recorded since the last call."""
        collected = self.pending[:]
        self.pending.clear()
        return collected


ROOTS: dict[str, type[Aggregate]] = {}
EVENTS: dict[str, type[Event]] = {}

A = TypeVar("A", bound=Aggregate)


def command(method: CommandMethod) -> CommandMethod:
    """Mark a method of a part as a command that people, importers and workers may give."""
    method.__dict__["is_command"] = True
    return method


def learn(root: type[A]) -> type[A]:
    """Give the events of an aggregate their stored names. Decorates the root's class."""
    ROOTS[root.__name__] = root
    owners: dict[str, type[Part]] = {"": root}
    for field in msgspec.structs.fields(root):
        if isinstance(field.type, type) and issubclass(field.type, Part):
            owners[field.name] = field.type
    for part, owner in owners.items():
        for event in vars(owner).values():
            if isinstance(event, type) and issubclass(event, Event):
                event.topic, event.part = f"{root.__name__}.{event.__name__}", part
                EVENTS[event.topic] = event
    return root


def in_business_order(history: Iterable[Recorded]) -> list[Recorded]:
    """The facts that hold, in the one order of folding: by (occurred_at, position), withdrawn ones left out."""
    facts = list(history)
    withdrawn = {fact.event.position for fact in facts if isinstance(fact.event, Withdrawal)}
    if withdrawn:
        facts = [fact for fact in facts if fact.position not in withdrawn]
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.originator_version))


def fold(root: type[A], aggregate_id: UUID, history: Iterable[Recorded], base: A | None = None) -> A:
    """The state of an aggregate after its history, whatever the order in which it was recorded; `base` is an earlier
    state that all of it continues."""
    facts = list(history)
    aggregate = base or unopened(root, aggregate_id, facts)
    version = max((fact.originator_version for fact in facts), default=aggregate.version)
    for fact in in_business_order(facts):
        aggregate.fold(fact)
    aggregate.version = version
    return aggregate


def decide(
    root: type[A],
    aggregate_id: UUID,
    history: list[Recorded],
    moment: datetime,
    decision: Callable[[A], None],
    base: A | None = None,
) -> A:
    """Decide on the state as of `moment`, then see that every later fact is still possible.

    `base` is an earlier state that all of `history` continues, none of it before `base.latest`, which is not after
    `moment`. Raises `LaterFactForbids` where a later fact is not possible. The aggregate comes back with its pending
    events.
    """
    version = max((fact.originator_version for fact in history), default=base.version if base else 0)
    facts = in_business_order(history)
    aggregate = base or unopened(root, aggregate_id, facts)
    later = [fact for fact in facts if fact.occurred_at > moment]
    for fact in facts[: len(facts) - len(later)]:
        aggregate.fold(fact)
    aggregate.version = version
    aggregate.at(moment)
    decision(aggregate)
    _see_that_later_facts_stand(aggregate, later)
    return aggregate


def withdrawable(history: list[Recorded], position: int) -> Recorded:
    """The fact at a position, if it may be taken back at all."""
    fact = next((fact for fact in in_business_order(history) if fact.position == position), None)
    for each in history:
        if isinstance(each.event, Withdrawal) and each.event.position == position:
            raise AlreadyWithdrawn(position=position, by=each.position)
    if fact is None or isinstance(fact.event, Withdrawal):
        raise NothingToWithdraw(position=position)
    if fact.event.opens:
        raise OpeningStays(position=position)
    return fact


def withdraw(root: type[A], aggregate_id: UUID, history: list[Recorded], withdrawal: int | Recorded) -> A:
    """The state without a fact; refused where a later fact needs it.

    `withdrawal` is the position of the fact, or the withdrawal as it will be recorded, which the state then holds.
    """
    following = [withdrawal] if isinstance(withdrawal, Recorded) else []
    gone = withdrawable(history, withdrawal if isinstance(withdrawal, int) else _withdrawn_by(withdrawal))
    facts = in_business_order(history)
    at = facts.index(gone)
    aggregate = unopened(root, aggregate_id, facts)
    aggregate.at(gone.occurred_at)
    for fact in facts[:at]:
        aggregate.fold(fact)
    aggregate.version = max(fact.originator_version for fact in (*history, *following))
    _see_that_later_facts_stand(aggregate, [*facts[at + 1 :], *following])
    return aggregate


def _withdrawn_by(fact: Recorded) -> int:
    assert isinstance(fact.event, Withdrawal)
    return fact.event.position


def unopened(root: type[A], aggregate_id: UUID, facts: list[Recorded]) -> A:
    """An aggregate before its facts; raises NotFound where they belong to another kind of aggregate."""
    if facts and facts[0].event.topic.partition(".")[0] != root.__name__:
        raise NotFound(kind=root.__name__, key=aggregate_id)
    return root(id=aggregate_id)


class NothingToWithdraw(Refused):
    """There is no fact at position {position} of this stream that could be withdrawn: name one of its facts that
    still holds."""


class AlreadyWithdrawn(Refused):
    """The fact at position {position} was corrected or taken back already, at position {by}: look at what holds now,
    and correct that where it is wrong."""


class OpeningStays(Refused):
    """The fact at position {position} opened the stream and cannot be withdrawn: change what is wrong by a later
    fact."""


def _see_that_later_facts_stand(aggregate: Aggregate, later: list[Recorded]) -> None:
    version = aggregate.version
    for fact in later:
        try:
            if fact.event.opens:
                raise NotYetOpened(kind=type(aggregate).__name__, id=aggregate.id)
            aggregate.must_take(fact.event)
            fact.event.check(aggregate.part_of(fact.event))
        except Refused as refusal:
            raise LaterFactForbids(
                occurred_at=aggregate.moment.isoformat(),
                topic=fact.event.topic,
                position=fact.position,
                reason=str(refusal),
            ) from refusal
        aggregate.fold(fact)
    aggregate.version = version
