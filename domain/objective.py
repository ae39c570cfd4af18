"""What an objective is measured by, and where it should stand on a day: of strategies and of account plans."""

from __future__ import annotations

import enum
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec


class Metric(enum.StrEnum):
    """What an objective is measured by."""

    REVENUE = "revenue"
    MARGIN = "margin"
    SHARE_OF_WALLET = "share_of_wallet"
    SATISFACTION = "satisfaction"
    NEW_PRODUCT = "new_product"
    OTHER = "other"


FAR_BEHIND = Decimal("0.2")
"""A goal or an objective is far behind where more than this share of its whole way is missing on the straight line."""
FOUR_DIGITS = Decimal("0.0001")


class Line(msgspec.Struct, frozen=True):
    """The straight line of a goal or an objective: from a value on its start to the target when it is due. In the unit
    of its metric, not rounded."""

    start: date
    begins: Decimal
    due: date
    target: Decimal

    @property
    def way(self) -> Decimal:
        """What is to change from beginning to target; 0 where a level is to be held."""
        return self.target - self.begins

    def on(self, day: date) -> Decimal:
        """Where it should stand on a day; where it begins before its start, the target after it is due."""
        if day >= self.due or self.start >= self.due:
            return self.target
        if day <= self.start:
            return self.begins
        return self.begins + self.way * Decimal((day - self.start).days) / Decimal((self.due - self.start).days)

    def deviation(self, value: Decimal | None, day: date) -> Decimal:
        """How far ahead (above 0) or behind (below 0) it is, as a share of its whole way: (value − expected) /
        (target − beginning), whichever way it goes; to four digits. Without a value it stands where it began. Where
        nothing is to change, it is the share of the target that is missing or over."""
        off = (self.begins if value is None else value) - self.on(day)
        way = self.way or abs(self.target) or Decimal(1)
        return (off / way).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)
