"""Experiments as rows (营销测试): how each was set up, what it came to, and what was recorded of its accounts."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.experiment.effect import EffectTest
from domain.experiment.experiment import Experiment
from domain.experiment.rules import ExperimentDecision, ExperimentMeasure
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class ExperimentStatus(enum.StrEnum):
    """How far an experiment is."""

    RUNNING = "running"
    CONCLUDED = "concluded"
    STOPPED = "stopped"


class ExperimentRow(Row):
    """A test (the key is its own). Once it is over, what it came to: `test` is empty where there is no effect."""

    external_id: str = ""
    title: str = ""
    offer: str = ""
    hypothesis: str = ""
    measure: ExperimentMeasure = ExperimentMeasure.BY_HAND
    yes_or_no: bool = False
    segment: str = ""
    segment_edition: int = 0
    starts_on: date | None = None
    until: date | None = None
    group_accounts: tuple[UUID, ...] = ()
    control_accounts: tuple[UUID, ...] = ()
    status: ExperimentStatus = ExperimentStatus.RUNNING
    ended_on: date | None = None
    decision: ExperimentDecision | None = None
    reason: str = ""
    test: EffectTest | None = None
    group_count: int = 0
    control_count: int = 0
    group_mean: Decimal | None = None
    control_mean: Decimal | None = None
    difference: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    p_value: Decimal | None = None
    effect_currency: str = ""


class ExperimentModel(ReadModel):
    """One row each."""

    name = "experiment"
    version = 1
    row = ExperimentRow

    @on(Experiment.Started)
    def begun(self, row: ExperimentRow | None, event: Experiment.Started, envelope: Envelope) -> ExperimentRow:
        """It runs."""
        return ExperimentRow(
            external_id=event.external_id,
            title=event.title,
            offer=event.offer,
            hypothesis=event.hypothesis,
            measure=event.measure,
            yes_or_no=event.yes_or_no,
            segment=event.segment,
            segment_edition=event.segment_edition,
            starts_on=event.starts_on,
            until=event.until,
            group_accounts=event.group,
            control_accounts=event.control,
        )

    @on(Experiment.Concluded)
    def concluded(
        self, row: ExperimentRow | None, event: Experiment.Concluded, envelope: Envelope
    ) -> ExperimentRow | None:
        """It ran its time."""
        if row:
            row.status, row.decision = ExperimentStatus.CONCLUDED, event.decision
            _take(row, event)
        return row

    @on(Experiment.Stopped)
    def stopped(self, row: ExperimentRow | None, event: Experiment.Stopped, envelope: Envelope) -> ExperimentRow | None:
        """It was given up."""
        if row:
            row.status, row.reason = ExperimentStatus.STOPPED, event.reason
            _take(row, event)
        return row


def _take(row: ExperimentRow, event: Experiment.Concluded | Experiment.Stopped) -> None:
    row.ended_on, row.effect_currency = event.on, event.currency
    if effect := event.effect:
        for name in effect.__struct_fields__:
            setattr(row, name, getattr(effect, name))


class ExperimentResultRow(Row):
    """What was recorded last of an account that takes part; `dropped_out` with its reason where it dropped out."""

    experiment: UUID | None = None
    account: UUID | None = None
    value: Decimal | None = None
    result_on: date | None = None
    dropped_out: bool = False
    reason: str = ""


class ExperimentResultModel(ReadModel):
    """One row per account of which anything was recorded."""

    name = "experiment_result"
    version = 1
    row = ExperimentResultRow
    indexes = (("experiment",),)

    @on(Experiment.ResultRecorded, key=lambda envelope, event: child_key(envelope, event.account.bytes))
    def recorded(
        self, row: ExperimentResultRow | None, event: Experiment.ResultRecorded, envelope: Envelope
    ) -> ExperimentResultRow:
        """It came to this."""
        return ExperimentResultRow(
            experiment=envelope.aggregate_id, account=event.account, value=event.value, result_on=event.on
        )

    @on(Experiment.AccountLeft, key=lambda envelope, event: child_key(envelope, event.account.bytes))
    def leaves(
        self, row: ExperimentResultRow | None, event: Experiment.AccountLeft, envelope: Envelope
    ) -> ExperimentResultRow:
        """It counts no more."""
        return ExperimentResultRow(
            experiment=envelope.aggregate_id, account=event.account, dropped_out=True, reason=event.reason
        )


EXPERIMENTS = ExperimentModel()
EXPERIMENT_RESULTS = ExperimentResultModel()
