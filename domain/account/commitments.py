"""Commitments of both sides (双方承诺): made, kept or broken. That one is overdue is derived from its due day."""

from __future__ import annotations

import enum
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import Side, listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.opportunity.outcome import stated
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class CommitmentKind(enum.StrEnum):
    """What is promised (优先保证货源, 新品优先, 价格, 服务, 信息, 销量)."""

    SUPPLY = "supply"
    NEW_PRODUCT_FIRST = "new_product_first"
    PRICE = "price"
    SERVICE = "service"
    INFORMATION = "information"
    VOLUME = "volume"
    OTHER = "other"


class CommitmentNotOpen(Refused):
    """There is no open commitment {commitment} at that moment. Open are: {known}."""


class CommitmentOpenAlready(Refused):
    """The commitment {commitment} is open already: keep or break it, or use a new identifier."""


class Commitments(Part, eq=False):
    """The open commitments of an account, ours and the customer's. What is kept or broken leaves the state."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    open: dict[UUID, Commitments.CommitmentMade] = msgspec.field(default_factory=dict)

    class CommitmentMade(Event):
        """One side promised something to the other, to be kept by the end of a day. `owner` sees to it for us,
        `stakeholders` are the people to whom, or by whom, it was made."""

        commitment_id: UUID
        made_by: Side
        kind: CommitmentKind
        what: Sealed
        due_on: date
        owner: UUID | None = None
        stakeholders: tuple[UUID, ...] = ()
        opportunities: tuple[UUID, ...] = ()

        def check(self, part: Commitments) -> None:
            """Not open yet, between people who are there."""
            if self.commitment_id in part.open:
                raise CommitmentOpenAlready(commitment=self.commitment_id)
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: Commitments) -> None:
            """It is open."""
            part.open[self.commitment_id] = self

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A commitment is made once."""
            return [Claim("commitment", str(aggregate_id), str(self.commitment_id))]

    class CommitmentKept(Event):
        """What was promised was done, on the day of this fact: late where that lies after its due day."""

        commitment_id: UUID
        evidence: Sealed | None = None

        def check(self, part: Commitments) -> None:
            """Open until now."""
            part.must_be_open(self.commitment_id)

        def apply(self, part: Commitments) -> None:
            """It is open no longer."""
            part.open.pop(self.commitment_id, None)

    class CommitmentBroken(Event):
        """Somebody says that it was not kept and will not be."""

        commitment_id: UUID
        reason: str

        def check(self, part: Commitments) -> None:
            """Open until now, and the reason is stated."""
            part.must_be_open(self.commitment_id)
            stated(self.reason, "That a commitment is broken")

        def apply(self, part: Commitments) -> None:
            """It is open no longer."""
            part.open.pop(self.commitment_id, None)

    def must_be_open(self, commitment: UUID) -> None:
        """Refuse a commitment that was never made, or is kept or broken."""
        if commitment not in self.open:
            raise CommitmentNotOpen(commitment=commitment, known=listed(self.open))

    @command
    def make(
        self,
        *,
        commitment_id: UUID,
        made_by: Side,
        kind: CommitmentKind,
        what: Annotated[Sealed, FreeText(("stakeholders",))],
        due_on: date,
        owner: UUID | None = None,
        stakeholders: tuple[UUID, ...] = (),
        opportunities: tuple[UUID, ...] = (),
    ) -> None:
        """Record what we (`made_by` us) or the customer promised, and by when.

        `owner` is the member who sees to it; `stakeholders` the people of the customer to whom, or by whom, it was
        made.
        """
        made = self.CommitmentMade(
            commitment_id=commitment_id,
            made_by=made_by,
            kind=kind,
            what=what,
            due_on=due_on,
            owner=owner,
            stakeholders=stakeholders,
            opportunities=opportunities,
        )
        if made != self.open.get(commitment_id):
            self.record(made)

    @command
    def keep(self, *, commitment_id: UUID, evidence: Annotated[Sealed | None, FreeText()] = None) -> None:
        """Record that an open commitment was kept; after its due day it counts as kept late."""
        self.record(self.CommitmentKept(commitment_id=commitment_id, evidence=evidence))

    @command
    def break_off(self, *, commitment_id: UUID, reason: str) -> None:
        """Record that an open commitment was not kept and will not be, with the reason."""
        self.record(self.CommitmentBroken(commitment_id=commitment_id, reason=reason))
