"""Findings in words."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.language.catalogue import say
from domain.seal.findings import FindingKind


def moment(at: datetime) -> str:
    """A moment to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def difference(kind: FindingKind, first: int, last: int, exchanged: bool = False) -> str:
    """What is said of events that differ from what was sealed."""
    match kind:
        case FindingKind.TILES:
            return say("The tiles hold other hashes than those of events {first} to {last}.", first=first, last=last)
        case FindingKind.REORDERED if exchanged:
            return say("Events {first} and {last} were exchanged.", first=first, last=last)
        case FindingKind.REORDERED:
            return say("Event {first} was moved: it stands at position {last} now.", first=first, last=last)
        case FindingKind.REMOVED if first == last:
            return say("Event {position} was removed.", position=first)
        case FindingKind.REMOVED:
            return say("Events {first} to {last} were removed.", first=first, last=last)
        case FindingKind.INSERTED if first == last:
            return say(
                "The event at position {position} was inserted: it was not there when the events around it were"
                " sealed.",
                position=first,
            )
        case FindingKind.INSERTED:
            return say(
                "The events at positions {first} to {last} were inserted: they were not there when the events"
                " around them were sealed.",
                first=first,
                last=last,
            )
    if first == last:
        return say("Event {position} was changed: it is not what was sealed.", position=first)
    return say("Events {first} to {last} were changed: none of them is what was sealed.", first=first, last=last)


def clock(position: int) -> str:
    """What is said of an event that was recorded before its predecessor."""
    return say("Event {position} was recorded before the event before it: a clock ran backwards.", position=position)
