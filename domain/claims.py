"""Unique things: an external id, a document number, a message id belongs to one aggregate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.language.catalogue import term

VISIT_END = "visit-end"


class Claim(msgspec.Struct, frozen=True):
    """One value of a kind, unique within its scope."""

    kind: str
    scope: str
    value: str


class _OfClaim:
    """What is claimed, in words: `kind` stays what it is for machines."""

    details: dict[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        return {**self.details, "kind": term("claims", str(self.details.get("kind", "")))}


class AlreadyClaimed(_OfClaim, Refused):
    """The {kind} {value} is recorded already, at position {position} of {aggregate}: use another one, or withdraw
    that fact first."""


class VisitIsOver(AlreadyClaimed):
    """The visit {value} is logged or cancelled already, at position {position}: correct its log with `visits.correct`,
    or withdraw that fact first."""


class ClaimedTwice(_OfClaim, Refused):
    """The {kind} {value} would be recorded twice at once: record it once."""


def taken(claim: Claim, aggregate: UUID | str, position: int | str) -> AlreadyClaimed:
    """The refusal of what is claimed already, by the fact at a position of an aggregate."""
    refusal = VisitIsOver if claim.kind == VISIT_END else AlreadyClaimed
    return refusal(kind=claim.kind, scope=claim.scope, value=claim.value, aggregate=aggregate, position=position)
