"""Account plans as rows (大客户发展计划): how far each is, and where it says that we stand."""

from __future__ import annotations

import enum
from datetime import date, datetime
from uuid import UUID

from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.situation import Situation
from domain.sealed import Sealed
from projections.engine import Envelope, ReadModel, Row, on


class PlanStatus(enum.StrEnum):
    """How far a plan is: agreed is approved by us and agreed to by the customer as it stands; revised is what he agreed
    to before it was changed."""

    DRAFT = "draft"
    APPROVED = "approved"
    AGREED = "agreed"
    REVISED = "revised"
    CLOSED = "closed"


class AccountPlanRow(Row):
    """A plan of an account for a fiscal year (the key is the plan's). `revision` is the newest, `agreed_revision` the
    one that the customer agreed to."""

    account: UUID | None = None
    external_id: str = ""
    fiscal_year: int = 0
    horizon_years: int = 0
    status: PlanStatus = PlanStatus.DRAFT
    revision: int = 0
    drafted: datetime | None = None
    approved: datetime | None = None
    approved_by: UUID | None = None
    agreed_on: date | None = None
    agreed_by: UUID | None = None
    agreed_revision: int | None = None
    revised: datetime | None = None
    closed: datetime | None = None
    lessons: Sealed | None = None


class SituationRow(Row):
    """Where we stand at a customer by its plan (the key is the plan's); the texts stay sealed, one item a line."""

    account: UUID | None = None
    analysed: datetime | None = None
    strengths: Sealed | None = None
    weaknesses: Sealed | None = None
    opportunities: Sealed | None = None
    threats: Sealed | None = None


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
            drafted=envelope.occurred_at,
        )

    @on(AccountPlan.Approved)
    def approved(
        self, row: AccountPlanRow | None, event: AccountPlan.Approved, envelope: Envelope
    ) -> AccountPlanRow | None:
        """It binds; whether the customer agreed to it or to what it was before stays as it is."""
        if row:
            row.approved, row.approved_by = envelope.occurred_at, event.by
            row.status = _approved(row)
        return row

    @on(AccountPlan.CustomerAgreed)
    def agreed(
        self, row: AccountPlanRow | None, event: AccountPlan.CustomerAgreed, envelope: Envelope
    ) -> AccountPlanRow | None:
        """It is a joint plan."""
        if row:
            row.status, row.agreed_on, row.agreed_by = PlanStatus.AGREED, event.on, event.stakeholder
            row.agreed_revision = event.revision
        return row

    @on(AccountPlan.Revised)
    def revised(
        self, row: AccountPlanRow | None, event: AccountPlan.Revised, envelope: Envelope
    ) -> AccountPlanRow | None:
        """It was changed."""
        if row:
            row.revision, row.revised = event.revision, envelope.occurred_at
            row.status = _approved(row)
        return row

    @on(AccountPlan.Closed)
    def closed(
        self, row: AccountPlanRow | None, event: AccountPlan.Closed, envelope: Envelope
    ) -> AccountPlanRow | None:
        """It is over."""
        if row:
            row.status, row.closed, row.lessons = PlanStatus.CLOSED, envelope.occurred_at, event.lessons
        return row


def _approved(row: AccountPlanRow) -> PlanStatus:
    """How an approved plan stands by what the customer agreed to."""
    if row.agreed_revision is None:
        return PlanStatus.APPROVED
    return PlanStatus.AGREED if row.agreed_revision == row.revision else PlanStatus.REVISED


class SituationModel(ReadModel):
    """One row per plan whose situation was analysed."""

    name = "plan_situation"
    version = 1
    row = SituationRow
    indexes = (("account",),)

    @on(Situation.SituationAnalysed)
    def analysed(
        self, row: SituationRow | None, event: Situation.SituationAnalysed, envelope: Envelope
    ) -> SituationRow:
        """What was said last, as a whole."""
        return SituationRow(
            account=event.account,
            analysed=envelope.occurred_at,
            strengths=event.strengths,
            weaknesses=event.weaknesses,
            opportunities=event.opportunities,
            threats=event.threats,
        )


ACCOUNT_PLANS, SITUATIONS = AccountPlanModel(), SituationModel()
