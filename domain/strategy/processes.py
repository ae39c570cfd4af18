"""The six processes of key account management, with the control points (里程碑控制点) by which they are held."""

from __future__ import annotations

import enum
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed
from domain.strategy.control_points import ControlPoint, ControlPointIncomplete, first_and_due
from domain.wording import worded

if TYPE_CHECKING:
    from domain.strategy.strategy import KeyAccountStrategy

PERIODS_KEPT = 4


class KeyProcess(enum.StrEnum):
    """The six processes (战略, 销售, 市场, 客户, 团队, 目标)."""

    STRATEGY = "strategy"
    SALES = "sales"
    MARKETING = "marketing"
    CUSTOMER = "customer"
    TEAM = "team"
    GOALS = "goals"


class ProcessWithoutSteps(Refused):
    """The process {process} names no steps, or a blank one: state each step in words."""


class ProcessWithoutControl(Refused):
    """The process {process} has no control point: name at least one, with a key, a text and a day or a period."""


class ControlPointTwice(Refused):
    """The control point {control_point} stands twice in the process: give each its own key."""


class ProcessNotDefined(Refused):
    """The process {process} is not defined. Defined are: {known}."""


class ControlPointUnknown(Refused):
    """The process {process} has no control point {control_point}. It has: {known}."""


class ControlPointReachedAlready(Refused):
    """The control point {control_point} was reached for {period} already, on {on}: withdraw that fact first."""


class ControlPointMissedAlready(Refused):
    """The control point {control_point} was recorded as missed for {period} already, on {on}: withdraw that fact
    first, or record that it was reached late."""


class ControlPointNotOver(Refused):
    """The control point {control_point} is due on {due} and {on} is not later: it can still be reached."""


class PeriodNotBegun(Refused):
    """{period} begins on {first} and {on} is before it: record a control point from its period's first day on."""


