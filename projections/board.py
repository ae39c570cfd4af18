"""The board (看板): the open opportunities of a sales process, a column per stage, the first so many of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.money import rounded
from domain.policies.calendar import day_of
from projections.board_columns import Page, Ranked, ranked
from projections.deals import COLUMNS, Filters, deals_sql, placed_sql, valued_sql
from projections.engine import as_of_sql
from projections.opportunities import FUNNEL
from projections.view import View

BoardOrder = Literal["due", "amount"]
"""Which card stands first: the one that is due first, or the one that is worth most."""


class Card(msgspec.Struct):
    """An open opportunity; `value` is its amount in the reporting currency, `amount` in its own, both None where none
    is stated and its products have no price."""

    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    stage: str
    since: datetime
    close_on: date | None
    overdue: bool
    days_in_stage: int
    pushes: int
    category: str
    amount: Decimal | None
    currency: str
    value: Decimal | None


class Column(msgspec.Struct):
    """A stage: how many stand there, and those of the page."""

    stage: str
    count: int
    cards: list[Card]


_RANKED = """
select key, stage, number from (select key, stage, count(*) over (partition by stage) as number,
    row_number() over (partition by stage order by {order}, key) as place
    from {rows} where process = %(process)s{which}) ranked
where place > %(skip)s and place <= %(most)s order by place
"""
_VALUES = "select key, value from valued"
_COLUMNS = "key, account, owner, stage, since, close_on, pushes, category, amount, currency"


def board(
    view: View,
    process: str,
    filters: Filters | None = None,
    *,
    order: BoardOrder = "due",
    limit: int = 20,
    skip: int = 0,
    stage: str = "",
    among: Sequence[UUID] | None = None,
) -> dict[str, Column]:
    """The columns that hold anything as of the view's clocks, by stage; `stage` takes that one alone, `among` only what
    is of these accounts, or is one of these opportunities."""
    asked = filters or Filters()
    page = Page(process, order == "amount", limit, skip, stage, among)
    found = ranked(view, asked, page)
    found = _ranked(view, asked, page) if found is None else found
    columns: dict[str, Column] = {}
    cards = _cards(view, {each.key: each.value for each in found})
    for each in found:
        columns.setdefault(each.stage, Column(each.stage, each.number, [])).cards.append(cards[each.key])
    return columns


def _ranked(view: View, filters: Filters, page: Page) -> list[Ranked]:
    """What columns do not say, asked of the rows."""
    if page.by_amount:
        (sql, parameters), rows, first = deals_sql(view, filters, only_open=True), "valued", "value desc nulls last"
    else:
        (sql, parameters), rows, first = placed_sql(view, filters, only_open=True), "placed", "close_on nulls last"
    which = " and stage = %(stage)s" if page.stage else ""
    which += " and (account = any(%(among)s) or key = any(%(among)s))" if page.among is not None else ""
    parameters |= {"process": page.process, "stage": page.stage, "among": list(page.among or ())}
    parameters |= {"skip": page.skip, "most": page.skip + page.limit}
    question = sql + _RANKED.format(rows=rows, order=first, which=which)
    found = view.connection.execute(question.encode(), parameters).fetchall()
    values = _values(view, [key for key, _, _ in found])
    return [Ranked(key, stage, number, values[key]) for key, stage, number in found]


def _values(view: View, keys: list[UUID]) -> dict[UUID, Decimal | None]:
    if not keys:
        return {}
    sql, parameters = valued_sql(view, as_of_sql(FUNNEL, COLUMNS, "key = any(%(keys)s)", only_open=True))
    rows = view.connection.execute((sql + _VALUES).encode(), parameters | {"keys": keys})
    return {key: None if value is None else view.money(value) for key, value in rows}


def _cards(view: View, values: Mapping[UUID, Decimal | None]) -> dict[UUID, Card]:
    """Opportunities, of which it is known what each is worth."""
    if not values:
        return {}
    rows = view.rows(FUNNEL, _COLUMNS, "key = any(%(keys)s)", keys=list(values))
    return {row[0]: _card(view, row, values[row[0]]) for row in rows}


def _card(view: View, row: Any, value: Decimal | None) -> Card:
    key, account, owner, stage, since, close_on, pushes, category, amount, currency = row
    today = day_of(view.policies.company, view.clock.as_of)
    return Card(
        opportunity=key,
        account=view.leads_to(account) if account else None,
        owner=owner,
        stage=stage,
        since=since,
        close_on=close_on,
        overdue=close_on is not None and close_on < today,
        days_in_stage=(view.clock.as_of - since).days,
        pushes=pushes,
        category=category,
        amount=rounded(amount, currency) if amount is not None and currency else None,
        currency=currency,
        value=value,
    )
