"""What recorded facts changed, loading each stream once: for whoever lists facts with their before → after."""

from __future__ import annotations

from collections.abc import Collection

from domain.changes import Change
from domain.course import recorded_changes
from domain.journal.streams import Streams


def changes_at(streams: Streams, positions: Collection[int]) -> dict[int, list[Change]]:
    """Before → after of the facts at some positions, by what was known when each was recorded; nothing is there of
    positions that the journal does not have. Raises what reading a damaged event raises."""
    if not positions:
        return {}
    found: dict[int, list[Change]] = {}
    for history in streams.histories(streams.streams_of(positions), to=max(positions)).values():
        found |= recorded_changes(history, positions)
    return found
