"""How many hours we take for an issue: by how closely the customer is looked after, and how grave the issue is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from domain.errors import Refused
from domain.policies.company import Company
from domain.policies.working_time import add_working_time

SEVERITIES = (1, 2, 3, 4)
MOST_HOURS = 8784
L = TypeVar("L", bound=str)
Hours = tuple[int, ...]
"""Whole hours for the severities 1 (stands still) to 4 (a wish), in this order."""


class SeverityMissing(Refused):
    """{what} of relationship type {level} states {found}: state four numbers of hours, for the severities 1, 2, 3
    and 4."""


class HoursOutOfRange(Refused):
    """{what} of {found} hours is not possible: state a whole number from 1 to {most}."""


class ResolutionBeforeResponse(Refused):
    """An issue of severity {severity} of relationship type {level} would be due to be resolved after {resolution} hours
    and answered only after {response}: state at least as many hours for the resolution."""


class ClockForUnknownSeverity(Refused):
    """{found} is no severity that could be counted round the clock: there are 1, 2, 3 and 4."""


def see_that_hours_make_sense(
    response: Mapping[L, Hours], resolution: Mapping[L, Hours], round_the_clock: tuple[int, ...]
) -> None:
    """Refuse where a severity has no hours, where they are none, and where a resolution is due before a response."""
    for what, hours in (("A time to respond", response), ("A time to resolve", resolution)):
        for level, stated in hours.items():
            if len(stated) != len(SEVERITIES):
                raise SeverityMissing(what=what, level=str(level), found=", ".join(map(str, stated)) or "none")
            for each in stated:
                if not 1 <= each <= MOST_HOURS:
                    raise HoursOutOfRange(what=what, found=each, most=MOST_HOURS)
    for level, stated in response.items():
        for severity, first, last in zip(SEVERITIES, stated, resolution[level], strict=True):
            if last < first:
                raise ResolutionBeforeResponse(severity=severity, level=str(level), resolution=last, response=first)
    for severity in round_the_clock:
        if severity not in SEVERITIES:
            raise ClockForUnknownSeverity(found=severity)


def due_after(company: Company, moment: datetime, hours: int, round_the_clock: bool) -> datetime:
    """By when something is due that is given so many hours: working hours, or hours of the clock."""
    duration = timedelta(hours=hours)
    return moment + duration if round_the_clock else add_working_time(company, moment, duration)
