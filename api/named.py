"""What somebody named, by its identifier: remembered for the access log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

MOST_NAMED = 20
_named: ContextVar[dict[UUID, str] | None] = ContextVar("named", default=None)


@contextmanager
def naming() -> Iterator[dict[UUID, str]]:
    """What people name in this time, each once, the first twenty: its identifier, and what was stated for it over
    HTTP."""
    named: dict[UUID, str] = {}
    token = _named.set(named)
    try:
        yield named
    finally:
        _named.reset(token)


def named(found: UUID, stated: str = "") -> UUID:
    """An account, an opportunity, a member or a person that was found by what somebody stated: itself, remembered for
    the access log where that asks for it."""
    already = _named.get()
    if already is not None and found not in already and len(already) < MOST_NAMED:
        already[found] = stated
    return found
