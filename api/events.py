"""The journal as a feed: everything recorded after a position, as CloudEvents, for those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from api.asking import Position, must_not_be_ahead
from api.endpoints import Call, Endpoint, Reply
from api.streams.asked import Which, filter_of, must_not_end_before
from api.streams.formats import EventsFormat, Examined, accepted, document, end, part
from api.streams.reading import read_ahead
from domain.errors import Fault, Malformed
from domain.journal.restores import epoch
from domain.language.catalogue import say
from domain.subscription.subscription import StreamFilter
from projections.streams.envelope import CloudEvent
from projections.streams.feed import brought_up

LONGEST_WAIT = 30.0
USUAL, MOST = 100, 1000
"""Events in one JSON document, where no other number is stated, and at most."""
LOOKED_AT = 20_000
"""Positions looked at for one document, however little of them is for the asker."""


class EventsQuery(Which, forbid_unknown_fields=True, kw_only=True):
    """What was recorded after a position (and up to another), which must not be ahead of the journal (409): after a
    restore from a backup it may be. `epoch`: that of the answer with which you read so far; whoever states it is told
    (409) of a restore that cut off what he has read, however far the journal has grown since. `limit`: so many events
    at most; JSON holds up to 1000 (100 where nothing is stated), NDJSON and MessagePack any number. `wait`: up to so
    many seconds until there is something."""

    after: Position = 0
    to: Position | None = None
    epoch: Position | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    wait: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_WAIT)] = 0.0


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
            "journal has not grown beyond `after` again. By `Accept`: JSON, the bare array of CloudEvents (with "
            "Kams-Examined, Kams-Head and Kams-Epoch as headers), or a stream of NDJSON or MessagePack, which ends "
            "with an object that says the last position examined: a body without it was cut.",
            handle=_events,
            answer=EventsAnswer,
            also={
                EventsFormat.BATCH.value: {"type": "array", "items": {"$ref": "#/components/schemas/CloudEvent"}},
                EventsFormat.NDJSON.value: CloudEvent,
                EventsFormat.MSGPACK.value: CloudEvent,
            },
            statuses={"406": "None of the media types that are accepted"},
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
    query = call.query(EventsQuery)
    form = accepted(call.headers.get("accept", ""))
    wanted = filter_of(call, query)
    must_not_end_before(query.after, query.to)
    if form.whole and query.limit is not None and query.limit > MOST:
        most = say("one document holds at most {most}: accept application/x-ndjson for more", most=MOST)
        raise Malformed(Fault("limit", str(query.limit), most))
    streams = call.doors.journal.streams
    now_in = streams.read(epoch)
    must_not_be_ahead(call, query.after, read_in=query.epoch)
    head = streams.head()
    there = brought_up(call.doors.feed, head)
    upto = there if query.to is None else min(there, query.to)
    return (_whole if form.whole else _streamed)(call, query, form, wanted, Examined(upto, head, now_in))


def _whole(call: Call, query: EventsQuery, form: EventsFormat, wanted: StreamFilter, upto: Examined) -> Reply:
    """One document. What is not for the asker is gone past, up to a bound."""
    limit, examined = query.limit or USUAL, query.after
    events: list[bytes] = []
    feeding = call.doors.feeding
    for found in feeding.stretches(call.asker, wanted, query.after, upto.examined, limit, size=limit):
        events += found.events
        examined = found.examined
        call.exported = call.opened_personal = call.opened_personal or found.opened
        if examined - query.after >= LOOKED_AT:
            break
    upto = msgspec.structs.replace(upto, examined=examined)
    return Reply(document(form, events, upto), media=form.value, headers=_headers(upto))


def _streamed(call: Call, query: EventsQuery, form: EventsFormat, wanted: StreamFilter, upto: Examined) -> Reply:
    """Everything, sent as it is read."""
    call.exported = call.asker.visibility.personal

    def parts() -> Iterator[bytes]:
        examined, finished = query.after, False
        stretches = call.doors.feeding.stretches(call.asker, wanted, query.after, upto.examined, query.limit)
        for found in stretches:
            examined, finished = found.examined, found.finished
            yield part(form, found.events)
        if finished or examined >= upto.examined:
            yield end(form, msgspec.structs.replace(upto, examined=examined))

    return Reply(
        read_ahead(parts()), media=form.value, headers={**_headers(upto, whole=False), "Cache-Control": "no-store"}
    )


def _headers(upto: Examined, *, whole: bool = True) -> dict[str, str]:
    known = {"Kams-Head": str(upto.head), "Kams-Epoch": str(upto.epoch), "Vary": "Accept"}
    return {"Kams-Examined": str(upto.examined), **known} if whole else known