class Defined(msgspec.Struct, frozen=True, kw_only=True):
    """A process as it is defined now."""

    steps: tuple[str, ...]
    method: str
    owner: UUID
    control_points: tuple[ControlPoint, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a control point stands for a period: reached or missed, since which day, by which evidence."""

    reached: bool
    on: date
    evidence: Sealed


class Processes(Part, eq=False):
    """The processes as defined last; `settled` holds, by process, control point and period, which were reached or
    missed: of each control point the newest four periods."""

    if TYPE_CHECKING:
        root: ClassVar[KeyAccountStrategy]

    defined: dict[KeyProcess, Defined] = msgspec.field(default_factory=dict)
    settled: dict[str, dict[str, Standing]] = msgspec.field(default_factory=dict)

    class ProcessDefined(Event):
        """A process has steps, a method, an owner of ours, and control points; defined anew as a whole."""

        process: KeyProcess
        steps: tuple[str, ...]
        method: str
        owner: UUID
        control_points: tuple[ControlPoint, ...]
        reason: str = ""

        def check(self, part: Processes) -> None:
            """With steps, a method and control points; for a stated reason once the strategy is adopted."""
            if not self.steps or not all(step.strip() for step in self.steps):
                raise ProcessWithoutSteps(process=self.process.value)
            worded(self.method, "The method of a process")
            if not self.control_points:
                raise ProcessWithoutControl(process=self.process.value)
            seen: set[str] = set()
            for point in self.control_points:
                if not point.whole:
                    raise ControlPointIncomplete(control_point=point.key or "—")
                if point.key in seen:
                    raise ControlPointTwice(control_point=point.key)
                seen.add(point.key)
            if part.root.adopted:
                stated(self.reason, "Changing a process after the strategy was adopted")

        def apply(self, part: Processes) -> None:
            """This is the process; what is settled of control points that are gone is not kept."""
            part.defined[self.process] = _defined(self)
            there = {f"{self.process.value}.{point.key}" for point in self.control_points}
            for name in [each for each in part.settled if each.startswith(f"{self.process.value}.")]:
                if name not in there:
                    del part.settled[name]

    class ControlPointReached(Event):
        """A control point was reached: for a period such as 2026-Q3, or for its day. Late where `reached_on` lies
        after `due`."""

        process: KeyProcess
        control_point: str
        period: str
        due: date
        reached_on: date
        evidence: Sealed

        def check(self, part: Processes) -> None:
            """Of a process that has it, and not reached yet; missed before is possible."""
            part.must_not_be_reached(self)

        def apply(self, part: Processes) -> None:
            """It is reached."""
            part.settle(self, Standing(reached=True, on=self.reached_on, evidence=self.evidence))

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """Once for a period."""
            return [Claim("control-point", str(aggregate_id), _named(self))]

    class ControlPointMissed(Event):
        """The day until which a control point was to be reached is over, and it was not."""

        process: KeyProcess
        control_point: str
        period: str
        due: date
        missed_on: date
        evidence: Sealed

        def check(self, part: Processes) -> None:
            """After its day, of a process that has it, and neither reached nor missed yet."""
            if before := part.must_not_be_reached(self):
                raise ControlPointMissedAlready(control_point=self.control_point, period=self.period, on=before.on)
            if self.missed_on <= self.due:
                raise ControlPointNotOver(control_point=self.control_point, due=self.due, on=self.missed_on)

        def apply(self, part: Processes) -> None:
            """It is missed; it can still be reached late."""
            part.settle(self, Standing(reached=False, on=self.missed_on, evidence=self.evidence))

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """Once for a period."""
            return [Claim("control-point-missed", str(aggregate_id), _named(self))]

    @command
    def define(
        self,
        *,
        process: KeyProcess,
        steps: tuple[str, ...],
        method: str,
        owner: UUID,
        control_points: tuple[ControlPoint, ...],
        reason: str = "",
    ) -> None:
        """Define a process, or define it anew as a whole: its steps, the method, the member who owns it, and its
        control points (key, text, `due` day or `every` month, quarter or year, measure). Once the strategy is
        adopted, `reason` says why processes change."""
        event = self.ProcessDefined(
            process=process,
            steps=tuple(steps),
            method=method,
            owner=owner,
            control_points=tuple(control_points),
            reason=reason.strip(),
        )
        if _defined(event) != self.defined.get(process):
            self.record(event)

    @command
    def reach(
        self,
        *,
        process: KeyProcess,
        control_point: str,
        evidence: Annotated[Sealed, FreeText()],
        company: Company,
        period: str = "",
    ) -> None:
        """Record with its evidence that a control point was reached: one that recurs for the `period` stated (default:
        the one that runs), such as 2026-Q3."""
        on = day_of(company, self.root.moment)
        point = self.point(process, control_point)
        period, first, due = first_and_due(company, point, period, on)
        if first and on < first:
            raise PeriodNotBegun(period=period, first=first, on=on)
        if Standing(reached=True, on=on, evidence=evidence) != self._before(process, control_point, period):
            self.record(
                self.ControlPointReached(
                    process=process,
                    control_point=control_point,
                    period=period,
                    due=due,
                    reached_on=on,
                    evidence=evidence,
                )
            )

    @command
    def miss(
        self,
        *,
        process: KeyProcess,
        control_point: str,
        evidence: Annotated[Sealed, FreeText()],
        company: Company,
        period: str = "",
    ) -> None:
        """Record, with its evidence, after its day that a control point was not reached: one that recurs for the
        `period` stated, such as 2026-Q3."""
        on = day_of(company, self.root.moment)
        period, _, due = first_and_due(company, self.point(process, control_point), period, on)
        if Standing(reached=False, on=on, evidence=evidence) != self._before(process, control_point, period):
            self.record(
                self.ControlPointMissed(
                    process=process,
                    control_point=control_point,
                    period=period,
                    due=due,
                    missed_on=on,
                    evidence=evidence,
                )
            )

    def point(self, process: KeyProcess, control_point: str) -> ControlPoint:
        """A control point of a process; refuses what is not defined."""
        if process not in self.defined:
            known = ", ".join(each.value for each in self.defined) or "none"
            raise ProcessNotDefined(process=process.value, known=known)
        points = {each.key: each for each in self.defined[process].control_points}
        if control_point not in points:
            raise ControlPointUnknown(process=process.value, control_point=control_point, known=", ".join(points))
        return points[control_point]

    def must_not_be_reached(self, event: ControlPointReached | ControlPointMissed) -> Standing | None:
        """How the control point stood for the period before; refuses one that is not there, of another rhythm, or
        reached already."""
        self.point(event.process, event.control_point).must_be_of(event.period)
        before = self._before(event.process, event.control_point, event.period)
        if before and before.reached:
            raise ControlPointReachedAlready(control_point=event.control_point, period=event.period, on=before.on)
        return before

    def settle(self, event: ControlPointReached | ControlPointMissed, standing: Standing) -> None:
        """Keep how it stands for the period, and of the control point the newest periods."""
        periods = self.settled.setdefault(f"{event.process.value}.{event.control_point}", {})
        periods[event.period] = standing
        for period in sorted(periods)[:-PERIODS_KEPT]:
            del periods[period]

    def _before(self, process: KeyProcess, control_point: str, period: str) -> Standing | None:
        return self.settled.get(f"{process.value}.{control_point}", {}).get(period)


def _defined(event: Processes.ProcessDefined) -> Defined:
    return Defined(steps=event.steps, method=event.method, owner=event.owner, control_points=event.control_points)


def _named(event: Processes.ControlPointReached | Processes.ControlPointMissed) -> str:
    return f"{event.process.value}.{event.control_point}.{event.period}"
