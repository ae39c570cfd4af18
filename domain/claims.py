"""Unique things: an external id, a document number, a message id belongs to one aggregate."""

from __future__ import annotations

import msgspec

from domain.errors import Refused


class Claim(msgspec.Struct, frozen=True):
    """One value of a kind, unique within its scope."""

    kind: str
    scope: str
    value: str


class AlreadyClaimed(Refused):
    """The {kind} {value} is recorded already, at position {position} of {aggregate}: use another one, or withdraw
    that fact first."""


class ClaimedTwice(Refused):
    """The {kind} {value} would be recorded twice at once: record it once."""
