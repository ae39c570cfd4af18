"""The deliveries of a webhook's subscription over HTTP: how they stand, what was tried, sending again, testing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.asking import Position
from api.delivery_asking import (
    Deliveries,
    RedeliveryAnswer,
    RedeliveryWanted,
    SubscriptionStatus,
)
from api.endpoints import Call, Endpoint, NoQuery, Reply
from domain.errors import KamsError, NotFound
from projections.streams.delivery_answers import DeadLetterLine, DeliveryLine, dead_letters_of, log_of
from projections.streams.redeliveries import Redelivery, RedeliveryStore

LONGEST_TEST = 20.0
TEST = "test"
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class LogQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Attempts before one (its `id`), the newest first."""

    before: Position | None = None
    position: Position | None = None
    outcome: str = ""
    lane: UUID | None = None
    limit: Limit = 100


class LogAnswer(msgspec.Struct, kw_only=True):
    """Attempts, the newest first; `next` is what to state as `before` for what follows, null where nothing does."""

    deliveries: list[DeliveryLine]
    next: int | None


class DeadQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Dead letters after a position; of all, or only those that were (not) delivered again."""

    after: Position = 0
    redelivered: bool | None = None
    limit: Limit = 100


class DeadAnswer(msgspec.Struct, kw_only=True):
    """Dead letters in the order of their positions; `next` is what to state as `after`, null where nothing follows."""

    dead_letters: list[DeadLetterLine]
    next: int | None


class RedeliveriesQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Redeliveries before one (its `id`), the newest first."""

    before: Position | None = None
    limit: Limit = 100


class RedeliveriesAnswer(msgspec.Struct, kw_only=True):
    """Redeliveries and tests, the newest first; `next` is what to state as `before`, null where nothing follows."""

    redeliveries: list[Redelivery]
    next: int | None


class Retried(msgspec.Struct, kw_only=True):
    """The lane is tried at once; where something holds the subscription up, that is the `reason`, and `waits_until` the
    moment from which it is tried, where that is known."""

    lane: UUID
    waits_until: datetime | None
    reason: str


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No fields."""


def delivery_endpoints() -> list[Endpoint]:
    """What is asked and ordered of deliveries."""
    of = "/subscriptions/{id}"
    return [
        _asked(f"{of}/status", "deliveries.status", "How deliveries stand: cursor, lag, lanes that wait and why.",
               _status, SubscriptionStatus),
        _asked(f"{of}/deliveries", "deliveries.log", "Every attempt of the last thirty days.", _log, LogAnswer,
               LogQuery),
        _asked(f"{of}/dead-letters", "deliveries.dead_letters", "Events that were given up.", _dead, DeadAnswer,
               DeadQuery),
        _asked(f"{of}/redeliveries", "deliveries.redeliveries", "What was asked to be sent again, and tests.",
               _redeliveries, RedeliveriesAnswer, RedeliveriesQuery),
        _ordered(f"{of}/redeliveries", "deliveries.redeliver", "Send events again, with the same webhook-id and the "
                 "header kams-redelivery; state the count that a dry run answers (409 where it is another by now).",
                 _redeliver, RedeliveryAnswer, body=RedeliveryWanted),
        _ordered(f"{of}/redeliveries/{{number}}/stop", "deliveries.stop", "Send no more of a redelivery.", _stop,
                 Redelivery, body=Nothing),
        _ordered(f"{of}/test", "deliveries.test", "Send a test event and wait for the answer, up to 20 s: `state` is "
                 "done when it is there; waiting means that no worker took it.", _test, Redelivery, body=Nothing,
                 ready=_tested),
        _ordered(f"{of}/lanes/{{lane}}/retry", "deliveries.retry", "Try a lane that waits at once.", _retry, Retried,
                 body=Nothing),
    ]  # fmt: skip


def _asked(
    path: str,
    name: str,
    about: str,
    handle: Callable[[Call], Reply],
    answer: Any,
    query: type[msgspec.Struct] = NoQuery,
) -> Endpoint:
    return Endpoint("GET", path, name, about, handle, answer, query=query, tag="subscriptions")


def _ordered(
    path: str,
    name: str,
    about: str,
    handle: Callable[[Call], Reply],
    answer: Any,
    *,
    body: type[msgspec.Struct],
    ready: Callable[[Call], bool] | None = None,
) -> Endpoint:
    return Endpoint(
        "POST", path, name, about, handle, answer, body=body, tag="subscriptions", ready=ready,
        patience=lambda _: LONGEST_TEST if ready else 0.0,
    )  # fmt: skip


def _seen(call: Call) -> Deliveries:
    return Deliveries(call.doors.journal, call.asker, str(call.path["id"]))


def _own(call: Call) -> Deliveries:
    return Deliveries(call.doors.journal, call.asker, str(call.path["id"]), change=True)


def _status(call: Call) -> Reply:
    return Reply(_seen(call).status(call.now))


def _log(call: Call) -> Reply:
    seen, query = _seen(call), call.query(LogQuery)
    found = call.doors.journal.streams.read(
        lambda c: log_of(c, seen.id, query.limit, before=query.before, position=query.position,
                         outcome=query.outcome, lane=query.lane)
    )  # fmt: skip
    return Reply(LogAnswer(deliveries=found, next=found[-1].id if len(found) == query.limit else None))


def _dead(call: Call) -> Reply:
    seen, query = _seen(call), call.query(DeadQuery)
    found = call.doors.journal.streams.read(
        lambda c: dead_letters_of(c, seen.id, query.limit, after=query.after, redelivered=query.redelivered)
    )
    return Reply(DeadAnswer(dead_letters=found, next=found[-1].position if len(found) == query.limit else None))


def _redeliveries(call: Call) -> Reply:
    seen, query = _seen(call), call.query(RedeliveriesQuery)
    found = call.doors.journal.streams.read(lambda c: RedeliveryStore(c).of(seen.id, query.before, query.limit))
    return Reply(RedeliveriesAnswer(redeliveries=found, next=found[-1].id if len(found) == query.limit else None))


def _redeliver(call: Call) -> Reply:
    own = _own(call)
    return Reply(own.redeliver(call.body(RedeliveryWanted), call.now))


def _stop(call: Call) -> Reply:
    own = _own(call)
    call.body(Nothing)
    number = str(call.path["number"])
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise NotFound(kind="redelivery", key=number[:80])
    return Reply(own.stop(int(number)))


def _tested(call: Call) -> bool:
    """Whether the test was answered; it is ordered the first time that this is asked, unless it is refused."""
    try:
        own = _own(call)
        call.body(Nothing)
    except KamsError:
        return True  # it is refused where it is handled
    if TEST not in call.path:
        call.path[TEST] = own.test().id
    return own.one(call.path[TEST]).state == "done"


def _test(call: Call) -> Reply:
    own = _own(call)
    call.body(Nothing)
    return Reply(own.one(call.path[TEST]) if TEST in call.path else own.test())


def _retry(call: Call) -> Reply:
    own = _own(call)
    call.body(Nothing)
    held = own.retry(str(call.path["lane"]), call.now)
    return Reply(Retried(lane=UUID(str(call.path["lane"])), waits_until=held.until, reason=held.reason))
