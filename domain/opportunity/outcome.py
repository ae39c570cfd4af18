"""How an opportunity ends, and what its parts share: nothing but reopening follows an end."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar

import msgspec

from domain.aggregate import Part
from domain.errors import Refused
from domain.money import Money

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


class OpportunityPart(Part, eq=False):
    """A part of an opportunity."""

    if TYPE_CHECKING:
        root: ClassVar[Opportunity]
