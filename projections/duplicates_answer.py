"""What is said about accounts that may be one customer."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from projections.view import Listing


class Side(msgspec.Struct, frozen=True):
    """One of two accounts that look like one."""

    account: UUID
    external_id: str
    name: str


class Likeness(msgspec.Struct, frozen=True):
    """What is alike (name, similar_name, tax_number, website, address), as both state it, and by which events."""

    what: str
    first: str
    second: str
    positions: list[int]


class Candidate(msgspec.Struct, frozen=True):
    """Two accounts that may be one customer; `score` is 0 to 100, `tax_numbers_differ` speaks against it."""

    first: Side
    second: Side
    score: int
    reasons: list[Likeness]
    tax_numbers_differ: bool = False


class Crowd(msgspec.Struct, frozen=True):
    """What so many accounts share that it says nothing about two of them."""

    what: str
    value: str
    accounts: int


class DuplicatesAnswer(Listing, kw_only=True):
    """Candidates, the surest first; `crowds` are likenesses that were left out."""

    listed: ClassVar[str] = "candidates"
    at_least: int
    candidates: list[Candidate]
    crowds: list[Crowd]
