"""Facts with both their clocks and who brought them, as rows of the journal that never lay in one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from domain.aggregate import Event, Origin, Recorded
from domain.journal.mapper import encode_state
from domain.opportunity.opportunity import Opportunity
from projections.forecasting.decoding import Stored
from projections.forecasting.facts import Facts, facts_of, histories
from projections.forecasting.folding import Frame
from projections.forecasting.histories import Histories, MarkKind, number_of
from tests.domain.given import day, some_id

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
FRAME = Frame("Asia/Shanghai", 1, "EUR", 2**40)


@dataclass(frozen=True)
class Clocked:
    """A fact: whose, what, when it occurred, when it was recorded, who brought it."""

    stream: UUID
    event: Event
    occurred: datetime
    recorded: datetime
    origin: Origin = Origin.PERSON

    @property
    def knowable(self) -> datetime:
        """From when on it could be known."""
        return self.occurred if self.origin is Origin.IMPORT else self.recorded


def stored(position: int, fact: Clocked) -> Stored:
    """A fact as a row at a position."""
    recorded = Recorded(
        originator_id=fact.stream,
        originator_version=1,
        event=fact.event,
        occurred_at=fact.occurred,
        origin=fact.origin,
    )
    moment = (fact.recorded - BEGIN) // timedelta(microseconds=1)
    return position, moment, fact.stream.bytes, fact.event.topic, encode_state(recorded)


def facts(told: Iterable[Clocked]) -> Facts:
    """Facts in the order of their positions, counted from 1."""
    return facts_of(stored(position, fact) for position, fact in enumerate(told, 1))


def known(told: Iterable[Clocked], moment: datetime, known_at: int | None = None, frame: Frame = FRAME) -> Histories:
    """What was knowable of facts at a moment."""
    return histories(facts(told), frame, moment, known_at=known_at)


def as_bytes(found: Histories) -> bytes:
    """All that histories hold."""
    parts = [repr((found.day, found.fiscal_start, found.ids, found.external, found.codes)).encode()]
    for holder in (found, found.spells, found.marks):
        arrays = {name: value for name, value in vars(holder).items() if isinstance(value, np.ndarray)}
        parts += [f"{name} {value.dtype} ".encode() + value.tobytes() for name, value in sorted(arrays.items())]
    return b"\n".join(parts)


# Words of the tests by example

DEAL, ACME, MEI, ZOE = (some_id(name) for name in ("deal", "acme", "mei", "zoe"))


def live(event: Event, at: int, recorded: int | None = None, stream: Any = DEAL) -> Clocked:
    return Clocked(stream, event, day(at), day(at if recorded is None else recorded) + timedelta(minutes=1))


def imported(event: Event, at: int, recorded: int = 900, stream: Any = DEAL) -> Clocked:
    return Clocked(stream, event, day(at), day(recorded), Origin.IMPORT)


def opened(**stated: Any) -> Event:
    values: dict[str, Any] = {
        "account": ACME,
        "title": "Line",
        "process": "plain",
        "process_edition": 0,
        "stage": "prospecting",
    }
    return Opportunity.Opened(**(values | stated))


def advanced(to: str) -> Event:
    return Opportunity.StageAdvanced(from_="", to=to, process_edition=1, after=())


def at(number: int) -> datetime:
    return day(number) + timedelta(hours=1)


def on(number: int) -> int:
    return number_of(day(number).date())


def stage(found: Histories, deal: int = 0) -> str:
    return found.codes.stages[int(found.stage[deal])][1]


def marks(found: Histories, kind: MarkKind) -> list[tuple[int, int, float]]:
    """Day, key and value of each."""
    of = found.marks
    return [(int(of.day[n]), int(of.key[n]), float(of.value[n])) for n in np.flatnonzero(of.kind == kind).tolist()]
