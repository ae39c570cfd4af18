"""The partner programme (金钥匙合作伙伴): what both sides owe each other that is no price, and who keeps it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.opportunity.outcome import stated


@learn
class PartnerProgramme(Aggregate, eq=False):
    """A programme with its partners."""

    title: str = ""

    class Opened(Event):
        """A programme was opened."""

        opens: ClassVar[bool] = True

        title: str
        external_id: str = ""

        def check(self, programme: PartnerProgramme) -> None:
            """With a title."""
            stated(self.title, "The title of a programme")

        def apply(self, programme: PartnerProgramme) -> None:
            """Accounts can enrol."""
            programme.title = self.title

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one programme's."""
            return [Claim("partnerprogramme", "", self.external_id)] if self.external_id else []

    class FactWithdrawn(Withdrawal):
        """A fact of this programme is taken back (冲销)."""

    @command
    def open(self, *, title: str, external_id: str = "") -> None:
        """Open a programme."""
        self.record(self.Opened(title=title, external_id=external_id))
