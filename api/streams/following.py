"""Following the journal as server-sent events."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from api.asking import Position, must_not_be_ahead
from api.endpoints import Call, Endpoint, Reply
from api.streams.asked import Which, filter_of, must_not_end_before
from api.streams.frames import MESSAGE
from api.streams.live import MEDIA, Live
from api.streams.tickets import VALID
from domain.errors import Fault, Malformed
from domain.journal.restores import epoch
from domain.member import KeyScope

LAST = "Last-Event-ID"
IDENTITY = re.compile(r"(?:(\d{1,16})-)?(\d{1,15})")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class StreamQuery(Which, forbid_unknown_fields=True, kw_only=True):
    """From where: after the position in the header Last-Event-ID, else `after`, else from now on: what was recorded
    before is not sent. `to`: the stream ends with that position, at once where it is behind. `epoch` as for /events.
    `ticket` stands for the header Authorization."""

    after: Position | None = None
    to: Position | None = None
    epoch: Position | None = None
    ticket: str = ""


class NoBody(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing to state."""


class Ticket(msgspec.Struct, kw_only=True):
    """Lets in once, as whoever asked for it, until a moment."""

    ticket: str
    expires_at: datetime


def following_endpoints() -> list[Endpoint]:
    """The live stream, and the way in for browsers."""
    return [
        Endpoint(
            method="GET",
            path="/events/stream",
            name="events-stream",
            about="The journal as server-sent events, history first, then live. `event: start` states from, to (the "
            "end of the history), head and epoch; `event: event` is a CloudEvent; `event: examined` is a sign of life "
            "with the position examined; `event: dropped` ends the stream with the position to go on after: a reader "
            "who does not read is not waited for. Every message has the position as its id.",
            handle=_follow,
            answer=MESSAGE,
            query=StreamQuery,
            tag="events",
            media=MEDIA,
            etag=False,
            ticketed=True,
        ),
        Endpoint(
            method="POST",
            path="/events/tickets",
            name="events-ticket",
            about="A ticket to /events/stream for an EventSource, which states no header: used once, within 60 s, "
            "?ticket=….",
            handle=_ticket,
            answer=Ticket,
            body=NoBody,
            status=201,
            tag="events",
        ),
    ]


def _follow(call: Call) -> Reply:
    query, streams = call.query(StreamQuery), call.doors.journal.streams
    wanted = filter_of(call, query)
    after, read_in = last_event(call.headers.get(LAST.lower(), ""))
    must_not_end_before(query.after or 0, query.to)
    after = query.after if after is None else after
    now_in, head = streams.read(epoch), streams.head()
    if after is not None:
        must_not_be_ahead(call, after, read_in=query.epoch if read_in is None else read_in)
    call.exported = call.asker.visibility.personal
    assert call.doors.hub is not None
    begin = head if after is None else after
    live = Live(call.doors.hub, call.asker, wanted, begin, query.to, max(head, begin), now_in)
    return Reply(live, media=MEDIA, headers=HEADERS)


def last_event(stated: str) -> tuple[int | None, int | None]:
    """The position in a Last-Event-ID, and the epoch where it names one. Raises Malformed."""
    if not stated.strip():
        return None, None
    found = IDENTITY.fullmatch(stated.strip())
    if found is None:
        raise Malformed(Fault(LAST, stated[:80], "expected the id of an event, such as 4711"))
    return int(found[2]), int(found[1]) if found[1] else None


def _ticket(call: Call) -> Reply:
    call.asker.must_have(KeyScope.STREAM, KeyScope.READ)
    call.body(NoBody)
    ticket = call.doors.tickets.issue(call.asker.key_id, call.now)
    return Reply(Ticket(ticket=ticket, expires_at=call.now + VALID), status=201, headers={"Cache-Control": "no-store"})
