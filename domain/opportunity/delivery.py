"""Delivery (安装实施): what was promised, until when, whether it was kept, who accepted it. Only after winning."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Event, command
from domain.errors import Refused
from domain.opportunity.outcome import OpportunityPart, Outcome, stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed


class NotWon(Refused):
    """The opportunity is {outcome}: only what was won is delivered, so win it first."""


class DeliveryNotNamed(Refused):
    """The delivery milestone is blank: name what is promised, such as installation."""


class DeliveryNotPlanned(Refused):
    """Nothing called {milestone} is promised and still to be delivered; promised are: {known}."""


class NotYetMissed(Refused):
    """The promise {milestone} is due on {due} and {on} is not later: plan it anew, or record it as missed after."""


class DeliveryAcceptedAlready(Refused):
    """The delivery was accepted already, by {stakeholder}: withdraw that fact first."""


class Promise(msgspec.Struct, frozen=True):
    """What is to be delivered until when, and whether that day was missed."""

    due: date
    what: str = ""
    missed: bool = False


class Acceptance(msgspec.Struct, frozen=True):
    """Who accepted the delivery, with which remarks."""

    stakeholder: UUID
    remarks: Sealed | None = None


class Delivery(OpportunityPart, eq=False):
    """What is promised and not delivered yet, by its name, and the acceptance."""

    promised: dict[str, Promise] = msgspec.field(default_factory=dict)
    acceptance: Acceptance | None = None

    class DeliveryMilestonePlanned(Event):
        """Something was promised for a day; planned anew, the new day holds."""

        milestone: str
        due: date
        what: str = ""
        previous: date | None = None

        def check(self, delivery: Delivery) -> None:
            delivery.must_be_won()
            if not self.milestone.strip():
                raise DeliveryNotNamed

        def apply(self, delivery: Delivery) -> None:
            delivery.promised[self.milestone] = Promise(self.due, self.what)

    class DeliveryMilestoneReached(Event):
        """What was promised was delivered."""

        milestone: str
        reached_on: date
        evidence: Sealed | None = None

        def check(self, delivery: Delivery) -> None:
            delivery.must_be_promised(self.milestone)

        def apply(self, delivery: Delivery) -> None:
            delivery.promised.pop(self.milestone, None)

    class DeliveryMilestoneMissed(Event):
        """The day of the promise is over and it was not kept; it can still be delivered later."""

        milestone: str
        missed_on: date
        reason: str

        def check(self, delivery: Delivery) -> None:
            promise = delivery.must_be_promised(self.milestone)
            if self.missed_on <= promise.due:
                raise NotYetMissed(milestone=self.milestone, due=promise.due, on=self.missed_on)
            stated(self.reason, "Missing a promise")

        def apply(self, delivery: Delivery) -> None:
            if promise := delivery.promised.get(self.milestone):
                delivery.promised[self.milestone] = msgspec.structs.replace(promise, missed=True)

    class DeliveryAccepted(Event):
        """A person of the customer accepted the delivery."""

        stakeholder: UUID
        accepted_on: date
        remarks: Sealed | None = None

        def check(self, delivery: Delivery) -> None:
            delivery.must_be_won()
            if delivery.acceptance:
                raise DeliveryAcceptedAlready(stakeholder=delivery.acceptance.stakeholder)

        def apply(self, delivery: Delivery) -> None:
            delivery.acceptance = Acceptance(self.stakeholder, self.remarks)

    @command
    def plan(self, *, milestone: str, due: date, what: str = "") -> None:
        """Promise a delivery milestone for a day, or plan one anew that is not delivered yet."""
        name = milestone.strip()
        before = self.promised.get(name)
        if before is None or (before.due, before.what) != (due, what):
            self.record(
                self.DeliveryMilestonePlanned(
                    milestone=name, due=due, what=what, previous=before.due if before else None
                )
            )

    @command
    def reach(self, *, milestone: str, evidence: Annotated[Sealed | None, FreeText()] = None, company: Company) -> None:
        """Record that what was promised was delivered, in time or not."""
        on = day_of(company, self.root.moment)
        self.record(self.DeliveryMilestoneReached(milestone=milestone.strip(), reached_on=on, evidence=evidence))

    @command
    def miss(self, *, milestone: str, reason: str, company: Company) -> None:
        """Record after its day that a promise was not kept, and why."""
        found, on = self.promised.get(milestone.strip()), day_of(company, self.root.moment)
        if not (found and found.missed):
            self.record(self.DeliveryMilestoneMissed(milestone=milestone.strip(), missed_on=on, reason=reason))

    @command
    def accept(
        self,
        *,
        stakeholder: UUID,
        remarks: Annotated[Sealed | None, FreeText(("stakeholder",))] = None,
        account: Account,
        company: Company,
    ) -> None:
        """Record that a stakeholder of the account accepts the delivery, with remarks if there are any."""
        account.stakeholders.must_be_present(stakeholder)
        if self.acceptance != Acceptance(stakeholder, remarks):
            on = day_of(company, self.root.moment)
            self.record(self.DeliveryAccepted(stakeholder=stakeholder, accepted_on=on, remarks=remarks))

    def must_be_won(self) -> None:
        """Refuse where the opportunity is not won."""
        ending = self.root.ending
        if ending is None or ending.outcome is not Outcome.WON:
            raise NotWon(outcome=ending.outcome.value if ending else "open")

    def must_be_promised(self, milestone: str) -> Promise:
        """The promise of a name; refuses one that is not made, or kept already."""
        self.must_be_won()
        if milestone not in self.promised:
            raise DeliveryNotPlanned(milestone=milestone, known=", ".join(sorted(self.promised)) or "none")
        return self.promised[milestone]
