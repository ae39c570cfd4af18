"""The control that sets as of when a page is shown, and the address under which it shows the same for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from msgspec.structs import FieldInfo, fields

from api.asking import Clocks
from api.console.addresses import plain
from api.console.frame import Frame
from api.moments import read_when
from domain.member import Role
from domain.policies.calendar import day_of

YEAR = 365


@dataclass(frozen=True)
class TimeBar:
    """A year of days, `first` to `last`, in which `day` is shown; `now` says that it is the running moment. `exact` is
    the moment where the address states one instead of a day."""

    first: date
    last: date
    day: date
    now: bool
    exact: str
    known_at: str
    may_state_known: bool

    @property
    def step(self) -> int:
        """The place of the day on the slider."""
        return (self.day - self.first).days

    @property
    def steps(self) -> int:
        """The last place of the slider."""
        return (self.last - self.first).days

    @classmethod
    def of(cls, frame: Frame[Any]) -> TimeBar:
        """The control of a page. The year ends today; further back it lies around the day that is shown."""
        company = frame.call.doors.calendar.company
        today = day_of(company, frame.call.now)
        stated = read_when("as_of", frame.query.as_of) if frame.query.as_of else today
        shown = day_of(company, stated) if isinstance(stated, datetime) else stated
        last = max(today, shown) if shown > today - timedelta(days=YEAR) else shown + timedelta(days=YEAR // 2)
        roles = frame.call.asker.roles
        return cls(
            first=last - timedelta(days=YEAR),
            last=last,
            day=shown,
            now=frame.query.as_of is None,
            exact=frame.query.as_of if isinstance(stated, datetime) and frame.query.as_of else "",
            known_at=frame.query.known_at or "",
            may_state_known=bool(roles & {Role.AUDITOR, Role.ADMIN}) or frame.query.known_at is not None,
        )


@dataclass(frozen=True)
class Beginning:
    """The first day of something that is not there yet on the day that is shown; `known` says that what the address
    takes as known has it."""

    day: date
    known: bool

    @classmethod
    def of(cls, frame: Frame[Any], aggregate_id: UUID) -> Beginning | None:
        """Where there is a first fact at all."""
        doors = frame.call.doors
        first = doors.journal.streams.openings([aggregate_id]).get(aggregate_id)
        if first is None:
            return None
        known = frame.known_at is None or first.position <= frame.known_at
        return cls(day_of(doors.calendar.company, first.occurred_at), known)


def permalink(frame: Frame[Any]) -> str:
    """The parameters under which this page shows the same numbers for ever: everything that its address states, with
    both clocks."""
    query = frame.query
    own = {name: value for name, value in stated_in(query).items() if name not in Clocks.__struct_fields__}
    stated = {name: plain(value) for name, value in own.items() if value not in (None, "", False)}
    as_of = query.as_of or _instant(frame.as_of or frame.call.now)
    known = query.known_at or (str(frame.known_at) if frame.known_at is not None else "")
    clocks = {"as_of": as_of, "known_at": known} if known else {"as_of": as_of}
    return urlencode({**stated, **clocks})


def stated_in(query: Clocks) -> dict[str, Any]:
    """The parameters of a page's address, under the names that they have there, other than what is taken without
    stating it; not how long one waits."""
    return {
        each.encode_name: getattr(query, each.name)
        for each in _fields(type(query))
        if each.name != "wait_for" and getattr(query, each.name) != each.default
    }


@cache
def _fields(query: type[Clocks]) -> tuple[FieldInfo, ...]:
    """The parameters of a page: to look them up takes milliseconds, and every link asks."""
    return fields(query)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
