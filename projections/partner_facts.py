"""What the standing of partners is made of: rows of programmes as of two clocks, with all events behind each."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from projections.accounts import ACCOUNTS
from projections.engine import ReadModel, Row, as_of_sql
from projections.seen import rows_as_of
from projections.versions import versions_sql
from projections.view import View

R = TypeVar("R", bound=Row)
Names = dict[UUID, tuple[str, str]]


class Backed(NamedTuple, Generic[R]):
    """A row, since when it stands so, and the positions of all events behind it."""

    row: R
    since: datetime
    positions: list[int]


def backed_rows(
    view: View, model: ReadModel, kind: type[R], programme: UUID | None, accounts: list[UUID] | None
) -> list[Backed[R]]:
    """The rows of a programme or of all, of some accounts or of all, as far as the asker may see their accounts."""
    visible = view.visible_accounts()
    wanted = ["programme = %(programme)s"] if programme else []
    wanted += [] if accounts is None else ["account = any(%(accounts)s)"]
    wanted += [] if visible is None else ["account = any(%(visible)s)"]
    where = " and ".join(wanted) or "true"
    asked = {"programme": programme, "accounts": accounts, "visible": visible}
    behind = (
        f"select key, array_agg(distinct cause order by cause) from ({versions_sql(model, 'account', where)}) version"
    )
    found = view.connection.execute(f"{behind} group by key".encode(), view.parameters(**asked))
    positions: dict[UUID, list[int]] = dict(found.fetchall())
    rows = rows_as_of(view, model, kind, where, **asked)
    return [Backed(each.row, each.since, positions.get(each.key, [each.position])) for each in rows]


def names_of_accounts(view: View, accounts: list[UUID]) -> Names:
    """External id and name of those of the accounts that the asker may see."""
    visible = view.visible_accounts()
    seen = accounts if visible is None else [each for each in accounts if each in set(visible)]
    sql = as_of_sql(ACCOUNTS, "key, external_id, name", "key = any(%(accounts)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(accounts=seen))
    return {key: (external_id, name) for key, external_id, name in rows}
