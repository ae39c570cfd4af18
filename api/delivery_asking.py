"""What doors ask and order about a subscription's deliveries: the same over HTTP and on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec

from api.access import Access, Asker
from api.asking import Position, must_be_in_journal
from api.identity import is_identifier
from api.subscriptions import state_of
from domain.errors import Fault, Malformed, NotFound, Refused
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.member import KeyScope, Role
from domain.rights import Newest, Rights
from domain.subscription.subscription import Subscription, Transport
from projections.streams.deliveries import DeliveryStore, Parked, Standing
from projections.streams.delivery_answers import HostLine, dead_count, host_line, host_of, is_held, totals_of
from projections.streams.feed import feed_head, pages
from projections.streams.lag import Lags
from projections.streams.reach import reached
from projections.streams.reading import owed_by_lanes
from projections.streams.receiver import Receiver
from projections.streams.redeliveries import Redelivery, RedeliveryStore
from projections.streams.subscriptions import subscriptions, visibility_for

KIND = "subscription"
MOST_LANES = 100
FASTEST = 100.0
LEASE = "webhooks:{id}"


class RedeliveryCountOther(Refused):
    """Events that would be sent again now: {count}; stated: {stated}. Look at them with a dry run, and state that
    count."""


class NothingToRedeliver(Refused):
    """{name} has nothing to send again from {first} to {last}: name other positions, up to the newest, {head}, or dead
    letters."""


class LaneDoesNotWait(Refused):
    """The lane {lane} does not wait: what it owes is on its way."""


class NotDelivered(Refused):
    """The subscription {name} over {transport} is not delivered: only a webhook is."""


class SubscriptionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries of a subscription stand. All positions up to `cursor` are settled: delivered, not for it, or
    owed by a lane that waits; `lag_events` are the positions after it and what those lanes owe, `lag_seconds` the age
    of the oldest event that was not delivered. `lanes` are those that wait (an account, else a subject), of `parked` in
    all, the next one first; `waits_until`: the receiver asked for time, or does not answer; `host`: all of its
    subscriptions wait since nobody can connect to it. `next_retry` is null where it is due, and where nothing is tried.
    `worked_on`: a worker is at it."""

    subscription: UUID
    name: str
    state: Literal["runs", "paused", "disabled", "ended"]
    reason: str
    cursor: int
    head: int
    lag_events: int
    lag_seconds: float
    behind: bool
    parked: int
    lanes: list[Parked]
    dead_letters: int
    waits_until: datetime | None
    waits_for: str
    host: HostLine | None
    next_retry: datetime | None
    worked_on: bool
    totals: dict[str, int]


class RedeliveryWanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to send again: one `position`, all `from` one `to` another (the newest if not stated), or the dead letters.
    At most `rate` a second. With `dry_run` nothing is sent: the answer counts. Without it the `count` must be stated,
    and be the one of now."""

    position: Position | None = None
    first: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = msgspec.field(name="from", default=None)
    last: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = msgspec.field(name="to", default=None)
    dead_letters: bool = False
    rate: Annotated[float, msgspec.Meta(gt=0, le=FASTEST)] = 10.0
    count: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    dry_run: bool = False


class Held(NamedTuple):
    """Why nothing is sent now, and until when, where that is known; no reason where nothing holds it."""

    until: datetime | None
    reason: str


class RedeliveryAnswer(msgspec.Struct, kw_only=True):
    """What would be sent again, or is from now on (`redelivery`). `reason`: why nothing is sent yet, empty where
    nothing holds it; `waits_until`: until when, where that is known."""

    count: int
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")
    dry_run: bool
    redelivery: Redelivery | None = None
    waits_until: datetime | None = None
    reason: str = ""


class Deliveries:
    """Of one subscription, for one who may see it."""

    def __init__(self, journal: Journal, asker: Asker, stated: str, *, change: bool = False) -> None:
        """`change`: he orders something. Raises NotFound, NotAllowed, NotDelivered."""
        self.journal, self.asker = journal, asker
        self.subscription = subscription_of(journal, asker, stated, change=change)
        if self.subscription.transport is not Transport.WEBHOOK:
            raise NotDelivered(name=self.subscription.name, transport=self.subscription.transport.value)
        self.id = self.subscription.id

    def status(self, now: datetime) -> SubscriptionStatus:
        """How they stand."""
        one = self.subscription
        with self.journal.pool.connection() as connection:
            lag = Lags(self.journal).of(connection, one, now)
            dead, totals = dead_count(connection, self.id), totals_of(connection, self.id)
            circuit, held = host_line(connection, host_of(one.address)), is_held(connection, LEASE.format(id=self.id))
            waits, why = _own_wait(lag.standing, host_line(connection, str(self.id)), now)
            owed = owed_by_lanes(connection, self.id, lag.cursor, one.filter) if lag.standing.lanes else 0
        lanes = lag.standing.lanes
        moments = [circuit.open_until if circuit else None, waits, lanes[0].next_at if lanes else None]
        retry = max((each for each in moments if each is not None and each > now), default=None)
        return SubscriptionStatus(
            subscription=self.id, name=one.name, state=state_of(one), reason=one.disabled or one.paused,
            cursor=lag.cursor, head=lag.head, lag_events=lag.events + owed, lag_seconds=round(lag.seconds, 3),
            behind=one.behind, parked=len(lanes), lanes=list(lanes[:MOST_LANES]), dead_letters=dead,
            waits_until=waits, waits_for=why, host=circuit, next_retry=retry if one.runs else None, worked_on=held,
            totals=totals,
        )  # fmt: skip

    def held(self, now: datetime) -> Held:
        """What holds up whatever is to be sent now."""
        one = self.subscription
        if not one.runs:
            return Held(None, f"{state_of(one)}: {one.disabled or one.paused}".removesuffix(": "))
        with self.journal.pool.connection() as connection:
            known = DeliveryStore(connection).known(self.id)
            host, own = host_line(connection, host_of(one.address)), host_line(connection, str(self.id))
            worked_on = is_held(connection, LEASE.format(id=self.id))
        waits, why = _own_wait(known, own, now)
        if waits is not None:
            return Held(waits, why)
        if host is not None and host.open_until > now:
            return Held(host.open_until, f"{host.host}: {host.reason}")
        return Held(None, "" if worked_on else say("no worker is at it: `kams work` or `kams up` delivers"))

    def redeliver(self, wanted: RedeliveryWanted, now: datetime) -> RedeliveryAnswer:
        """Count what would be sent again, or order it. Raises Malformed, AheadOfJournal, RedeliveryCountOther,
        NothingToRedeliver."""
        stated = wanted.position if wanted.position is not None else wanted.first
        if stated is not None:
            must_be_in_journal(self.journal, stated)
        with self.journal.pool.connection() as connection:
            head = feed_head(connection)
        first, last = _range(wanted, head)
        count = self._dead(last) if wanted.dead_letters else self._count(first, last)
        answer = RedeliveryAnswer(count=count, first=first, last=last, dry_run=wanted.dry_run)
        if not count and not wanted.count:
            raise NothingToRedeliver(name=self.subscription.name, first=first, last=last, head=head)
        if wanted.dry_run:
            return answer
        if wanted.count is None:
            raise Malformed(
                Fault("count", "", say("state the count that a dry run answers; now it is {count}", count=count))
            )
        if wanted.count != count:
            raise RedeliveryCountOther(count=count, stated=wanted.count)
        kind = "dead_letters" if wanted.dead_letters else "range"
        with self.journal.pool.connection() as connection:
            answer.redelivery = RedeliveryStore(connection).ask(
                self.id, kind, self.asker.member, first=first, last=last, rate=wanted.rate, count=count
            )
        answer.waits_until, answer.reason = self.held(now)
        return answer

    def stop(self, number: int) -> Redelivery:
        """Send no more of one. Raises NotFound."""
        with self.journal.pool.connection() as connection:
            found = RedeliveryStore(connection).stop(self.id, number)
        if found is None:
            raise NotFound(kind="redelivery", key=number)
        return found

    def test(self) -> Redelivery:
        """Order a test delivery; `one` tells what became of it."""
        with self.journal.pool.connection() as connection:
            return RedeliveryStore(connection).ask(self.id, "test", self.asker.member)

    def one(self, number: int) -> Redelivery:
        """A redelivery, or a test. Raises NotFound."""
        with self.journal.pool.connection() as connection:
            found = RedeliveryStore(connection).one(self.id, number)
        if found is None:
            raise NotFound(kind="redelivery", key=number)
        return found

    def retry(self, lane: str, now: datetime) -> Held:
        """Let a lane be tried at once, or as soon as what holds the subscription up is over: that is returned. Raises
        LaneDoesNotWait, Malformed."""
        if not is_identifier(lane):
            found = say("`{found}` is no identifier (UUID): state one of the lanes of the status", found=lane[:80])
            raise Malformed(Fault("lane", lane[:80], found))
        with self.journal.pool.connection() as connection:
            if not DeliveryStore(connection).retry_now(self.id, UUID(lane), now):
                raise LaneDoesNotWait(lane=lane)
        return self.held(now)

    def _dead(self, last: int) -> int:
        with self.journal.pool.connection() as connection:
            return dead_count(connection, self.id, last)

    def _count(self, first: int, last: int) -> int:
        """How many events the subscription would get of a range, by its filter and its owner's rights of now."""
        rights = Rights(Newest(self.journal))
        receiver = Receiver(rights, self.journal.people, visibility_for(rights, self.subscription))
        wanted = reached(self.journal, rights, self.subscription.filter)
        with self.journal.views.connection() as connection:
            found = pages(connection, max(0, first - 1), last, wanted)
            return sum(len(receiver.seen(page.rows)) for page in found)


