"""The objectives of a plan (目标): by which metric, from where to where, until when, and how far they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.account_plan.objective_terms import (
    MeasuredBy,
    MeasuredByFacts,
    Objective,
    ObjectiveHasParts,
    ObjectiveIsItsOwnPart,
    ObjectiveNotOpen,
    ObjectiveSetAlready,
    ObjectiveTerms,
    ParentUnknown,
    ValueNotPossible,
    YearOutsideHorizon,
    normal,
    see_that_they_make_sense,
    terms_of,
)
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.objective import Metric
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account_plan.account_plan import AccountPlan

__all__ = ["MeasuredBy", "Objective", "ObjectiveTerms", "Objectives"]


class Objectives(Part, eq=False):
    """The objectives that hold, with the newest value recorded of each. One that is dropped leaves the state; its
    identifier stays claimed."""

    if TYPE_CHECKING:
        root: ClassVar[AccountPlan]

    objectives: dict[UUID, Objective] = msgspec.field(default_factory=dict)

    class ObjectiveSet(Event):
        """An objective was set, or stated anew as a whole (`restated`). `parent` is another objective of this plan,
        `goal` one of the company's strategy; `revision` that of the approved plan (0: a draft's)."""

        account: UUID
        objective_id: UUID
        title: str
        metric: Metric
        baseline: Decimal
        target: Decimal
        currency: str
        unit: str
        fiscal_year: int
        start: date
        due: date
        parent: UUID | None = None
        goal: UUID | None = None
        private: bool = False
        measured_by: MeasuredBy = MeasuredBy.RECORDED
        restated: bool = False
        revision: int = 0

        def check(self, part: Objectives) -> None:
            """Of a sensible metric within the horizon, below something that is there, in a draft or by a revision."""
            part.root.must_change_by(self.revision)
            if self.restated:
                part.must_be_there(self.objective_id)
            elif self.objective_id in part.objectives:
                raise ObjectiveSetAlready(objective=self.objective_id)
            see_that_they_make_sense(terms_of(self))
            part.must_lie_within(self.fiscal_year)
            part.must_be_above(self.objective_id, self.parent)

        def apply(self, part: Objectives) -> None:
            """It holds; what was recorded of it stays."""
            before = part.objectives.get(self.objective_id)
            part.objectives[self.objective_id] = Objective(
                terms_of(self), *((before.value, before.on) if before else ())
            )

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An objective is set once."""
            return [] if self.restated else [Claim("plan-objective", str(aggregate_id), str(self.objective_id))]

    class ObjectiveProgressed(Event):
        """Somebody says how far an objective is, in the unit of its metric, and what shows it."""

        objective_id: UUID
        value: Decimal
        on: date
        evidence: Sealed | None = None

        def check(self, part: Objectives) -> None:
            """One that is recorded by hand, with a number."""
            found = part.must_be_there(self.objective_id).terms
            if found.measured_by is MeasuredBy.FACTS:
                raise MeasuredByFacts(objective=self.objective_id, metric=found.metric.value)
            if not self.value.is_finite():
                raise ValueNotPossible(field="value", found=self.value, accepted="a number")

        def apply(self, part: Objectives) -> None:
            """How far it is."""
            if before := part.objectives.get(self.objective_id):
                part.objectives[self.objective_id] = msgspec.structs.replace(before, value=self.value, on=self.on)

    class ObjectiveDropped(Event):
        """An objective holds no longer."""

        objective_id: UUID
        reason: str
        revision: int = 0

        def check(self, part: Objectives) -> None:
            """One that nothing hangs on, in a draft or by a revision, with the reason."""
            part.root.must_change_by(self.revision)
            part.must_be_there(self.objective_id)
            stated(self.reason, "Dropping an objective")
            if below := [key for key, each in part.objectives.items() if each.terms.parent == self.objective_id]:
                raise ObjectiveHasParts(objective=self.objective_id, below=listed(below))

        def apply(self, part: Objectives) -> None:
            """It is gone."""
            part.objectives.pop(self.objective_id, None)

    @property
    def nothing_open(self) -> bool:
        """Whether the plan has no objective."""
        return not self.objectives

    @command
    def set(
        self,
        *,
        objective_id: UUID,
        title: str,
        metric: Metric,
        baseline: Decimal,
        target: Decimal,
        currency: str = "",
        unit: str = "",
        fiscal_year: int = 0,
        start: date | None = None,
        due: date | None = None,
        parent: UUID | None = None,
        goal: UUID | None = None,
        private: bool = False,
        measured_by: MeasuredBy = MeasuredBy.RECORDED,
        company: Company,
    ) -> None:
        """Set an objective of a draft, or state one anew as a whole: from `baseline` on `start` to `target` when it is
        `due` (if not stated, the first and the last day of `fiscal_year`, which is the plan's own if not stated)."""
        terms = ObjectiveTerms(
            objective_id=objective_id,
            title=title,
            metric=metric,
            baseline=baseline,
            target=target,
            currency=currency,
            unit=unit,
            fiscal_year=fiscal_year,
            start=start,
            due=due,
            parent=parent,
            goal=goal,
            private=private,
            measured_by=measured_by,
        )
        self.take_up(terms, company, 0)

    @command
    def progress(
        self,
        *,
        objective_id: UUID,
        value: Decimal,
        evidence: Annotated[Sealed | None, FreeText()] = None,
        company: Company,
    ) -> None:
        """Record how far an objective is, in the unit of its metric, and what shows it."""
        on = day_of(company, self.root.moment)
        found = self.objectives.get(objective_id)
        if found is None or (found.value, found.on) != (value, on):
            self.record(self.ObjectiveProgressed(objective_id=objective_id, value=value, on=on, evidence=evidence))

    @command
    def drop(self, *, objective_id: UUID, reason: str) -> None:
        """Take an objective out of a draft, with the reason."""
        self.let_go(objective_id, reason, 0)

    def take_up(self, terms: ObjectiveTerms, company: Company, revision: int) -> None:
        """Set what the terms say, unless it holds already."""
        made = normal(terms, company, self.root.fiscal_year)
        before = self.objectives.get(terms.objective_id)
        if before is None or before.terms != made:
            fields = {name: getattr(made, name) for name in made.__struct_fields__}
            self.record(
                self.ObjectiveSet(**fields, account=self.root.whose, restated=before is not None, revision=revision)
            )

    def let_go(self, objective: UUID, reason: str, revision: int) -> None:
        """Drop an objective."""
        self.record(self.ObjectiveDropped(objective_id=objective, reason=reason, revision=revision))

    def must_be_there(self, objective: UUID) -> Objective:
        """The objective; refuses one that was never set, or is dropped."""
        if objective not in self.objectives:
            raise ObjectiveNotOpen(objective=objective, known=listed(self.objectives))
        return self.objectives[objective]

    def must_lie_within(self, fiscal_year: int) -> None:
        """Refuse a year outside of the plan's horizon."""
        first, years = self.root.fiscal_year, self.root.horizon_years
        if not first <= fiscal_year < first + years:
            raise YearOutsideHorizon(found=fiscal_year, first=first, last=first + years - 1)

    def must_be_above(self, objective: UUID, parent: UUID | None) -> None:
        """Refuse a parent that is not there, and one that hangs on the objective itself."""
        known, above = parent, parent
        while above is not None:
            if above == objective:
                raise ObjectiveIsItsOwnPart(objective=objective, parent=known)
            if above not in self.objectives:
                raise ParentUnknown(parent=above, known=listed(self.objectives))
            above = self.objectives[above].terms.parent
