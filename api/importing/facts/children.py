"""Stakeholders and visits: things of the source system that live inside an account."""

from __future__ import annotations

from uuid import UUID

from api.importing.desk import NOBODY, Desk
from api.importing.names import made_id
from api.importing.refusals import Fault
from domain.aggregate import Event
from domain.language.catalogue import say


class Children:
    """The accounts and identifiers behind external ids of one kind (stakeholder or visit)."""

    def __init__(self, desk: Desk, kind: str, events: tuple[type[Event], ...]) -> None:
        self._kind = kind
        self._made: dict[str, UUID] = {}
        self._rows: dict[str, str] = {}
        self._recorded: dict[str, tuple[UUID, UUID]] = {}
        for row in desk.content.of(f"{kind}s"):
            self._rows[getattr(row, "external_id")] = getattr(row, "account")  # noqa: B009 rows of both kinds have them
        holders = {account for (what, _), account in desk.names.holders.items() if what == kind}
        for account in holders:
            for fact in desk.world.histories.get(account, ()):
                if isinstance(fact.event, events) and (external_id := getattr(fact.event, "external_id", "")):
                    self._recorded[external_id] = (account, getattr(fact.event, f"{kind}_id"))

    def id_of(self, external_id: str) -> UUID:
        """The identifier of one that is recorded, or that an import gives."""
        known = self._made.get(external_id)
        if known is None:
            recorded = self._recorded.get(external_id)
            known = self._made[external_id] = recorded[1] if recorded else made_id(self._kind, external_id)
        return known

    def holder(self, external_id: str) -> UUID | None:
        """The account that has it recorded."""
        recorded = self._recorded.get(external_id)
        return recorded[0] if recorded else None

    def find(self, desk: Desk, column: str, sought: str) -> tuple[UUID, UUID]:
        """Account and identifier; a fault of the row in hand where nobody knows it."""
        if sought in self._recorded:
            return self._recorded[sought]
        account = desk.names.accounts.find(self._rows[sought]) if sought in self._rows else None
        if account is None:
            remedy = say("Import the {kind} with it, or before.", kind=self._kind)
            desk.fault(
                column, sought, Fault(say("there is no {kind} {sought}", kind=self._kind, sought=sought), remedy)
            )
            return NOBODY, NOBODY
        return account, self.id_of(sought)
