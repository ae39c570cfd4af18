"""Concessions (谈判): what the customer asked for, what we gave, what we received in return."""

from __future__ import annotations

from typing import Annotated

from domain.aggregate import Event, command
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.opportunity.outcome import OpportunityPart
from domain.sealed import FreeText, Sealed


class Concessions(OpportunityPart, eq=False):
    """What was conceded. With nothing in return it is a finding, never a refusal."""

    class ConcessionMade(Event):
        """We gave way in the negotiation. `worth` is what that costs us, `return_worth` what the return is worth."""

        asked: Sealed
        given: Sealed
        received: Sealed | None = None
        worth: Money | None = None
        return_worth: Money | None = None
        stage: str = ""

        def check(self, concessions: Concessions) -> None:
            concessions.root.must_be_open()
            see_that_it_is_not_negative(self.worth, "worth")
            see_that_it_is_not_negative(self.return_worth, "return_worth")

    @command
    def make(
        self,
        *,
        asked: Annotated[Sealed, FreeText()],
        given: Annotated[Sealed, FreeText()],
        received: Annotated[Sealed | None, FreeText()] = None,
        worth: Money | None = None,
        return_worth: Money | None = None,
    ) -> None:
        """Record what was asked for, what we gave and what we received in return; `worth` is what it costs us."""
        self.record(
            self.ConcessionMade(
                asked=asked,
                given=given,
                received=received,
                worth=worth and worth.normal(),
                return_worth=return_worth and return_worth.normal(),
                stage=self.root.stage,
            )
        )
