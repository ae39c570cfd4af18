"""What the rows should be, by folding the whole history for every question. Shares only the handlers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.aggregate import Event, Withdrawal
from domain.journal.reading import microseconds
from projections.engine.model import Envelope, Plan, ReadModel


@dataclass(frozen=True)
class Fact:
    """An event as the journal numbers it."""

    position: int
    step: int
    stream: UUID
    event: Event
    occurred_at: datetime


def answer(model: ReadModel, facts: list[Fact], as_of: datetime, known_at: int) -> dict[UUID, tuple[Any, ...]]:
    """The rows at a moment of business time, as known at a position, by key."""
    plan = Plan(model)
    known = [fact for fact in facts if fact.step <= known_at]
    withdrawn = {fact.event.position for fact in known if isinstance(fact.event, Withdrawal)}
    held = [f for f in known if f.occurred_at <= as_of and f.position not in withdrawn]
    rows: dict[bytes, Any] = {}
    for fact in sorted(held, key=lambda fact: (fact.occurred_at, fact.position)):
        at, topic = microseconds(fact.occurred_at), fact.event.topic
        e = Envelope(fact.position, fact.step, fact.stream.bytes, topic, at, fact.occurred_at, fact.event)
        for key in plan.keys(e):
            row = rows.get(key)
            after = plan.handlings[topic].handle(plan.shape.make(row), fact.event, e)
            rows[key] = plan.shape.take(after, row)
    return {UUID(bytes=key): row for key, row in rows.items() if row is not None}
