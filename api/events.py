"""The journal as a feed: everything recorded after a position, as CloudEvents, for those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.asking import Position, must_not_be_ahead
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of
from api.opening import opened, plain, sealed_fields
from domain.account.account import Account
from domain.aggregate import EVENTS, ROOTS, Aggregate, Recorded
from domain.errors import CorruptEvent, Fault, Malformed, NotFound, UnknownTopic
from domain.journal.restores import epoch
from domain.member import KeyScope

LONGEST_WAIT = 30.0
SECRET = ("hash",)


class EventsQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was recorded after a position, which must not be ahead of the journal (409): after a restore from a backup
    it may be. `epoch`: that of the answer with which you read so far; whoever states it is told (409) of a restore that
    cut off what he has read, however far the journal has grown since. `wait`: up to so many seconds until there is
    something."""

    after: Position = 0
    epoch: Position | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    wait: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_WAIT)] = 0.0
    account: Named | None = None
    type: str = ""


class CloudEvent(msgspec.Struct, kw_only=True):
    """A fact as CloudEvents 1.0. `id` is the position, `subject` the stream; `sealed` names the fields of `data`
    that hold personal data, null for those who may not read it. An event that cannot be read has `error`."""

    specversion: str = "1.0"
    id: str
    source: str = "/kams"
    type: str
    subject: UUID | None
    time: datetime | None
    position: int
    version: int | None = None
    account: UUID | None = None
    occurredat: datetime | None = None
    precision: str = ""
    actor: UUID | None = None
    origin: str = ""
    commandid: UUID | None = None
    correlationid: UUID | None = None
    causationid: int | None = None
    schemaversion: int | None = None
    note: str | None = None
    sealed: list[str] = []
    error: str = ""
    data: dict[str, Any] = {}


class EventsAnswer(msgspec.Struct, kw_only=True):
    """A stretch of the feed. `examined` is the last position looked at: ask for what is after it, and state `epoch`
    with it, which is another one after each restore from a backup (0 where there was none)."""

    events: list[CloudEvent]
    examined: int
    head: int
    epoch: int


def event_endpoints() -> list[Endpoint]:
    """The feed."""
    return [
        Endpoint(
            method="GET",
            path="/events",
            name="events",
            about="Everything recorded after a position. Every answer, empty ones too, says the last one examined and "
            "the epoch of the journal: keep both, and state both (`after`, `epoch`). 409 where it was restored "
            "from a backup and does not hold all that you have read; without `epoch` that is only told as long as the "
            "journal has not grown beyond `after` again.",
            handle=_events,
            answer=EventsAnswer,
            query=EventsQuery,
            tag="events",
            ready=_has_news,
            patience=lambda call: call.query(EventsQuery).wait,
        )
    ]


def _has_news(call: Call) -> bool:
    """Whether there is something to be told: events, or that the journal was restored."""
    query, streams = call.query(EventsQuery), call.doors.journal.streams
    return streams.head() != query.after or (query.epoch is not None and query.epoch != streams.read(epoch))


def _events(call: Call) -> Reply:
    call.asker.must_have(KeyScope.STREAM, KeyScope.READ)
    query = call.query(EventsQuery)
    wanted = account_of(call, query.account)
    if wanted is not None:
        call.doors.access.must_see(call.asker, Account, wanted)
    now_in = call.doors.journal.streams.read(epoch)
    must_not_be_ahead(call, query.after, read_in=query.epoch)
    head = call.doors.journal.streams.head()
    facts, examined = _stretch(call, query, head)
    shown = list(_shown(call, wanted, facts))
    call.exported = call.opened_personal
    return Reply(EventsAnswer(events=shown, examined=max(examined, query.after), head=head, epoch=now_in))


def _stretch(call: Call, query: EventsQuery, head: int) -> tuple[list[Recorded | CloudEvent], int]:
    """Facts after a position, and how far that looked. One that cannot be read is named and stands alone."""
    topics = _topics(query.type)
    streams = call.doors.journal.streams
    try:
        facts = streams.facts(query.after, query.limit, topics)
    except (CorruptEvent, UnknownTopic) as error:
        broken: int = error.details["position"]
        before = streams.facts(query.after, broken - query.after - 1) if broken - query.after > 1 else []
        if before:
            return [fact for fact in before if not topics or fact.event.topic in topics], broken - 1
        return [_unreadable(call, error, broken)], broken
    return list(facts), facts[-1].position if len(facts) == query.limit else max([head, *(f.position for f in facts)])


def _topics(wanted: str) -> tuple[str, ...]:
    """The stored names asked for, separated by commas; a root's name stands for all of its events."""
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    found: list[str] = []
    for name in names:
        matching = [topic for topic in EVENTS if name in (topic, topic.partition(".")[0])]
        if not matching:
            raise Malformed(Fault("type", name[:80], "no such event; one looks like Account.VisitLogged, or Account"))
        found += matching
    return tuple(found)


def _shown(call: Call, wanted: UUID | None, facts: list[Recorded | CloudEvent]) -> Iterator[CloudEvent]:
    """The facts that the asker may see, of the account that he asks for."""
    everything, access = call.asker.visibility.everything, call.doors.access
    roots = {fact.originator_id: root_of(fact) for fact in facts if isinstance(fact, Recorded)}
    accounts = access.readable_accounts_of(roots)
    covered = {one.id: access.covers(call.asker.visibility, one) for one in accounts.values()}
    for fact in facts:
        if isinstance(fact, CloudEvent):
            if everything and wanted is None:
                yield fact
            continue
        account = accounts.get(fact.originator_id)
        seen = everything or (account is not None and covered[account.id])
        if seen and (wanted is None or (account is not None and account.id == wanted)):
            yield _event(call, fact, account.id if account else None)


def root_of(fact: Recorded) -> type[Aggregate]:
    """The aggregate that a fact is about."""
    return ROOTS[fact.event.topic.partition(".")[0]]


def _event(call: Call, fact: Recorded, account: UUID | None) -> CloudEvent:
    note = opened(call, fact.note, "note")
    return CloudEvent(
        id=str(fact.position),
        type=fact.event.topic,
        subject=fact.originator_id,
        time=fact.recorded_at,
        position=fact.position,
        version=fact.originator_version,
        account=account,
        occurredat=fact.occurred_at,
        precision=fact.precision.value,
        actor=fact.actor,
        origin=fact.origin.value,
        commandid=fact.command_id,
        correlationid=fact.correlation_id,
        causationid=fact.causation_id,
        schemaversion=fact.event.schema_version,
        note=note,
        sealed=sealed_fields(fact.event),
        data=plain(call, fact.event, *SECRET),
    )


def _unreadable(call: Call, error: CorruptEvent | UnknownTopic, position: int) -> CloudEvent:
    found = call.doors.journal.streams.place_of(position)
    if found is None:
        raise NotFound(kind="event", key=position)
    topic = str(error.details["topic"])
    return CloudEvent(
        id=str(position), type=topic, subject=found[0], time=found[1], position=position, error=str(error)
    )
