"""What the facts say of accounts in the days of a test: revenue won, purchases, visits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.experiment.rules import DERIVED, ExperimentMeasure, Measured
from projections.deals import end_of, start_of
from projections.engine import ReadModel, as_of_sql
from projections.opportunities import FUNNEL
from projections.purchases import PURCHASES
from projections.reporting import Reporting
from projections.view import View
from projections.visits import VISITS

OF: Mapping[ExperimentMeasure, tuple[ReadModel, str, str]] = {
    ExperimentMeasure.REVENUE_WON: (FUNNEL, "account, key, closed, signed, signed_currency, cause", "outcome = 'won'"),
    ExperimentMeasure.PURCHASES: (PURCHASES, "account, key, at, revenue, currency, cause", ""),
    ExperimentMeasure.VISITS: (VISITS, "account, visit, at, 1::numeric, '', logged", "status = 'logged'"),
}
"""Of which rows a measure is made: account, item, when, how much, in which currency, at which position."""
DATED = {ExperimentMeasure.REVENUE_WON: "closed", ExperimentMeasure.PURCHASES: "at", ExperimentMeasure.VISITS: "at"}


def is_money(measure: ExperimentMeasure) -> bool:
    """Whether the results are amounts, in the reporting currency."""
    return measure in DERIVED and measure is not ExperimentMeasure.VISITS


def measured(
    view: View,
    accounts: Collection[UUID],
    measure: ExperimentMeasure,
    days: tuple[date, date],
    *,
    yes_or_no: bool = False,
) -> tuple[dict[UUID, Measured], dict[str, int]]:
    """What each account came to from the first to the last day, as of the view's clocks, whoever asks; and how many
    amounts had no rate and are left out, by currency. With `yes_or_no` 1 where there is anything, else 0.

    Facts of accounts that were merged into others count for the one in the test to which they lead.
    """
    reporting, part = Reporting(view), set(accounts)
    amounts = {account: Decimal(0) for account in part}
    positions: dict[UUID, list[int]] = {account: [] for account in part}
    for account, item, at, amount, currency, position in _facts(view, part, measure, days):
        counted = account if account in part else view.leads_to(account)
        if counted not in part or (measure is ExperimentMeasure.VISITS and view.goes_on_elsewhere(account, item)):
            continue
        value = reporting.amount(amount, currency, at) if is_money(measure) else amount
        if value is not None:
            amounts[counted] += value
            positions[counted].append(position)
    found = {
        account: Measured(
            account=account,
            value=Decimal(amounts[account] > 0) if yes_or_no else amounts[account],
            positions=tuple(sorted(positions[account])),
        )
        for account in sorted(part)
    }
    return found, reporting.missing_rates


def _facts(
    view: View, accounts: set[UUID], measure: ExperimentMeasure, days: tuple[date, date]
) -> Iterator[tuple[Any, ...]]:
    model, columns, where = OF[measure]
    asked = [*accounts, *(ended for ended, into in view.merged.items() if into in accounts)]
    dated = DATED[measure]
    within = f"account = any(%(accounts)s) and {dated} >= %(first)s and {dated} <= %(last)s"
    sql = as_of_sql(model, columns, " and ".join(each for each in (where, within) if each))
    limits = {"first": start_of(view, days[0]), "last": end_of(view, days[1])}
    return iter(view.connection.execute(sql.encode(), view.parameters(accounts=asked, **limits)))
