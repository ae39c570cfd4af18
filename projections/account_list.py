"""Accounts as a list is made of them: which there are by territory, manager, key status and name, and what lies ahead
and behind of those that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from projections.accounts import ACCOUNTS
from projections.deals import Filters, below, deals_sql, grouping
from projections.engine import as_of_sql
from projections.kept_answers import Grain, kept
from projections.key_accounts import KeyStatus, key_statuses
from projections.open_items import LastVisit, OpenItem, OpenItemKind, in_turn, last_visits, open_items
from projections.pipeline_columns import open_with
from projections.view import View

PLANNED = (OpenItemKind.VISIT, OpenItemKind.ACTION_ITEM, OpenItemKind.COMMITMENT)
"""What somebody is to do next, of all that is open, beside what was agreed on the last visit."""


class AccountFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts: `territory` includes what lies below, `text` stands in the name or begins the external id."""

    territory: str = ""
    manager: UUID | None = None
    key_only: bool = False
    text: str = ""


class Listed(msgspec.Struct):
    """A customer; merged accounts are one, where they lead to."""

    account: UUID
    external_id: str
    name: str
    territory: str
    manager: UUID | None
    status: KeyStatus | None
    position: int


class Pipeline(msgspec.Struct):
    """The open opportunities of a customer, in the reporting currency."""

    count: int
    amount: Decimal


def listed(view: View, filters: AccountFilters | None = None) -> list[Listed]:
    """The customers that the asker may see, by name. Raises NotFound for a territory that never was."""
    asked = filters or AccountFilters()
    return kept(view, "listed", list[Listed], partial(_listed, view, asked), asked, grain=Grain.DAY, shared=True)


def _listed(view: View, filters: AccountFilters) -> list[Listed]:
    wanted, parameters = _conditions(view, filters)
    sql = as_of_sql(ACCOUNTS, "key, external_id, name, territory, manager, cause", " and ".join(wanted) or "true")
    rows = view.connection.execute(sql.encode(), view.parameters(**parameters))
    statuses, merged = key_statuses(view), view.merged
    found = [
        Listed(key, external_id, name, territory, manager, statuses.get(key), cause)
        for key, external_id, name, territory, manager, cause in rows
        if key not in merged
    ]
    chosen = (each for each in found if each.status or not filters.key_only)
    return sorted(chosen, key=lambda each: (each.name, each.account))


def _conditions(view: View, filters: AccountFilters) -> tuple[list[str], dict[str, object]]:
    wanted, parameters = list[str](), dict[str, object]()
    if (visible := view.visible_accounts()) is not None:
        wanted.append("key = any(%(visible)s)")
        parameters["visible"] = visible
    if (territories := below(Filters(territory=filters.territory), view)) is not None:
        wanted.append("territory = any(%(territories)s)")
        parameters["territories"] = territories
    if filters.manager:
        wanted.append("manager = %(manager)s")
        parameters["manager"] = filters.manager
    if filters.text:
        condition, texts = text_condition(filters.text)
        wanted.append(condition)
        parameters |= texts
    return wanted, parameters


def text_condition(text: str) -> tuple[str, dict[str, Any]]:
    """The condition that a text stands in the name or begins the external id, with its parameters."""
    escaped = "".join(f"\\{each}" if each in "\\%_" else each for each in text)
    return "(name ilike %(inside)s or external_id ilike %(first)s)", {"inside": f"%{escaped}%", "first": f"{escaped}%"}


def pipelines(view: View, accounts: Iterable[UUID] | None = None) -> dict[UUID, Pipeline]:
    """What is open with some customers, or with all that the asker may see."""
    wanted = None if accounts is None else list(accounts)
    if wanted is not None and (kept := open_with(view, wanted)) is not None:
        return {key: Pipeline(*each) for key, each in kept.items()}
    asked = view if wanted is None else view.among(wanted)
    sql, parameters = deals_sql(asked, Filters(), only_open=True)
    sql += f"select {grouping(asked, 'account')}, count(*), coalesce(sum(value), 0) from valued"
    rows = view.connection.execute(f"{sql} where outcome = '' and account is not null group by 1".encode(), parameters)
    return {UUID(key): Pipeline(count, view.money(amount)) for key, count, amount in rows}


def next_items(view: View, accounts: Sequence[UUID], visits: Mapping[UUID, LastVisit]) -> dict[UUID, OpenItem]:
    """What is next with some customers, whose last `visits` are these: the most urgent planned visit, agreed step,
    action item or promise of ours."""
    together = {each: one for one in accounts for each in view.together(one)}
    items = open_items(view, list(together), PLANNED)
    steps = [each.next_step for each in visits.values() if each.next_step and each.next_step.account in together]
    found = dict[UUID, OpenItem]()
    for item in in_turn(view, [*items, *steps]):
        if not (item.kind is OpenItemKind.COMMITMENT and item.text != "us"):
            found.setdefault(together[item.account], item)
    return found


def visits_of(view: View, accounts: Sequence[UUID]) -> dict[UUID, LastVisit]:
    """The last visits of some customers, with those of accounts that were merged into them."""
    return last_visits(view, [each for one in accounts for each in view.together(one)])
