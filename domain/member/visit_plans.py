"""The monthly visit plan of a member (月拜访计划): handed in before the month begins, and again where it changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.policies.calendar import MONTH, add_working_days, day_end, day_start, period
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.member.member import Member

MONTHS_KEPT = 3


class NotAMonthOfPlan(Refused):
    """{found} is not a month: state one such as 2026-10."""

    about = ("month",)


class PlanWithoutVisits(Refused):
    """The plan of {month} names no visit: plan visits first, then hand the plan in with their ids."""

    about = ("visits",)


class VisitTwiceInPlan(Refused):
    """The visit {visit} stands twice in the plan: name each once."""


class ChanceOfPlanOutOfRange(Refused):
    """A chance of success of {chance} is none: state 0 to 1, such as 0.6."""


class MonthIsOver(Refused):
    """{month} was over on {last}: hand in the plan of a month that runs or is to come."""

    about = ("month",)


class PlannedVisit(msgspec.Struct, frozen=True):
    """A visit of the plan, and the account to which it goes. `chance` is that of its success, 0 to 1."""

    account: UUID
    visit: UUID
    chance: Decimal | None = None


class VisitPlans(Part, eq=False):
    """The monthly plans that a member handed in; of them the newest content of the last three months."""

    if TYPE_CHECKING:
        root: ClassVar[Member]

    months: dict[str, VisitPlans.MonthlyVisitPlanSubmitted] = msgspec.field(default_factory=dict)

    class MonthlyVisitPlanSubmitted(Event):
        """A member handed in which visits he will make in a month, and how likely the whole succeeds (0 to 1)."""

        month: str
        visits: tuple[PlannedVisit, ...]
        chance: Decimal | None = None
        remark: Sealed | None = None

        def check(self, part: VisitPlans) -> None:
            """By somebody who is here, of a month, with visits that can be told apart."""
            part.root.must_be_here()
            if not MONTH.fullmatch(self.month):
                raise NotAMonthOfPlan(found=self.month)
            if not self.visits:
                raise PlanWithoutVisits(month=self.month)
            seen: set[UUID] = set()
            for each in self.visits:
                if each.visit in seen:
                    raise VisitTwiceInPlan(visit=each.visit)
                seen.add(each.visit)
            for chance in (self.chance, *(each.chance for each in self.visits)):
                if chance is not None and not (chance.is_finite() and 0 <= chance <= 1):
                    raise ChanceOfPlanOutOfRange(chance=chance)

        def apply(self, part: VisitPlans) -> None:
            """The newest content of the month."""
            part.months[self.month] = self
            for month in sorted(part.months)[:-MONTHS_KEPT]:
                del part.months[month]

    @command
    def submit(
        self,
        *,
        month: str,
        visits: tuple[PlannedVisit, ...],
        company: Company,
        chance: Decimal | None = None,
        remark: Annotated[Sealed | None, FreeText()] = None,
    ) -> None:
        """Hand in the visit plan of a month such as 2026-10, with the ids of its visits and their accounts; again
        where it changed. It is on time where it first comes before the first working day of the month."""
        submitted = self.MonthlyVisitPlanSubmitted(month=month, visits=tuple(visits), chance=chance, remark=remark)
        if submitted == self.months.get(month):
            return
        if MONTH.fullmatch(month):
            days = period(company, month)
            if self.root.moment > day_end(company, days.last):
                raise MonthIsOver(month=month, last=days.last)
        self.record(submitted)


def due(company: Company, month: str) -> datetime:
    """Before which moment the plan of a month is due: the start of its first working day, as UTC."""
    first = period(company, month).first
    return day_start(company, add_working_days(company, first - timedelta(days=1), 1))
