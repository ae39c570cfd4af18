"""The account plan (大客户发展计划): what is to become of a customer in three years, and what was promised for it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused

HORIZON_YEARS = 3


class NotAFiscalYear(Refused):
    """{found} is no fiscal year of a plan: state the calendar year in which it ends, such as 2026."""


@learn
class AccountPlan(Aggregate, eq=False):
    """The plan of an account for a fiscal year, with a horizon of three. `account` is whose it is."""

    account: UUID | None = None
    fiscal_year: int = 0

    class Drafted(Event):
        """A plan was begun. There is one per account and fiscal year."""

        opens: ClassVar[bool] = True

        account: UUID
        fiscal_year: int
        horizon_years: int = HORIZON_YEARS
        external_id: str = ""

        def check(self, plan: AccountPlan) -> None:
            """For a year of four digits."""
            if not 1900 <= self.fiscal_year <= 2999:
                raise NotAFiscalYear(found=self.fiscal_year)

        def apply(self, plan: AccountPlan) -> None:
            """It is a draft."""
            plan.account, plan.fiscal_year = self.account, self.fiscal_year

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """One plan per account and year; an external id is one plan's."""
            of_the_year = Claim("plan-year", str(self.account), str(self.fiscal_year))
            return [of_the_year, *([Claim("accountplan", "", self.external_id)] if self.external_id else [])]

    class FactWithdrawn(Withdrawal):
        """A fact of this plan is taken back (冲销)."""

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
