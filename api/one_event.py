"""One event by its position, in both modes of CloudEvents over HTTP."""

from __future__ import annotations

from api.endpoints import Call, Endpoint, Reply
from api.refusals import NotYetThere
from domain.errors import NotFound
from domain.member import KeyScope
from domain.subscription.subscription import StreamFilter
from projections.streams.envelope import CloudEvent, Data
from projections.streams.feed import brought_up
from projections.streams.modes import STRUCTURED, binary, structured

LONGEST_POSITION = 16
BINARY = "application/json"


def one_event_endpoints() -> list[Endpoint]:
    """The event at a position."""
    return [
        Endpoint(
            method="GET",
            path="/events/{position}",
            name="event",
            about="The event at a position, as a CloudEvent: in structured mode, or with `Accept: application/json` in "
            "binary mode, its attributes as `ce-` headers and its data as the body. What one may not see is not there.",
            handle=_event,
            answer=CloudEvent,
            media=STRUCTURED,
            also={BINARY: Data},
            tag="events",
        )
    ]


def _event(call: Call) -> Reply:
    call.asker.must_have(KeyScope.STREAM, KeyScope.READ)
    stated = call.path["position"]
    position = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < LONGEST_POSITION else 0
    head = call.doors.journal.streams.head()
    if not 0 < position <= head:
        raise NotFound(kind="event", key=stated)
    there = brought_up(call.doors.feed, position)
    if there < position:
        raise NotYetThere(position=position, seconds=0, reached=there)
    found = call.doors.feeding.stretch(call.asker, StreamFilter(), position - 1, 1, position)
    if not found.events:
        raise NotFound(kind="event", key=stated)
    call.exported = call.opened_personal = found.opened
    mode = binary if wants_binary(call.headers.get("accept", "")) else structured
    headers, body = mode(found.events[0])
    media = headers.pop("content-type", BINARY)
    return Reply(body, media=media, headers={**headers, "Vary": "Accept"})


def wants_binary(accept: str) -> bool:
    """Whether plain JSON is asked for, and not the whole envelope."""
    named = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    return BINARY in named and STRUCTURED not in named
