"""Names for the keys of groups: accounts and territories by name; people by their external id, since names are
sealed and open at the door only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.view import View


def names_of(view: View, by: str, keys: Sequence[str]) -> dict[str, str]:
    """The names of a group's keys, as of the view's clocks."""
    if by == "account":
        return {str(key): name for key, name in account_names(view, [UUID(key) for key in keys if key]).items()}
    if by == "owner":
        return {str(key): external_id for key, (external_id, _) in view.members().items()}
    if by == "territory":
        return {key: each.name for key, each in view.policies.territories.territories.items()}
    if by == "product":
        return {key: each.name for key, each in view.policies.price_list.products.items()}
    return {}


def account_names(view: View, keys: Iterable[UUID]) -> dict[UUID, str]:
    """The names of those accounts that the asker may see, as of the view's clocks."""
    sql = as_of_sql(ACCOUNTS, "key, name", "key = any(%(keys)s)")
    visible = view.visible_accounts()
    wanted = list(keys) if visible is None else list(set(keys) & set(visible))
    return dict(view.connection.execute(sql, view.parameters(keys=wanted), prepare=True).fetchall())
