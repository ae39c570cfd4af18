"""What the journal holds at positions that rows name: texts that no row repeats, and when they were recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.aggregate import Event, Origin
from domain.decodable import decodable
from domain.journal.mapper import JournalMapper, State
from projections.view import View

_mapper = JournalMapper()
_parts = msgspec.msgpack.Decoder(decodable(list[msgspec.Raw])).decode
_origin = msgspec.msgpack.Decoder(decodable(Origin)).decode
_ORIGIN = State.__struct_fields__.index("origin")
_IMPORT = msgspec.msgpack.encode(Origin.IMPORT)
_RECORDED = """
select position, recorded_at, case when position(%s::bytea in state) > 0 then state end from events
where position = any(%s)
"""
"""What does not hold the word of imports is none; what holds it may be one, and is looked at itself."""


class Stated(msgspec.Struct, frozen=True):
    """A fact as it was recorded."""

    event: Event
    occurred_at: datetime
    recorded_at: datetime
    origin: Origin


def recorded_live(view: View, positions: Iterable[int | None]) -> dict[int, datetime]:
    """When the facts at positions were recorded, without reading what they say; of those alone that were not
    imported."""
    wanted = sorted({position for position in positions if position is not None})
    found = view.connection.execute(_RECORDED, (_IMPORT, wanted))
    return {position: at for position, at, state in found if state is None or _came_in(state) is not Origin.IMPORT}


def _came_in(state: bytes) -> Origin:
    parts = _parts(state)
    return _origin(parts[_ORIGIN]) if len(parts) > _ORIGIN else Origin.PERSON


def stated(view: View, positions: Iterable[int | None]) -> dict[int, Stated]:
    """The facts at positions; those that cannot be read raise what the mapper raises."""
    wanted = sorted({position for position in positions if position is not None})
    sql = "select position, topic, state, recorded_at from events where position = any(%s)"
    found = {}
    for position, topic, state, recorded_at in view.connection.execute(sql, (wanted,)):
        fact = _mapper.decoder(topic, position).full(position, bytes(state))
        found[position] = Stated(fact.event, fact.occurred_at, recorded_at, fact.origin)
    return found
