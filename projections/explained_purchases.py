"""What customers bought, explained: every purchase behind a figure, each at the rate of its day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from projections.buying_facts import reporting_currency
from projections.buying_figures import YEAR
from projections.deals import start_of
from projections.engine import as_of_sql
from projections.explained import ZERO, Because, Explanation, Share, one_of
from projections.explained_deals import FIRST_PAGE, ORDERS, Page
from projections.purchases import PURCHASES
from projections.reporting import Rates, purchases_valued
from projections.view import View

CELLS = {
    "revenue": "coalesce(value, 0)",
    "margin": "coalesce(value_of_margin, 0)",
    "with_margin": "case when margin is null then 0 else coalesce(value, 0) end",
    "documents": "1::numeric",
}
_ORDER = {"amount": "abs(share) desc, at desc, cause desc", "time": "at desc, cause desc"}
_SHARES = """, counted as (
    select account, at, cause, document_no, {measure} as share from valued where rate is not null)
select account, at, cause, document_no, share, sum(share) over (), count(*) over () from counted
order by {order} limit %(most)s"""


class BuyingCell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of buying behaviour (`revenue`, `margin`, the revenue `with_margin`, or `documents`) of an account, or
    of all that the asker sees, from a day on (default: the 365 days that end with `as_of`); `line` takes one product
    line alone."""

    cell: str = "revenue"
    account: UUID | None = None
    since: date | None = None
    line: str | None = None


def explain_buying(view: View, cell: BuyingCell, page: Page = FIRST_PAGE) -> Explanation:
    """Which purchases, credit notes too, a figure of buying behaviour adds up, as of the view's clocks; those of a
    currency without a rate are in none. Raises NotExplained for a figure that is none."""
    one_of("figure of buying", cell.cell, CELLS)
    one_of("order", page.order, ORDERS)
    company = view.policies.company
    since = cell.since or day_of(company, view.clock.as_of) - timedelta(days=YEAR - 1)
    currency = reporting_currency(view)
    sql, parameters = _purchases(view, cell, since)
    rates = Rates(view, currency)
    asked = purchases_valued(sql, currency) + _SHARES.format(measure=CELLS[cell.cell], order=_ORDER[page.order])
    parameters |= {"zone": company.time_zone, "most": max(page.skip + page.limit, 1), **rates.parameters}
    rows = view.connection.execute(asked.encode(), parameters).fetchall()
    total, count = (Decimal(rows[0][5]), rows[0][6]) if rows else (ZERO, 0)
    shares = [_share(cell.cell, row) for row in rows[page.skip : page.skip + page.limit]]
    question = {name: str(value) for name, value in msgspec.structs.asdict(cell).items() if value is not None}
    return Explanation(
        **view.head() | {"currency": currency},
        figure="buying",
        question=question | {"since": str(since)},
        unit="count" if cell.cell == "documents" else currency,
        value=total,
        shares=shares,
        count=count,
        not_shown=count - len(shares),
        not_shown_sum=total - sum((each.share for each in shares), ZERO),
    )


def _purchases(view: View, cell: BuyingCell, since: date) -> tuple[str, dict[str, Any]]:
    wanted = ["at >= %(since)s"]
    accounts = view.visible_accounts()
    if cell.account is not None:
        together = view.together(view.leads_to(cell.account))
        accounts = [each for each in together if accounts is None or each in accounts]
    if accounts is not None:
        wanted.insert(0, "account = any(%(accounts)s)")
    if cell.line is not None:
        wanted.append("product_line = %(line)s")
    columns = "account, at, currency, product_line, revenue, margin, cause, document_no"
    parameters = view.parameters(accounts=accounts, since=start_of(view, since), line=cell.line)
    return as_of_sql(PURCHASES, columns, " and ".join(wanted)), parameters


def _share(cell: str, row: Any) -> Share:
    """A purchase is what its newest statement says, as a whole."""
    account, at, cause, document_no, share, *_ = row
    event = Because(position=cause, occurred_at=at, contribution=Decimal(share), gave=[cell])
    return Share(None, account, Decimal(share), [event], title=document_no)
