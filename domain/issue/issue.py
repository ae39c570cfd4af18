"""The issue (客户投诉与反馈): a complaint, suggestion, question or request of a customer, until it is resolved."""

from __future__ import annotations

import enum
from typing import Annotated, ClassVar
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import Aggregate, Event, Moment, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.opportunity.outcome import stated
from domain.sealed import FreeText, Sealed

GRAVEST, SLIGHTEST = 1, 4


class IssueKind(enum.StrEnum):
    """What the customer came with."""

    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    QUESTION = "question"
    REQUEST = "request"


class SeverityOutOfRange(Refused):
    """{severity} is no severity of an issue: state a whole number from 1 (stands still) to 4 (a wish)."""


@learn
class Issue(Aggregate, eq=False):
    """What a customer came with. `account` is whose it is."""

    account: UUID | None = None

    class Raised(Event):
        """A customer complains, suggests, asks or requests. Both due moments are fixed here, by the service level that
        the customer had then and the company's calendar; None where no SLA holds."""

        opens: ClassVar[bool] = True

        account: UUID
        kind: IssueKind
        severity: int
        category: str
        description: Sealed
        raised_by: UUID | None = None
        opportunity: UUID | None = None
        response_due: Moment | None = None
        resolution_due: Moment | None = None
        external_id: str = ""

        def check(self, issue: Issue) -> None:
            """Of a severity on the scale, with a category."""
            if not GRAVEST <= self.severity <= SLIGHTEST:
                raise SeverityOutOfRange(severity=self.severity)
            stated(self.category, "The category of an issue")

        def apply(self, issue: Issue) -> None:
            """It is open."""
            issue.account = self.account

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An external id is one issue's."""
            return [Claim("issue", "", self.external_id)] if self.external_id else []

    class FactWithdrawn(Withdrawal):
        """A fact of this issue is taken back (冲销)."""

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
        raised_by: UUID | None = None,
        opportunity: UUID | None = None,
        external_id: str = "",
    ) -> None:
        """Record what a customer came with: how grave it is, from 1 (stands still) to 4 (a wish), and of which
        category, so that causes that repeat are found."""
        customer.must_have_present((raised_by,) if raised_by else ())
        self.record(
            self.Raised(
                account=account,
                kind=kind,
                severity=severity,
                category=category,
                description=description,
                raised_by=raised_by,
                opportunity=opportunity,
                external_id=external_id,
            )
        )