def subscription_of(journal: Journal, asker: Asker, stated: str, *, change: bool = False) -> Subscription:
    """The subscription of an identifier or a name, for its owner, admins, and auditors who only read. Raises NotFound,
    NotAllowed."""
    access, key = Access(Newest(journal)), _identified(journal, stated)
    try:
        found = access.must_see_subscription(asker, key) if key is not None else None
    except NotFound:
        found = None
    if found is None:  # told by what was stated, not by what it stands for
        raise NotFound(kind=KIND, key=stated[:80])
    if not change:
        asker.must_have(KeyScope.STREAM, KeyScope.READ)
        return found
    access.must_change_subscription(asker, found)
    asker.must_have(KeyScope.STREAM, *([KeyScope.ADMIN] if found.owner != asker.member else []))
    return found


def seen_webhooks(journal: Journal, asker: Asker) -> list[Subscription]:
    """The webhooks that have not ended and that the asker may see, by name."""
    asker.must_have(KeyScope.STREAM, KeyScope.READ)
    sees_all = bool(asker.roles & {Role.ADMIN, Role.AUDITOR})
    return [
        each
        for each in subscriptions(journal)
        if each.transport is Transport.WEBHOOK and not each.ended and (sees_all or each.owner == asker.member)
    ]


def _identified(journal: Journal, stated: str) -> UUID | None:
    if is_identifier(stated):
        return UUID(stated)
    if "\0" in stated:
        return None
    return journal.streams.claimed(KIND, "", [stated]).get(stated)


def _own_wait(known: Standing | None, own: HostLine | None, now: datetime) -> tuple[datetime | None, str]:
    """Until when a subscription itself waits, its host apart, and why: its receiver asked for time, or is silent."""
    waits = [(own.open_until, own.reason)] if own is not None else []
    if known is not None and known.waits_until is not None:
        waits.append((known.waits_until, known.reason))
    return max((each for each in waits if each[0] > now), default=(None, ""))


def _range(wanted: RedeliveryWanted, head: int) -> tuple[int, int]:
    """The first and last position; Malformed unless exactly one way to name them is taken."""
    ways = [wanted.position is not None, wanted.first is not None, wanted.dead_letters]
    if sum(ways) != 1:
        raise Malformed(Fault("position", "", "exactly one of position, from, dead_letters"))
    if wanted.last is not None and wanted.position is not None:
        raise Malformed(Fault("to", str(wanted.last), "it goes with from or dead_letters alone"))
    if wanted.position is not None:
        return wanted.position, wanted.position
    first, last = wanted.first or 0, head if wanted.last is None else min(wanted.last, head)
    if last < first:
        raise Malformed(Fault("to", str(last), say("a position from {first} to {head}", first=first, head=head)))
    return first, last
