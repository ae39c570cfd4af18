"""Facts as they lie in the journal, decoded many at a time and of each only what a forecaster needs.

The states of one topic, written one after the other behind the head of a list, are one MessagePack value: one call
decodes them all. Moments are microseconds since 1970 throughout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.aggregate import EVENTS, Origin
from domain.decodable import decodable
from domain.errors import CorruptEvent
from domain.journal.mapper import UNREADABLE, JournalMapper

Moments = NDArray[np.int64]

Stored = tuple[int, int, bytes, str, bytes]
"""Position, recorded_at, stream, topic, state."""


class Lean(msgspec.Struct, gc=False):
    """What is read of an event; everything else in it is passed over."""


class LeanMoney(Lean, gc=False):
    """An amount as it is written, and its currency."""

    amount: str
    currency: str


class Opened(Lean, gc=False):
    account: bytes
    process: str
    stage: str
    products: tuple[str, ...] = ()
    amount: LeanMoney | None = None
    close_on: str | None = None
    owner: bytes | None = None
    external_id: str = ""


class Moved(Lean, gc=False):
    to: str


class Revised(Lean, gc=False):
    amount: LeanMoney


class CloseMoved(Lean, gc=False):
    close_on: str


class Categorised(Lean, gc=False):
    category: str


class Owned(Lean, gc=False):
    owner: bytes


class Won(Lean, gc=False):
    signed: LeanMoney


class Nothing(Lean, gc=False):
    """That it happened is all."""


class Decided(Lean, gc=False):
    decision: str


class Answered(Lean, gc=False):
    question: str
    answer: str
    competitor: str = ""


class Mapped(Lean, gc=False):
    stakeholder: bytes
    role: str
    support: str
    key_player: bool = False


class Unmapped(Lean, gc=False):
    stakeholder: bytes


class Visited(Lean, gc=False):
    visit_id: bytes
    opportunities: tuple[bytes, ...]


class Contacted(Lean, gc=False):
    stakeholders: tuple[bytes, ...]


class Placed(Lean, gc=False):
    territory: str = ""


class Replaced(Lean, gc=False):
    territory: str | msgspec.UnsetType = msgspec.UNSET


class Priced(Lean, gc=False):
    key: str
    price: LeanMoney


class Keyed(Lean, gc=False):
    key: str


class Rated(Lean, gc=False):
    currency: str
    rate: str


class StageOf(Lean, gc=False):
    key: str


class ProcessOf(Lean, gc=False):
    key: str
    stages: tuple[StageOf, ...]


class Defined(Lean, gc=False):
    definition: ProcessOf


class Withdrawn(Lean, gc=False):
    position: int


TOPICS: dict[str, type[Lean]] = {
    "Opportunity.Opened": Opened,
    "Opportunity.StageAdvanced": Moved,
    "Opportunity.StageReverted": Moved,
    "Opportunity.AmountRevised": Revised,
    "Opportunity.CloseDateMoved": CloseMoved,
    "Opportunity.ForecastCategorySet": Categorised,
    "Opportunity.OwnerChanged": Owned,
    "Opportunity.Won": Won,
    "Opportunity.Lost": Nothing,
    "Opportunity.Disqualified": Nothing,
    "Opportunity.Reopened": Nothing,
    "Opportunity.PursuitDecided": Decided,
    "Opportunity.QualificationAnswered": Answered,
    "Opportunity.BuyerMapped": Mapped,
    "Opportunity.BuyerUnmapped": Unmapped,
    "Opportunity.CompetitorIdentified": Nothing,
    "Opportunity.QuoteIssued": Nothing,
    "Opportunity.QuoteRevised": Nothing,
    "Account.VisitPlanned": Visited,
    "Account.VisitLogged": Visited,
    "Account.ContactLogged": Contacted,
    "Account.Registered": Placed,
    "Account.ProfileChanged": Replaced,
    "Member.TerritoryAssigned": Placed,
    "Member.TerritoryLeft": Placed,
    "PriceList.PriceSet": Priced,
    "PriceList.ProductRemoved": Keyed,
    "ExchangeRates.RateSet": Rated,
    "SalesProcess.Defined": Defined,
    "Opportunity.FactWithdrawn": Withdrawn,
    "Account.FactWithdrawn": Withdrawn,
    "Member.FactWithdrawn": Withdrawn,
    "PriceList.FactWithdrawn": Withdrawn,
    "ExchangeRates.FactWithdrawn": Withdrawn,
    "SalesProcess.FactWithdrawn": Withdrawn,
}
"""The facts that matter, by their stored names, and what is read of each."""


@dataclass(frozen=True)
class Batch:
    """Facts of one topic in the order of their positions; `live` are those that no import brought. `knowable` is from
    when on each could be known: recorded_at where it is live, else when it occurred."""

    topic: str
    position: Moments
    recorded: Moments
    occurred: Moments
    knowable: Moments
    live: NDArray[np.bool_]
    streams: Sequence[bytes]
    events: list[Any]

    def __len__(self) -> int:
        return len(self.events)


def batches(rows: Sequence[Stored], since_1970: int = 0) -> list[Batch]:
    """Rows of the journal by topic, in the order of TOPICS; recorded_at counts from so many microseconds after 1970."""
    found: defaultdict[str, list[Stored]] = defaultdict(list)
    for row in rows:
        found[row[3]].append(row)
    return [_batch(topic, found[topic], since_1970) for topic in TOPICS if topic in found]


def _batch(topic: str, rows: list[Stored], since_1970: int) -> Batch:
    states = list(map(itemgetter(4), rows))
    stated = _decoded(topic, rows, states)
    if len(stated) < len(rows):
        read = {each.position for each in stated}
        rows = [row for row in rows if row[0] in read]
        states = list(map(itemgetter(4), rows))
    live = _live(list(map(_origin, stated)))
    recorded = np.fromiter(map(itemgetter(1), rows), np.int64, len(rows)) + since_1970
    occurred = occurred_at(states)
    return Batch(
        topic,
        np.fromiter(map(itemgetter(0), rows), np.int64, len(rows)),
        recorded,
        occurred,
        np.where(live, recorded, occurred),
        live,
        list(map(itemgetter(2), rows)),
        list(map(_event, stated)),
    )


def _live(origins: list[str]) -> NDArray[np.bool_]:
    if len(set(origins)) < 2:
        return np.full(len(origins), IMPORT not in origins)
    return np.array([origin != IMPORT for origin in origins], np.bool_)


_origin, _event, _version = attrgetter("origin"), attrgetter("event"), attrgetter("schema_version")
IMPORT = str(Origin.IMPORT)


def occurred_at(states: Sequence[bytes]) -> Moments:
    """When facts occurred, read from where the states say it: behind the list's head and the schema's version stands
    one of MessagePack's three forms of a timestamp."""
    head = b"".join([state[2:17] for state in states])
    if len(head) != 15 * len(states):
        head = b"".join([state[2:17].ljust(15, b"\0") for state in states])
    cells = np.frombuffer(head, np.uint8).reshape(-1, 15)
    seconds = np.zeros(len(states), np.int64)
    nanoseconds = np.zeros(len(states), np.int64)
    short, middle, long = (cells[:, 0] == form for form in (0xD6, 0xD7, 0xC7))
    seconds[short] = _numbers(cells[short, 2:6], ">u4")
    packed = _numbers(cells[middle, 2:10], ">u8").astype(np.uint64)
    seconds[middle] = (packed & np.uint64(2**34 - 1)).astype(np.int64)
    nanoseconds[middle] = (packed >> np.uint64(34)).astype(np.int64)
    nanoseconds[long] = _numbers(cells[long, 3:7], ">u4")
    seconds[long] = _numbers(cells[long, 7:15], ">i8")
    return seconds * 1_000_000 + nanoseconds // 1000


