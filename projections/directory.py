"""Accounts and opportunities one after the other, in an order that pages can be cut from."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.money import rounded
from projections.accounts import ACCOUNTS
from projections.deals import Filters, deals_sql, placed_sql
from projections.engine import as_of_sql
from projections.view import View


class AccountLine(msgspec.Struct):
    """An account in a list; `relationship_type` is empty where it is no key account, `merged_into` says where one
    leads that ended by a merge."""

    id: UUID
    external_id: str
    name: str
    kind: str
    industry: str
    territory: str
    country: str
    currency: str
    parent: UUID | None
    manager: UUID | None
    relationship_type: str
    review_due: date | None
    merged_into: UUID | None = None


class OpportunityLine(msgspec.Struct):
    """An opportunity in a list; `value` and `weighted` are in the reporting currency."""

    id: UUID
    account: UUID | None
    owner: UUID | None
    territory: str
    process: str
    stage: str
    outcome: str
    opened: datetime | None
    stage_since: datetime | None
    closed: datetime | None
    close_on: date | None
    category: str
    products: tuple[str, ...]
    amount: Decimal | None
    currency: str
    value: Decimal | None
    weighted: Decimal | None
    signed: Decimal | None
    signed_currency: str
    pushes: int
    title: str = ""
    external_id: str = ""


class AccountFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts: `territory` is its own and includes what lies below, `name` is a part of the name, `text` such
    a part or the whole number; `ended` asks for those that were merged into another as well."""

    manager: UUID | None = None
    territory: str = ""
    name: str = ""
    text: str = ""
    key: bool | None = None
    external_id: str = ""
    ended: bool = False


_ACCOUNT_COLUMNS = (
    "key, external_id, name, account_kind, industry, territory, country, currency, parent, manager,"
    " relationship_type, review_due"
)
_OPPORTUNITY_COLUMNS = (
    "key, account, owner, territory, process, stage, outcome, opened, since, closed, close_on, category, products,"
    " amount, currency, value, weighted, signed, signed_currency, pushes"
)


def accounts_after(
    view: View, after: tuple[str, UUID] | None, limit: int, filters: AccountFilters
) -> list[AccountLine]:
    """Up to `limit` visible accounts by (name, id), after one that was seen."""
    wanted, parameters = account_conditions(view, filters)
    if after is not None:
        wanted.append("(name, key) > (%(after_name)s, %(after_key)s)")
        parameters |= {"after_name": after[0], "after_key": after[1]}
    sql = as_of_sql(ACCOUNTS, _ACCOUNT_COLUMNS, " and ".join(wanted))
    rows = view.connection.execute(
        f"select * from ({sql}) account order by name, key limit %(limit)s".encode(),
        view.parameters(limit=limit, **parameters),
    )
    return [AccountLine(*(*row, view.merged.get(row[0]))) for row in rows]


def opportunities_after(
    view: View,
    after: UUID | None,
    limit: int,
    filters: Filters,
    *,
    outcome: str | None = None,
    stage: str = "",
    key: UUID | None = None,
) -> list[OpportunityLine]:
    """Up to `limit` visible opportunities by id, after one that was seen. `outcome` is won, lost, disqualified, or
    empty for the open ones; None for all. `key` takes that one alone."""
    wanted = [
        "key = %(only)s" if key else "",
        "outcome = %(outcome)s" if outcome is not None else "",
        "stage = %(stage)s" if stage else "",
        "key > %(after)s" if after else "",
    ]
    asked = {"only": key, "outcome": outcome, "stage": stage, "after": after, "limit": limit}
    also, is_open = " and ".join(each for each in wanted if each), outcome == "" and not key
    sql, parameters = placed_sql(view, filters, only_open=is_open, also=also)
    first = f"{sql} select key from placed order by key limit %(limit)s"
    keys = [found for (found,) in view.connection.execute(first.encode(), parameters | asked)]
    sql, parameters = deals_sql(view, Filters(), territory=True, also="key = any(%(keys)s)")
    parameters |= {"keys": keys}
    rows = view.connection.execute(f"{sql} select {_OPPORTUNITY_COLUMNS} from valued order by key".encode(), parameters)
    return [_opportunity(row, view.currency) for row in rows]


def account_conditions(view: View, filters: AccountFilters) -> tuple[list[str], dict[str, Any]]:
    """What visible accounts of some filters fulfil, as SQL, and its parameters."""
    wanted, parameters = [], dict[str, Any]()
    if (visible := view.visible_accounts()) is not None:
        wanted.append("key = any(%(visible)s)")
        parameters["visible"] = visible
    if filters.manager:
        wanted.append("manager = %(manager)s")
        parameters["manager"] = filters.manager
    if filters.territory:
        wanted.append("territory = any(%(territories)s)")
        parameters["territories"] = view.policies.territories.below(filters.territory)
    if filters.name:
        wanted.append("position(lower(%(name)s) in lower(name)) > 0")
        parameters["name"] = filters.name
    if filters.external_id:
        wanted.append("external_id = %(external_id)s")
        parameters["external_id"] = filters.external_id
    if filters.text:
        wanted.append("(position(lower(%(text)s) in lower(name)) > 0 or external_id = %(text)s)")
        parameters["text"] = filters.text
    if view.merged and not filters.ended:
        wanted.append("not (key = any(%(ended)s))")
        parameters["ended"] = list(view.merged)
    if filters.key is not None:
        wanted.append("relationship_type <> ''" if filters.key else "relationship_type = ''")
    return wanted, parameters


def _opportunity(row: Any, reporting: str) -> OpportunityLine:
    line = msgspec.convert(dict(zip(OpportunityLine.__struct_fields__, row, strict=False)), decodable(OpportunityLine))
    line.amount, line.signed = _money(line.amount, line.currency), _money(line.signed, line.signed_currency)
    line.value, line.weighted = _money(line.value, reporting), _money(line.weighted, reporting)
    return line


def _money(amount: Decimal | None, currency: str) -> Decimal | None:
    """Rows keep three decimals, whatever the currency."""
    return rounded(amount, currency) if amount is not None and currency else amount
