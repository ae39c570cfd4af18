"""What somebody named, by its identifier: remembered for the access log of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

MOST_NAMED = 20
_named: ContextVar[list[UUID] | None] = ContextVar("named", default=None)


@contextmanager
def naming() -> Iterator[list[UUID]]:
    """What people name in this time, by its identifier, each once; the first twenty."""
    named: list[UUID] = []
    token = _named.set(named)
    try:
        yield named
    finally:
        _named.reset(token)


def named(found: UUID) -> UUID:
    """An account, an opportunity, a member or a person that was found by what somebody typed: itself, remembered for
    the access log where that asks for it. Paths of HTTP hold it already."""
    already = _named.get()
    if already is not None and found not in already and len(already) < MOST_NAMED:
        already.append(found)
    return found