def _numbers(cells: NDArray[np.uint8], form: str) -> NDArray[Any]:
    return np.ascontiguousarray(cells).view(form).ravel()


def _decoded(topic: str, rows: list[Stored], states: list[bytes]) -> list[Any]:
    """What the states say, without what cannot be read: the read models park it as well."""
    decoder, newest = _decoder(topic), EVENTS[topic].schema_version
    try:
        found: list[Any] = decoder.decode(b"\xdd" + len(states).to_bytes(4, "big") + b"".join(states))
        if set(map(_version, found)) == {newest}:
            return found
    except UNREADABLE:
        pass
    each = (_one(topic, row) for row in rows)
    return [one for one in each if one is not None]


@cache
def _decoder(topic: str) -> msgspec.msgpack.Decoder[Any]:
    fields = [("schema_version", int), ("occurred_at", msgspec.Raw), ("event", TOPICS[topic])]
    rest = [("precision", msgspec.Raw, msgspec.Raw()), ("origin", str, str(Origin.PERSON))]
    state: Any = msgspec.defstruct("LeanState", [*fields, *rest], array_like=True, gc=False)
    return msgspec.msgpack.Decoder(decodable(list[state]))


_mapper = JournalMapper()
_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


def _one(topic: str, row: Stored) -> _Read | None:
    """A fact by itself, of an older schema perhaps, which is brought to the newest."""
    try:
        full = _mapper.decoder(topic, row[0]).full(row[0], row[4])
        lean = msgspec.msgpack.decode(_encode(full.event), type=decodable(TOPICS[topic]))
        return _Read(row[0], str(full.origin), lean)
    except (CorruptEvent, *UNREADABLE):
        return None


@dataclass(frozen=True)
class _Read:
    position: int
    origin: str
    event: Lean
