"""Which rows the events of a batch concern, and which of them wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from projections.engine.facts import Batch, Broken, Facts
from projections.engine.model import Envelope, Plan
from projections.engine.parking import Waiting, describe


@dataclass(slots=True)
class Routed:
    """A batch by row: what comes, and what is withdrawn (with the step of the withdrawal)."""

    coming: dict[bytes, list[Envelope]] = field(default_factory=dict)
    going: dict[bytes, list[tuple[int, Envelope]]] = field(default_factory=dict)

    def only(self, keys: set[bytes]) -> Routed:
        """The same for some rows alone."""
        return Routed(
            {key: facts for key, facts in self.coming.items() if key in keys},
            {key: facts for key, facts in self.going.items() if key in keys},
        )


class Routing:
    """The routing of one batch for one model. Where the rows of an event cannot be told, its stream waits."""

    def __init__(self, plan: Plan, facts: Facts, batch: Batch, waits: Waiting) -> None:
        self._plan = plan
        self._facts = facts
        self._batch = batch
        self._waits = waits
        self._stops: dict[bytes, int] = {}

    def route(self, connection: psycopg.Connection) -> Routed:
        """The batch by row. A stream that has to stop stops with its whole step, so it is routed again."""
        for broken in self._batch.broken:
            if broken.stream not in self._waits.streams and self._plan.concerns(broken.topic):
                self._stop(broken, broken.error)
        while True:
            stops = len(self._stops)
            routed = Routed()
            withdrawals = self._events(routed)
            if withdrawals:
                self._withdrawals(connection, withdrawals, routed)
            if len(self._stops) == stops:
                return routed

    def _stop(self, at: Broken | Envelope, error: str) -> None:
        self._stops[at.stream] = at.step
        self._waits.park_stream(at.stream, at.position, error)

    def _events(self, routed: Routed) -> list[Envelope]:
        """Route the events; returns the withdrawals among them."""
        handlings, withdrawals, coming = self._plan.handlings, self._plan.withdrawals, routed.coming
        streams, waiting_keys = self._waits.streams, self._waits.keys
        found: list[Envelope] = []
        for e in self._batch.of(self._plan.topics):
            if streams and e.stream in streams and e.step >= self._stops.get(e.stream, 0):
                continue
            if e.topic in withdrawals:
                found.append(e)
            handling = handlings.get(e.topic)
            if handling is None:
                continue
            for key in (e.stream,) if handling.route is None else self._keys(e):
                if key in waiting_keys:
                    continue
                if key in coming:
                    coming[key].append(e)
                else:
                    coming[key] = [e]
        return found

    def _keys(self, envelope: Envelope) -> Iterable[bytes]:
        try:
            return list(self._plan.keys(envelope))
        except Exception as error:  # noqa: BLE001 a poison event may raise anything; its stream is parked
            self._stop(envelope, describe(error))
            return ()

    def _withdrawals(self, connection: psycopg.Connection, withdrawals: list[Envelope], routed: Routed) -> None:
        """A withdrawal goes to the rows of the event that it names."""
        named = {w.event.position for w in withdrawals}
        here: dict[int, Envelope | Broken] = {e.position: e for e in self._batch.envelopes if e.position in named}
        here.update(self._facts.at(connection, [p for p in named - here.keys() if p <= self._batch.after]))
        for w in withdrawals:
            target = here.get(w.event.position)
            if isinstance(target, Broken):
                if target.topic in self._plan.handlings:
                    self._stop(w, target.error)
            elif target is not None:
                for key in self._keys(target):
                    if key not in self._waits.keys:
                        routed.going.setdefault(key, []).append((w.step, target))
