"""What the journal holds at positions that rows name: texts that no row repeats, and when they were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.aggregate import Event, Origin
from domain.journal.mapper import JournalMapper
from projections.view import View

_mapper = JournalMapper()


class Stated(msgspec.Struct, frozen=True):
    """A fact as it was recorded."""

    event: Event
    occurred_at: datetime
    recorded_at: datetime
    origin: Origin


def stated(view: View, positions: Iterable[int | None]) -> dict[int, Stated]:
    """The facts at positions; those that cannot be read raise what the mapper raises."""
    wanted = sorted({position for position in positions if position is not None})
    sql = "select position, topic, state, recorded_at from events where position = any(%s)"
    found = {}
    for position, topic, state, recorded_at in view.connection.execute(sql, (wanted,)):
        fact = _mapper.decoder(topic, position).full(position, bytes(state))
        found[position] = Stated(fact.event, fact.occurred_at, recorded_at, fact.origin)
    return found
