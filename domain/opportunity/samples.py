"""Samples (样品): what was lent, to whom, when it is due back."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Event, command
from domain.claims import Claim
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.opportunity.outcome import OpportunityPart
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed


class SampleNotNamed(Refused):
    """What was lent is blank: name the sample."""


class DueBackBeforeLent(Refused):
    """The sample would be due back on {due_back}, before it was lent on {lent_on}: state that day or a later one."""


class SampleOutAlready(Refused):
    """The sample {sample} is out already: record its return first, or lend another under a new identifier."""


class SampleNotOut(Refused):
    """No sample {sample} is out; out are: {known}."""


class Samples(OpportunityPart, eq=False):
    """The samples that are out, by identifier. They come back after the end, too."""

    out: dict[UUID, Samples.SampleLent] = msgspec.field(default_factory=dict)

    class SampleLent(Event):
        """A sample was lent to a person of the customer, or to the customer; `worth` is what it is worth to us."""

        sample_id: UUID
        what: str
        lent_on: date
        due_back: date
        stakeholder: UUID | None = None
        worth: Money | None = None

        def check(self, samples: Samples) -> None:
            samples.root.must_be_open()
            if not self.what.strip():
                raise SampleNotNamed
            if self.due_back < self.lent_on:
                raise DueBackBeforeLent(due_back=self.due_back, lent_on=self.lent_on)
            see_that_it_is_not_negative(self.worth, "worth")
            if self.sample_id in samples.out:
                raise SampleOutAlready(sample=self.sample_id)

        def apply(self, samples: Samples) -> None:
            samples.out[self.sample_id] = self

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An identifier stands for one loan."""
            return [Claim("sample", str(aggregate_id), str(self.sample_id))]

    class SampleReturned(Event):
        """A sample came back."""

        sample_id: UUID
        remarks: Sealed | None = None

        def check(self, samples: Samples) -> None:
            if self.sample_id not in samples.out:
                known = [f"{each.sample_id} {each.what}" for each in samples.out.values()]
                raise SampleNotOut(sample=self.sample_id, known=", ".join(known) or "none")

        def apply(self, samples: Samples) -> None:
            samples.out.pop(self.sample_id, None)

    @command
    def lend(
        self,
        *,
        sample_id: UUID,
        what: str,
        due_back: date,
        stakeholder: UUID | None = None,
        worth: Money | None = None,
        account: Account,
        company: Company,
    ) -> None:
        """Lend a sample, to a stakeholder of the account or (none stated) to the customer, until `due_back`."""
        if stakeholder is not None:
            account.stakeholders.must_be_present(stakeholder)
        event = self.SampleLent(
            sample_id=sample_id,
            what=what.strip(),
            lent_on=day_of(company, self.root.moment),
            due_back=due_back,
            stakeholder=stakeholder,
            worth=worth and worth.normal(),
        )
        if not (known := self.out.get(sample_id)) or msgspec.structs.replace(event, lent_on=known.lent_on) != known:
            self.record(event)

    @command
    def take_back(self, *, sample_id: UUID, remarks: Annotated[Sealed | None, FreeText()] = None) -> None:
        """Record that a sample came back, in whatever state; after the end of the opportunity, too."""
        self.record(self.SampleReturned(sample_id=sample_id, remarks=remarks))
