"""Open deals whose expected close is over and lies before a period: they are in none of its figures by close date."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from domain.policies.calendar import day_of, period
from projections.deals import Filters, deals_sql
from projections.view import View


class Overdue(NamedTuple):
    """How many deals, and what they are worth in the reporting currency; what cannot be valued is worth nothing."""

    deals: int
    amount: Decimal


def overdue(view: View, key: str, filters: Filters | None = None) -> Overdue:
    """The deals that are open as of the view's clocks and were expected to close by then, before the period."""
    company = view.policies.company
    before = min(period(company, key).first, day_of(company, view.clock.as_of))
    sql, parameters = deals_sql(view, filters or Filters(), only_open=True, also="close_on < %(before)s")
    sql += "select count(*), coalesce(sum(value), 0) from valued"
    (found,) = view.connection.execute(sql.encode(), {**parameters, "before": before}).fetchall()
    return Overdue(found[0], view.money(found[1]))
