"""The role with which the program works: it may record and read, and change nothing that is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
from psycopg import errors, sql

from domain.errors import JournalError
from domain.journal.locks import AdvisoryLock
from domain.journal.migrate import scripts

APPLICATION = "kams_app"
RIGHTS = ("select", "insert", "update", "delete")
NOT_GIVEN = {
    "claims": {"update"},
    "migrations": {"insert", "update", "delete"},
    "restores": {"insert", "update", "delete"},
    "system": {"insert", "update", "delete"},
}
"""What is not given beside what a table's own trigger refuses."""
MADE = re.compile(r"^create table (?:if not exists )?(\w+)", re.IGNORECASE | re.MULTILINE)
BITS = {"delete": 8, "update": 16}


class SchemaNotOurs(JournalError):
    """The role {role} may not change the schema: {reason}. Run `kams migrate` as the owner of the tables."""


class Separation(NamedTuple):
    """Whether the program's role was given its rights; else why not, as the server says it (empty: that role itself
    is connected, and has what it was given before)."""

    done: bool
    reason: str = ""


class Grip(NamedTuple):
    """By what the connected role could change events; all empty where it cannot."""

    role: str
    superuser: bool
    owner: bool
    granted: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there is any way."""
        return self.superuser or self.owner or bool(self.granted)


def as_role(database_url: str, role: str = APPLICATION) -> str:
    """The same database's address for another role, without a password."""
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("user", "password")]
    return parts._replace(netloc=f"{role}@{host}", query=urlencode(query)).geturl()


def tables_made_by(packages: Iterable[str]) -> list[str]:
    """The tables that the migrations of packages make, and the one that lists the migrations."""
    texts = [file.read_text(encoding="utf-8") for package in packages for _, file in scripts(package)]
    return ["migrations", *dict.fromkeys(table for text in texts for table in MADE.findall(text))]


def without_rights(connection: psycopg.Connection, tables: Sequence[str]) -> list[str]:
    """Those of the tables that the program's role may not even read."""
    role = connection.execute("select to_regrole(%s)", (APPLICATION,)).fetchone()
    if role is None or role[0] is None:
        return list(tables)
    asked = "select t from unnest(%s::text[]) t where not has_table_privilege(%s, t, 'select')"
    return [table for (table,) in connection.execute(asked, (list(tables), APPLICATION))]


def separate(connection: psycopg.Connection, tables: Sequence[str], read_models: Sequence[str]) -> Separation:
    """Give the program's role what it needs of `tables`, and the `read_models`, which it makes anew when it rebuilds.

    It may add events and never update, delete or truncate them, nor take away a trigger: they belong to the role that
    is connected here. Safe to repeat.
    """
    try:
        with connection.transaction():
            connection.execute("set local client_min_messages = error")
            connection.execute("select pg_advisory_xact_lock(%s)", (AdvisoryLock.MIGRATION,))
            if (connection.execute("select current_user").fetchone() or ("",))[0] == APPLICATION:
                return Separation(done=False)
            _make_role(connection)
            _join(connection)
            _grant(connection, tables)
            _hand_over(connection, read_models)
    except errors.InsufficientPrivilege as error:
        return Separation(done=False, reason=str(error.diag.message_primary or error))
    return Separation(done=True)


def grip(connection: psycopg.Connection) -> Grip:
    """What the connected role could do to events."""
    found = connection.execute(
        "select current_user::text, r.rolsuper, pg_has_role(current_user, c.relowner, 'member'),"
        " array(select w from unnest(array['update', 'delete', 'truncate']) w where has_table_privilege(c.oid, w))"
        " from pg_class c, pg_roles r where c.oid = 'events'::regclass and r.rolname = current_user"
    ).fetchone()
    assert found is not None
    role, superuser, owner, granted = found
    return Grip(role, superuser, owner, tuple(granted))


def _make_role(connection: psycopg.Connection) -> None:
    if connection.execute("select 1 from pg_roles where rolname = %s", (APPLICATION,)).fetchone():
        return
    try:
        with connection.transaction():  # another database of the same server may be migrated at this moment, too
            connection.execute(
                sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole").format(sql.Identifier(APPLICATION))
            )
    except (errors.DuplicateObject, errors.UniqueViolation):
        return


def _join(connection: psycopg.Connection) -> None:
    """Whoever hands tables over must be one of those who get them."""
    asked = "select pg_has_role(current_user, %s, 'usage')"
    if not (connection.execute(asked, (APPLICATION,)).fetchone() or (False,))[0]:
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(APPLICATION)))


def _grant(connection: psycopg.Connection, tables: Sequence[str]) -> None:
    role = sql.Identifier(APPLICATION)
    database = sql.Identifier(connection.info.dbname)
    statements = [
        sql.SQL("grant connect, temporary on database {} to {}").format(database, role),
        sql.SQL("grant usage, create on schema public to {}").format(role),
    ]
    refused = _refused(connection)
    for table in tables:
        given = [right for right in RIGHTS if right not in refused.get(table, set()) | NOT_GIVEN.get(table, set())]
        name, rights = sql.Identifier(table), sql.SQL(", ").join(map(sql.SQL, given))
        statements.append(sql.SQL("revoke all on {} from {}").format(name, role))
        statements.append(sql.SQL("grant {} on {} to {}").format(rights, name, role))
    connection.execute(sql.SQL("; ").join(statements))


def _refused(connection: psycopg.Connection) -> dict[str, set[str]]:
    """What a table's trigger refuses whoever asks: that is not given to the program's role either."""
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        "select c.relname, t.tgtype from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " join pg_proc p on p.oid = t.tgfoid where p.proname like 'refuse%' and t.tgtype & 1 = 0"
    )
    for table, kinds in rows:
        found.setdefault(table, set()).update(word for word, bit in BITS.items() if kinds & bit)
    return found


def _hand_over(connection: psycopg.Connection, read_models: Sequence[str]) -> None:
    asked = (
        "select t from unnest(%s::text[]) t join pg_class c on c.oid = to_regclass(t)"
        " where c.relowner <> %s::regrole and c.relkind = 'r'"
    )
    ours = [table for (table,) in connection.execute(asked, (list(read_models), APPLICATION))]
    role = sql.Identifier(APPLICATION)
    for table in ours:
        connection.execute(sql.SQL("alter table {} owner to {}").format(sql.Identifier(table), role))
