"""What a worker's deliveries have to do: which subscriptions there are, which of them are its own, what is new."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from domain.subscription.subscription import Subscription, Transport
from projections.streams.feed import feed_head
from projections.streams.subscriptions import subscriptions, why_not
from projections.working import alive_workers
from workers.disabling import disable
from workers.webhooks.circuit import Circuit, CircuitStore
from workers.webhooks.courier import lease_of

LEASE_SECONDS = 10
MARGIN = 2.0
"""Seconds before its end from which a lease is no more relied on."""


class Wanted(NamedTuple):
    """A lane that somebody wants to be tried at once."""

    subscription: UUID
    lane: UUID
    next_at: datetime


class Look(NamedTuple):
    """What was found. `mine` are the subscriptions whose lease this worker holds until `until` (its own clock)."""

    known: dict[UUID, Subscription]
    mine: set[UUID]
    until: float
    head: int
    circuits: list[Circuit]
    resend: set[UUID]
    wanted: list[Wanted]
    tests: bool


class Looking:
    """Asks the database; to be called in a thread, again and again."""

    def __init__(self, journal: Journal, worker: UUID) -> None:
        self._journal, self._worker = journal, worker
        self._rights = Rights(Newest(journal))

    def look(self, connection: psycopg.Connection, held: Collection[UUID], now: datetime) -> Look:
        """What is to be done. Subscriptions whose owner may receive nothing any more are disabled."""
        known = {each.id: each for each in subscriptions(self._journal) if each.transport is Transport.WEBHOOK}
        running = {key for key, each in known.items() if each.runs and not self._disabled(each, now)}
        began = time.monotonic()
        mine = self._leased(connection, running, held)
        return Look(
            known=known,
            mine=mine,
            until=began + LEASE_SECONDS - MARGIN,
            head=feed_head(connection),
            circuits=CircuitStore(connection).open_ones(),
            resend=_resend(connection, mine),
            wanted=_wanted(connection, mine),
            tests=_tests(connection),
        )

    def release(self, connection: psycopg.Connection, subscriptions: Collection[UUID]) -> None:
        """Let leases go."""
        names = [lease_of(each) for each in subscriptions]
        connection.execute("delete from leases where holder = %s and name = any(%s)", (self._worker, names))

    def disable(self, subscription: Subscription, reason: str, now: datetime) -> None:
        """Stop a subscription until somebody resumes it, once, whoever finds out."""
        disable(self._journal, subscription, reason, now)

    def _disabled(self, subscription: Subscription, now: datetime) -> bool:
        reason = why_not(self._rights, subscription, now)
        if reason:
            self.disable(subscription, reason, now)
        return bool(reason)

    def _leased(self, connection: psycopg.Connection, running: set[UUID], held: Collection[UUID]) -> set[UUID]:
        """The leases that are ours: those held are prolonged, new ones taken up to a fair share."""
        share = math.ceil(len(running) / max(1, alive_workers(connection)))
        keep = sorted(running.intersection(held))[:share]
        mine = self._take(connection, keep)
        if len(mine) < share and (others := sorted(running - mine - set(held))):
            free = self._free(connection, others)[: share - len(mine)]
            mine |= self._take(connection, free)
        return mine

    def _free(self, connection: psycopg.Connection, candidates: list[UUID]) -> list[UUID]:
        names = {lease_of(each): each for each in candidates}
        taken = connection.execute(
            "select name from leases where name = any(%s) and until > clock_timestamp() and holder <> %s",
            (list(names), self._worker),
        ).fetchall()
        for (name,) in taken:
            del names[name]
        return sorted(names.values())

    def _take(self, connection: psycopg.Connection, wanted: list[UUID]) -> set[UUID]:
        names = {lease_of(each): each for each in wanted}
        found = connection.execute(
            "insert into leases select name, %s, clock_timestamp() + make_interval(secs => %s)"
            " from unnest(%s::text[]) name order by name on conflict (name) do update"
            " set holder = excluded.holder, until = excluded.until"
            " where leases.holder = excluded.holder or leases.until < clock_timestamp() returning name",
            (self._worker, LEASE_SECONDS, list(names)),
        ).fetchall()
        return {names[name] for (name,) in found}


def _resend(connection: psycopg.Connection, mine: set[UUID]) -> set[UUID]:
    found = connection.execute(
        "select distinct subscription from redeliveries where kind <> 'test' and state in ('waiting', 'running')"
        " and subscription = any(%s)",
        (list(mine),),
    )
    return {key for (key,) in found}


def _wanted(connection: psycopg.Connection, mine: set[UUID]) -> list[Wanted]:
    found = connection.execute(
        "update delivery_lanes set wanted = false where wanted and subscription = any(%s)"
        " returning subscription, lane, next_at",
        (list(mine),),
    )
    return [Wanted(*row) for row in found]


def _tests(connection: psycopg.Connection) -> bool:
    sql = "select 1 from redeliveries where kind = 'test' and state in ('waiting', 'running') limit 1"
    return connection.execute(sql).fetchone() is not None
