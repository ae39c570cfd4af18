"""Which accounts somebody may see, by the assignments of now."""

from __future__ import annotations

from uuid import UUID

import psycopg

from domain.visibility import Visibility
from projections.accounts import ACCOUNTS
from projections.lineage import LINEAGE
from projections.members import MEMBERS
from projections.ways import on_the_way

_SEEN = f"""
select a.key, null::uuid from {ACCOUNTS.table} a left join {MEMBERS.table} m on m.key = a.manager and m.kind = 1
where a.kind = 1 and (a.manager = any(%(managers)s) or a.territory = any(%(territories)s)
    or m.territories && %(territories)s::text[])
union all select key, leads_to from {LINEAGE.table} where kind = 1 and leads_to is not null
"""


def accounts_of(connection: psycopg.Connection, visibility: Visibility) -> list[UUID]:
    """The accounts that a visibility names, and those that were merged into them."""
    who = {"managers": list(visibility.managers), "territories": list(visibility.territories)}
    found, led = dict[UUID, None](), dict[UUID, UUID]()
    for key, leads_to in connection.execute(_SEEN.encode(), who):
        if leads_to is None:
            found[key] = None
        else:
            led[key] = leads_to
    with_them = [each for each in led if each not in found and not found.keys().isdisjoint(on_the_way(led, each))]
    return [*found, *with_them]
