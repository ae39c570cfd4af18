"""What recorded facts changed, loading each stream once: for whoever lists facts with their before → after."""

from __future__ import annotations

from collections.abc import Collection

from domain.changes import Change
from domain.course import recorded_changes
from domain.journal.streams import Streams


def changes_at(streams: Streams, positions: Collection[int]) -> dict[int, list[Change]]:
    """Before → after of the facts at some positions, by what was known when each was recorded; nothing is there of
    positions that the journal does not have. Raises what reading a damaged event raises. What a fact changed is for
    ever, and is worked out once by a process as long as the fact is asked for."""
    if not positions:
        return {}
    told = streams.told_at(positions)
    found = {fact[0]: list(known) for fact in told if (known := streams.changes.get(fact)) is not None}
    missing = {fact[0]: fact for fact in told if fact[0] not in found}
    wanted = {stream for _, stream, _ in missing.values()}
    for history in streams.histories(wanted, to=max(missing)).values() if missing else ():
        for position, changes in recorded_changes(history, missing).items():
            streams.changes.put(missing[position], tuple(changes))
            found[position] = changes
    return found
