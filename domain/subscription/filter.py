"""Which events a stream brings."""

from __future__ import annotations

from uuid import UUID

import msgspec

from domain.aggregate import EVENTS, ROOTS
from domain.errors import Refused

MOST = 100


class TypeUnknown(Refused):
    """There is no event {found}: state a stored name such as Account.VisitLogged, or the name of what it is about, for
    all of its events: {known}. GET /schemas, or `kams events schemas`, lists all events."""


class FilterTooLong(Refused):
    """The filter names {found} {field}, and at most {most} are possible: leave some out, or name none for all of
    them."""


class WantedFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events: of some accounts, types and territories (as they were when the event was recorded), each empty for
    all. A type is a stored name, or the name of an aggregate for all its events. With `imports` also what was imported;
    where it is not stated a webhook brings none of it, and a Valkey stream brings it."""

    accounts: tuple[UUID, ...] = ()
    types: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    imports: bool | None = None

    def settled(self, *, imports: bool) -> StreamFilter:
        """The same without repetitions; `imports` where nothing is stated about it."""
        return StreamFilter(
            accounts=tuple(dict.fromkeys(self.accounts)),
            types=tuple(dict.fromkeys(self.types)),
            territories=tuple(dict.fromkeys(self.territories)),
            imports=imports if self.imports is None else self.imports,
        )


class StreamFilter(WantedFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events: of some accounts, types and territories (as they were when the event was recorded), each empty for
    all; with or without what was imported. A type is a stored name, or the name of an aggregate for all its events."""

    imports: bool = True

    @property
    def topics(self) -> tuple[str, ...]:
        """The stored names that the types stand for, those added by later versions, too; empty for all."""
        found = [topics_of(each) or (each,) for each in self.types]
        return tuple(dict.fromkeys(topic for topics in found for topic in topics))

    def must_be_possible(self) -> None:
        """Refuse types that no event has, and too long a list."""
        for field in ("accounts", "types", "territories"):
            if len(getattr(self, field)) > MOST:
                raise FilterTooLong(found=len(getattr(self, field)), field=field, most=MOST, parameter="filter")
        for each in self.types:
            if not topics_of(each):
                raise TypeUnknown(found=each[:80], known=", ".join(sorted(ROOTS)), field="filter")


EVERYTHING = StreamFilter()
LIVE_ONLY = StreamFilter(imports=False)


def topics_of(name: str) -> tuple[str, ...]:
    """The stored names that a type stands for; none where it is unknown."""
    if name in EVENTS:
        return (name,)
    return tuple(topic for topic in EVENTS if topic.partition(".")[0] == name)
