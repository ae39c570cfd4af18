"""The key account strategy (大客户战略): what the company wants with its key accounts, and how."""

from __future__ import annotations

import enum
from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.language.catalogue import say, term
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.strategy.goals import Goals
from domain.strategy.processes import KeyProcess, Processes
from domain.strategy.questions import KeyQuestion, Questions
from domain.wording import worded


class StrategyDecision(enum.StrEnum):
    """What a review of a strategy decides."""

    KEEP = "keep"
    CHANGE = "change"
    REPLACE = "replace"


class StrategyStands(Refused):
    """The strategy is adopted, in force from {day}: its mission and analyses stay as they are; draft a new one."""


class StrategyAdoptedAlready(Refused):
    """The strategy was adopted already, in force from {day}: review it, or draft a new one."""


class StrategyIncomplete(Refused):
    """The strategy cannot be adopted yet. Missing: {missing}. Add it, or state an override with its reason."""

    about = ("override",)


class StrategyNotAdopted(Refused):
    """The strategy {title} is a draft: adopt it before it is reviewed."""


class ReviewTooEarly(Refused):
    """The next review is due on {due}, and that is not after {on}: state a later day."""


class ReviewWithoutNext(Refused):
    """A strategy of which a review decides {decision} goes on: state `next_review_due`; only one to be replaced goes
    without."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy says of itself: title, mission, position (定位), what was found outside and inside."""

    title: str
    mission: str
    position: str = ""
    outside_analysis: str = ""
    inside_analysis: str = ""


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """By whom a strategy was adopted, from which day it holds, and why incomplete where it was."""

    by: UUID
    in_force_from: date
    review_due: date
    override: str = ""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What a review found and decided."""

    findings: str
    decision: StrategyDecision
    reviewed_on: date
    next_review_due: date | None = None


@learn
class KeyAccountStrategy(Aggregate, eq=False):
    """The company's strategy: its mission, what it found outside and inside, goals, answers and processes."""

    state_version: ClassVar[int] = 2

    title: str = ""
    statement: Statement | None = None
    adopted: Adoption | None = None
    reviewed: Review | None = None
    goals: Goals = msgspec.field(default_factory=Goals)
    questions: Questions = msgspec.field(default_factory=Questions)
    processes: Processes = msgspec.field(default_factory=Processes)

    class Drafted(Event):
        """A strategy was begun: mission and position, what was found outside and inside."""

        opens: ClassVar[bool] = True

        title: str
        mission: str
        position: str = ""
        outside_analysis: str = ""
        inside_analysis: str = ""
        external_id: str = ""

        def check(self, strategy: KeyAccountStrategy) -> None:
            """With a title and a mission."""
            worded(self.title, "The title of a strategy")
            worded(self.mission, "The mission of a strategy")

        def apply(self, strategy: KeyAccountStrategy) -> None:
            """It is a draft."""
            strategy.state_as(_statement(self))

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one strategy's."""
            return [Claim("keyaccountstrategy", "", self.external_id)] if self.external_id else []

    class Restated(Event):
        """The draft says anew what the company is there for and what it found, as a whole."""

        title: str
        mission: str
        position: str = ""
        outside_analysis: str = ""
        inside_analysis: str = ""

        def check(self, strategy: KeyAccountStrategy) -> None:
            """While a draft, with a title and a mission."""
            if strategy.adopted:
                raise StrategyStands(day=strategy.adopted.in_force_from)
            worded(self.title, "The title of a strategy")
            worded(self.mission, "The mission of a strategy")

        def apply(self, strategy: KeyAccountStrategy) -> None:
            """This is what it says."""
            strategy.state_as(_statement(self))

    class Adopted(Event):
        """The strategy holds from a day on, until a newer one does; `override` is why it was adopted incomplete."""

        by: UUID
        in_force_from: date
        review_due: date
        override: str = ""

        def check(self, strategy: KeyAccountStrategy) -> None:
            """Once, with goals, the four answers and the six processes, or for a stated reason without."""
            if strategy.adopted:
                raise StrategyAdoptedAlready(day=strategy.adopted.in_force_from)
            if self.review_due <= self.in_force_from:
                raise ReviewTooEarly(due=self.review_due, on=self.in_force_from)
            missing = strategy.missing()
            if missing and not self.override.strip():
                raise StrategyIncomplete(missing=", ".join(missing))

        def apply(self, strategy: KeyAccountStrategy) -> None:
            """It is a draft no more."""
            strategy.adopted = Adoption(**{name: getattr(self, name) for name in Adoption.__struct_fields__})

    class Reviewed(Event):
        """The strategy was looked at again: what was found, and whether it is kept, changed or replaced."""

        findings: str
        decision: StrategyDecision
        reviewed_on: date
        next_review_due: date | None = None

        def check(self, strategy: KeyAccountStrategy) -> None:
            """Adopted, with findings, and a next review after this one unless it is to be replaced."""
            if strategy.adopted is None:
                raise StrategyNotAdopted(title=strategy.title)
            worded(self.findings, "The findings of a review")
            if self.next_review_due is None and self.decision is not StrategyDecision.REPLACE:
                raise ReviewWithoutNext(decision=self.decision.value)
            if self.next_review_due and self.next_review_due <= self.reviewed_on:
                raise ReviewTooEarly(due=self.next_review_due, on=self.reviewed_on)

        def apply(self, strategy: KeyAccountStrategy) -> None:
            """The newest review."""
            strategy.reviewed = Review(**{name: getattr(self, name) for name in Review.__struct_fields__})

    class FactWithdrawn(Withdrawal):
        """A fact of this strategy is taken back (冲销)."""

    @command
    def draft(
        self,
        *,
        title: str,
        mission: str,
        position: str = "",
        outside_analysis: str = "",
        inside_analysis: str = "",
        external_id: str = "",
    ) -> None:
        """Begin a strategy: the company's mission and position, what was found outside and inside."""
        self.record(
            self.Drafted(
                title=title,
                mission=mission,
                position=position,
                outside_analysis=outside_analysis,
                inside_analysis=inside_analysis,
                external_id=external_id,
            )
        )

    @command
    def restate(
        self,
        *,
        title: str | None = None,
        mission: str | None = None,
        position: str | None = None,
        outside_analysis: str | None = None,
        inside_analysis: str | None = None,
    ) -> None:
        """Change what a draft says of mission, position, or of what was found outside and inside; what is not stated
        stays."""
        stated_anew = {
            "title": title,
            "mission": mission,
            "position": position,
            "outside_analysis": outside_analysis,
            "inside_analysis": inside_analysis,
        }
        before = msgspec.structs.asdict(self.statement) if self.statement else dict.fromkeys(stated_anew, "")
        said = {name: before[name] if value is None else value for name, value in stated_anew.items()}
        if said != before or not self.statement:
            self.record(self.Restated(**said))

    @command
    def adopt(
        self,
        *,
        by: UUID,
        company: Company,
        in_force_from: date | None = None,
        review_due: date | None = None,
        override: str = "",
    ) -> None:
        """Adopt the draft: `by` whom, in force from which day (default: that of this fact), first reviewed when
        (default: a year later). Where goals, answers or processes are missing, `override` says why it is adopted
        nevertheless."""
        first = in_force_from or day_of(company, self.moment)
        due = review_due or _a_year_after(first)
        adoption = Adoption(by=by, in_force_from=first, review_due=due, override=override.strip())
        if adoption != self.adopted:
            self.record(self.Adopted(**msgspec.structs.asdict(adoption)))

    @command
    def review(
        self, *, findings: str, decision: StrategyDecision, company: Company, next_review_due: date | None = None
    ) -> None:
        """Record a review of an adopted strategy: its findings, whether to keep, change or replace it, and when the
        next one is due."""
        reviewed = Review(
            findings=findings,
            decision=decision,
            reviewed_on=day_of(company, self.moment),
            next_review_due=next_review_due,
        )
        if reviewed != self.reviewed:
            self.record(self.Reviewed(**msgspec.structs.asdict(reviewed)))

    def state_as(self, statement: Statement) -> None:
        """Take what the strategy says of itself."""
        self.title, self.statement = statement.title, statement

    def missing(self) -> list[str]:
        """What it lacks to be adopted, in words: a goal, answers, processes; empty where it is whole."""
        lacking = [] if self.goals.open else [say("a goal")]
        lacking += [term("KeyQuestion", each.value) for each in KeyQuestion if each not in self.questions.answers]
        undefined = (term("KeyProcess", each.value) for each in KeyProcess if each not in self.processes.defined)
        return [*lacking, *(say("the process {name}", name=name) for name in undefined)]


def _statement(event: KeyAccountStrategy.Drafted | KeyAccountStrategy.Restated) -> Statement:
    return Statement(**{name: getattr(event, name) for name in Statement.__struct_fields__})


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
