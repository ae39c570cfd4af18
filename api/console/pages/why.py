"""Why? (为什么): what a number is made of, down to the events: the panel beside any page, and a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from api.asking import Clocks
from api.console.composing import is_composed, why_composed
from api.console.explained import EXAMPLE, behind, clocks_of
from api.console.frame import Frame, page
from api.console.nav import OVERSEE
from api.console.telling import Teller, Why
from api.endpoints import Endpoint
from api.questions.explaining import Positions
from domain.errors import Fault, Malformed
from domain.language.catalogue import say


class WhyQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Of what: the address of an explanation (`api.console.explained`), or the positions of events, which are the
    newest `of` so many."""

    explain: str = ""
    positions: Positions | None = None
    of: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10
    skip: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


def endpoints() -> list[Endpoint]:
    """The panel."""
    return [page("/why", "why", _why, WhyQuery)]


def _why(frame: Frame[WhyQuery]) -> Mapping[str, Any]:
    """The events behind a number, and how they make it."""
    query = frame.query
    address = query.explain or (f"events?positions={query.positions}" if query.positions else "")
    if not address:
        raise Malformed(
            Fault("explain", "", say("state the address of an explanation such as {example}", example=EXAMPLE))
        )
    if is_composed(address):
        with frame.view() as view:
            why = why_composed(frame, view, address, limit=query.limit, skip=query.skip)
            return _shown(frame, why, view.known.position, view.clock.as_of)
    found = behind(frame.call, address, query, limit=query.limit, skip=query.skip)
    is_own = found.clocks != clocks_of(query)
    with frame.view(found.clocks if is_own else None) as view:
        if is_own:
            frame.as_of, frame.known_at = view.clock.as_of, view.known.position
        why = Teller(frame, view, found, of=query.of, limit=query.limit, skip=query.skip).why()
    return _shown(frame, why, found.answer.known_at.position, found.answer.as_of)


def _shown(frame: Frame[WhyQuery], why: Why, known: int, moment: datetime) -> Mapping[str, Any]:
    query = frame.query
    return {
        "title": why.title,
        "why": why,
        "known": known,
        "moment": moment,
        "before": max(query.skip - query.limit, 0) if query.skip else None,
        "after": query.skip + query.limit if query.skip + why.shown < why.count else None,
        "audits": bool(frame.call.asker.roles & OVERSEE),
    }
