"""The figures of an account's page: its credit, satisfaction and how much of its plan is reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.account.purchases import SurveyKind
from domain.money import Money
from domain.policies.calendar import Unit, day_of, period, period_of
from projections.account_plans import ACCOUNT_PLANS
from projections.buying import buying_of
from projections.buying_figures import YEAR
from projections.credit import CREDIT
from projections.deals import Filters
from projections.engine import as_of_sql
from projections.forecast import forecast
from projections.issues import ISSUES
from projections.opportunities import FUNNEL
from projections.satisfaction import SATISFACTION
from projections.view import View

UNITS: tuple[Unit, ...] = ("quarter", "year")


class CreditLine(msgspec.Struct):
    """The newest credit assessment (信用调查); `expired` where its last day is past."""

    rating: str
    limit: Money
    valid_until: date
    expired: bool
    assessor: UUID | None
    agency: str
    assessed: datetime
    position: int


class SatisfactionLine(msgspec.Struct):
    """Answers to one kind of survey within the last 365 days: how many, their mean, and the newest of all."""

    kind: SurveyKind
    answers: int
    mean: float | None
    newest: int
    newest_at: datetime
    positions: list[int]


class PlanShare(msgspec.Struct):
    """How much of an account's target is reached in a period, in the reporting currency: by won opportunities, as in
    the forecast, and by purchases, as in relationship health. Shares are None without a target."""

    period: str
    target: Decimal | None
    won: Decimal
    won_share: float | None
    bought: Decimal
    bought_share: float | None


def opportunities_of(view: View, accounts: Sequence[UUID]) -> list[UUID]:
    """The opportunities of some accounts."""
    sql = as_of_sql(FUNNEL, "key", "account = any(%(accounts)s)")
    return [key for (key,) in view.connection.execute(sql.encode(), view.parameters(accounts=list(accounts)))]


def belonging_to(view: View, accounts: Sequence[UUID]) -> list[UUID]:
    """What belongs to some accounts: opportunities, issues, plans."""
    theirs = "key", "account = any(%(accounts)s)"
    sql = " union all ".join(as_of_sql(model, *theirs) for model in (FUNNEL, ISSUES, ACCOUNT_PLANS))
    return [key for (key,) in view.connection.execute(sql.encode(), view.parameters(accounts=list(accounts)))]


def credit_of(view: View, accounts: Sequence[UUID]) -> CreditLine | None:
    """The newest assessment of an account or of those merged into it."""
    columns = "rating, amount, currency, valid_until, assessor, agency, at, cause"
    sql = as_of_sql(CREDIT, columns, "account = any(%(accounts)s)")
    newest = f"select * from ({sql}) c order by at desc, cause desc limit 1"
    row = view.connection.execute(newest.encode(), view.parameters(accounts=list(accounts))).fetchone()
    if row is None:
        return None
    rating, amount, currency, until, assessor, agency, at, cause = row
    expired = until < day_of(view.policies.company, view.clock.as_of)
    return CreditLine(rating, Money.of(amount, currency), until, expired, assessor, agency, at, cause)


def satisfaction_of(view: View, accounts: Sequence[UUID]) -> list[SatisfactionLine]:
    """Per kind of survey what the account said."""
    sql = as_of_sql(SATISFACTION, "survey, score, at, cause", "account = any(%(accounts)s)")
    rows = view.connection.execute(
        f"select * from ({sql}) s order by survey, at, cause".encode(), view.parameters(accounts=list(accounts))
    ).fetchall()
    since = view.clock.as_of - timedelta(days=YEAR)
    found = []
    for kind in dict.fromkeys(row[0] for row in rows):
        of_kind = [row for row in rows if row[0] == kind]
        recent = [row for row in of_kind if row[2] > since]
        mean = round(sum(row[1] for row in recent) / len(recent), 1) if recent else None
        newest = of_kind[-1]
        behind = sorted({row[3] for row in [*recent, newest]})
        found.append(SatisfactionLine(SurveyKind(kind), len(recent), mean, newest[1], newest[2], behind))
    return found


def plan_shares(view: View, account: UUID) -> list[PlanShare]:
    """The quarter and the fiscal year in which `as_of` lies, up to that day."""
    company = view.policies.company
    today = day_of(company, view.clock.as_of)
    return [_share(view, account, period_of(company, today, unit)) for unit in UNITS]


def _share(view: View, account: UUID, key: str) -> PlanShare:
    figures = forecast(view, key, Filters(account=account))
    revenues = [each.revenue for each in buying_of(view, account, period(view.policies.company, key).first).accounts]
    won, bought, target = figures.closed, sum(revenues, Decimal(0)), figures.target
    return PlanShare(key, target, won, _part(won, target), bought, _part(bought, target))


def _part(part: Decimal, whole: Decimal | None) -> float | None:
    return round(float(part / whole), 4) if whole else None
