"""What an objective is measured by, and where it should stand on a day: of strategies and of account plans."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal


class Metric(enum.StrEnum):
    """What an objective is measured by."""

    REVENUE = "revenue"
    MARGIN = "margin"
    SHARE_OF_WALLET = "share_of_wallet"
    SATISFACTION = "satisfaction"
    NEW_PRODUCT = "new_product"
    OTHER = "other"


def expected_on(day: date, *, start: date, baseline: Decimal, due: date, target: Decimal) -> Decimal:
    """Where an objective should stand on a day, on the straight line from its baseline on the day it was set to its
    target on the day it is due; the baseline before, the target after. In the unit of its metric, not rounded."""
    if day >= due or start >= due:
        return target
    if day <= start:
        return baseline
    return baseline + (target - baseline) * Decimal((day - start).days) / Decimal((due - start).days)
