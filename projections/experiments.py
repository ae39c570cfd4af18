"""Experiments as rows (营销测试)."""

from __future__ import annotations

from domain.experiment.experiment import Experiment
from projections.engine import Envelope, ReadModel, Row, on


class ExperimentRow(Row):
    """A test (the key is its own)."""

    external_id: str = ""
    title: str = ""


class ExperimentModel(ReadModel):
    """One row each."""

    name = "experiment"
    version = 1
    row = ExperimentRow

    @on(Experiment.Started)
    def begun(self, row: ExperimentRow | None, event: Experiment.Started, envelope: Envelope) -> ExperimentRow:
        """It is there."""
        return ExperimentRow(external_id=event.external_id, title=event.title)


EXPERIMENTS = ExperimentModel()
