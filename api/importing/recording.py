"""Decided events go into the journal in appends of some thousand, in business order; the last one marks the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from uuid import UUID, uuid4, uuid5

from api.importing.files import Content
from api.importing.names import IMPORTED
from api.importing.plan import Progress
from domain.aggregate import BEGINNING, Recorded
from domain.journal.context import Context
from domain.journal.journal import Journal

APPEND = 2_000


def run_of(content: Content) -> UUID:
    """The identifier of an import by its content: started again after a kill it is the same."""
    digest = blake2b(digest_size=16)
    for kind in sorted(content.rows):
        for row in content.rows[kind]:
            digest.update(row.digest)
    return uuid5(IMPORTED, f"run {digest.hexdigest()}")


def end_of(run: UUID) -> UUID:
    """The command that the last append of an import is."""
    return uuid5(run, "end")


def is_complete(journal: Journal, run: UUID) -> bool:
    """Whether an import was recorded to its end."""
    command = end_of(run)
    return journal.repeated(Context(at=BEGINNING, command_id=command, digest=command.bytes)) is not None


def record(
    journal: Journal, events_of_facts: Iterable[list[Recorded]], total: int, run: UUID, progress: Progress, size: int
) -> int:
    """Append `total` events, about `size` at a time, those of one fact together; the last position.

    Raises IntegrityError or AlreadyClaimed where others wrote meanwhile.
    """
    position, done = journal.streams.head(), 0
    for events in _appends(events_of_facts, size):
        done += len(events)
        last = done == total and not is_complete(journal, run)
        position = journal.append_in_bulk(events, end_of(run) if last else uuid4()).last
        progress("recorded", done, total)
    return position


def _appends(events_of_facts: Iterable[list[Recorded]], size: int) -> Iterator[list[Recorded]]:
    together: list[Recorded] = []
    for events in events_of_facts:
        together += events
        if len(together) >= size:
            yield together
            together = []
    if together:
        yield together
