"""What somebody means by a few letters or a number: accounts by name or external id, members by external id."""

from __future__ import annotations

from uuid import UUID

import msgspec

from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.view import View

MOST = 20
_LIKE = "(name ilike %(within)s or external_id ilike %(start)s) and (%(all)s or key = any(%(accounts)s))"
_ORDER = """
order by (lower(external_id) = lower(%(text)s) or lower(name) = lower(%(text)s)) desc, name ilike %(start)s desc,
name, key limit %(most)s"""


class FoundAccount(msgspec.Struct):
    """An account that fits."""

    account: UUID
    name: str
    external_id: str
    territory: str


def accounts_like(view: View, text: str, most: int = MOST) -> list[FoundAccount]:
    """The accounts that the asker may see whose name holds a text, or whose external id begins with it: those that are
    called exactly so first."""
    visible = view.visible_accounts()
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    parameters = view.parameters(
        text=text, within=f"%{plain}%", start=f"{plain}%", all=visible is None, accounts=visible or [], most=most
    )
    sql = as_of_sql(ACCOUNTS, "key, name, external_id, territory", _LIKE)
    asked = f"select * from ({sql}) found {_ORDER}"
    return [FoundAccount(*row) for row in view.connection.execute(asked.encode(), parameters)]


def members_numbered(view: View, text: str, most: int = MOST) -> list[tuple[UUID, str]]:
    """The members whose external id begins with a text."""
    wanted = text.lower()
    found = [(key, external_id) for key, (external_id, _) in view.members().items()]
    return sorted((each for each in found if each[1].lower().startswith(wanted)), key=lambda each: each[1])[:most]
