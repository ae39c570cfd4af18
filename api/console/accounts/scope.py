"""One account of the console: what the parts of its page have in common, looked up once when it is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from uuid import UUID

from api.account_page import known
from api.console.subject import Subject
from api.names import member_names, stakeholder_names
from domain.aggregate import Recorded
from domain.journal.trail import facts_since
from projections.account_facts import company_facts
from projections.account_figures import belonging_to
from projections.account_list import Listed, listed
from projections.view import View


@dataclass
class Scope(Subject):
    """The account `id` (the one that goes on) in a view of it and of those merged into it alone; `stated` is the one of
    the address."""

    stated: UUID
    frame_view: View
    """Of all that the asker may see."""

    @cached_property
    def listed(self) -> Listed | None:
        """Its row; None where it was not there yet."""
        return next(iter(listed(self.view)), None)

    @cached_property
    def together(self) -> list[UUID]:
        """It and all that were merged into it."""
        return self.view.together(self.id)

    @cached_property
    def members(self) -> dict[UUID, str]:
        """Our people by name for those who may read names, else by external id."""
        if self.frame.may_read_people(self.view):
            return member_names(self.journal, self.view)
        return {key: external_id for key, (external_id, _) in self.view.members().items()}

    @cached_property
    def theirs(self) -> dict[UUID, str]:
        """The customer's people by name, for those who may read names."""
        self.frame.may_read_people(self.view)
        return stakeholder_names(self.journal, self.view, self.together)

    @cached_property
    def names(self) -> dict[UUID, str]:
        """Everybody."""
        return {**self.members, **self.theirs}

    def named(self, people: Iterable[UUID]) -> str:
        """Several people by name, those without one left out."""
        return ", ".join(name for each in people if (name := self.names.get(each)))

    @cached_property
    def histories(self) -> dict[UUID, list[Recorded]]:
        """The facts recorded by then of it and of what belongs to it, those taken back too, each stream in its
        order."""
        return self.journal.streams.histories(self._streams)

    @cached_property
    def _streams(self) -> list[UUID]:
        return [*self.together, *belonging_to(self.view, self.together)]

    def facts_since(self, moment: datetime, topics: Collection[str]) -> list[Recorded]:
        """Of `facts` those of some topics that occurred since a moment, and no others are read; of topics that the
        company's own streams do not have."""
        found = known(facts_since(self.view.connection, self._streams, list(topics), moment), self.view)
        chosen = (fact for fact in found if fact.event.topic in topics and fact.occurred_at >= moment)
        return sorted(chosen, key=lambda fact: (fact.occurred_at, fact.position))

    @cached_property
    def facts(self) -> list[Recorded]:
        """All that had happened and holds, in the order in which it happened."""
        own = (known(each, self.view) for each in self.histories.values())
        return sorted(chain(*own, self.of_company), key=lambda fact: (fact.occurred_at, fact.position))

    @cached_property
    def of_company(self) -> list[Recorded]:
        """What the company's own streams tell of it, as far as it had happened and holds."""
        told = company_facts(self.view, self.together).values()
        return [fact for each in told for fact in known(each, self.view)]
