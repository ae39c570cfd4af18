"""Stakeholders and visits: things of the source system that live inside an account."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from api.importing.desk import NOBODY, Desk
from api.importing.names import made_id
from api.importing.references import STAKEHOLDER
from api.importing.refusals import Fault
from domain.aggregate import Event
from domain.language.catalogue import say

Held = tuple[UUID, UUID]
"""An account, and what it holds."""


class Children:
    """The accounts and identifiers behind external ids of one kind (stakeholder or visit)."""

    def __init__(self, desk: Desk, kind: str, events: tuple[type[Event], ...]) -> None:
        self._kind = kind
        self._made: dict[str, UUID] = {}
        desk.ledger.identifiers.append(self._made)
        self._called: dict[str, set[Held]] | None = None
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

    def find(self, desk: Desk, column: str, sought: str, within: UUID | None = None) -> Held:
        """Account and identifier, by external id, else by a name that one alone bears (`within` an account, where the
        row tells it); a fault of the row in hand where nobody is meant or several are."""
        found = self._meant(desk, sought, within)
        if len(found) > 1:
            reason = say("several are called so: which {kind}?", kind=self._kind)
            desk.fault(column, sought, Fault(reason, "Name it by its external id."))
            return NOBODY, NOBODY
        if not found:
            remedy = say("Import the {kind} with it, or before.", kind=self._kind)
            desk.fault(
                column, sought, Fault(say("there is no {kind} {sought}", kind=self._kind, sought=sought), remedy)
            )
            return NOBODY, NOBODY
        return next(iter(found))

    def meant(self, desk: Desk, sought: str, within: UUID | None = None) -> UUID:
        """The identifier that a text means; one that nobody has where it means none."""
        found = self._meant(desk, sought, within)
        return next(iter(found))[1] if len(found) == 1 else NOBODY

    def _meant(self, desk: Desk, sought: str, within: UUID | None) -> set[Held]:
        if sought in self._recorded:
            return {self._recorded[sought]}
        if sought in self._rows:
            account = desk.names.accounts.find(self._rows[sought])
            return {(account, self.id_of(sought))} if account else set()
        if self._called is None:
            self._called = self._names(desk)
        found = self._called.get(sought, set())
        return {held for held in found if held[0] == within} if within and within != NOBODY else found

    def _names(self, desk: Desk) -> dict[str, set[Held]]:
        """Who is called how: by the rows of this import, and by the journal as far as rows ask for it."""
        found: dict[str, set[Held]] = defaultdict(set)
        if self._kind == STAKEHOLDER:
            for row in desk.content.of("stakeholders"):
                account = self.holder(row.external_id) or desk.names.accounts.find(row.account)
                if account:
                    found[row.name].add((account, self.id_of(row.external_id)))
            for name, recorded in desk.names.called.items():
                found[name] |= recorded
        return found
