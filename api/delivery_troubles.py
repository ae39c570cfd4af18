"""What keeps something from the integrators who subscribed to it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import psycopg

from api.delivery_reasons import reason_said
from domain.language.catalogue import say
from domain.subscription.subscription import Subscription, Transport
from projections.streams.deliveries import DeliveryStore
from projections.streams.delivery_answers import dead_count, host_line, host_of
from projections.streams.feed import feed_head
from projections.streams.valkey_groups import groups_of


class Trouble(NamedTuple):
    """What keeps something from an integrator, and what to do."""

    found: str
    remedy: str


def troubles_of(connection: psycopg.Connection, one: Subscription, now: datetime) -> Iterator[Trouble]:
    """All that keeps something from one subscription."""
    name = one.name
    stopped = one.disabled or one.paused
    if one.disabled:
        found = say("{name} is disabled: {reason}", name=name, reason=reason_said(one.disabled))
        yield Trouble(found, say("Mend the reason, then: kams streams resume {name}.", name=name))
    if one.behind:
        found = say("{name} is behind by more than {seconds} s", name=name, seconds=one.lag_alarm_seconds)
        paused = say("kams streams resume {name}: it is paused.", name=name)
        yield Trouble(found, paused if one.paused else say("See why: kams streams status {name}.", name=name))
    if one.transport is Transport.VALKEY:
        waits = groups_of(connection, one.id, name, feed_head(connection)).waits
        if waits and not stopped:
            found = say("the stream of {name} goes no further: {reason}", name=name, reason=waits)
            yield Trouble(found, say("See its groups: kams streams groups {name}.", name=name))
        return
    yield from _of_webhook(connection, one, now)


def _of_webhook(connection: psycopg.Connection, one: Subscription, now: datetime) -> Iterator[Trouble]:
    name = one.name
    mend = say("Mend the receiver; they are tried again by themselves: kams streams status {name}.", name=name)
    if lanes := DeliveryStore(connection).lanes(one.id):
        reason = reason_said(lanes[0].reason)
        found = say("{name}: lanes that wait: {count} ({reason})", name=name, count=len(lanes), reason=reason)
        yield Trouble(found, mend)
    own = host_line(connection, str(one.id))
    if own and own.open_until > now:
        yield Trouble(say("{host} is left alone: {reason}", host=name, reason=reason_said(own.reason)), mend)
    host = host_of(one.address)
    circuit = host_line(connection, host)
    if circuit and circuit.open_until > now:
        found = say("{host} is left alone: {reason}", host=host, reason=reason_said(circuit.reason))
        yield Trouble(found, say("Look whether {host} is up; it is tried again by itself.", host=host))
    if dead := dead_count(connection, one.id):
        found = say("{name}: dead letters not sent again: {count}", name=name, count=dead)
        yield Trouble(found, say("Send them again: kams streams redeliver {name} --dead-letters.", name=name))
