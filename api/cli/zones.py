"""The time zone in which the terminal tells times of day: the company's, which each heading that shows some says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.language.catalogue import say

_zone: ContextVar[str] = ContextVar("zone", default="UTC")


@contextmanager
def times_of(zone: str) -> Iterator[None]:
    """What is told within is told in times of this zone."""
    token = _zone.set(zone)
    try:
        yield
    finally:
        _zone.reset(token)


def local(moment: datetime) -> str:
    """A moment by the clocks of the zone."""
    return f"{moment.astimezone(ZoneInfo(_zone.get())):%Y-%m-%d %H:%M}"


def local_with_zone(moment: datetime) -> str:
    """The same with the name of the zone."""
    return f"{local(moment)} {_zone.get()}"


def titled(title: str) -> str:
    """A heading that says in which zone the times below it are."""
    return f"{title} · {say('times: {zone}', zone=_zone.get())}"
