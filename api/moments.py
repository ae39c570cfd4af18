"""Times as people state them: a moment with its zone, or a day of the company's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec

from api.bodies import FIRST_YEAR, LAST_YEAR
from domain.aggregate import Precision
from domain.decodable import decodable
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import day_end, day_of, day_start
from domain.policies.company import Company
from domain.policies.policy import policy_id
from domain.rights import Newest

When = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+))?$",
        description="A moment with its zone (2026-03-31T10:00:00Z), or a day of the company's calendar (2026-03-31).",
        examples=["2026-03-31", "2026-03-31T10:00:00Z"],
    ),
]
COMPANY = policy_id("Company")


class Calendar:
    """Days as moments, by the company's calendar of now."""

    def __init__(self, newest: Newest) -> None:
        self._newest = newest

    @property
    def company(self) -> Company:
        """The company as it is now."""
        return self._newest.state(Company, COMPANY)

    def occurred(self, field: str, stated: str | None, now: datetime) -> tuple[datetime, Precision]:
        """When a fact happened: now, a past moment, or a past day (its last moment; today is now)."""
        if stated is None:
            return now, Precision.MOMENT
        found = read_when(field, stated)
        if isinstance(found, datetime):
            if found > now:
                raise Malformed(Fault(field, stated, "lies in the future: facts have happened"))
            return found, Precision.MOMENT
        company = self.company
        today = day_of(company, now)
        if found > today:
            raise Malformed(Fault(field, stated, say("lies in the future: today is {today}", today=today)))
        return (now if found == today else day_end(company, found)), Precision.DAY

    def moment(self, field: str, stated: str | None) -> datetime | None:
        """A moment asked about; a day stands for its last microsecond."""
        if stated is None:
            return None
        found = read_when(field, stated)
        return found if isinstance(found, datetime) else day_end(self.company, found)

    def beginning(self, field: str, stated: str | None) -> datetime | None:
        """A moment from which on something is asked for; a day stands for its first microsecond."""
        if stated is None:
            return None
        found = read_when(field, stated)
        return found if isinstance(found, datetime) else day_start(self.company, found)


def read_when(field: str, stated: str) -> datetime | date:
    """A moment in UTC, or a day. Raises Malformed."""
    for kind in (date, Annotated[datetime, msgspec.Meta(tz=True)]):
        found = _read(kind, stated)
        if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR:
            return found.astimezone(UTC) if isinstance(found, datetime) else found
    shown = stated[:80]
    reason = say("`{found}`: expected a day (2026-03-31) or a moment with its zone", found=shown)
    raise Malformed(Fault(field, shown, reason))


def _read(kind: Any, stated: str) -> Any:
    try:
        return msgspec.convert(stated, decodable(kind))
    except msgspec.ValidationError:
        return None
