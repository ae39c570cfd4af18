"""Given these events, then these rows: a model's handlers folded without a database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.aggregate import Event
from projections.engine import Envelope, ReadModel, Row
from projections.engine.model import Plan
from tests.domain.given import day

Told = tuple[UUID, Event] | tuple[UUID, Event, datetime]


def rows_after(model: ReadModel, *told: Told) -> list[Row]:
    """The rows that are there after events, in the order of their keys' first events.

    An event is told as (stream, event) or (stream, event, moment); without a moment they happen a day apart.
    """
    plan = Plan(model)
    rows: dict[bytes, Row | None] = {}
    for position, (stream, event, *moment) in enumerate(told, start=1):
        at = moment[0] if moment else day(position)
        envelope = Envelope(position, position, stream.bytes, event.topic, 0, at, event)
        for key in plan.keys(envelope):
            rows[key] = plan.handlings[event.topic].handle(rows.get(key), event, envelope)
    return [row for row in rows.values() if row is not None]
