"""Which customers are key accounts, as of a view's clocks: for counts and limits."""

from __future__ import annotations

from uuid import UUID

from projections.engine import as_of_sql
from projections.key_status import KEY_STATUS
from projections.view import View


def key_accounts(view: View) -> set[UUID]:
    """The key accounts of the whole company; merged accounts are one customer."""
    sql = as_of_sql(KEY_STATUS, "key", "relationship_type <> ''")
    return {view.leads_to(key) for (key,) in view.connection.execute(sql, view.parameters(), prepare=True)}
