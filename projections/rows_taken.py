"""The rows of any read model as of a view's clocks, as far as its asker sees them, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from projections.engine import ReadModel, as_of_sql
from projections.explained_rows import KEYED_BY_ACCOUNT, KEYED_BY_MEMBER, KEYED_BY_OPPORTUNITY, NOBODYS
from projections.issues import ISSUES
from projections.opportunities import FUNNEL
from projections.row_columns import RowColumn
from projections.view import View

AT_ONCE = 10_000
CASTS = {"uuid": "::text", "list of uuid": "::text[]"}
DEALS = f"(select key from {FUNNEL.table} where kind = 1 and account = any(%(visible)s))"
COMPLAINTS = f"(select key from {ISSUES.table} where kind = 1 and account = any(%(visible)s))"


def batches(
    view: View, model: ReadModel, columns: Sequence[RowColumn], *, after: UUID | None = None, limit: int | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows in the order of their keys, identifiers as text, what is kept as bytes as bytes; so many at once. `after`
    leaves out all up to a key, `limit` ends after so many rows."""
    wanted, parameters = _asked(view, model, after)
    listed = ", ".join(f'"{column.name}"{CASTS.get(column.type, "")}' for column in columns)
    sql = f"select * from ({as_of_sql(model, listed, wanted)}) taken order by key::uuid"
    sql += f" limit {limit:d}" if limit is not None else ""
    with view.connection.cursor(name="rows_taken") as cursor:
        cursor.execute(sql.encode(), parameters)
        while found := cursor.fetchmany(AT_ONCE):
            yield found


def count(view: View, model: ReadModel) -> int:
    """How many rows there are for this asker."""
    wanted, parameters = _asked(view, model, None)
    sql = f"select count(*) from ({as_of_sql(model, 'key', wanted)}) taken"
    return int(cast(tuple[int], view.connection.execute(sql.encode(), parameters).fetchone())[0])


def _asked(view: View, model: ReadModel, after: UUID | None) -> tuple[str, dict[str, Any]]:
    visible = view.visible_accounts()
    wanted = ["" if visible is None else seen(model), "key > %(after)s" if after else ""]
    parameters = view.parameters(visible=visible, member=view.visibility.member, after=after)
    return " and ".join(each for each in wanted if each), parameters


def seen(model: ReadModel) -> str:
    """The condition on a row that an asker with limits may see, by `visible` accounts and himself as `member`; empty
    for a model that everybody reads."""
    names = set(model.row.__struct_fields__)
    if model.name in NOBODYS:
        return ""
    if model.name in KEYED_BY_MEMBER:
        return "key = %(member)s"
    if model.name in KEYED_BY_ACCOUNT:
        return "key = any(%(visible)s)"
    if "account" in names:
        return "account = any(%(visible)s)"
    if model.name in KEYED_BY_OPPORTUNITY or "opportunity" in names:
        return f"{'opportunity' if 'opportunity' in names else 'key'} in {DEALS}"
    if "issue" in names:
        return f"issue in {COMPLAINTS}"
    return "member = %(member)s" if "member" in names else "false"
