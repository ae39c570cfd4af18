"""All that the company's policies ever were, kept in memory while their rows stay as they are: policies as of any two
clocks without reading and decoding a company's thousand targets for each question."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock

import msgspec
import psycopg

from domain.aggregate import BEGINNING, ROOTS, Aggregate, Event
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from projections.kept import Content, content_of
from projections.policies import POLICIES, Policies, Rates, States, decoded, key_of

Place = tuple[type[Aggregate], str]
Segment = tuple[int, int]

AT_ONCE = 256
"""How many different states of the policies are held in memory; they share what they have in common."""
_PARTS = "valid_from, known_from, cause, topic, event"
_ROWS = (
    f"select {_PARTS}, null, null, null from {POLICIES.table} where kind = 1"
    f" union all select {_PARTS}, valid_to, ended_at, retracted_at from {POLICIES.history} where kind = 1"
)


class _Version(msgspec.Struct, frozen=True):
    """What a part of a policy was, in business time and in knowledge; an end of None is none."""

    valid_from: datetime
    known_from: int
    cause: int
    event: Event
    valid_to: datetime | None
    ended_at: int | None
    retracted_at: int | None

    def is_known(self, known_at: int) -> bool:
        """Whether it was the truth at a position."""
        return self.known_from <= known_at and (self.retracted_at is None or self.retracted_at > known_at)

    def holds(self, as_of: datetime, known_at: int) -> bool:
        """Whether it held as of two clocks."""
        if not self.is_known(known_at) or self.valid_from > as_of:
            return False
        return self.valid_to is None or self.valid_to > as_of or (self.ended_at or 0) > known_at


class _Kind:
    """One policy: its versions in the order in which they apply, and its states, which are few."""

    def __init__(self, place: Place, versions: Iterable[_Version]) -> None:
        self.place = place
        self._versions = sorted(versions, key=lambda each: (each.valid_from, each.event.topic, each.cause))
        self.moments = sorted(
            {moment for each in self._versions for moment in (each.valid_from, each.valid_to or each.valid_from)}
        )
        lessons = ((each.known_from, each.ended_at, each.retracted_at) for each in self._versions)
        self._lessons = sorted({position for several in lessons for position in several if position is not None})

    def segment(self, as_of: datetime, known_at: int) -> Segment:
        """Where two clocks stand among its changes: within one nothing changes."""
        return bisect_right(self.moments, as_of), bisect_right(self._lessons, known_at)

    def state(self, as_of: datetime, known_at: int) -> tuple[Aggregate | None, Rates]:
        """The policy as of two clocks, None where nothing was stated; of exchange rates each with its moment."""
        found = [(each.valid_from, each.event) for each in self._versions if each.holds(as_of, known_at)]
        if self.place[0] is Company and not any(isinstance(event, Company.Defined) for _, event in found):
            found += self._first_of_company(known_at)
        if not found:
            return None, []
        root, key = self.place
        state = root(id=policy_id(root.__name__, key))
        for _, event in found:
            event.apply(state)
        rates = [(each.currency, at, each.rate) for at, each in found if isinstance(each, ExchangeRates.RateSet)]
        return state, rates

    def _first_of_company(self, known_at: int) -> list[tuple[datetime, Event]]:
        """What the company first said that it is, as far as that was known, else what is known today."""
        defined = [each for each in self._versions if isinstance(each.event, Company.Defined)]
        known = [each for each in defined if each.is_known(known_at)]
        first = min(known or [each for each in defined if each.retracted_at is None],
                    key=lambda each: (each.valid_from, each.cause), default=None)  # fmt: skip
        return [(BEGINNING, first.event)] if first else []


class PolicyHistory:
    """Every version of every policy, of one content of their tables."""

    def __init__(self, connection: psycopg.Connection) -> None:
        found = defaultdict[Place, list[_Version]](list)
        for valid_from, known_from, cause, topic, stored, valid_to, ended_at, retracted_at in connection.execute(
            _ROWS.encode()
        ):
            event = decoded(topic, stored)
            place = ROOTS[topic.partition(".")[0]], key_of(event)
            version = _Version(valid_from, known_from, cause, event, valid_to, ended_at, retracted_at)
            found[place].append(version)
        self._kinds = [_Kind(place, versions) for place, versions in found.items()]
        self._whole = OrderedDict[tuple[Segment, ...], tuple[States, Rates]]()
        self._states: dict[tuple[Place, Segment], tuple[Aggregate | None, Rates]] = {}
        self._lock = Lock()

    def changes(self) -> set[datetime]:
        """The moments at which any policy was ever another, whatever was known."""
        return {moment for kind in self._kinds for moment in kind.moments}

    def policies(self, as_of: datetime, known_at: int) -> Policies:
        """The policies as of two clocks. What they hold is shared by all who ask: nobody changes it."""
        segments = tuple(kind.segment(as_of, known_at) for kind in self._kinds)
        with self._lock:
            if (found := self._whole.get(segments)) is None:
                found = self._whole[segments] = self._made(segments, as_of, known_at)
                if len(self._whole) > AT_ONCE:
                    self._whole.popitem(last=False)
                    self._forget()
            self._whole.move_to_end(segments)
        return Policies.of(*found, segments)

    def _made(self, segments: tuple[Segment, ...], as_of: datetime, known_at: int) -> tuple[States, Rates]:
        states, rates = States(), Rates()
        for kind, segment in zip(self._kinds, segments, strict=True):
            made = self._states.get((kind.place, segment))
            if made is None:
                made = self._states[kind.place, segment] = kind.state(as_of, known_at)
            if made[0] is not None:
                states[kind.place] = made[0]
            rates += made[1]
        return states, rates

    def _forget(self) -> None:
        """Let go of what none that is held shares any more."""
        used = {(kind.place, each) for held in self._whole for kind, each in zip(self._kinds, held, strict=True)}
        self._states = {place: state for place, state in self._states.items() if place in used}


_kept = OrderedDict[Content, PolicyHistory]()
_lock = Lock()
COMPANIES = 3
"""Of how many databases, or contents of one, a process keeps the policies."""


def history_of(connection: psycopg.Connection, changed_at: datetime | None = None) -> PolicyHistory | None:
    """The policies of the database that a transaction sees, whose rows are known, or looked up, to have changed then;
    None where they cannot be told from others."""
    content = content_of(connection, POLICIES, changed_at)
    if content is None:
        return None
    with _lock:
        found = _kept.get(content)
    if found is None:
        found = PolicyHistory(connection)
    with _lock:
        _kept[content] = found
        _kept.move_to_end(content)
        while len(_kept) > COMPANIES:
            _kept.popitem(last=False)
    return found
