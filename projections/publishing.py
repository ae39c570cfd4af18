"""Making the reporting views, and the role that may read them and nothing else."""

from __future__ import annotations

from typing import NamedTuple

import psycopg
from psycopg import errors, sql

from domain.errors import KamsError
from domain.journal.locks import AdvisoryLock
from domain.journal.roles import APPLICATION
from projections.published import SCHEMA, beginning, digest, published, statements

READER = "kams_reader"
TIMEOUT = "10min"
FEED = "position, recorded_at, type, subject, account, territory, origin, event, whole"
"""What the reader sees of the feed: all but what is sealed."""


class ReportingInUse(KamsError):
    """A view of the schema reporting has new columns, and something of your own rests on it: {what}. Drop that, run
    `kams migrate`, make it again."""


class Publication(NamedTuple):
    """Whether the views were made, and whether their reader is there; else why not, as the server says it."""

    made: bool
    reader: bool
    reason: str = ""


def is_published(connection: psycopg.Connection) -> bool:
    """Whether the views are those that this program makes."""
    found = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", (SCHEMA,)
    ).fetchone()
    return found is not None and found[0] == _said()


def publish(connection: psycopg.Connection) -> Publication:
    """Make the views and give them to their reader; nothing where they are there already. Two at once do not collide;
    all or nothing. Raises ReportingInUse."""
    try:
        with connection.transaction():
            connection.execute("set local client_min_messages = error")
            connection.execute("select pg_advisory_xact_lock(%s)", (AdvisoryLock.MIGRATION,))
            if is_published(connection):
                return Publication(made=False, reader=_exists(connection, READER))
            _make(connection)
            reason = _give(connection)
            said = sql.SQL("comment on schema reporting is {}").format(sql.Literal(_said()))
            connection.execute(said)
    except errors.DependentObjectsStillExist as error:
        raise ReportingInUse(what=str(error.diag.message_detail or error).replace("\n", "; ")) from error
    except errors.InsufficientPrivilege as error:
        return Publication(made=False, reader=False, reason=str(error.diag.message_primary or error))
    return Publication(made=True, reader=not reason, reason=reason)


def _said() -> str:
    return f"Read-only views of KAMS for other tools, as of now and of any moment, beside the feed. {digest()[:16]}"


def _make(connection: psycopg.Connection) -> None:
    connection.execute(f"create schema if not exists {SCHEMA}".encode())
    kept = {"standing", *(view.name for view in published())}
    for (name,) in connection.execute("select viewname from pg_views where schemaname = %s", (SCHEMA,)).fetchall():
        if name not in kept:
            _drop(connection, name)
    for statement in beginning():
        connection.execute(statement.encode())
    for view in published():
        try:
            with connection.transaction():
                _run(connection, statements(view))
        except (errors.InvalidFunctionDefinition, errors.InvalidTableDefinition):
            _drop(connection, view.name)
            _run(connection, statements(view))


def _run(connection: psycopg.Connection, texts: list[str]) -> None:
    connection.execute("; ".join(texts).encode())


def _drop(connection: psycopg.Connection, name: str) -> None:
    view, function = sql.Identifier(SCHEMA, name), sql.Identifier(SCHEMA, f"{name}_as_of")
    connection.execute(sql.SQL("drop view if exists {}").format(view))
    connection.execute(sql.SQL("drop function if exists {}(timestamptz, bigint)").format(function))


def _give(connection: psycopg.Connection) -> str:
    """Let the program's role own the functions, so that they can do no more than it, and the reader use them; where the
    server lets us make no roles, why."""
    try:
        with connection.transaction():
            if _exists(connection, APPLICATION):
                _hand_over(connection)
            _make_reader(connection)
            reader = sql.Identifier(READER)
            for words in (
                "grant connect on database {database} to {reader}",
                "revoke all on all functions in schema reporting from public",
                "grant usage on schema reporting to {reader}",
                "grant select on all tables in schema reporting to {reader}",
                "grant execute on all functions in schema reporting to {reader}",
                f"grant select ({FEED}) on feed to {{reader}}",
                "grant select on restores to {reader}",
            ):
                database = sql.Identifier(connection.info.dbname)
                connection.execute(sql.SQL(words).format(database=database, reader=reader))
    except errors.InsufficientPrivilege as error:
        return str(error.diag.message_primary or error)
    return ""


def _hand_over(connection: psycopg.Connection) -> None:
    role = sql.Identifier(APPLICATION)
    connection.execute(sql.SQL("grant usage, create on schema reporting to {}").format(role))
    found = connection.execute(
        "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'reporting'::regnamespace"
        " and p.proowner <> %s::regrole",
        (APPLICATION,),
    )
    for (function,) in found.fetchall():
        connection.execute(f"alter function {function} owner to {APPLICATION}".encode())
    views = connection.execute(
        "select c.oid::regclass::text from pg_class c where c.relnamespace = 'reporting'::regnamespace"
        " and c.relkind = 'v' and c.relowner <> %s::regrole",
        (APPLICATION,),
    )
    for (view,) in views.fetchall():
        connection.execute(f"alter view {view} owner to {APPLICATION}".encode())


def _make_reader(connection: psycopg.Connection) -> None:
    reader = sql.Identifier(READER)
    if not _exists(connection, READER):
        try:
            with connection.transaction():  # another database of the same server may be migrated at this moment, too
                connection.execute(sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole").format(reader))
                connection.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(reader))
                connection.execute(
                    sql.SQL("alter role {} set statement_timeout = {}").format(reader, sql.Literal(TIMEOUT))
                )
        except (errors.DuplicateObject, errors.UniqueViolation):
            return


def _exists(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone() is not None
