"""Value given (我能为客户做什么): what one side does for the other, what it is worth there, and who confirmed it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import Side, listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class ValueKind(enum.StrEnum):
    """In which way something was done for the other side (帮助, 节省, 商机线索, 培训, 技术支持, 高层时间)."""

    HELP = "help"
    SAVING = "saving"
    LEAD = "lead"
    TRAINING = "training"
    TECHNICAL_SUPPORT = "technical_support"
    EXECUTIVE_TIME = "executive_time"
    OTHER = "other"


class ReckoningMissing(Refused):
    """A worth of {worth} was stated, but not how it was reckoned: state `reckoned`, or no worth."""


class ValueNotWaiting(Refused):
    """There is no value {value} at that moment that waits to be acknowledged. Waiting are: {known}."""


class ConfirmedByNobody(Refused):
    """Value given by {given_by} is confirmed by the other side: state `{expected}`, and not `{other}`."""

    about = ("stakeholder", "member")


WAITING_KEPT = 500
"""Most of what is given is never confirmed: so much of it waits, and makes room for what is given later."""
RECEIVER = {Side.US: ("stakeholder", "member"), Side.CUSTOMER: ("member", "stakeholder")}


class Value(Part, eq=False):
    """The value given that waits to be acknowledged, by identifier: who gave it; the newest `WAITING_KEPT`. What is
    acknowledged leaves the state."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    waiting: dict[UUID, Side] = msgspec.field(default_factory=dict)

    class ValueGiven(Event):
        """One side did something for the other. `worth` is what it is worth to who received it, `cost` what it took
        from who gave it."""

        value_id: UUID
        kind: ValueKind
        what: Sealed
        given_by: Side = Side.US
        worth: Money | None = None
        reckoned: Sealed | None = None
        cost: Money | None = None
        people: tuple[UUID, ...] = ()
        stakeholders: tuple[UUID, ...] = ()
        opportunities: tuple[UUID, ...] = ()

        def check(self, part: Value) -> None:
            """Worth something that was reckoned, between people who are there."""
            if self.worth and self.reckoned is None:
                raise ReckoningMissing(worth=self.worth)
            see_that_it_is_not_negative(self.worth, "worth")
            see_that_it_is_not_negative(self.cost, "cost")
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: Value) -> None:
            """It waits to be acknowledged; of too many the oldest waits no longer."""
            part.waiting[self.value_id] = self.given_by
            if len(part.waiting) > WAITING_KEPT:
                del part.waiting[next(iter(part.waiting))]

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """Value is given once."""
            return [Claim("value", str(aggregate_id), str(self.value_id))]

    class ValueAcknowledged(Event):
        """Who received it confirmed it; `worth`, where stated, is what he says it is worth."""

        value_id: UUID
        worth: Money | None = None
        stakeholder: UUID | None = None
        member: UUID | None = None
        comment: Sealed | None = None

        def check(self, part: Value) -> None:
            """Waiting until now, and confirmed by somebody of the side that received it."""
            given_by = part.must_be_waiting(self.value_id)
            expected, other = RECEIVER[given_by]
            if getattr(self, expected) is None or getattr(self, other) is not None:
                raise ConfirmedByNobody(given_by=given_by, expected=expected, other=other)
            see_that_it_is_not_negative(self.worth, "worth")
            if self.stakeholder is not None:
                part.root.must_have_present([self.stakeholder])

        def apply(self, part: Value) -> None:
            """It waits no longer."""
            part.waiting.pop(self.value_id, None)

    def must_be_waiting(self, value: UUID) -> Side:
        """Who gave it; refuses value that was never given, or is acknowledged."""
        found = self.waiting.get(value)
        if found is None:
            raise ValueNotWaiting(value=value, known=listed(self.waiting))
        return found

    @command
    def give(
        self,
        *,
        value_id: UUID,
        kind: ValueKind,
        what: Annotated[Sealed, FreeText(("stakeholders",))],
        given_by: Side = Side.US,
        worth: Money | None = None,
        reckoned: Annotated[Sealed | None, FreeText(("stakeholders",))] = None,
        cost: Money | None = None,
        people: tuple[UUID, ...] = (),
        stakeholders: tuple[UUID, ...] = (),
        opportunities: tuple[UUID, ...] = (),
    ) -> None:
        """Record what we did for the customer, or what it did for us (`given_by` customer).

        `worth` is what it is worth to who received it, `reckoned` how that was reckoned, `cost` what it took from who
        gave it; `people` are ours, `stakeholders` theirs.
        """
        self.record(
            self.ValueGiven(
                value_id=value_id,
                kind=kind,
                what=what,
                given_by=given_by,
                worth=worth and worth.normal(),
                reckoned=reckoned,
                cost=cost and cost.normal(),
                people=people,
                stakeholders=stakeholders,
                opportunities=opportunities,
            )
        )

    @command
    def acknowledge(
        self,
        *,
        value_id: UUID,
        worth: Money | None = None,
        stakeholder: UUID | None = None,
        member: UUID | None = None,
        comment: Annotated[Sealed | None, FreeText(("stakeholder",))] = None,
    ) -> None:
        """Record that the other side confirmed what was given, and what it says that this is worth.

        What we gave a `stakeholder` of the customer confirms, what the customer gave a `member` of ours.
        """
        self.record(
            self.ValueAcknowledged(
                value_id=value_id,
                worth=worth and worth.normal(),
                stakeholder=stakeholder,
                member=member,
                comment=comment,
            )
        )
