"""The experiment (营销测试): small tests, many of them, never forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.experiment.drawing import groups_of
from domain.experiment.effect import LEAST, Effect, effect_of
from domain.experiment.rules import (
    DERIVED,
    NOTHING_TAKEN,
    ExperimentDecision,
    ExperimentMeasure,
    ExperimentOver,
    LeftTheTest,
    Measured,
    MeasureIsTaken,
    NothingTaken,
    NotInTheTest,
    Result,
    ResultOutOfTime,
    ResultsDiffer,
    StillRuns,
    Taken,
    see_that_groups_are_apart,
    see_that_it_ends,
    see_that_it_is_a_result,
)
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.policies.segments import Segments
from domain.sealed import FreeText, Sealed
from domain.wording import worded


@learn
class Experiment(Aggregate, eq=False):
    """An offer to some accounts of a segment, held against others that did not get it. Groups and results are there
    until it is over."""

    title: str = ""
    measure: ExperimentMeasure = ExperimentMeasure.BY_HAND
    yes_or_no: bool = False
    starts_on: date | None = None
    until: date | None = None
    group: dict[UUID, None] = msgspec.field(default_factory=dict)
    control: dict[UUID, None] = msgspec.field(default_factory=dict)
    left: dict[UUID, None] = msgspec.field(default_factory=dict)
    results: dict[UUID, Result] = msgspec.field(default_factory=dict)
    ended_on: date | None = None

    class Started(Event):
        """A test began: who gets the offer, who is only looked at, by what both are compared, and until when. `seed`
        is what the groups were drawn by from the segment as it was in that edition; None where they were stated."""

        opens: ClassVar[bool] = True

        title: str
        offer: str
        measure: ExperimentMeasure
        starts_on: date
        until: date
        group: tuple[UUID, ...]
        control: tuple[UUID, ...]
        segment: str = ""
        segment_edition: int = 0
        hypothesis: str = ""
        yes_or_no: bool = False
        seed: UUID | None = None
        external_id: str = ""

        def check(self, experiment: Experiment) -> None:
            """With a title and an offer, groups that are apart, an end that is not before its beginning."""
            worded(self.title, "The title of an experiment")
            worded(self.offer, "The offer of an experiment")
            see_that_it_ends(self.starts_on, self.until)
            see_that_groups_are_apart(self.group, self.control, LEAST)

        def apply(self, experiment: Experiment) -> None:
            """Results can be recorded."""
            experiment.title, experiment.measure, experiment.yes_or_no = self.title, self.measure, self.yes_or_no
            experiment.starts_on, experiment.until = self.starts_on, self.until
            experiment.group = dict.fromkeys(self.group)
            experiment.control = dict.fromkeys(self.control)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one experiment's."""
            return [Claim("experiment", "", self.external_id)] if self.external_id else []

    class ResultRecorded(Event):
        """What an account came to; recorded again it replaces what was recorded of the account before."""

        account: UUID
        value: Decimal
        on: date
        evidence: Sealed | None = None

        def check(self, experiment: Experiment) -> None:
            """Of an account that takes part, in a test whose results people record."""
            experiment.must_take_part(self.account)
            if experiment.measure in DERIVED:
                raise MeasureIsTaken(measure=experiment.measure.value)
            see_that_it_is_a_result(self.value, yes_or_no=experiment.yes_or_no)

        def apply(self, experiment: Experiment) -> None:
            """It counts."""
            experiment.results[self.account] = Result(self.value, self.on, self.evidence)

    class AccountLeft(Event):
        """An account dropped out: what was recorded of it counts no more."""

        account: UUID
        reason: str

        def check(self, experiment: Experiment) -> None:
            """It took part until now, and there is a reason."""
            experiment.must_take_part(self.account)
            stated(self.reason, "Leaving an experiment")

        def apply(self, experiment: Experiment) -> None:
            """It takes part no more."""
            experiment.left[self.account] = None
            experiment.results.pop(self.account, None)

    class Concluded(Event):
        """The test is over: its effect, what comes of it, what was learned. `results` are those of all that took part
        to the end, `currency` is theirs where they are amounts."""

        on: date
        decision: ExperimentDecision
        effect: Effect
        results: tuple[Measured, ...]
        lessons: Sealed | None = None
        currency: str = ""
        position: int = 0

        def check(self, experiment: Experiment) -> None:
            """It ran its time, and the effect is that of the results."""
            experiment.must_run()
            experiment.must_be_at_its_end(self.on)
            experiment.must_be_the_results(self.results)

        def apply(self, experiment: Experiment) -> None:
            """Nothing can be added to it."""
            experiment.finish(self.on)

    class Stopped(Event):
        """The test was given up before it came to a conclusion; its effect so far, where it had one."""

        on: date
        reason: str
        effect: Effect | None = None
        results: tuple[Measured, ...] = ()
        currency: str = ""
        position: int = 0

        def check(self, experiment: Experiment) -> None:
            """It was not over, and there is a reason."""
            experiment.must_run()
            stated(self.reason, "Stopping an experiment")
            if self.results:
                experiment.must_be_the_results(self.results)

        def apply(self, experiment: Experiment) -> None:
            """Nothing can be added to it."""
            experiment.finish(self.on)

    class FactWithdrawn(Withdrawal):
        """A fact of this experiment is taken back (冲销)."""

    @command
    def start(
        self,
        *,
        title: str,
        offer: str,
        measure: ExperimentMeasure,
        until: date,
        starts_on: date | None = None,
        segment: str = "",
        group: tuple[UUID, ...] = (),
        control: tuple[UUID, ...] = (),
        group_size: int | None = None,
        control_size: int | None = None,
        hypothesis: str = "",
        yes_or_no: bool = False,
        external_id: str = "",
        candidates: tuple[UUID, ...] = (),
        segments: Segments,
        company: Company,
    ) -> None:
        """Begin a test, today or on `starts_on`. The groups are drawn from the accounts of the segment, in halves or
        in the sizes stated; or both are stated by hand. `yes_or_no` compares shares, not means."""
        if segment:
            segments.must_have(segment)
        stated_groups = tuple(group), tuple(control)
        drew, seed = groups_of(self.id, stated_groups, (group_size, control_size), segment, candidates)
        self.record(
            self.Started(
                title=title,
                offer=offer,
                measure=measure,
                starts_on=starts_on or day_of(company, self.moment),
                until=until,
                group=drew[0],
                control=drew[1],
                segment=segment,
                segment_edition=segments.edition if segment else 0,
                hypothesis=hypothesis,
                yes_or_no=yes_or_no,
                seed=seed,
                external_id=external_id,
            )
        )

    @command
    def record_result(
        self,
        *,
        account: UUID,
        value: Decimal,
        on: date | None = None,
        evidence: Annotated[Sealed | None, FreeText()] = None,
        company: Company,
    ) -> None:
        """Record what an account came to, today or on another day; again, it replaces what was recorded before."""
        today = day_of(company, self.moment)
        result = Result(value, on or today, evidence)
        if result.on > today or (self.starts_on and result.on < self.starts_on):
            raise ResultOutOfTime(on=result.on, first=self.starts_on, last=today)
        if self.results.get(account) != result:
            self.record(self.ResultRecorded(account=account, value=value, on=result.on, evidence=evidence))

    @command
    def leave(self, *, account: UUID, reason: str) -> None:
        """Record that an account dropped out, and why; its results count no more."""
        if account not in self.left:
            self.record(self.AccountLeft(account=account, reason=reason))

    @command
    def conclude(
        self,
        *,
        decision: ExperimentDecision,
        lessons: Annotated[Sealed | None, FreeText()] = None,
        taken: Taken = NOTHING_TAKEN,
        company: Company,
    ) -> None:
        """Conclude a test that ran its time: the effect is computed from the results, which the facts give where the
        measure is one of them."""
        self.must_run()
        today = day_of(company, self.moment)
        self.must_be_at_its_end(today)
        results = self._results(taken)
        if self.measure in DERIVED and not results:
            raise NothingTaken(measure=self.measure.value)
        self.record(
            self.Concluded(
                on=today,
                decision=decision,
                effect=self._effect(results),
                results=results,
                lessons=lessons,
                currency=taken.currency,
                position=taken.position,
            )
        )

    @command
    def stop(self, *, reason: str, taken: Taken = NOTHING_TAKEN, company: Company) -> None:
        """Give a test up, with the reason; it stays in the list, with its effect so far where it had one."""
        self.must_run()
        results = self._results(taken)
        enough = min(len(side) for side in self._sides(results)) >= LEAST
        self.record(
            self.Stopped(
                on=day_of(company, self.moment),
                reason=reason,
                effect=self._effect(results) if enough else None,
                results=results,
                currency=taken.currency,
                position=taken.position,
            )
        )

    def must_run(self) -> None:
        """Refuse what is over."""
        if self.ended_on:
            raise ExperimentOver(ended_on=self.ended_on)

    def must_be_at_its_end(self, day: date) -> None:
        """Refuse to conclude before the last day is over: looking early inflates chance."""
        if self.until is not None and day <= self.until:
            raise StillRuns(until=self.until)

    def must_take_part(self, account: UUID) -> None:
        """Refuse an account that is in no group, or dropped out."""
        self.must_run()
        if account in self.left:
            raise LeftTheTest(account=account)
        if account not in self.group and account not in self.control:
            raise NotInTheTest(account=account)

    def must_be_the_results(self, results: Iterable[Measured]) -> None:
        """Refuse an end whose results are not those that the accounts taking part came to."""
        found = {each.account: each.value for each in results}
        came_to = {account: result.value for account, result in self.results.items()}
        if self.measure in DERIVED:
            came_to = {account: found.get(account, Decimal("NaN")) for account in self._taking_part()}
        if differing := {account for account, _ in found.items() ^ came_to.items()}:
            raise ResultsDiffer(accounts=", ".join(str(each) for each in sorted(differing)))

    def finish(self, day: date) -> None:
        """The groups and results of what is over are in its events; nothing asks the state for them."""
        self.ended_on = day
        for kept in (self.group, self.control, self.left, self.results):
            kept.clear()

    def _taking_part(self) -> dict[UUID, None]:
        return {account: None for account in (*self.group, *self.control) if account not in self.left}

    def _results(self, taken: Taken) -> tuple[Measured, ...]:
        """Those of all that take part; none where they were to be taken from facts and were not."""
        if self.measure not in DERIVED:
            return tuple(Measured(account=account, value=each.value) for account, each in sorted(self.results.items()))
        part = self._taking_part()
        found = {each.account: each for each in taken.results if each.account in part}
        return tuple(found.values()) if found.keys() == part.keys() else ()

    def _sides(self, results: Iterable[Measured]) -> tuple[list[Decimal], list[Decimal]]:
        group: list[Decimal] = []
        control: list[Decimal] = []
        for each in results:
            (group if each.account in self.group else control).append(each.value)
        return group, control

    def _effect(self, results: tuple[Measured, ...]) -> Effect:
        return effect_of(*self._sides(results), yes_or_no=self.yes_or_no)
