"""Control points (里程碑控制点) of the sales process that were reached, with the evidence."""

from __future__ import annotations

from typing import Annotated

import msgspec

from domain.aggregate import Event, command
from domain.errors import Refused
from domain.opportunity.outcome import OpportunityPart
from domain.policies.sales_process import SalesProcess
from domain.sealed import FreeText, Sealed


class MilestoneReachedAlready(Refused):
    """The milestone {milestone} was reached already: withdraw that fact first, or leave it as it is."""


class Reached(msgspec.Struct, frozen=True):
    """What shows that a milestone was reached."""

    evidence: Sealed


class Milestones(OpportunityPart, eq=False):
    """The milestones reached, with their evidence; a process has only few."""

    reached: dict[str, Reached] = msgspec.field(default_factory=dict)

    class MilestoneReached(Event):
        """A milestone of the process was reached, by this evidence."""

        milestone: str
        stage: str
        process_edition: int
        evidence: Sealed

        def check(self, milestones: Milestones) -> None:
            milestones.root.must_be_open()
            if self.milestone in milestones.reached:
                raise MilestoneReachedAlready(milestone=self.milestone)

        def apply(self, milestones: Milestones) -> None:
            milestones.reached[self.milestone] = Reached(self.evidence)

    @command
    def reach(self, *, milestone: str, evidence: Annotated[Sealed, FreeText()], sales_process: SalesProcess) -> None:
        """Record that a milestone of the process was reached, and what shows it."""
        found = sales_process.milestone(milestone)
        if self.reached.get(milestone) == Reached(evidence):
            return
        self.record(
            self.MilestoneReached(
                milestone=milestone, stage=found.stage, process_edition=sales_process.edition, evidence=evidence
            )
        )
