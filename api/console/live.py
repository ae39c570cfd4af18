"""What happens while somebody looks: positions and what they are about, for the pages of the console."""

from __future__ import annotations

import msgspec

from api.asking import Clocks, Position, must_not_be_ahead
from api.console.frame import HTML, Frame
from api.endpoints import Call, Endpoint, Reply
from api.names import with_members
from api.streams.following import HEADERS, LAST, last_event
from api.streams.live import MEDIA, Live
from api.timeline import spoken_name
from domain.aggregate import ROOTS
from domain.errors import NotFound
from domain.journal.restores import epoch
from domain.language.catalogue import say
from domain.member import KeyScope
from domain.subscription.subscription import StreamFilter

PATH = "/console/live"


class LiveQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """After which position; from now on where none is stated."""

    after: Position | None = None


class LineQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which event."""

    position: Position


def live_endpoints() -> list[Endpoint]:
    """The stream of a page, and one of its events in words."""
    about = "What is recorded while a page is open: positions, what they are about, and nothing of what they hold."
    words = "Who recorded an event, and what it is, in words."
    return [
        Endpoint("GET", PATH, "console.live", about, _follow, bytes, LiveQuery, media=MEDIA, etag=False, session=True),
        Endpoint(
            "GET", f"{PATH}/line", "console.line", words, _line, bytes, LineQuery, media=HTML, etag=False, session=True
        ),
    ]


def _follow(call: Call) -> Reply:
    call.asker.must_have(KeyScope.READ)
    hub, streams = call.doors.hub, call.doors.journal.streams
    assert hub is not None
    after, read_in = last_event(call.headers.get(LAST.lower(), ""))
    after = call.query(LiveQuery).after if after is None else after
    now_in, head = streams.read(epoch), streams.head()
    if after is not None:
        must_not_be_ahead(call, after, read_in=read_in)
    begin = head if after is None else after
    live = Live(hub, call.asker, StreamFilter(), begin, None, max(head, begin), now_in, brief=True)
    return Reply(live, media=MEDIA, headers=HEADERS)


def _line(call: Call) -> Reply:
    position = call.query(LineQuery).position
    fact = call.doors.journal.streams.at([position]).get(position)
    root = ROOTS.get(fact.event.topic.partition(".")[0]) if fact else None
    if fact is None or root is None:
        raise NotFound(kind="event", key=position)
    call.doors.access.must_see(call.asker, root, fact.originator_id)
    frame = Frame(call, Clocks())
    with frame.view() as view:
        readable = fact.actor is not None and frame.may_read_people(view)
        names = with_members(call.doors.journal, view, {}, [fact.actor] if readable and fact.actor else [])
    what = spoken_name(fact.event.topic)
    who = names.get(fact.actor) if fact.actor else None
    words = say("{who}: {what}", who=who, what=what) if who else what
    return Reply(words.encode(), media="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
