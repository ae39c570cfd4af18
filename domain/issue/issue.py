"""The issue (客户投诉与反馈): a complaint, suggestion, question or request of a customer, until it is resolved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Aggregate, Event, Moment, Withdrawal, command, learn
from domain.claims import Claim
from domain.issue.departments import Departments
from domain.issue.sla import Sla
from domain.issue.terms import (
    GRAVEST,
    SLIGHTEST,
    Due,
    EscalatedToNobody,
    Escalation,
    IssueIsOver,
    IssueKind,
    IssueNotResolved,
    IssueResolvedAlready,
    Resolution,
    SeverityOutOfRange,
    countable,
)
from domain.opportunity.outcome import stated
from domain.policies.company import Company
from domain.policies.service_hours import due_after
from domain.policies.service_policy import ServiceLevel, ServicePolicy
from domain.sealed import FreeText, Sealed
from domain.wording import worded


@learn
class Issue(Aggregate, eq=False):
    """What a customer came with. `account` is whose it is; an issue is answered by whoever first acknowledges or
    resolves it."""

    account: UUID | None = None
    response_due: datetime | None = None
    resolution_due: datetime | None = None
    acknowledged: bool = False
    escalated: Escalation | None = None
    resolved: Resolution | None = None
    confirmed: bool = False
    sla: Sla = msgspec.field(default_factory=Sla)
    departments: Departments = msgspec.field(default_factory=Departments)

    class Raised(Event):
        """A customer complains, suggests, asks or requests. Both due moments are fixed here, by the service level that
        the customer had then and the company's calendar; None where no SLA holds."""

        opens: ClassVar[bool] = True

        account: UUID
        kind: IssueKind
        severity: int
        category: str
        description: Sealed
        service_level: ServiceLevel
        raised_by: UUID | None = None
        opportunity: UUID | None = None
        response_due: Moment | None = None
        resolution_due: Moment | None = None
        external_id: str = ""

        def check(self, issue: Issue) -> None:
            """Of a severity on the scale, with a category."""
            worded(self.category, "The category of an issue")
            if not GRAVEST <= self.severity <= SLIGHTEST:
                raise SeverityOutOfRange(severity=self.severity)

        def apply(self, issue: Issue) -> None:
            """It is open."""
            issue.account = self.account
            issue.response_due, issue.resolution_due = self.response_due, self.resolution_due

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one issue's."""
            return [Claim("issue", "", self.external_id)] if self.external_id else []

    class Acknowledged(Event):
        """Somebody of ours answered that it is taken up."""

        by: UUID | None = None

        def check(self, issue: Issue) -> None:
            """Until the customer has confirmed the resolution."""
            issue.must_not_be_over()

        def apply(self, issue: Issue) -> None:
            """It is answered."""
            issue.acknowledged = True

    class Escalated(Event):
        """It was taken higher: to a member, to a level, or both. Nothing that is due moves."""

        reason: str
        to: UUID | None = None
        level: str = ""

        def check(self, issue: Issue) -> None:
            """To somebody, for a reason, until the customer has confirmed the resolution."""
            issue.must_not_be_over()
            if self.to is None and not self.level:
                raise EscalatedToNobody
            stated(self.reason, "Escalating an issue")

        def apply(self, issue: Issue) -> None:
            """It is where it went last."""
            issue.escalated = Escalation(self.reason, self.to, self.level)

    class Resolved(Event):
        """What the customer came with is settled; the root cause is a category, so that it can be counted."""

        root_cause: str
        resolution: Sealed

        def check(self, issue: Issue) -> None:
            """Unresolved until now, with its cause."""
            if issue.resolved is not None:
                raise IssueResolvedAlready(cause=issue.resolved.root_cause)
            worded(self.root_cause, "The root cause of an issue")

        def apply(self, issue: Issue) -> None:
            """It is resolved."""
            issue.resolved = Resolution(self.root_cause, self.resolution)

    class ResolutionConfirmed(Event):
        """A person of the customer says that it is resolved."""

        stakeholder: UUID
        remark: Sealed | None = None

        def check(self, issue: Issue) -> None:
            """It is resolved, and not confirmed yet."""
            issue.must_be_resolved()
            issue.must_not_be_over()

        def apply(self, issue: Issue) -> None:
            """It is over."""
            issue.confirmed = True

    class Reopened(Event):
        """It was not resolved after all, or came back. The resolution runs on from the old due moment: who reopens
        after it has an issue that is overdue at once."""

        reason: str

        def check(self, issue: Issue) -> None:
            """It is resolved, and why it is not is stated."""
            issue.must_be_resolved()
            stated(self.reason, "Reopening an issue")

        def apply(self, issue: Issue) -> None:
            """It is unresolved again."""
            issue.resolved, issue.confirmed = None, False

    class ImprovementMade(Event):
        """What changed because of the issue, in a product, a process or a habit; also after its end."""

        improvement_id: UUID
        area: str
        what: Sealed

        def check(self, issue: Issue) -> None:
            """Somewhere."""
            worded(self.area, "The area of an improvement")

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An improvement is recorded once."""
            return [Claim("improvement", str(aggregate_id), str(self.improvement_id))]

    class FactWithdrawn(Withdrawal):
        """A fact of this issue is taken back (冲销)."""

    def due(self, which: Due) -> datetime | None:
        """By when it is due; None where no SLA holds."""
        return self.response_due if which is Due.RESPONSE else self.resolution_due

    def has_met(self, which: Due) -> bool:
        """Whether it is done: answered, or resolved."""
        return self.resolved is not None or (which is Due.RESPONSE and self.acknowledged)

    def must_not_be_over(self) -> None:
        """Refuse once the customer has confirmed the resolution."""
        if self.confirmed:
            raise IssueIsOver

    def must_be_resolved(self) -> None:
        """Refuse while it is unresolved."""
        if self.resolved is None:
            raise IssueNotResolved

    @command
    def raise_issue(
        self,
        *,
        account: UUID,
        kind: IssueKind,
        severity: int,
        category: str,
        description: Annotated[Sealed, FreeText(("raised_by",))],
        customer: Account,
        company: Company,
        service_policy: ServicePolicy,
        raised_by: UUID | None = None,
        opportunity: UUID | None = None,
        external_id: str = "",
    ) -> None:
        """Record what a customer came with: how grave it is, from 1 (stands still) to 4 (a wish), and of which
        category. By when it is to be answered and resolved follows from the service policy and is fixed."""
        customer.must_have_present((raised_by,) if raised_by else ())
        if not GRAVEST <= severity <= SLIGHTEST:
            raise SeverityOutOfRange(severity=severity)
        level = ServiceLevel(customer.standing.relationship_type or ServiceLevel.NONE)
        by_the_clock = severity in service_policy.round_the_clock
        response, resolution = (
            due_after(company, self.moment, hours[level][severity - 1], by_the_clock)
            for hours in (service_policy.response_hours, service_policy.resolution_hours)
        )
        self.record(
            self.Raised(
                account=account,
                kind=kind,
                severity=severity,
                category=countable(category),
                description=description,
                service_level=level,
                raised_by=raised_by,
                opportunity=opportunity,
                response_due=response,
                resolution_due=resolution,
                external_id=external_id,
            )
        )

    @command
    def acknowledge(self, *, by: UUID | None = None) -> None:
        """Record that somebody of ours answered the customer that the issue is taken up; `by` is who, where it is not
        whoever records it."""
        if not self.acknowledged:
            self.record(self.Acknowledged(by=by))

    @command
    def escalate(self, *, reason: str, to: UUID | None = None, level: str = "") -> None:
        """Take the issue higher: to a member, to a level such as director, or both, with the reason."""
        if self.escalated != Escalation(reason, to, level.strip()):
            self.record(self.Escalated(reason=reason, to=to, level=level.strip()))

    @command
    def resolve(self, *, root_cause: str, resolution: Annotated[Sealed, FreeText()]) -> None:
        """Record that the issue is resolved: its root cause as a category that is counted, such as late delivery, and
        how it was settled."""
        cause = countable(root_cause)
        if self.resolved != Resolution(cause, resolution):
            self.record(self.Resolved(root_cause=cause, resolution=resolution))

    @command
    def confirm(
        self,
        *,
        stakeholder: UUID,
        account: Account,
        remark: Annotated[Sealed | None, FreeText(("stakeholder",))] = None,
    ) -> None:
        """Record that a person of the customer says that the issue is resolved."""
        account.stakeholders.must_be_present(stakeholder)
        if not self.confirmed:
            self.record(self.ResolutionConfirmed(stakeholder=stakeholder, remark=remark))

    @command
    def reopen(self, *, reason: str) -> None:
        """Record that a resolved issue is unresolved after all; the resolution runs on from the old due moment."""
        self.record(self.Reopened(reason=reason))

    @command
    def improve(self, *, improvement_id: UUID, area: str, what: Annotated[Sealed, FreeText()]) -> None:
        """Record what changed because of the issue, and in which area, such as packaging; also after its end."""
        self.record(self.ImprovementMade(improvement_id=improvement_id, area=countable(area), what=what))
