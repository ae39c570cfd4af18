"""What a row says about an opportunity, as commands on it: whatever is so already records nothing."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from api.importing.facts.stages import IMPORTED
from api.importing.world import World
from domain.money import Money
from domain.opportunity.outcome import Outcome
from domain.policies.process_definition import ForecastCategory
from domain.policies.sales_process import SalesProcess


class Change(msgspec.Struct, gc=False):
    """What became true of an opportunity; None says nothing. `stage` is an open one, `outcome` how it ended."""

    stage: str | None = None
    outcome: Outcome | None = None
    amount: Money | None = None
    close_on: date | None = None
    category: ForecastCategory | None = None
    owner: UUID | None = None
    signed: Money | None = None
    reason: str = ""
    winner: str = ""

    def __call__(self, deal: Any, world: World) -> None:
        """Give the commands. An opportunity that ended is reopened if the row says that it goes on, or ended else."""
        if deal.ending and self._goes_on(deal):
            deal.reopen(reason=self.reason or IMPORTED)
        if self.stage is not None and self.stage != deal.stage:
            self._move(self.stage, deal, world)
        if deal.ending is None:
            self._revise(deal)
        if self.owner is not None:
            deal.change_owner(owner=self.owner)
        if self.outcome is not None and not (deal.ending and deal.ending.outcome is self.outcome):
            self._end(deal)

    def _goes_on(self, deal: Any) -> bool:
        return self.stage is not None or (self.outcome is not None and deal.ending.outcome is not self.outcome)

    def _move(self, to: str, deal: Any, world: World) -> None:
        process = world.policy(SalesProcess, deal.moment, deal.process)
        if _leads_forward(process.keys(), deal.stage, to):
            deal.advance(to=to, override=IMPORTED, sales_process=process)
        else:
            deal.revert(to=to, reason=self.reason or IMPORTED, sales_process=process)

    def _revise(self, deal: Any) -> None:
        reason = self.reason if self.stage is None and self.outcome is None else ""
        if self.amount is not None:
            deal.revise_amount(amount=self.amount, reason=reason)
        if self.close_on is not None:
            deal.move_close_date(close_on=self.close_on, reason=reason)
        if self.category is not None:
            deal.categorise(category=self.category)

    def _end(self, deal: Any) -> None:
        reasons = (self.reason,) if self.reason else ()
        if self.outcome is Outcome.WON:
            deal.win(signed=self.signed, reasons=reasons)
        elif self.outcome is Outcome.LOST:
            deal.lose(reasons=reasons, winner=self.winner)
        else:
            deal.disqualify(reasons=reasons)


def _leads_forward(stages: tuple[str, ...], stage: str, to: str) -> bool:
    """Whether a move is forward; from a stage that the process does not know any more, every move is."""
    return stage not in stages or to not in stages or stages.index(to) > stages.index(stage)
