"""Reading e-mails (.eml, RFC 5322) and calendar files (.ics, RFC 5545): who, when, about what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from domain.errors import Fault, Malformed

EMAIL, CALENDAR = "email", "calendar"


class Letter(msgspec.Struct, frozen=True):
    """A message, or an entry of a calendar. Addresses are in small letters, the sender's (organizer's) first."""

    kind: str
    message_id: str
    at: datetime
    sender: str
    addresses: tuple[str, ...]
    subject: str
    end: datetime | None = None
    place: str = ""


def read_letters(name: str, content: bytes, zone: str) -> list[Letter]:
    """What a file holds; `zone` is for times without one. Raises Malformed, which names the file and what is wrong."""
    if not content.strip():
        raise Malformed(Fault(name, "", "the file is empty"))
    if name.lower().endswith(".eml"):
        return [_email(name, content)]
    if name.lower().endswith(".ics"):
        return list(_entries(name, content, ZoneInfo(zone)))
    raise Malformed(Fault("name", name[:80], "expected an e-mail (.eml) or a calendar file (.ics)"))


def _email(name: str, content: bytes) -> Letter:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    message_id, dated = (_header(message, field) for field in ("message-id", "date"))
    if not message_id:
        raise Malformed(Fault(name, "", "the e-mail has no Message-ID: it could be logged twice"))
    try:
        at = parsedate_to_datetime(dated)
    except (TypeError, ValueError):
        raise Malformed(Fault(name, dated[:80], "the e-mail has no Date that can be read")) from None
    sender = _addresses_in(message, "from")
    others = [each for field in ("to", "cc", "bcc") for each in _addresses_in(message, field)]
    if not sender:
        raise Malformed(Fault(name, _header(message, "from")[:80], "the e-mail has no sender in From"))
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return Letter(
        EMAIL, message_id, at, sender[0], tuple(dict.fromkeys([*sender, *others])), _header(message, "subject")
    )


def _header(message: EmailMessage, field: str) -> str:
    return " ".join(str(message.get(field, "")).split())


def _addresses_in(message: EmailMessage, field: str) -> list[str]:
    return [
        address.addr_spec.lower()
        for header in message.get_all(field, [])
        for address in getattr(header, "addresses", ())
        if address.addr_spec and "@" in address.addr_spec
    ]


def _entries(name: str, content: bytes, zone: ZoneInfo) -> Iterator[Letter]:
    from icalendar import Calendar

    try:
        calendars = list(Calendar.from_ical(content, multiple=True))
    except (ValueError, IndexError, KeyError) as error:
        raise Malformed(Fault(name, str(error)[:80], "the file is no calendar that can be read")) from None
    entries = [(calendar, entry) for calendar in calendars for entry in calendar.walk("VEVENT")]
    if not entries:
        raise Malformed(Fault(name, "", "the calendar file has no entry (VEVENT)"))
    for calendar, entry in entries:
        cancelled = "CANCEL" in (str(calendar.get("method", "")).upper(), str(entry.get("status", "")).upper()[:6])
        yield _entry(name, entry, zone, cancelled=cancelled)


def _entry(name: str, entry: Any, zone: ZoneInfo, *, cancelled: bool) -> Letter:
    uid, subject = str(entry.get("uid", "")).strip(), " ".join(str(entry.get("summary", "")).split())
    if not uid:
        raise Malformed(Fault(name, subject[:80], "the entry has no UID: it could be logged twice"))
    if cancelled:
        raise Malformed(Fault(name, subject[:80], "the entry is a cancellation: cancel the visit, or leave it out"))
    if entry.get("rrule") is not None:
        raise Malformed(Fault(name, subject[:80], "the entry is a series: export the single meeting"))
    at, end = _moment(entry, "dtstart", zone), _moment(entry, "dtend", zone)
    if at is None:
        raise Malformed(Fault(name, subject[:80], "the entry has no start (DTSTART)"))
    if end is None and (lasting := getattr(entry.get("duration"), "dt", None)):
        end = at + lasting
    if recurrence := _moment(entry, "recurrence-id", zone):
        uid = f"{uid} {recurrence:%Y%m%dT%H%M%SZ}"
    organizer = _mailed(entry.get("organizer"))
    addresses = tuple(dict.fromkeys([*organizer, *_mailed(entry.get("attendee"))]))
    sender = organizer[0] if organizer else ""
    place = " ".join(str(entry.get("location", "")).split())
    return Letter(CALENDAR, uid, at, sender, addresses, subject, end if end and end > at else None, place)


def _moment(entry: Any, field: str, zone: ZoneInfo) -> datetime | None:
    """A time of an entry; one without a zone is the company's, a whole day begins with it."""
    found = getattr(entry.get(field), "dt", None)
    if isinstance(found, datetime):
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    return datetime.combine(found, time.min, zone).astimezone(UTC) if isinstance(found, date) else None


def _mailed(stated: Any) -> list[str]:
    """The addresses of organizers or attendees, which are written mailto:somebody@there."""
    several: Iterable[Any] = stated if isinstance(stated, list) else [] if stated is None else [stated]
    found = [str(each).strip().lower() for each in several]
    return [each.removeprefix("mailto:") for each in found if each.startswith("mailto:") and "@" in each]
