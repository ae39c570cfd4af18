"""What a plan of a visit must say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.errors import Refused

OURS = re.compile(
    r"\s*(?:(?:we|i|our|to present|present|presentation|introduce|demonstrate|show|explain|send|hand over|visit)\b"
    r"|我们|我方|我司|我|介绍|演示|展示|汇报|拜访|讲解|发送|送)",
    re.IGNORECASE,
)
"""How a sentence begins that names our action."""


class WhyBlank(Refused):
    """Why this visit? The reason is blank: state it."""

    about = ("why",)


class ExpectedActionBlank(Refused):
    """The expected customer action is blank: state what the customer will do, so that it can be measured."""

    about = ("expected_action",)


class EndsBeforeItStarts(Refused):
    """The visit would end at {end}, which is not after its start at {start}: state a later end, or none."""


class ChanceOutOfRange(Refused):
    """A chance of {chance} for the opportunity {opportunity} is none: state 0 to 1, such as 0.4."""


class ChanceOfAnotherOpportunity(Refused):
    """A chance is stated for {opportunity}, which the visit does not serve; it serves: {served}."""


def must_be_stated(why: str, expected_action: str) -> None:
    """Refuse a visit without a reason, or without what the customer will do."""
    if not why.strip():
        raise WhyBlank()
    if not expected_action.strip():
        raise ExpectedActionBlank()


def names_our_action(expected_action: str) -> bool:
    """Whether an expected action begins with us, or with what only we do: it should say what the customer will do."""
    return OURS.match(expected_action) is not None


def must_end_after_start(start: datetime, end: datetime | None) -> None:
    """Refuse an end that is not after the start."""
    if end is not None and end <= start:
        raise EndsBeforeItStarts(start=start.isoformat(), end=end.isoformat())


def must_be_chances(chances: Mapping[UUID, Decimal], served: Collection[UUID]) -> None:
    """Refuse chances off the scale, or of opportunities that the visit does not serve."""
    for opportunity, chance in chances.items():
        if opportunity not in served:
            raise ChanceOfAnotherOpportunity(opportunity=opportunity, served=", ".join(map(str, served)) or "none")
        if not (chance.is_finite() and 0 <= chance <= 1):
            raise ChanceOutOfRange(opportunity=opportunity, chance=chance)
