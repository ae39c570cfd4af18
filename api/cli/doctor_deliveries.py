"""What the doctor looks at in the subscriptions of integrators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg

from api.cli.doctor import Check
from api.cli.streaming.reasons import reason_said
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.subscription.subscription import Subscription, Transport
from projections.streams.deliveries import DeliveryStore
from projections.streams.delivery_answers import dead_count, host_line, host_of
from projections.streams.feed import feed_head
from projections.streams.subscriptions import subscriptions
from projections.streams.valkey_groups import groups_of

NAME = "deliveries"


class Trouble(NamedTuple):
    """What keeps something from an integrator, and what to do."""

    found: str
    remedy: str


def check_deliveries(connection: psycopg.Connection, url: str) -> Check:
    """Whether integrators get what they subscribed to. The installation is well though they do not: mostly it is the
    receiver that is to be mended, so this warns and never fails."""
    journal = Journal(url)
    try:
        live = [each for each in subscriptions(journal) if not each.ended]
    finally:
        journal.close()
    if not live:
        return Check(NAME, ok=True, found="no subscriptions")
    now = datetime.now(UTC)
    troubles = [trouble for each in live for trouble in _troubles(connection, each, now)]
    if not troubles:
        return Check(NAME, ok=True, found=say("subscriptions that get what is theirs: {count}", count=len(live)))
    remedies = dict.fromkeys(each.remedy for each in troubles)
    return Check(NAME, ok=True, found="; ".join(each.found for each in troubles), remedy=" ".join(remedies))


def _troubles(connection: psycopg.Connection, one: Subscription, now: datetime) -> Iterator[Trouble]:
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
