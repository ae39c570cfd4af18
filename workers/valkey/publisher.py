"""Fills the streams of subscriptions from the feed: each event once and in order, whatever Valkey forgets."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg

from domain.journal.journal import Journal
from domain.journal.restores import epoch, in_common
from domain.language.catalogue import say
from domain.rights import Newest, Rights
from domain.subscription.subscription import StreamFilter, Subscription
from domain.visibility import Visibility
from projections.streams.feed import feed_head, page
from projections.streams.reach import reached
from projections.streams.receiver import Receiver
from projections.streams.subscriptions import served_as
from projections.streams.valkey_groups import Noted, ValkeyStore
from workers.exports import Exports
from workers.valkey.stream import REMOVED, Scripts, State, Stream

AT_ONCE = 1_000
BATCHES = 20
"""In one turn of a subscription, so that another gets its own."""
KEPT = 10_000
MOST_AHEAD = 100_000
TRIMMED_FROM = 1_000
NOTED_EVERY = 1.0
_FORGETTINGS = """
select coalesce(max(position), 0) from events where topic in ('Person.Forgotten', 'Person.TextsForgotten')"""


class Limits(NamedTuple):
    """How many entries a stream keeps at least, and how many it may be ahead of its slowest group."""

    kept: int = KEPT
    most_ahead: int = MOST_AHEAD
    at_once: int = AT_ONCE


class Rules(NamedTuple):
    """By what a stream is filled; its `mark` tells one set of rules from another."""

    subscription: Subscription
    wanted: StreamFilter
    visibility: Visibility
    epoch: int
    mark: str


class Publisher:
    """Fills streams over a connection to the database. Two at once do no harm: the scripts let one win."""

    def __init__(
        self,
        journal: Journal,
        scripts: Scripts,
        limits: Limits = Limits(),  # noqa: B008 a constant
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._scripts, self._limits, self._clock = journal, scripts, limits, clock
        self._rights, self._exports = Rights(Newest(journal)), Exports(journal.pool)
        self._noted: dict[UUID, tuple[float, object]] = {}

    def bring(self, connection: psycopg.Connection, subscription: Subscription) -> bool:
        """A turn of a subscription: its groups as they are asked to be, and what its stream lacks. Whether there is
        more. Raises OwnerMayNot."""
        stream, store = Stream(self._scripts, subscription.name), ValkeyStore(connection)
        rules, head = self._rules(connection, subscription), feed_head(connection)
        noted = [self._in_this_epoch(connection, each, rules.epoch) for each in store.groups(subscription.id)]
        state = stream.look()
        if not self._stands(connection, stream, store, rules, state, noted, head):
            return True
        state = stream.look()
        more = self._filled(connection, stream, rules, state, head)
        self._note(store, rules, stream.look(), head)
        return more

    def withhold(self, connection: psycopg.Connection, subscription: Subscription, reason: str) -> None:
        """Let nothing lie in Valkey that its owner may not receive any more. Where its groups stand is kept: from there
        they go on when it is resumed."""
        stream, store = Stream(self._scripts, subscription.name), ValkeyStore(connection)
        state, now = stream.look(), epoch(connection)
        if state.sound and state.mark.partition(":")[0] == str(now):
            if state.groups:
                store.note(subscription.id, [(name, *each) for name, each in state.groups.items()], now)
            behind = min((each.position for each in store.groups(subscription.id)), default=state.start)
            store.reached(subscription.id, behind, behind, 0, reason)
        stream.delete()
        self._noted.pop(subscription.id, None)

    def end(self, connection: psycopg.Connection, subscription: Subscription) -> None:
        """A subscription is over: its stream goes."""
        Stream(self._scripts, subscription.name).delete()
        ValkeyStore(connection).ended(subscription.id)
        self._noted.pop(subscription.id, None)

    def _rules(self, connection: psycopg.Connection, subscription: Subscription) -> Rules:
        visibility, known = served_as(self._rights, subscription), epoch(connection)
        wanted = reached(self._journal, self._rights, subscription.filter)
        forgettings = connection.execute(_FORGETTINGS).fetchone() if visibility.personal else None
        seen = [
            visibility.everything,
            visibility.personal,
            sorted(map(str, visibility.managers)),
            sorted(visibility.territories),
        ]
        digest = sha256(msgspec.json.encode([wanted, seen, forgettings])).hexdigest()[:16]
        return Rules(subscription, wanted, visibility, known, f"{known}:{digest}")

    @staticmethod
    def _in_this_epoch(connection: psycopg.Connection, noted: Noted, now: int) -> Noted:
        """A group as noted, not beyond what its journal and the one of now have in common."""
        cut = in_common(connection, noted.epoch) if noted.epoch != now else None
        return noted if cut is None else noted._replace(position=min(noted.position, cut[0]))

    def _stands(
        self,
        connection: psycopg.Connection,
        stream: Stream,
        store: ValkeyStore,
        rules: Rules,
        state: State,
        noted: list[Noted],
        head: int,
    ) -> bool:
        """See that the stream and its groups are what they shall be; False where another one changed them meanwhile."""
        wanted, cap = _wanted(state, noted), _cap(connection, state, rules.epoch)
        behind = min(_positions(state, wanted, cap), default=rules.subscription.after)
        if not state.sound or state.mark != rules.mark or behind < state.start:
            start = max(0, min(behind, max(head - self._limits.kept, rules.subscription.after)))
            if not stream.begin(state, rules.mark, start, cap, wanted):
                return False
        else:
            for name, position in wanted.items():
                if not stream.put(rules.mark, state.examined, name, position):
                    return False
        for each in noted:
            if each.removed:
                store.gone(rules.subscription.id, each.name)
            elif each.asked is not None:
                store.stands(rules.subscription.id, each.name, each.asked, rules.epoch)
        return True

    def _filled(self, connection: psycopg.Connection, stream: Stream, rules: Rules, state: State, head: int) -> bool:
        """Add what the feed has and the stream has not; whether there is more that it may have."""
        examined, entries = state.examined, self._trimmed(stream, rules, state)
        for _ in range(BATCHES):
            room = min(self._limits.at_once, self._limits.most_ahead - entries)
            if examined >= head or room < 1:
                return False
            found = page(connection, examined, room, rules.wanted)
            self._journal.people.look()
            receiver = Receiver(self._rights, self._journal.people, rules.visibility)
            rows = receiver.seen(found.rows)
            events = receiver.events(rows)
            if receiver.opened:
                self._exports.note(rules.subscription)
            added = [(row.position, event) for row, event in zip(rows, events, strict=True)]
            if not stream.append(rules.mark, examined, found.examined, added):
                return True
            examined, entries = found.examined, entries + len(added)
        return True

    def _trimmed(self, stream: Stream, rules: Rules, state: State) -> int:
        """The entries that are left after what all groups have acknowledged is gone, but for the newest."""
        over = state.entries - self._limits.kept
        if over < min(TRIMMED_FROM, self._limits.kept) or not state.groups:
            return state.entries
        behind = min(position for position, _ in state.groups.values())
        return state.entries - stream.trim(rules.mark, state.examined, behind, self._limits.kept)

    def _note(self, store: ValkeyStore, rules: Rules, state: State, head: int) -> None:
        """Each second, where something has changed."""
        key, now = rules.subscription.id, self._clock()
        told, before = self._noted.get(key, (-NOTED_EVERY, None))
        waits = "" if state.examined >= head or state.entries < self._limits.most_ahead else self._why(state)
        after = (state.start, state.examined, state.entries, waits, state.groups)
        if not state.sound or state.mark != rules.mark or now - told < NOTED_EVERY or after == before:
            return
        if state.groups:
            store.note(key, [(name, *each) for name, each in state.groups.items()], rules.epoch)
        store.reached(key, state.start, state.examined, state.entries, waits)
        self._noted[key] = (now, after)

    def _why(self, state: State) -> str:
        if not state.groups:
            return say("no consumer group reads it: add one, and it goes on")
        slowest, (position, _) = min(state.groups.items(), key=lambda each: each[1])
        return say("the group {group} has acknowledged no more than {position}", group=slowest, position=position)


def _wanted(state: State, noted: list[Noted]) -> dict[str, int]:
    """The groups that are to be put somewhere: asked to, to be removed, or missing."""
    found: dict[str, int] = {}
    for each in noted:
        if each.removed:
            found[each.name] = REMOVED
        elif each.asked is not None:
            found[each.name] = each.asked
        elif each.name not in state.groups:
            found[each.name] = each.position
    return found


def _positions(state: State, wanted: dict[str, int], cap: int | None) -> list[int]:
    """Where all groups will stand."""
    there = {name: position if cap is None else min(position, cap) for name, (position, _) in state.groups.items()}
    return [position for position in (there | wanted).values() if position != REMOVED]


def _cap(connection: psycopg.Connection, state: State, now: int) -> int | None:
    """Up to where groups in Valkey may have read this journal; None for all of it."""
    known = state.mark.partition(":")[0]
    if not known.isdigit() or int(known) == now:
        return None
    cut = in_common(connection, int(known))
    return None if cut is None else cut[0]
