"""One opportunity of the console: what the parts of its page have in common, looked up once when it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from api.account_page import known
from api.console.choices import owner_names
from api.console.subject import Subject
from api.names import stakeholder_names
from domain.aggregate import Recorded, fold
from domain.language.catalogue import either
from domain.opportunity.opportunity import Opportunity
from domain.policies.sales_process import SalesProcess
from projections.deals import Filters
from projections.directory import OpportunityLine, opportunities_after
from projections.names import account_names


@dataclass
class Scope(Subject):
    """An opportunity in a view."""

    @cached_property
    def everything(self) -> list[Recorded]:
        """All that was recorded of it, also what was taken back."""
        return self.journal.streams.history(self.id)

    @cached_property
    def facts(self) -> list[Recorded]:
        """What had happened by then, and was known then, in business order."""
        return known(self.everything, self.view)

    @cached_property
    def state(self) -> Opportunity:
        """How it stood."""
        return fold(Opportunity, self.id, self.facts)

    @cached_property
    def opened(self) -> Opportunity.Opened | None:
        """The fact that opened it."""
        return next((fact.event for fact in self.facts if isinstance(fact.event, Opportunity.Opened)), None)

    @cached_property
    def line(self) -> OpportunityLine | None:
        """Its row, valued; None where it was not there yet."""
        return next(iter(opportunities_after(self.view, None, 1, Filters(), key=self.id)), None)

    @cached_property
    def process(self) -> SalesProcess:
        """Its sales process."""
        return self.view.policies.process(self.state.process)

    @cached_property
    def stages(self) -> dict[str, str]:
        """What the stages of its process are called."""
        return {stage.key: either(stage.name, stage.name_zh) or stage.key for stage in self.process.stages}

    def stage_name(self, key: str) -> str:
        """What a stage is called; its key where the process has it no more."""
        return self.stages.get(key, key)

    @cached_property
    def account(self) -> UUID | None:
        """The account that goes on."""
        return self.view.leads_to(self.state.account) if self.state.account else None

    @cached_property
    def account_name(self) -> str:
        """What the account is called."""
        return account_names(self.view, [self.account]).get(self.account, "") if self.account else ""

    @cached_property
    def members(self) -> dict[UUID, str]:
        """Our people by name for those who may read names, else by external id."""
        return owner_names(self.frame, self.view)

    @cached_property
    def people(self) -> dict[UUID, str]:
        """The customer's people by name, for those who may read names."""
        if self.account is None or not self.frame.may_read_people(self.view):
            return {}
        return stakeholder_names(self.journal, self.view, self.view.together(self.account))

    @cached_property
    def names(self) -> dict[UUID, str]:
        """Everybody."""
        return {**self.members, **self.people}

    @cached_property
    def products(self) -> dict[str, str]:
        """What products are called."""
        return {key: each.name or key for key, each in self.view.policies.price_list.products.items()}
