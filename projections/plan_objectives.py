"""Objectives of account plans as rows: from where to where, until when, and how far."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.visit_kinds import ObjectiveMet
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import MeasuredBy
from domain.account_plan.objectives import Objectives
from domain.objective import Metric
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on

Number = Annotated[Decimal, Scale(4)]


class ObjectiveStatus(enum.StrEnum):
    """Whether an objective holds."""

    OPEN = "open"
    DROPPED = "dropped"
    CLOSED = "closed"


class ObjectiveRow(Row):
    """An objective of a plan, in the unit of its metric. `value` is the newest recorded by hand, on the day `value_on`;
    `reached` and `met` are the result with which the plan was closed. `stated` and `progressed` are the positions of
    the events that set it and that said how far it is."""

    account: UUID | None = None
    plan: UUID | None = None
    objective: UUID | None = None
    title: str = ""
    status: ObjectiveStatus = ObjectiveStatus.OPEN
    metric: Metric = Metric.OTHER
    measured_by: MeasuredBy = MeasuredBy.RECORDED
    baseline: Number | None = None
    target: Number | None = None
    currency: str = ""
    unit: str = ""
    fiscal_year: int = 0
    start: date | None = None
    due: date | None = None
    parent: UUID | None = None
    goal: UUID | None = None
    private: bool = False
    value: Number | None = None
    value_on: date | None = None
    reached: Number | None = None
    met: ObjectiveMet | None = None
    stated: int = 0
    progressed: int | None = None


ObjectiveEvent = Objectives.ObjectiveSet | Objectives.ObjectiveProgressed | Objectives.ObjectiveDropped


def objective_key(envelope: Envelope, objective: UUID) -> UUID:
    """The key of an objective's row."""
    return child_key(envelope, objective.bytes)


def _objective(envelope: Envelope, event: ObjectiveEvent) -> UUID:
    return objective_key(envelope, event.objective_id)


def _closed(envelope: Envelope, event: AccountPlan.Closed) -> Iterable[UUID]:
    return [objective_key(envelope, each.objective_id) for each in event.results]


class ObjectiveModel(ReadModel):
    """One row per objective of a plan."""

    name = "plan_objective"
    version = 1
    row = ObjectiveRow
    indexes = (("account",), ("plan",))

    @on(Objectives.ObjectiveSet, key=_objective)
    def set(self, row: ObjectiveRow | None, event: Objectives.ObjectiveSet, envelope: Envelope) -> ObjectiveRow:
        """It holds as stated last; what was recorded of it stays."""
        return ObjectiveRow(
            account=event.account,
            plan=envelope.aggregate_id,
            objective=event.objective_id,
            title=event.title,
            metric=event.metric,
            measured_by=event.measured_by,
            baseline=event.baseline,
            target=event.target,
            currency=event.currency,
            unit=event.unit,
            fiscal_year=event.fiscal_year,
            start=event.start,
            due=event.due,
            parent=event.parent,
            goal=event.goal,
            private=event.private,
            value=row.value if row else None,
            value_on=row.value_on if row else None,
            stated=envelope.position,
            progressed=row.progressed if row else None,
        )

    @on(Objectives.ObjectiveProgressed, key=_objective)
    def progressed(
        self, row: ObjectiveRow | None, event: Objectives.ObjectiveProgressed, envelope: Envelope
    ) -> ObjectiveRow | None:
        """How far it is."""
        if row:
            row.value, row.value_on, row.progressed = event.value, event.on, envelope.position
        return row

    @on(Objectives.ObjectiveDropped, key=_objective)
    def dropped(
        self, row: ObjectiveRow | None, event: Objectives.ObjectiveDropped, envelope: Envelope
    ) -> ObjectiveRow | None:
        """It holds no longer."""
        if row:
            row.status = ObjectiveStatus.DROPPED
        return row

    @on(AccountPlan.Closed, keys=_closed)
    def closed(self, row: ObjectiveRow | None, event: AccountPlan.Closed, envelope: Envelope) -> ObjectiveRow | None:
        """What it came to."""
        if row:
            row.status = ObjectiveStatus.CLOSED
            for each in event.results:
                if each.objective_id == row.objective:
                    row.reached, row.met = each.reached, each.met
        return row


OBJECTIVES = ObjectiveModel()
