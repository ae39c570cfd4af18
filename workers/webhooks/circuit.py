"""What is left alone for a while, then gets one probe; nothing counts as an attempt meanwhile.

A host that nobody can connect to is left alone by all of its subscriptions. An address that is connected to and does
not answer (time-out, cut connection, 502, 503, 504) says nothing of its host: its subscription alone waits, under its
identifier in place of a host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

from workers.webhooks.back_off import HOST_SECONDS, Random, step

LANES_IN_A_ROW = 3
PROBE_SECONDS = 60
"""How long a probe may take until somebody else may send one."""


class Circuit(NamedTuple):
    """A host, or a subscription, that is left alone until a moment, after so many probes in vain."""

    host: str
    failures: int
    open_until: datetime
    reason: str


class CircuitStore:
    """The circuits that are open, for all workers."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def open_ones(self) -> list[Circuit]:
        """All of them."""
        found = self._connection.execute("select host, failures, open_until, reason from delivery_hosts order by host")
        return [Circuit(*row) for row in found]

    def keep(self, circuit: Circuit) -> None:
        """Leave a host alone."""
        self._connection.execute(
            "insert into delivery_hosts (host, failures, open_until, reason) values (%s, %s, %s, %s)"
            " on conflict (host) do update set failures = excluded.failures, open_until = excluded.open_until,"
            " reason = excluded.reason, probing_until = null",
            circuit,
        )

    def close(self, host: str) -> None:
        """It was reached."""
        self._connection.execute("delete from delivery_hosts where host = %s", (host,))

    def may_probe(self, host: str, now: datetime) -> bool:
        """Whether the probe is ours: nobody else sends one for a while."""
        found = self._connection.execute(
            "update delivery_hosts set probing_until = %(until)s where host = %(host)s and open_until <= %(now)s"
            " and coalesce(probing_until <= %(now)s, true) returning host",
            {"until": now + timedelta(seconds=PROBE_SECONDS), "host": host, "now": now},
        ).fetchone()
        return found is not None


Save = Callable[[Callable[[CircuitStore], object]], object]
"""Does something with the store, some time."""


class Hosts:
    """What a process knows of hosts and of subscriptions whose address does not answer. One is dead when it fails for
    several lanes in a row."""

    def __init__(self, save: Save, random: Random) -> None:
        self._save, self._random = save, random
        self._circuits: dict[str, Circuit] = {}
        self._failing: dict[str, set[UUID]] = {}

    def known(self, open_ones: Iterable[Circuit]) -> None:
        """What is open by now, whoever found out."""
        self._circuits = {each.host: each for each in open_ones}

    def of(self, host: str) -> Circuit | None:
        """The circuit of a host; None where it is closed."""
        return self._circuits.get(host)

    def reached(self, host: str) -> None:
        """It answered."""
        self._failing.pop(host, None)
        if self._circuits.pop(host, None) is not None:
            self._save(lambda store: store.close(host))

    def failed(self, host: str, lane: UUID, reason: str, now: datetime) -> bool:
        """It was not reached; whether that counts as an attempt of the lane."""
        known = self._circuits.get(host)
        if known is not None:
            if now >= known.open_until:
                self._open(host, known.failures + 1, reason, now)
            return False
        failing = self._failing.setdefault(host, set())
        failing.add(lane)
        if len(failing) < LANES_IN_A_ROW:
            return True
        self._open(host, 1, reason, now)
        return False

    def _open(self, host: str, failures: int, reason: str, now: datetime) -> None:
        until = now + timedelta(seconds=step(HOST_SECONDS, failures, self._random))
        circuit = self._circuits[host] = Circuit(host, failures, until, reason)
        self._failing.pop(host, None)
        self._save(lambda store: store.keep(circuit))
