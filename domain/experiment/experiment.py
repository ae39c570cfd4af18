"""The experiment (营销测试): small tests, many of them, never forgotten."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.opportunity.outcome import stated


@learn
class Experiment(Aggregate, eq=False):
    """An offer to some accounts of a segment, held against others that did not get it."""

    title: str = ""

    class Started(Event):
        """A test began."""

        opens: ClassVar[bool] = True

        title: str
        external_id: str = ""

        def check(self, experiment: Experiment) -> None:
            """With a title."""
            stated(self.title, "The title of an experiment")

        def apply(self, experiment: Experiment) -> None:
            """Results can be recorded."""
            experiment.title = self.title

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one experiment's."""
            return [Claim("experiment", "", self.external_id)] if self.external_id else []

    class FactWithdrawn(Withdrawal):
        """A fact of this experiment is taken back (冲销)."""

    @command
    def start(self, *, title: str, external_id: str = "") -> None:
        """Begin a test."""
        self.record(self.Started(title=title, external_id=external_id))
