"""What each fact changed, of which account it is and where that then belonged: as known at the fact's own position.

All of it is kept in memory from one publish to the next, can be had from the journal again, and is the same then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, TypeVar
from uuid import UUID

import psycopg

from domain import belonging
from domain.account.account import Account
from domain.aggregate import EVENTS, Recorded, Withdrawal
from domain.changes import Change
from projections.streams.journal_rows import Found, JournalRows, Unreadable, kind_of, touched_between
from projections.streams.states import FACTS, STATES, Lenient, Streams, folded

PLACES = 100_000
"""Streams whose account, and accounts whose territory, is kept."""
FAR = 200_000
"""Positions published by others after which to begin anew is quicker than to see what they touched."""

K = TypeVar("K")
V = TypeVar("V")
TERRITORY = "territory"
OWNED = frozenset(root.__name__ for root in belonging.OWNED)
"""Kinds of stream whose first event names the account that they are of."""
COMPANYS = belonging.COMPANY_KINDS
"""Kinds of stream in which an event may name the account that it alone is about."""


class Seen(NamedTuple):
    """What a fact changed (None: that cannot be had), whose account it is of, and where that then belonged."""

    changed: Sequence[Change] | None
    account: UUID | None
    territory: str


class Kept(OrderedDict[K, V]):
    """A dictionary that forgets the oldest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def put(self, key: K, value: V) -> None:
        """Keep a value as the newest."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.most:
            self.popitem(last=False)


class Memory:
    """States, accounts and territories as they were known at one position, which only goes on."""

    def __init__(self, journal: JournalRows, *, states: int = STATES, facts: int = FACTS) -> None:
        self._journal = journal
        self._streams = Streams(journal, states, facts)
        self._owners: Kept[UUID, UUID | None] = Kept(PLACES)
        self._territories: Kept[UUID, str] = Kept(PLACES)
        self._taken_back: dict[int, UUID | None] = {}
        self.at = 0

    def forget(self) -> None:
        """Begin anew."""
        self._streams.forget()
        self._owners.clear()
        self._territories.clear()
        self.at = 0

    def stand_at(self, connection: psycopg.Connection, position: int) -> None:
        """Go on from a position to which others have published."""
        if position < self.at or position - self.at > FAR:
            self.forget()
        elif position > self.at:
            for stream in touched_between(connection, self.at, position) & self._territories.keys():
                del self._territories[stream]
        self.at = position

    def see(self, connection: psycopg.Connection, facts: Sequence[Found]) -> Iterator[Seen]:
        """Take in the facts that follow, and say of each what it changed and whose it is. To be asked for all."""
        ready = 0
        for number, fact in enumerate(facts):
            if number == ready:
                ready += self._prepare(connection, facts[number:])
            changed = self._streams.taken(connection, fact)
            owner = self._owner(connection, fact)
            territory = "" if owner is None else self._territory(connection, owner, fact)
            self.at = fact.position
            yield Seen(changed, owner, territory)
        self._streams.forget_broken()

    def _prepare(self, connection: psycopg.Connection, coming: Sequence[Found]) -> int:
        """Load at once what the facts that come need; returns for how many of them."""
        count = self._streams.prepare(connection, coming)
        to = coming[0].position - 1
        unknown = {
            fact.originator_id
            for fact in coming[:count]
            if fact.originator_version > 1 and kind_of(fact) in OWNED and fact.originator_id not in self._owners
        }
        if unknown:
            self._find_owners(connection, unknown)
        self._find_taken_back(connection, coming[:count])
        owners = {self._owners.get(fact.originator_id) or self._about(fact) for fact in coming[:count]}
        lacking = [owner for owner in owners if owner is not None and owner not in self._territories]
        if lacking:
            self._find_territories(connection, lacking, to)
        return count

    def _owner(self, connection: psycopg.Connection, fact: Found) -> UUID | None:
        stream, kind = fact.originator_id, kind_of(fact)
        if kind not in OWNED:
            return self._about(fact) if kind in COMPANYS else stream if kind == Account.__name__ else None
        if fact.originator_version == 1:
            self._owners.put(stream, _named(fact))
        elif stream not in self._owners:
            self._find_owners(connection, {stream})
        return self._owners[stream]

    def _about(self, fact: Found) -> UUID | None:
        """The account that an event names; of a withdrawal in a stream of the company's that of what it takes back."""
        taken_back = fact.event.position if isinstance(fact, Recorded) and isinstance(fact.event, Withdrawal) else None
        return _named(fact) if taken_back is None else self._taken_back.get(taken_back, _named(fact))

    def _find_taken_back(self, connection: psycopg.Connection, coming: Sequence[Found]) -> None:
        """Look up what the withdrawals among the company's own events take back."""
        positions = [
            fact.event.position
            for fact in coming
            if isinstance(fact, Recorded) and isinstance(fact.event, Withdrawal) and kind_of(fact) in COMPANYS
        ]
        found = self._journal.at(connection, positions) if positions else ()
        self._taken_back = {fact.position: _named(fact) for fact in found if kind_of(fact) in COMPANYS}

    def _find_owners(self, connection: psycopg.Connection, streams: set[UUID]) -> None:
        found = self._journal.openings(connection, streams)
        for stream in streams:
            self._owners.put(stream, _named(found[stream]) if stream in found else None)

    def _territory(self, connection: psycopg.Connection, account: UUID, fact: Found) -> str:
        if account == fact.originator_id:
            if isinstance(fact, Unreadable):
                self._territories.pop(account, None)
            elif fact.event.topic in territory_topics():
                state = self._streams.newest(account)
                if isinstance(state, Account):
                    self._territories.put(account, state.profile.territory)
                else:
                    self._territories.pop(account, None)
        if account not in self._territories:
            self._find_territories(connection, [account], fact.position)
        return self._territories[account]

    def _find_territories(self, connection: psycopg.Connection, accounts: Sequence[UUID], to: int) -> None:
        """Only the events that say something of it are read: an account may have ten thousand others."""
        for account, facts in self._journal.of_topics(connection, accounts, territory_topics(), to).items():
            self._territories.put(account, _territory_of(account, facts))


def _territory_of(account: UUID, facts: Sequence[Found]) -> str:
    """Empty where one of the events that say it cannot be read."""
    course = Lenient(account)
    for fact in facts:
        if isinstance(fact, Unreadable):
            return ""
        course.take(fact)
    state = folded(course)
    return state.profile.territory if isinstance(state, Account) else ""


@cache
def territory_topics() -> tuple[str, ...]:
    """The events of an account that can change its territory."""
    return tuple(
        topic
        for topic, event in EVENTS.items()
        if topic.startswith(f"{Account.__name__}.")
        and (TERRITORY in event.__struct_fields__ or issubclass(event, Withdrawal))
    )


def _named(fact: Found) -> UUID | None:
    """The account that the first event of a stream names; an account's own."""
    if kind_of(fact) == Account.__name__:
        return fact.originator_id
    found = getattr(fact.event, "account", None) if isinstance(fact, Recorded) else None
    return found if isinstance(found, UUID) else None
