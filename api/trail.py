"""The audit trail: the journal, and the access log beside it where that is asked for, newest first, as pages or whole.

An answer over the journal and not a read model: a withdrawn fact stays visible here, and nothing is left out.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, islice
from uuid import UUID

import msgspec

from api.trail_lines import ACCESS, TrailLine, TrailTeller
from domain.aggregate import EVENTS, ROOTS, Origin
from domain.decodable import decodable
from domain.errors import Fault, Malformed
from domain.journal.trail import CHUNK, TrailFilters, facts_back
from domain.language.catalogue import say
from projections.access_log import AccessFilters, AccessLine
from projections.access_log import lines as access_lines
from projections.account_facts import company_facts
from projections.account_figures import belonging_to
from projections.engine import as_of_sql
from projections.finding_records import FINDING_RECORDS
from projections.view import View

LAST = 2**62


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a page ended: before this position, and before this line of the access log."""

    position: int = LAST
    access: int = LAST


NEWEST = Place()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the trail: filters of the journal, and whether the access log is merged in."""

    filters: TrailFilters
    access: AccessFilters | None = None


def trail(
    teller: TrailTeller, asked: Asked, place: Place = NEWEST, examined: Callable[[int], None] | None = None
) -> Iterator[TrailLine]:
    """The lines from a place back, by what is known in the teller's view; read as they are asked for. `examined` is
    told the position of each line."""
    view = teller.view
    before = min(place.position, view.clock.known_at + 1)
    facts = chain.from_iterable(map(teller.lines, facts_back(view.connection, asked.filters, before)))
    if asked.access is None:
        yield from facts if examined is None else _told(facts, examined)
        return
    log = _chunks(access_lines(view.connection, asked.access, place.access))
    accesses = chain.from_iterable(map(teller.access_lines, log))
    yield from merge(facts, accesses, key=lambda line: line.recorded_at, reverse=True)


def page(lines: Iterator[TrailLine], limit: int, place: Place) -> tuple[list[TrailLine], Place | None]:
    """So many lines, and the place where the next page begins; None on the last."""
    shown = list(islice(lines, limit))
    for line in shown:
        if line.source == ACCESS and line.access is not None:
            place = msgspec.structs.replace(place, access=line.access)
        elif line.position is not None:
            place = msgspec.structs.replace(place, position=line.position)
    return shown, place if next(lines, None) is not None else None


def place_of(cursor: str | None) -> Place:
    """The place that a cursor names; the newest without one. Raises Malformed."""
    if cursor is None:
        return NEWEST
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(cursor.encode()), type=decodable(Place))
    except (ValueError, msgspec.DecodeError):
        raise Malformed(Fault("cursor", cursor[:80], "not a cursor: take `next` of the page before")) from None


def cursor_of(place: Place | None) -> str | None:
    """The cursor of a place."""
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).decode() if place else None


def streams_of(view: View, account: UUID) -> tuple[UUID, ...]:
    """An account, those merged into it, what belongs to them, and the findings about any of them."""
    together = view.together(account)
    sql = as_of_sql(FINDING_RECORDS, "key", "account = any(%(accounts)s)")
    findings = view.connection.execute(sql.encode(), view.parameters(accounts=together)).fetchall()
    found = (*together, *belonging_to(view, together), *(key for (key,) in findings))
    return tuple(UUID(str(key)) for key in found)


def beside(view: View, account: UUID) -> tuple[int, ...]:
    """The positions of what the company's own streams tell of an account, and of those merged into it."""
    found = company_facts(view, view.together(account)).values()
    return tuple(fact.position for fact in chain.from_iterable(found))


def topics_of(kind: str) -> tuple[str, ...] | None:
    """The stored names that a kind names, separated by commas: topics, or aggregates. Raises Malformed."""
    names = [name.strip() for name in kind.split(",") if name.strip()]
    found: list[str] = []
    for name in names:
        matching = [topic for topic in EVENTS if name.lower() in (topic.lower(), topic.partition(".")[0].lower())]
        if not matching:
            known = ", ".join(sorted(ROOTS))
            reason = say("no such event; state one such as Account.VisitLogged, or one of {known}", known=known)
            raise Malformed(Fault("kind", name[:80], reason))
        found += matching
    return tuple(found) if names else None


def must_go_forward(field: str, start: datetime | None, end: datetime | None) -> None:
    """Refuse a stretch of time that ends before it starts. Raises Malformed."""
    if start is not None and end is not None and end < start:
        raise Malformed(Fault(field, end.isoformat(), "lies before the start"))


def actor_of(stated: str) -> Origin | None:
    """The origin that stands for an actor who is no member: worker or import."""
    return Origin(stated) if stated in (Origin.WORKER.value, Origin.IMPORT.value) else None


def access_beside(filters: TrailFilters) -> AccessFilters | None:
    """What the access log is narrowed by where the trail is narrowed so; None where only facts can be meant."""
    only_facts = (filters.topics, filters.origin, filters.occurred_from, filters.occurred_to, filters.command)
    if any(only_facts) or filters.late is not None or filters.corrections or filters.overrides:
        return None
    return AccessFilters(
        member=filters.actor,
        since=filters.recorded_from,
        until=filters.recorded_to,
        about=filters.streams or (),
        correlation=filters.correlation,
    )


def _told(lines: Iterable[TrailLine], examined: Callable[[int], None]) -> Iterator[TrailLine]:
    for line in lines:
        examined(line.position or 0)
        yield line


def _chunks(lines: Iterator[AccessLine]) -> Iterator[list[AccessLine]]:
    while found := list(islice(lines, CHUNK)):
        yield found
