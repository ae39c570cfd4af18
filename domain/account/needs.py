"""The needs of a customer (客户需求): recorded in its words, met or dropped."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.opportunity.outcome import stated
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class NeedKind(enum.StrEnum):
    """What the customer told us of (问题, 目标, 需求)."""

    PROBLEM = "problem"
    GOAL = "goal"
    NEED = "need"


LEAST, MOST = 1, 5


class ImportanceOutOfRange(Refused):
    """{importance} is no importance of a need: state a whole number from 1 (little) to 5 (decisive)."""


class NeedNotOpen(Refused):
    """There is no open need {need} at that moment. Open are: {known}."""


class NeedOpenAlready(Refused):
    """The need {need} is open already: meet or drop it, or use a new identifier."""


class Needs(Part, eq=False):
    """The open needs of an account. One that is met or dropped leaves the state; its identifier stays claimed."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    open: dict[UUID, Needs.NeedRecorded] = msgspec.field(default_factory=dict)

    class NeedRecorded(Event):
        """The customer has a problem, a goal or a need; `restated` where an open one is put anew as a whole."""

        need_id: UUID
        kind: NeedKind
        words: Sealed
        importance: int
        stakeholders: tuple[UUID, ...] = ()
        visits: tuple[UUID, ...] = ()
        opportunities: tuple[UUID, ...] = ()
        restated: bool = False

        def check(self, part: Needs) -> None:
            """Of an importance on the scale, by people who are there; open already only where it is restated."""
            if not LEAST <= self.importance <= MOST:
                raise ImportanceOutOfRange(importance=self.importance)
            if self.restated:
                part.must_be_open(self.need_id)
            elif self.need_id in part.open:
                raise NeedOpenAlready(need=self.need_id)
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: Needs) -> None:
            """It is open, as stated last."""
            part.open[self.need_id] = self

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A need comes up once."""
            return [] if self.restated else [Claim("need", str(aggregate_id), str(self.need_id))]

    class NeedMet(Event):
        """What the customer needed is there."""

        need_id: UUID
        how: Sealed | None = None

        def check(self, part: Needs) -> None:
            """Open until now."""
            part.must_be_open(self.need_id)

        def apply(self, part: Needs) -> None:
            """It is open no longer."""
            part.open.pop(self.need_id, None)

    class NeedDropped(Event):
        """The need is not followed any more, or has gone."""

        need_id: UUID
        reason: str

        def check(self, part: Needs) -> None:
            """Open until now, and the reason is stated."""
            part.must_be_open(self.need_id)
            stated(self.reason, "Dropping a need")

        def apply(self, part: Needs) -> None:
            """It is open no longer."""
            part.open.pop(self.need_id, None)

    def must_be_open(self, need: UUID) -> None:
        """Refuse a need that was never recorded, or is met or dropped."""
        if need not in self.open:
            raise NeedNotOpen(need=need, known=listed(self.open))

    @command
    def add(
        self,
        *,
        need_id: UUID,
        kind: NeedKind,
        words: Annotated[Sealed, FreeText(("stakeholders",))],
        importance: int = 3,
        stakeholders: tuple[UUID, ...] = (),
        visits: tuple[UUID, ...] = (),
        opportunities: tuple[UUID, ...] = (),
    ) -> None:
        """Record a problem, goal or need in the customer's `words`; stating an open one anew replaces it as a whole.

        `stakeholders` are the people whose need it is, `importance` goes from 1 (little) to 5 (decisive), `visits`
        and `opportunities` are those at which it came up or that answer it.
        """
        recorded = self.NeedRecorded(
            need_id=need_id,
            kind=kind,
            words=words,
            importance=importance,
            stakeholders=stakeholders,
            visits=visits,
            opportunities=opportunities,
            restated=need_id in self.open,
        )
        before = self.open.get(need_id)
        if before is None or recorded != msgspec.structs.replace(before, restated=True):
            self.record(recorded)

    @command
    def meet(self, *, need_id: UUID, how: Annotated[Sealed | None, FreeText()] = None) -> None:
        """Record that an open need is met, and how."""
        self.record(self.NeedMet(need_id=need_id, how=how))

    @command
    def drop(self, *, need_id: UUID, reason: str) -> None:
        """Stop following an open need, with the reason."""
        self.record(self.NeedDropped(need_id=need_id, reason=reason))
