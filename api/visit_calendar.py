"""Planned visits as a calendar (iCalendar, RFC 5545) that programs subscribe to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from projections.view import View
from projections.visit_facts import accounts_asked
from projections.visit_list import VisitLine, lines
from projections.visits import VisitStatus

MEDIA_TYPE = "text/calendar"
LOOKS_BACK = timedelta(days=92)
LOOKS_AHEAD = timedelta(days=366)
USUAL_LENGTH = timedelta(hours=1)


def feed_of(view: View, member: UUID) -> list[VisitLine]:
    """A member's planned visits from three months back to a year ahead, cancelled and logged ones among them."""
    now = view.clock.as_of
    return lines(view, accounts_asked(view), now - LOOKS_BACK, now + LOOKS_AHEAD, member=member, only_planned=True)


def calendar_of(visits: Iterable[VisitLine]) -> bytes:
    """The calendar. An event keeps its UID for ever; SEQUENCE rises with every new time, with the cancellation and
    where one of them is taken back, so that programs replace what they have. It names no people of the customer's."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//KAMS//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "KAMS visits")
    for visit in visits:
        calendar.add_component(_event(visit))
    written: bytes = calendar.to_ical()
    return written


def _event(visit: VisitLine) -> Any:
    from icalendar import Event

    cancelled = visit.status is VisitStatus.CANCELLED
    start = visit.start or visit.changed_at
    event = Event()
    event.add("uid", f"{visit.visit}@kams")
    event.add("sequence", visit.revision)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("dtstamp", _utc(visit.changed_at))
    event.add("dtstart", _utc(start))
    event.add("dtend", _utc(visit.finish or start + USUAL_LENGTH))
    event.add("summary", f"{visit.account_name}: {visit.what.replace('_', ' ')}")
    event.add("description", f"{visit.why}\nExpected: {visit.expected_action}")
    if visit.where:
        event.add("location", visit.where)
    return event


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
