"""The customer's decision process (决策流程): its steps, the budget, and what makes him decide now (驱动因素)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.account.stakeholders import NothingStated
from domain.aggregate import Event, command
from domain.errors import Refused
from domain.opportunity.outcome import OpportunityPart
from domain.sealed import FreeText, Sealed


class DecisionStep(msgspec.Struct, frozen=True):
    """A step on the customer's way to a decision; `owner` is a stakeholder of the account, `on` when it is due."""

    name: str
    owner: UUID | None = None
    on: date | None = None


class StepUnnamed(Refused):
    """Step {place} of the decision process has no name: state what is done there."""

    about = ("steps",)


class DecisionProcess(OpportunityPart, eq=False):
    """The way as it was last stated; None for the budget where nobody knows."""

    steps: tuple[DecisionStep, ...] = ()
    budget_approved: bool | None = None
    compelling_event: Sealed | None = None
    compelling_on: date | None = None

    class DecisionProcessRecorded(Event):
        """The customer decides in these steps; stated anew it replaces what was said before."""

        steps: tuple[DecisionStep, ...] = ()
        budget_approved: bool | None = None
        compelling_event: Sealed | None = None
        compelling_on: date | None = None

        def check(self, process: DecisionProcess) -> None:
            process.root.must_be_open()
            for place, step in enumerate(self.steps, start=1):
                if not step.name.strip():
                    raise StepUnnamed(place=place)

        def apply(self, process: DecisionProcess) -> None:
            for field in self.__struct_fields__:
                setattr(process, field, getattr(self, field))

    @command
    def describe(
        self,
        *,
        steps: tuple[DecisionStep, ...] = (),
        budget_approved: bool | None = None,
        compelling_event: Annotated[Sealed | None, FreeText()] = None,
        compelling_on: date | None = None,
        account: Account,
    ) -> None:
        """Say, as a whole, in which steps the customer decides, whether the money is there, and what presses him."""
        self.root.must_be_open()
        event = self.DecisionProcessRecorded(
            steps=tuple(steps),
            budget_approved=budget_approved,
            compelling_event=compelling_event,
            compelling_on=compelling_on,
        )
        if event == self.DecisionProcessRecorded():
            raise NothingStated(fields=", ".join(event.__struct_fields__))
        for step in event.steps:
            if step.owner is not None:
                account.stakeholders.must_be_present(step.owner)
        if any(getattr(event, field) != getattr(self, field) for field in event.__struct_fields__):
            self.record(event)
