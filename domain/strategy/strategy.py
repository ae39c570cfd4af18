"""The key account strategy (大客户战略): what the company wants with its key accounts, and how."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.opportunity.outcome import stated


@learn
class KeyAccountStrategy(Aggregate, eq=False):
    """The company's strategy: its mission, what it found outside and inside, its goals."""

    title: str = ""

    class Drafted(Event):
        """A strategy was begun: mission and position, what was found outside and inside, goals."""

        opens: ClassVar[bool] = True

        title: str
        mission: str
        position: str = ""
        outside_analysis: str = ""
        inside_analysis: str = ""
        external_id: str = ""

        def check(self, strategy: KeyAccountStrategy) -> None:
            """With a title and a mission."""
            stated(self.title, "The title of a strategy")
            stated(self.mission, "The mission of a strategy")

        def apply(self, strategy: KeyAccountStrategy) -> None:
            """It is a draft."""
            strategy.title = self.title

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one strategy's."""
            return [Claim("keyaccountstrategy", "", self.external_id)] if self.external_id else []

    class FactWithdrawn(Withdrawal):
        """A fact of this strategy is taken back (冲销)."""

    @command
    def draft(
        self,
        *,
        title: str,
        mission: str,
        position: str = "",
        outside_analysis: str = "",
        inside_analysis: str = "",
        external_id: str = "",
    ) -> None:
        """Begin a strategy: the company's mission and position, what was found outside and inside."""
        self.record(
            self.Drafted(
                title=title,
                mission=mission,
                position=position,
                outside_analysis=outside_analysis,
                inside_analysis=inside_analysis,
                external_id=external_id,
            )
        )
