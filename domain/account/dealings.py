"""What needs, value, commitments, gifts and joint activities of an account share: the two sides, and open lists."""

from __future__ import annotations

import enum
from collections.abc import Collection
from itertools import islice
from uuid import UUID

LISTED = 20
"""So many identifiers a refusal names; an account may have thousands open."""


class Side(enum.StrEnum):
    """Who of the two gives, or promises: we or the customer (我方, 客户)."""

    US = "us"
    CUSTOMER = "customer"


def listed(known: Collection[UUID | str]) -> str:
    """The identifiers or numbers that a refusal offers; of many the newest."""
    shown = ", ".join(map(str, islice(reversed(list(known)), LISTED)))
    more = len(known) - LISTED
    return f"{shown} and {more} older ones" if more > 0 else shown or "none"
