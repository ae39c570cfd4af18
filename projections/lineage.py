"""Which account leads to which (合并): accounts that ended by a merge, and who there is the same person."""

from __future__ import annotations

from uuid import UUID

import psycopg

from domain.account.account import Account
from projections.accounts import ACCOUNTS
from projections.engine import Envelope, ReadModel, Row, on


class LineageRow(Row):
    """An account that ended: `leads_to` goes on; None again after a separation. `people` are those stakeholders who are
    known there as well, `same_as` the same persons there, in the same order; `items` what was open and goes on there
    under another identifier."""

    leads_to: UUID | None = None
    people: tuple[UUID, ...] = ()
    same_as: tuple[UUID, ...] = ()
    items: tuple[UUID, ...] = ()


class LineageModel(ReadModel):
    """One row per account that was ever merged into another."""

    name = "lineage"
    version = 1
    row = LineageRow

    @on(Account.AccountsMerged)
    def merged(self, row: LineageRow | None, event: Account.AccountsMerged, envelope: Envelope) -> LineageRow:
        """It ended."""
        return LineageRow(
            leads_to=event.into,
            people=tuple(event.people),
            same_as=tuple(event.people.values()),
            items=tuple(event.open_items),
        )

    @on(Account.AccountsSeparated)
    def separated(self, row: LineageRow | None, event: Account.AccountsSeparated, envelope: Envelope) -> LineageRow:
        """It goes on by itself."""
        return LineageRow()


LINEAGE = LineageModel()


def managed_by(connection: psycopg.Connection, member: UUID) -> list[UUID]:
    """The accounts that a member manages now and that have not ended: what he must hand over before he leaves."""
    sql = (
        f"select a.key from {ACCOUNTS.table} a left join {LINEAGE.table} l on l.key = a.key and l.kind = 1"
        " where a.kind = 1 and a.manager = %s and l.leads_to is null order by a.name, a.key"
    )
    return [key for (key,) in connection.execute(sql.encode(), (member,))]
