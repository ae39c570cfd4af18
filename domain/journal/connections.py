"""Connections to the journal's database, and what to do when one has died."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.errors import JournalError

T = TypeVar("T")

SECONDS_TO_CONNECT = 10
MOST_PREPARED = 300
"""So many queries a connection keeps prepared."""
SHUTDOWNS = "57P"  # the class of SQL states with which a server that stops or starts ends its connections


class JournalUnreachable(JournalError):
    """The journal's database does not answer: {reason}. What was not acknowledged may be given again."""


def connect(database_url: str) -> psycopg.Connection:
    """A connection for appending."""
    connection = psycopg.connect(database_url, autocommit=True)
    _read_committed(connection)
    return connection


def _read_committed(connection: psycopg.Connection) -> None:
    """Whatever the database's default is, a statement must see what was committed before it got the lock."""
    connection.execute("set default_transaction_isolation = 'read committed'")


def _preparing(connection: psycopg.Connection) -> None:
    """What is asked is understood once, at the first time; what is asked in one transaction is about one state."""
    _read_committed(connection)
    connection.prepare_threshold, connection.prepared_max = 0, MOST_PREPARED
    connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True


def pool_of(database_url: str, size: int) -> ConnectionPool:
    """A pool that opens connections when they are needed."""
    return _pool(database_url, size, _read_committed)


def pool_for_questions(database_url: str, size: int) -> ConnectionPool:
    """A pool for whoever asks many different things and cannot do his work once more: no connection is handed out that
    has died, which costs a round trip each time, and what is asked is prepared."""
    return _pool(database_url, size, _preparing, ConnectionPool.check_connection)


Handled = Callable[[psycopg.Connection], None]


def _pool(database_url: str, size: int, configure: Handled, check: Handled | None = None) -> ConnectionPool:
    return ConnectionPool(
        database_url,
        min_size=1,
        max_size=size,
        timeout=SECONDS_TO_CONNECT,
        kwargs={"autocommit": True},
        configure=configure,
        check=check,
        open=True,
    )


def is_lost(error: psycopg.Error) -> bool:
    """Whether an error means that the connection died, so that the outcome of its last statement is not known."""
    if isinstance(error, psycopg.InterfaceError):
        return True
    return isinstance(error, psycopg.OperationalError) and (
        error.sqlstate is None or error.sqlstate.startswith(SHUTDOWNS)
    )


def once_more(pool: ConnectionPool, use: Callable[[psycopg.Connection], T]) -> T:
    """The answer of `use` on a pooled connection; when that has died, all dead ones go and it runs once more.

    So `use` must be harmless when it runs twice. Raises JournalUnreachable.
    """
    try:
        with pool.connection() as connection:
            return use(connection)
    except PoolTimeout as error:
        raise JournalUnreachable(reason=str(error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if not is_lost(error):
            raise
    pool.check()
    try:
        with pool.connection() as connection:
            return use(connection)
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise JournalUnreachable(reason=str(error).strip()) from error
