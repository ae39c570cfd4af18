"""How an opportunity ends, and what its parts share: nothing but reopening follows an end."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar

import msgspec

from domain.aggregate import Event, Part
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative

if TYPE_CHECKING:
    from domain.opportunity.opportunity import Opportunity


class Outcome(enum.StrEnum):
    """How it ended."""

    WON = "won"
    LOST = "lost"
    DISQUALIFIED = "disqualified"


class Ending(msgspec.Struct, frozen=True):
    """An outcome with what was said about it."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    signed: Money | None = None
    winner: str = ""


class OpportunityClosed(Refused):
    """The opportunity is {outcome}: reopen it first, with the reason."""


class ReasonBlank(Refused):
    """{what} needs its reason, and it is blank: state it."""


class SignedAmountMissing(Refused):
    """The opportunity has no amount of its own: state the signed amount."""

    about = ("signed",)


class StillOpen(Refused):
    """The opportunity is open: there is nothing to reopen."""


class Win(Event):
    """What `Opportunity.Won` holds."""

    signed: Money
    reasons: tuple[str, ...] = ()

    def check(self, opportunity: Opportunity) -> None:
        opportunity.must_be_open()
        see_that_it_is_not_negative(self.signed, "signed")

    def apply(self, opportunity: Opportunity) -> None:
        opportunity.ending = Ending(Outcome.WON, self.reasons, signed=self.signed)


class Loss(Event):
    """What `Opportunity.Lost` holds."""

    reasons: tuple[str, ...] = ()
    winner: str = ""

    def check(self, opportunity: Opportunity) -> None:
        opportunity.must_be_open()

    def apply(self, opportunity: Opportunity) -> None:
        opportunity.ending = Ending(Outcome.LOST, self.reasons, winner=self.winner)


class Disqualification(Event):
    """What `Opportunity.Disqualified` holds."""

    reasons: tuple[str, ...] = ()

    def check(self, opportunity: Opportunity) -> None:
        opportunity.must_be_open()

    def apply(self, opportunity: Opportunity) -> None:
        opportunity.ending = Ending(Outcome.DISQUALIFIED, self.reasons)


class Reopening(Event):
    """What `Opportunity.Reopened` holds."""

    previous: Outcome
    reason: str

    def check(self, opportunity: Opportunity) -> None:
        if opportunity.ending is None:
            raise StillOpen

    def apply(self, opportunity: Opportunity) -> None:
        opportunity.ending = None


class OpportunityPart(Part, eq=False):
    """A part of an opportunity."""

    if TYPE_CHECKING:
        root: ClassVar[Opportunity]


def stated(reason: str, what: str) -> str:
    """The reason; refuses a blank one. `what` begins the sentence."""
    if not reason.strip():
        raise ReasonBlank(what=what)
    return reason
