"""The milestones of a plan (里程碑): what one of the two sides does until a day; reached, or missed when it is over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.account.dealings import Side, listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_end, day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account_plan.account_plan import AccountPlan


class PlanMilestoneUntitled(Refused):
    """The title of the milestone is blank: say what will be there on that day."""


class PlanMilestoneUnknown(Refused):
    """There is no open milestone {milestone} in this plan at that moment. Open are: {known}."""


class PlanMilestoneSetAlready(Refused):
    """The milestone {milestone} is set already: state it anew by the command, or use a new identifier."""


class PlanMilestoneNotDueYet(Refused):
    """The milestone {milestone} is due on {due}, and that day is not over: it is missed after its end."""


class PlanMilestoneReachedInTime(Refused):
    """The milestone {milestone} was reached on {on} and is due on {due}: it was not missed."""


class PlanMilestoneNotReachedInTime(Refused):
    """The milestone {milestone} was not reached until {due}: that it was missed stands."""


class OwnerOfAnotherSide(Refused):
    """A milestone of {side} names {wrong}: state `owner` (a member) for ours, `stakeholder` for the customer's."""


class MilestoneTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What will be there until when: by us (`owner`, a member) or by the customer (`stakeholder`), for an objective or
    none; `private` ones are not shown to the customer."""

    milestone_id: UUID
    title: str
    due: date
    side: Side = Side.US
    owner: UUID | None = None
    stakeholder: UUID | None = None
    objective: UUID | None = None
    private: bool = False


class PlanMilestone(msgspec.Struct, frozen=True):
    """A milestone, when it was reached, which due day was recorded as missed, and whether it was dropped."""

    terms: MilestoneTerms
    reached_on: date | None = None
    missed: date | None = None
    dropped: bool = False

    @property
    def reached_in_time(self) -> bool:
        """Whether it was there on its day."""
        return self.reached_on is not None and self.reached_on <= self.terms.due


class PlanMilestones(Part, eq=False):
    """The milestones of the plan, by their identifiers."""

    if TYPE_CHECKING:
        root: ClassVar[AccountPlan]

    milestones: dict[UUID, PlanMilestone] = msgspec.field(default_factory=dict)

    class MilestoneSet(Event):
        """A milestone was set, or stated anew as a whole (`restated`); `revision` is that of the approved plan (0: a
        draft's)."""

        account: UUID
        milestone_id: UUID
        title: str
        due: date
        side: Side = Side.US
        owner: UUID | None = None
        stakeholder: UUID | None = None
        objective: UUID | None = None
        private: bool = False
        restated: bool = False
        revision: int = 0

        def check(self, part: PlanMilestones) -> None:
            """With a title, of one side, for an objective that is there, in a draft or by a revision."""
            part.root.must_change_by(self.revision)
            if self.restated:
                part.must_be_open(self.milestone_id)
            elif self.milestone_id in part.milestones:
                raise PlanMilestoneSetAlready(milestone=self.milestone_id)
            if not self.title.strip():
                raise PlanMilestoneUntitled
            if self.stakeholder and self.side is Side.US:
                raise OwnerOfAnotherSide(side=self.side.value, wrong="stakeholder")
            if self.owner and self.side is Side.CUSTOMER:
                raise OwnerOfAnotherSide(side=self.side.value, wrong="owner")
            if self.objective is not None:
                part.root.objectives.must_be_there(self.objective)

        def apply(self, part: PlanMilestones) -> None:
            """It is to be reached; for another day it is not missed yet."""
            before = part.milestones.get(self.milestone_id)
            missed = before.missed if before and before.terms.due == self.due else None
            part.milestones[self.milestone_id] = PlanMilestone(self.terms, missed=missed)

        @property
        def terms(self) -> MilestoneTerms:
            """What it states."""
            return MilestoneTerms(**{name: getattr(self, name) for name in MilestoneTerms.__struct_fields__})

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A milestone is set once."""
            return [] if self.restated else [Claim("plan-milestone", str(aggregate_id), str(self.milestone_id))]

    class MilestoneReached(Event):
        """What was to be there is there, in time or not, and what shows it."""

        milestone_id: UUID
        on: date
        evidence: Sealed | None = None

        def check(self, part: PlanMilestones) -> None:
            """Open until now."""
            part.must_be_open(self.milestone_id)

        def apply(self, part: PlanMilestones) -> None:
            """It is there."""
            part.change(self.milestone_id, reached_on=self.on)

    class MilestoneMissed(Event):
        """The due day is over, and nothing had been said of the milestone: noticed by a worker, at the day's end."""

        milestone_id: UUID
        due: date

        def check(self, part: PlanMilestones) -> None:
            """One that was set. What is said later of the time before does not make the notice impossible."""
            part.must_be_known(self.milestone_id)

        def apply(self, part: PlanMilestones) -> None:
            """The day that was missed."""
            part.change(self.milestone_id, missed=self.due)

    class MilestoneMissWithdrawn(Event):
        """It became known that a milestone noticed as missed was reached in time: noticed by a worker."""

        milestone_id: UUID
        due: date

        def check(self, part: PlanMilestones) -> None:
            """One that was set."""
            part.must_be_known(self.milestone_id)

        def apply(self, part: PlanMilestones) -> None:
            """It was not missed."""
            part.change(self.milestone_id, missed=None)

    class MilestoneDropped(Event):
        """A milestone need not be reached any more."""

        milestone_id: UUID
        reason: str
        revision: int = 0

        def check(self, part: PlanMilestones) -> None:
            """Open until now, in a draft or by a revision, with the reason."""
            part.root.must_change_by(self.revision)
            part.must_be_open(self.milestone_id)
            stated(self.reason, "Dropping a milestone")

        def apply(self, part: PlanMilestones) -> None:
            """Nobody waits for it."""
            part.change(self.milestone_id, dropped=True)

    @command
    def set(
        self,
        *,
        milestone_id: UUID,
        title: str,
        due: date,
        side: Side = Side.US,
        owner: UUID | None = None,
        stakeholder: UUID | None = None,
        objective: UUID | None = None,
        private: bool = False,
        customer: Account,
    ) -> None:
        """Set a milestone of a draft, or state one anew as a whole: what we (`owner` a member) or the customer
        (`stakeholder`) will have done on the day it is due."""
        terms = MilestoneTerms(
            milestone_id=milestone_id,
            title=title,
            due=due,
            side=side,
            owner=owner,
            stakeholder=stakeholder,
            objective=objective,
            private=private,
        )
        self.take_up(terms, customer, 0)

    @command
    def reach(
        self, *, milestone_id: UUID, evidence: Annotated[Sealed | None, FreeText()] = None, company: Company
    ) -> None:
        """Record that a milestone is reached, in time or not, and what shows it."""
        on = day_of(company, self.root.moment)
        self.record(self.MilestoneReached(milestone_id=milestone_id, on=on, evidence=evidence))

    @command
    def miss(self, *, milestone_id: UUID, company: Company) -> None:
        """Note after the end of its day that a milestone was not reached. A worker does this by itself."""
        found = self.must_be_known(milestone_id)
        due = found.terms.due
        if found.reached_in_time and found.reached_on:
            raise PlanMilestoneReachedInTime(milestone=milestone_id, on=found.reached_on, due=due)
        if self.root.moment < day_end(company, due):
            raise PlanMilestoneNotDueYet(milestone=milestone_id, due=due)
        if found.missed != due:
            self.record(self.MilestoneMissed(milestone_id=milestone_id, due=due))

    @command
    def withdraw_miss(self, *, milestone_id: UUID) -> None:
        """Note that a milestone noted as missed had been reached in time. A worker does this by itself."""
        found = self.must_be_known(milestone_id)
        if not found.reached_in_time:
            raise PlanMilestoneNotReachedInTime(milestone=milestone_id, due=found.terms.due)
        if found.missed is not None:
            self.record(self.MilestoneMissWithdrawn(milestone_id=milestone_id, due=found.missed))

    @command
    def drop(self, *, milestone_id: UUID, reason: str) -> None:
        """Take a milestone out of a draft, with the reason."""
        self.let_go(milestone_id, reason, 0)

    def take_up(self, terms: MilestoneTerms, customer: Account, revision: int) -> None:
        """Set what the terms say, unless it holds already."""
        if terms.stakeholder:
            customer.stakeholders.must_be_present(terms.stakeholder)
        made = msgspec.structs.replace(terms, title=terms.title.strip())
        before = self.milestones.get(terms.milestone_id)
        if before is None or before.terms != made:
            fields = {name: getattr(made, name) for name in made.__struct_fields__}
            restated = before is not None
            self.record(self.MilestoneSet(**fields, account=self.root.whose, restated=restated, revision=revision))

    def let_go(self, milestone: UUID, reason: str, revision: int) -> None:
        """Drop a milestone."""
        self.record(self.MilestoneDropped(milestone_id=milestone, reason=reason, revision=revision))

    def change(self, milestone: UUID, **fields: object) -> None:
        """Put another state of a milestone in place."""
        if before := self.milestones.get(milestone):
            self.milestones[milestone] = msgspec.structs.replace(before, **fields)

    def must_be_known(self, milestone: UUID) -> PlanMilestone:
        """The milestone; refuses one that was never set."""
        if milestone not in self.milestones:
            raise PlanMilestoneUnknown(milestone=milestone, known=self._open())
        return self.milestones[milestone]

    def must_be_open(self, milestone: UUID) -> None:
        """Refuse a milestone that was never set, is reached, or is dropped."""
        found = self.milestones.get(milestone)
        if found is None or found.dropped or found.reached_on is not None:
            raise PlanMilestoneUnknown(milestone=milestone, known=self._open())

    def _open(self) -> str:
        return listed([key for key, each in self.milestones.items() if not each.dropped and each.reached_on is None])
