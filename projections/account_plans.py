"""Account plans as rows (大客户发展计划)."""

from __future__ import annotations

from uuid import UUID

from domain.account_plan.account_plan import AccountPlan
from projections.engine import Envelope, ReadModel, Row, on


class AccountPlanRow(Row):
    """A plan of an account for a fiscal year (the key is the plan's)."""

    account: UUID | None = None
    external_id: str = ""
    fiscal_year: int = 0
    horizon_years: int = 0


class AccountPlanModel(ReadModel):
    """One row per plan."""

    name = "account_plan"
    version = 1
    row = AccountPlanRow
    indexes = (("account",),)

    @on(AccountPlan.Drafted)
    def drafted(self, row: AccountPlanRow | None, event: AccountPlan.Drafted, envelope: Envelope) -> AccountPlanRow:
        """It is a draft."""
        return AccountPlanRow(
            account=event.account,
            external_id=event.external_id,
            fiscal_year=event.fiscal_year,
            horizon_years=event.horizon_years,
        )


ACCOUNT_PLANS = AccountPlanModel()
