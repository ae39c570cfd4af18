"""What the company's own streams tell of some accounts: a programme, for one, tells of many partners."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg

from domain.aggregate import EVENTS, Recorded, Withdrawal
from domain.belonging import COMPANY_KINDS, about
from domain.errors import CorruptEvent, UnknownTopic
from domain.journal.mapper import JournalMapper
from domain.journal.recorder import COLUMNS

WITHDRAWALS = [
    topic for topic, event in EVENTS.items() if issubclass(event, Withdrawal) and topic.split(".")[0] in COMPANY_KINDS
]
SQL = f"""
select {COLUMNS} from events where aggregate_id = any(%s)
    and (topic = any(%s) or exists (select from unnest(%s::bytea[]) named where position(named in state) > 0))
order by aggregate_id, version"""
"""PostgreSQL looks for the accounts' bytes in the stored states, so that only what may be about them is decoded."""


def facts_about(
    connection: psycopg.Connection, streams: Collection[UUID], accounts: Collection[UUID]
) -> dict[UUID, list[Recorded]]:
    """The facts about some accounts in some of the company's own streams, by stream, in the order of recording; streams
    that tell nothing of them are left out. An event that cannot be read is about nobody."""
    if not streams:
        return {}
    named = [account.bytes for account in accounts]
    rows = connection.cursor(binary=True).execute(SQL.encode(), (list(streams), WITHDRAWALS, named)).fetchall()
    found: dict[UUID, list[Recorded]] = {}
    for fact in about(_readable(rows), set(accounts)):
        found.setdefault(fact.originator_id, []).append(fact)
    return found


def _readable(rows: list[tuple[Any, ...]]) -> Iterator[Recorded]:
    mapper = JournalMapper()
    for position, recorded_at, stream, command, version, topic, state in rows:
        with suppress(CorruptEvent, UnknownTopic):
            yield mapper.fact(position, recorded_at, stream, command, version, topic, state)
