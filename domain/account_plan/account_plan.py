"""The account plan (大客户发展计划): what is to become of a customer in three years, and what was promised for it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, cast
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.account_plan.closing import Close, ObjectiveResult
from domain.account_plan.objectives import Objectives, ObjectiveTerms
from domain.account_plan.plan_milestones import MilestoneTerms, PlanMilestones
from domain.account_plan.situation import Situation
from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.member.member import Member, Role
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed

HORIZON_YEARS = 3
LONGEST_HORIZON = 5
APPROVING = (Role.DIRECTOR, Role.ADMIN)


class NotAFiscalYear(Refused):
    """{found} is no fiscal year of a plan: state the calendar year in which it ends, such as 2026."""

    about = ("fiscal_year",)


class HorizonOutOfRange(Refused):
    """A horizon of {found} years is none of a plan: state 1 to 5; the usual is 3."""

    about = ("horizon_years",)


class PlanIsClosed(Refused):
    """The plan of {fiscal_year} is closed: draft the plan of another year, or withdraw its closing first."""


class PlanNotApproved(Refused):
    """{what} needs an approved plan, and this one is a draft: approve it first, or change the draft itself."""


class PlanIsApproved(Refused):
    """The plan is approved (revision {revision}) and changes only by `revise`: state there what changes, with
    the reason."""


class PlanApprovedAlready(Refused):
    """The plan is approved already as it stands (revision {revision}): revise it first, or leave it."""


class PlanWithoutObjective(Refused):
    """The plan has no objective: set at least one before it is approved."""


class ApproverWithoutRole(Refused):
    """{by} is neither director nor admin at that moment: a plan is approved by a member who is one and has not left."""


class NothingRevised(Refused):
    """A revision changes something: state objectives, milestones, what is dropped, or the situation."""


class RevisionOutOfOrder(Refused):
    """Revision {found} does not follow: the next one at that moment is {expected}. Date it after the others."""


@learn
class AccountPlan(Aggregate, eq=False):
    """The plan of an account for a fiscal year, with a horizon of three. `account` is whose it is.

    `approved` is the revision in which it was approved (0: as drafted), None while it is a draft; `agreed` the same
    of the customer. Parts: `situation`, `objectives`, `milestones`.
    """

    refers_by: ClassVar[dict[str, str]] = {"Member": "by"}

    account: UUID | None = None
    fiscal_year: int = 0
    horizon_years: int = HORIZON_YEARS
    revision: int = 0
    approved: int | None = None
    agreed: int | None = None
    closed: bool = False
    situation: Situation = msgspec.field(default_factory=Situation)
    objectives: Objectives = msgspec.field(default_factory=Objectives)
    milestones: PlanMilestones = msgspec.field(default_factory=PlanMilestones)

    class Drafted(Event):
        """A plan was begun. There is one per account and fiscal year."""

        opens: ClassVar[bool] = True

        account: UUID
        fiscal_year: int
        horizon_years: int = HORIZON_YEARS
        external_id: str = ""

        def check(self, plan: AccountPlan) -> None:
            """For a year of four digits, and a few years."""
            if not 1900 <= self.fiscal_year <= 2999:
                raise NotAFiscalYear(found=self.fiscal_year)
            if not 1 <= self.horizon_years <= LONGEST_HORIZON:
                raise HorizonOutOfRange(found=self.horizon_years)

        def apply(self, plan: AccountPlan) -> None:
            """It is a draft."""
            plan.account, plan.fiscal_year, plan.horizon_years = self.account, self.fiscal_year, self.horizon_years

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One plan per account and year; an external id is one plan's."""
            of_the_year = Claim("plan-year", str(self.account), str(self.fiscal_year))
            return [of_the_year, *([Claim("accountplan", "", self.external_id)] if self.external_id else [])]

    class Approved(Event):
        """The plan was approved by one of ours as it stood, in its `revision` (0: as drafted)."""

        by: UUID
        revision: int = 0

        def check(self, plan: AccountPlan) -> None:
            """With an objective; as it stands not approved yet."""
            if plan.objectives.nothing_open:
                raise PlanWithoutObjective
            if plan.approved == plan.revision:
                raise PlanApprovedAlready(revision=plan.revision)

        def apply(self, plan: AccountPlan) -> None:
            """It binds, and changes only by a revision."""
            plan.approved = self.revision

    class CustomerAgreed(Event):
        """A stakeholder of the customer agreed to the plan as it stood, in its `revision`."""

        stakeholder: UUID
        on: date
        revision: int = 0

        def check(self, plan: AccountPlan) -> None:
            """To a plan that we approved."""
            plan.must_be_approved("The customer's agreement")

        def apply(self, plan: AccountPlan) -> None:
            """It is a joint plan."""
            plan.agreed = self.revision

    class Revised(Event):
        """An approved plan was changed, for a reason: what changes follows with the same revision's number."""

        revision: int
        reason: str

        def check(self, plan: AccountPlan) -> None:
            """An approved one, in order, with its reason."""
            plan.must_be_approved("A revision")
            stated(self.reason, "Revising a plan")
            if self.revision != plan.revision + 1:
                raise RevisionOutOfOrder(found=self.revision, expected=plan.revision + 1)

        def apply(self, plan: AccountPlan) -> None:
            """The number that holds."""
            plan.revision = self.revision

    class Closed(Close):
        """The plan is over: what each objective came to, and what was learned."""

    class FactWithdrawn(Withdrawal):
        """A fact of this plan is taken back (冲销)."""

    @property
    def whose(self) -> UUID:
        """The account of a plan that was drafted."""
        return cast(UUID, self.account)

    def must_take(self, event: Event) -> None:
        """Refuse whatever follows the closing, but for what a worker notices of the time before."""
        noticed = PlanMilestones.MilestoneMissed | PlanMilestones.MilestoneMissWithdrawn
        if self.closed and not isinstance(event, Withdrawal | noticed):
            raise PlanIsClosed(fiscal_year=self.fiscal_year)

    def must_be_approved(self, what: str) -> None:
        """Refuse a draft. `what` begins the sentence."""
        if self.approved is None:
            raise PlanNotApproved(what=what)

    def must_change_by(self, revision: int) -> None:
        """Refuse a change of a draft that calls itself a revision's, and one of an approved plan that is none."""
        if revision == 0 and self.approved is not None:
            raise PlanIsApproved(revision=self.revision)
        if revision:
            self.must_be_approved("A revision")
            if revision != self.revision:
                raise RevisionOutOfOrder(found=revision, expected=self.revision)

    @command
    def draft(
        self,
        *,
        account: UUID,
        fiscal_year: int,
        customer: Account,
        horizon_years: int = HORIZON_YEARS,
        external_id: str = "",
    ) -> None:
        """Begin the plan of an account for a fiscal year (named by the calendar year in which it ends)."""
        self.record(
            self.Drafted(account=account, fiscal_year=fiscal_year, horizon_years=horizon_years, external_id=external_id)
        )

    @command
    def approve(self, *, by: UUID, member: Member) -> None:
        """Approve the plan as it stands: `by` is a director or an admin of ours. From then on it changes only by
        `revise`."""
        if member.left or not set(member.roles) & set(APPROVING):
            raise ApproverWithoutRole(by=by)
        self.record(self.Approved(by=by, revision=self.revision))

    @command
    def agree(self, *, stakeholder: UUID, customer: Account, company: Company) -> None:
        """Record that a stakeholder agrees, for the customer, to the approved plan as it stands."""
        customer.stakeholders.must_be_present(stakeholder)
        on = day_of(company, self.moment)
        if self.agreed != self.revision:
            self.record(self.CustomerAgreed(stakeholder=stakeholder, on=on, revision=self.revision))

    @command
    def revise(
        self,
        *,
        reason: str,
        objectives: tuple[ObjectiveTerms, ...] = (),
        milestones: tuple[MilestoneTerms, ...] = (),
        drop_objectives: tuple[UUID, ...] = (),
        drop_milestones: tuple[UUID, ...] = (),
        strengths: Annotated[Sealed | None, FreeText()] = None,
        weaknesses: Annotated[Sealed | None, FreeText()] = None,
        opportunities: Annotated[Sealed | None, FreeText()] = None,
        threats: Annotated[Sealed | None, FreeText()] = None,
        customer: Account,
        company: Company,
    ) -> None:
        """Change an approved plan, with the reason: `objectives` and `milestones` that are new or stated anew as a
        whole (by their identifiers), those that are dropped, and of the situation what is stated."""
        before, number = len(self.pending), self.revision + 1
        self.record(self.Revised(revision=number, reason=reason))
        for objective in objectives:
            self.objectives.take_up(objective, company, number)
        for milestone in milestones:
            self.milestones.take_up(milestone, customer, number)
        for each in drop_milestones:
            self.milestones.let_go(each, reason, number)
        for each in drop_objectives:
            self.objectives.let_go(each, reason, number)
        self.situation.take_up(strengths, weaknesses, opportunities, threats, revision=number)
        if len(self.pending) == before + 1:
            raise NothingRevised

    @command
    def close(
        self,
        *,
        results: tuple[ObjectiveResult, ...] = (),
        lessons: Annotated[Sealed | None, FreeText()] = None,
    ) -> None:
        """Close the plan with the result of each objective (the value reached; met yes, partly or no), and what was
        learned."""
        self.record(self.Closed(results=tuple(results), lessons=lessons))
