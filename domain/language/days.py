"""Days and moments in sentences: as they are stored (2026-09-22), or, where pages are made, as people write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Calendar:
    """How days, moments and money are written; `zone` is that in which moments are told, `exact` is money to the last
    unit of its currency."""

    zone: str
    day: Callable[[date], str]
    moment: Callable[[datetime], str]
    money: Callable[[Decimal, str], str]
    exact: Callable[[Decimal, str], str]


_WRITTEN: ContextVar[Calendar | None] = ContextVar("calendar", default=None)


@contextmanager
def writing_days(calendar: Calendar | None) -> Iterator[None]:
    """Let every day and moment said inside be written so; as they are stored without a calendar."""
    before = _WRITTEN.set(calendar)
    try:
        yield
    finally:
        _WRITTEN.reset(before)


def zone_written() -> str:
    """The zone in which moments are told; empty where days are written as they are stored."""
    calendar = _WRITTEN.get()
    return calendar.zone if calendar else ""


def shown_day(day: date) -> str:
    """A day as it is said here."""
    calendar = _WRITTEN.get()
    return calendar.day(day) if calendar else day.isoformat()


def shown_moment(moment: datetime) -> str:
    """A moment as it is said here: in its zone, which is named where it is UTC."""
    calendar = _WRITTEN.get()
    return calendar.moment(moment) if calendar else f"{moment:%Y-%m-%d %H:%M} UTC"


def shown_money(amount: Decimal, currency: str) -> str | None:
    """Money as it is said here, with its currency; None where amounts are said as they are stored."""
    calendar = _WRITTEN.get()
    return calendar.money(amount, currency) if calendar else None


def shown_exactly(amount: Decimal, currency: str) -> str | None:
    """The same to the last unit of the currency: what was recorded."""
    calendar = _WRITTEN.get()
    return calendar.exact(amount, currency) if calendar else None


def as_said(value: Any) -> Any:
    """A value of a sentence; a day or moment as it is written here."""
    calendar = _WRITTEN.get()
    if calendar is None or not isinstance(value, date):
        return value
    return calendar.moment(value) if isinstance(value, datetime) else calendar.day(value)
