"""Streams (事件流): who subscribed to events, how far each was brought, what keeps it, and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from api.access import may
from api.console.frame import Frame, Moments, page
from api.console.pages.streams_doing import doing_endpoints
from api.console.streaming import age_words, kind_words, lane_names, may_change, stands, state_words
from api.delivery_asking import MOST_LANES, subscription_of
from api.delivery_reasons import reason_said
from api.endpoints import Endpoint
from api.names import with_members
from api.subscriptions import seen_by
from domain.errors import NotFound
from domain.language.catalogue import say
from domain.subscription.subscription import Subscription, Transport
from projections.streams.delivery_answers import dead_letters_of, log_of
from projections.streams.modes import structured
from projections.streams.redeliveries import RedeliveryStore

MOST = 50
SHOWN_LANES = 20


class StreamsQuery(Moments, kw_only=True):
    """Subscriptions; `ended` shows those that have ended, too."""

    ended: bool = False


class StreamQuery(Moments, kw_only=True):
    """One; its attempts `before` one, of one `outcome`. `done` is what was just done to it."""

    before: int | None = None
    outcome: str = ""
    done: str = ""


def endpoints() -> list[Endpoint]:
    """All subscriptions, one of them, and what is done to them."""
    return [
        page("/streams", "streams", _streams, StreamsQuery),
        page("/streams-now", "streams_now", _now, StreamsQuery),
        page("/streams/{id}", "stream", _stream, StreamQuery),
        page("/streams/{id}/now", "stream_now", _stream_now, StreamQuery),
        page("/streams/{id}/payload/{position}", "stream_payload", _payload),
        *doing_endpoints(),
    ]


def _streams(frame: Frame[StreamsQuery]) -> Mapping[str, Any]:
    """The subscriptions of whoever asks; of admins and auditors all."""
    return {
        "title": say("Streams"),
        "query": frame.query,
        "may_open": may(frame.call.asker, Subscription, "open"),
        "refused": "",
        "typed": typed_of({}),
    }


def _now(frame: Frame[StreamsQuery]) -> Mapping[str, Any]:
    """How they stand."""
    call = frame.call
    seen = seen_by(call.asker, call.doors.journal)
    found = [each for each in seen if frame.query.ended or not each.ended]
    with frame.view() as view:
        personal = frame.may_read_people(view)
        owners = {each.owner for each in found if each.owner}
        names = with_members(call.doors.journal, view, {}, owners) if personal else {}
    return {
        "query": frame.query,
        "streams": [stands(call, each) for each in found[:MOST]],
        "more": max(len(found) - MOST, 0),
        "ended": sum(each.ended for each in seen),
        "names": names,
        "age": age_words,
    }


def _stream(frame: Frame[StreamQuery]) -> Mapping[str, Any]:
    """One subscription: how it stands, and what can be done about it."""
    one = _found(frame)
    return shown(frame, one) | {"done": done_words().get(frame.query.done, "")}


def shown(frame: Frame[Any], one: Subscription) -> dict[str, Any]:
    """What the page of a subscription is given."""
    with frame.view(frame.query) as view:  # of read models it shows names alone: nothing of it lags behind
        names = with_members(frame.call.doors.journal, view, {}, [one.owner] if one.owner else [])
        frame.may_read_people(view)
    return {
        "title": one.name,
        "one": one,
        "owner": names.get(one.owner, "") if one.owner else "",
        "may_change": may_change(frame.call, one),
        "webhook": one.transport is Transport.WEBHOOK,
        "query": frame.query if isinstance(frame.query, StreamQuery) else StreamQuery(),
        "secret": None,
        "refused": "",
        "done": "",
        "typed": typed_of({}),
        "counted": None,
    }


def _stream_now(frame: Frame[StreamQuery]) -> Mapping[str, Any]:
    """How it stands: lag, what waits, attempts, dead letters."""
    one, call, query = _found(frame), frame.call, frame.query
    found = stands(call, one)
    if found.status is None:
        return {"one": one, "stands": found, "age": age_words, "webhook": False}
    with call.doors.journal.pool.connection() as connection:
        attempts = log_of(connection, one.id, MOST, before=query.before, outcome=query.outcome)
        dead = dead_letters_of(connection, one.id, MOST)
        again = RedeliveryStore(connection).of(one.id, None, 10)
    lanes = found.status.lanes[:SHOWN_LANES]
    with frame.view() as view:
        behind = {*(each.lane for each in lanes), *(each.lane for each in attempts), *(each.lane for each in dead)}
        names = lane_names(frame, view, behind)
    return {
        "one": one,
        "stands": found,
        "status": found.status,
        "lanes": lanes,
        "more_lanes": max(found.status.parked - len(lanes), 0),
        "at_least": found.status.parked > MOST_LANES,
        "attempts": attempts,
        "older": attempts[-1].id if len(attempts) == MOST else None,
        "dead": dead,
        "again": again,
        "names": names,
        "age": age_words,
        "reason": reason_said,
        "states": state_words(),
        "kind": kind_words,
        "query": query,
        "webhook": True,
        "may_change": may_change(call, one),
    }


def _payload(frame: Frame[Moments]) -> Mapping[str, Any]:
    """An event as a receiver gets it, opened only as far as the asker may read it."""
    one, call = _found(frame), frame.call
    stated = str(call.path["position"])
    position = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 16 else 0
    if not 0 < position <= call.doors.journal.streams.head():
        raise NotFound(kind="event", key=stated[:80])
    found = call.doors.feeding.stretch(call.asker, one.filter, position - 1, 1, position)
    if not found.events:
        raise NotFound(kind="event", key=stated[:80])
    call.opened_personal = call.opened_personal or found.opened
    _, body = structured(found.events[0])
    content = msgspec.json.format(body, indent=2).decode()
    return {"title": say("Event {position}", position=position), "one": one, "position": position, "content": content}


def typed_of(stated: Mapping[str, str]) -> Mapping[str, str]:
    """What was typed into a form; blank where nothing was."""
    return defaultdict(str, stated)


def done_words() -> dict[str, str]:
    """What was done, in a sentence."""
    return {
        "opened": say("It is open: events are brought from now on."),
        "pause": say("It is paused: nothing is brought until it is resumed, nothing is lost."),
        "resume": say("It goes on where it stood."),
        "end": say("It has ended."),
        "change": say("It is changed: what was not delivered yet goes by it."),
        "redeliver": say("They are sent again, with the same webhook-id."),
        "stop": say("No more of it is sent."),
        "retry": say("It is tried at once."),
        "test": say("A test is on its way: its answer stands below."),
    }


def _found(frame: Frame[Any]) -> Subscription:
    return subscription_of(frame.call.doors.journal, frame.call.asker, str(frame.call.path["id"]))
