"""Whose key is stated where none is asked for: whoever owns the machine backs up and restores, but no key that may not
change anything takes the keys of personal data away."""

from __future__ import annotations

from datetime import datetime

import psycopg

from domain.errors import KamsError, Refused
from domain.journal.mapper import JournalMapper
from domain.journal.recorder import COLUMNS
from domain.journal.states import folded
from domain.keys import matches, parse_key
from domain.member import Member, Role


class KeyOfNoAdmin(Refused):
    """The key in KAMS_KEY is no admin's in what {path} restores: unset it, or state the key of one. Nothing was
    restored."""


def is_admins(connection: psycopg.Connection, text: str, now: datetime) -> bool:
    """Whether a key is that of an admin, as the journal of this very transaction says."""
    try:
        key = parse_key(text)
    except KamsError:
        return False
    claim = "select aggregate_id from claims where kind = 'key' and scope = '' and value = %s"
    holder = connection.execute(claim, (key.id,)).fetchone()
    if holder is None:
        return False
    sql = f"select {COLUMNS} from events where aggregate_id = %s order by version"
    mapper = JournalMapper()
    facts = [mapper.fact(*row) for row in connection.cursor(binary=True).execute(sql, holder)]
    member = folded(Member, holder[0], None, facts)[0]
    live = member.live_keys(now).get(key.id)
    here = Role.ADMIN in member.roles and not (member.left or member.locked(now))
    return bool(live and here and matches(key, live.hash))
