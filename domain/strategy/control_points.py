"""A control point (里程碑控制点) of a process: what is to be seen, until a day or in every period."""

from __future__ import annotations

import enum
from datetime import date

import msgspec

from domain.errors import Refused
from domain.policies.calendar import MONTH, QUARTER, YEAR, Unit, period, period_of
from domain.policies.company import Company


class Every(enum.StrEnum):
    """How often a control point comes up."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


SHAPES = {Every.MONTH: MONTH, Every.QUARTER: QUARTER, Every.YEAR: YEAR}
EXAMPLES = {Every.MONTH: "2026-10", Every.QUARTER: "2026-Q3", Every.YEAR: "2026"}
UNITS: dict[Every, Unit] = {Every.MONTH: "month", Every.QUARTER: "quarter", Every.YEAR: "year"}


class ControlPointIncomplete(Refused):
    """The control point {control_point} lacks something: it needs a key, a text, and either a `due` day or `every`
    (month, quarter, year), not both."""


class PeriodOfAnotherRhythm(Refused):
    """{found} is no period of the control point {control_point}: state one such as {accepted}."""


class ControlPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be seen, and by what measure: on the day `due`, or once in `every` period."""

    key: str
    text: str
    due: date | None = None
    every: Every | None = None
    measure: str = ""

    @property
    def whole(self) -> bool:
        """Whether it has a key, a text, and a day or a rhythm."""
        return bool(self.key.strip() and self.text.strip()) and (self.due is None) != (self.every is None)

    def must_be_of(self, stated: str) -> None:
        """Refuse what is no period of it: one with a day has that day, written 2026-12-31."""
        if self.every is None:
            if self.due and stated != self.due.isoformat():
                raise PeriodOfAnotherRhythm(found=stated, control_point=self.key, accepted=self.due)
        elif not SHAPES[self.every].fullmatch(stated):
            raise PeriodOfAnotherRhythm(found=stated, control_point=self.key, accepted=EXAMPLES[self.every])


def first_and_due(company: Company, point: ControlPoint, stated: str, day: date) -> tuple[str, date | None, date]:
    """The period of a control point as stated (default: its day, or the period that runs on `day`), from which day it
    can be reached (none: any), and until which day. Raises PeriodOfAnotherRhythm."""
    if point.every is None:
        assert point.due
        point.must_be_of(stated or point.due.isoformat())
        return point.due.isoformat(), None, point.due
    found = stated or period_of(company, day, UNITS[point.every])
    point.must_be_of(found)
    days = period(company, found)
    return found, days.first, days.last
