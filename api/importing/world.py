"""The aggregates that an import concerns, at the moment that the import has reached in business time.

Facts are decided in business order. What the journal holds of an aggregate is folded as time goes on, so a fact from
before meets the state of its day, and what was recorded for later days is asked again whether it is still possible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domain.aggregate import END_OF_TIME, Aggregate, LaterFactForbids, Precision, Recorded, fold, in_business_order
from domain.claims import Claim, taken
from domain.errors import Refused
from domain.policies.policy import policy_id

A = TypeVar("A", bound=Aggregate)
Claims = dict[Claim, tuple[UUID, int]]
"""Who holds what is unique, and since which position (0: since this import)."""


class Fact(msgspec.Struct, gc=False):
    """What a row says became true: when, of what, and the commands that decide it.

    `also` are the places of other rows that say the same.
    """

    at: datetime
    rank: int
    root: type[Aggregate]
    id: UUID
    place: int
    source: bytes
    precision: Precision
    decide: Callable[[Any, World], None]
    also: tuple[int, ...] = ()


class Displaced(Exception):
    """A fact that was decided made one impossible that is recorded for later. `place` is the row to refuse."""

    def __init__(self, place: int, refusal: Refused) -> None:
        super().__init__(place)
        self.place = place
        self.refusal = refusal


class Held:
    """One aggregate as of the moment reached, and what is recorded for later."""

    __slots__ = ("last_place", "later", "next", "state", "version")

    def __init__(self, state: Aggregate, history: Sequence[Recorded]) -> None:
        self.state = state
        self.later: Sequence[Recorded] = in_business_order(history) if history else ()
        self.next = 0
        self.version = max((fact.originator_version for fact in history), default=0) if history else 0
        self.last_place: int | None = None

    def as_of(self, moment: datetime) -> Aggregate:
        """The state at a moment, which must not be earlier than the one before."""
        if self.later:
            while self.next < len(self.later) and self.later[self.next].occurred_at <= moment:
                fact = self.later[self.next]
                self.next += 1
                if self.last_place is not None:
                    self._see_that_it_stands(fact, self.last_place)
                self.state.fold(fact)
        return self.state

    def _see_that_it_stands(self, fact: Recorded, place: int) -> None:
        try:
            fact.event.check(self.state.part_of(fact.event))
        except Refused as refusal:
            late = LaterFactForbids(
                occurred_at="the date of this row",
                topic=fact.event.topic,
                position=fact.position,
                reason=str(refusal),
            )
            raise Displaced(place, late) from refusal


class World:
    """All aggregates of an import. `histories` are the streams that exist; others begin empty."""

    def __init__(self, histories: dict[UUID, list[Recorded]], claims: Claims | None = None) -> None:
        self.histories = histories
        self.claims = _claims_of(histories) if claims is None else claims
        self.held: dict[int, Held] = {}
        self.half_done = False
        self._policies: dict[tuple[type, str], Held] = {}

    def afresh(self) -> World:
        """The same streams, of which nothing is decided yet."""
        return World(self.histories, dict(self.claims))

    def exists(self, aggregate_id: UUID) -> bool:
        """Whether anything is recorded of an aggregate."""
        return aggregate_id in self.histories

    def newest(self, root: type[A], aggregate_id: UUID) -> A:
        """The newest recorded state, without what this import decides."""
        return fold(root, aggregate_id, self.histories.get(aggregate_id, ()))

    def look(self, root: type[A], aggregate_id: UUID, moment: datetime) -> A:
        """The state at a moment, to look at while deciding about another aggregate; as it is now where it was recorded
        to begin only later: an earlier import without dates does not make a customer's earlier deals impossible."""
        state = self._hold(root, aggregate_id).as_of(moment)
        if not state.opened and self.exists(aggregate_id):
            state = self.newest(root, aggregate_id)
        assert isinstance(state, root)
        return state

    def policy(self, root: type[A], moment: datetime, key: str = "") -> A:
        """A policy at a moment."""
        held = self._policies.get((root, key))
        if held is None:
            held = self._policies[root, key] = self._hold(root, policy_id(root.__name__, key))
        state = held.as_of(moment)
        assert isinstance(state, root)
        return state

    def decide(self, fact: Fact) -> list[Recorded]:
        """The events that follow from a fact. Raises Refused, Displaced; `half_done` then says that commands before
        the refused one have changed the state."""
        held = self._hold(fact.root, fact.id)
        state = held.as_of(fact.at)
        state.version = held.version
        state.at(fact.at)
        try:
            fact.decide(state, self)
            for recorded in state.pending:
                self._claim(recorded)
        except Refused:
            self.half_done = self.half_done or bool(state.pending)
            state.pending.clear()
            raise
        decided = state.collect_events()
        if decided:
            held.version = state.version
            held.last_place = fact.place
        return decided

    def see_that_later_facts_stand(self) -> None:
        """Ask what is recorded for later than all new facts. Raises Displaced."""
        for held in self.held.values():
            if held.last_place is not None:
                held.as_of(END_OF_TIME)

    def _hold(self, root: type[Aggregate], aggregate_id: UUID) -> Held:
        # By the number: UUID.__hash__ is Python, and this is the hottest place of an import.
        held = self.held.get(aggregate_id.int)
        if held is None:
            held = Held(root(id=aggregate_id), self.histories.get(aggregate_id, ()))
            self.held[aggregate_id.int] = held
        return held

    def _claim(self, recorded: Recorded) -> None:
        if claims := recorded.event.claims(recorded.originator_id):
            for claim in claims:
                if claim in self.claims:
                    aggregate, position = self.claims[claim]
                    raise taken(claim, aggregate, position or "this import")
            self.claims.update(dict.fromkeys(claims, (recorded.originator_id, recorded.position)))


def _claims_of(histories: dict[UUID, list[Recorded]]) -> Claims:
    return {
        claim: (fact.originator_id, fact.position)
        for history in histories.values()
        for fact in in_business_order(history)
        for claim in fact.event.claims(fact.originator_id)
    }
