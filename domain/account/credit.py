"""What a customer is good for (信用调查): a rating, a limit, until when, by whom, on what grounds."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.money import Money
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.sealed import FreeText, Sealed


class CreditRating(enum.StrEnum):
    """How sure it is that a customer pays: A is the surest."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class CreditLimitNegative(Refused):
    """The credit limit {found} is negative: state 0 or more."""

    about = ("limit",)


class CreditOver(Refused):
    """The assessment would be valid until {until}, before its own day {day}: state that day or a later one."""


class AssessorMissing(Refused):
    """Who assessed the credit? State `assessor`, one of ours, or `agency`, the name of an outside agency."""

    about = ("assessor",)


class Credit(Part, eq=False):
    """The newest assessment of an account's credit."""

    newest: Credit.CreditAssessed | None = None

    class CreditAssessed(Event):
        """One of ours, or an agency, judged how much credit the customer deserves."""

        rating: CreditRating
        limit: Money
        valid_until: date
        assessor: UUID | None
        agency: str
        evidence: Sealed | None

        def check(self, part: Credit) -> None:
            """A limit of 0 or more, by somebody."""
            if self.limit.amount < 0:
                raise CreditLimitNegative(found=self.limit)
            if self.assessor is None and not self.agency.strip():
                raise AssessorMissing()

        def apply(self, part: Credit) -> None:
            """It is the newest."""
            part.newest = self

    @command
    def assess(
        self,
        *,
        rating: CreditRating,
        limit: Money,
        valid_until: date,
        assessor: UUID | None = None,
        agency: str = "",
        evidence: Annotated[Sealed | None, FreeText()] = None,
        company: Company,
    ) -> None:
        """Record a credit assessment: `rating` A to E, `limit` up to which we deliver before we are paid.

        `assessor` is a member of ours, `agency` an outside one; `evidence` says what the judgement rests on.
        """
        day = day_of(company, self.root.moment)
        if valid_until < day:
            raise CreditOver(until=valid_until, day=day)
        assessed = self.CreditAssessed(
            rating=rating,
            limit=limit.normal(),
            valid_until=valid_until,
            assessor=assessor,
            agency=agency.strip(),
            evidence=evidence,
        )
        if assessed != self.newest:
            self.record(assessed)
