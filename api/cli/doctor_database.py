"""What the doctor looks at in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

import psycopg
from psycopg import sql

from api.checks import Check
from api.cli.doctor_deliveries import check_deliveries
from api.cli.session import PACKAGES
from api.health_checks import (
    check_append_only,
    check_feed,
    check_models,
    check_restored,
    check_role,
    check_workers,
)
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import missing
from domain.language.catalogue import say
from projections import READ_MODELS
from projections.engine import Engine
from projections.working import alive_workers

OLDEST_VERSION = 150000
LARGEST_DRIFT = 2.0  # seconds
LISTEN_SECONDS = 2.0
NO_POOLER = (
    "Connect to PostgreSQL itself or through a pooler in session mode: one in transaction mode swallows notifications. "
    "Until then workers see new events by their poll, every two seconds."
)
Reading = Callable[[], Check]


def behind_schema(connection: psycopg.Connection, url: str, *, embedded: bool) -> Mapping[str, Reading]:
    """The checks that need the tables, by name."""
    return {
        "append_only": lambda: check_append_only(connection),
        "database_role": lambda: check_role(connection),
        "restored": lambda: check_restored(connection),
        "workers": lambda: check_workers(connection, embedded=embedded),
        "read_models": lambda: check_read_models(connection, url, embedded=embedded),
        "feed": lambda: check_feed(connection, embedded=embedded),
        "deliveries": lambda: check_deliveries(connection, url),
    }


def check_version(connection: psycopg.Connection) -> Check:
    """PostgreSQL 15 or later, with texts in UTF-8."""
    version = connection.info.server_version
    (encoding,) = connection.execute("show server_encoding").fetchone() or ("",)
    found = say(
        "PostgreSQL {major}.{minor}, {encoding}", major=version // 10000, minor=version % 10000, encoding=encoding
    )
    if version < OLDEST_VERSION:
        remedy = say("Upgrade to PostgreSQL {value} or later.", value=OLDEST_VERSION // 10000)
        return Check("database_version", ok=False, found=found, remedy=remedy)
    if encoding != "UTF8":
        remedy = "Make a database with `encoding 'UTF8' template template0` and name it in KAMS_DATABASE_URL."
        return Check("database_version", ok=False, found=found, remedy=remedy)
    return Check("database_version", ok=True, found=found)


def check_clock(connection: psycopg.Connection, clock: Callable[[], datetime]) -> Check:
    """Whether this machine's clock agrees with the database's, within two seconds."""
    before = clock()
    (theirs,) = connection.execute("select clock_timestamp()").fetchone() or (before,)
    ours = before + (clock() - before) / 2
    drift = (ours - theirs).total_seconds()
    if abs(drift) <= LARGEST_DRIFT:
        return Check("clock", ok=True, found=say("{drift:.1f} s from the database's", drift=abs(drift)))
    side = "ahead of" if drift > 0 else "behind"
    remedy = "Let both machines follow a time server (chrony, systemd-timesyncd): facts are dated by this clock."
    return Check(
        "clock", ok=False, found=say("{drift:.1f} s {side} the database's", drift=abs(drift), side=side), remedy=remedy
    )


def check_listen(url: str) -> Check:
    """Whether a notification sent on one connection reaches another that listens."""
    channel = sql.Identifier(f"kams_doctor_{uuid4().hex}")
    with psycopg.connect(url, autocommit=True) as listening, psycopg.connect(url, autocommit=True) as speaking:
        listening.execute(sql.SQL("listen {}").format(channel))
        speaking.execute(sql.SQL("notify {}").format(channel))
        for _ in listening.notifies(timeout=LISTEN_SECONDS, stop_after=1):
            return Check("listen", ok=True, found="notifications arrive")
    return Check(
        "listen",
        ok=False,
        found=say("no notification within {seconds:.0f} s", seconds=LISTEN_SECONDS),
        remedy=NO_POOLER,
    )


def check_schema(connection: psycopg.Connection, *, embedded: bool) -> Check:
    """Whether the database has the tables that this program works with."""
    lacking = missing(connection, PACKAGES)
    if not lacking:
        known = set(connection.execute("select model, version from projections where not rebuilding"))
        lacking = [
            say("read model {name} {version}", name=m.name, version=m.version)
            for m in READ_MODELS
            if (m.name, m.version) not in known
        ]
    if not lacking:
        return Check("schema", ok=True, found="all migrations applied, all read models have tables")
    found = say("missing: {known}", known=", ".join(dict.fromkeys(lacking)))
    if embedded:
        return Check("schema", ok=True, found=say("{found}; the next command makes them by itself", found=found))
    return Check("schema", ok=False, found=found, remedy="Run `kams migrate`.")


def has_tables(connection: psycopg.Connection) -> bool:
    """Whether the journal and the tables beside it exist."""
    return not missing(connection, PACKAGES)


def check_read_models(connection: psycopg.Connection, url: str, *, embedded: bool) -> Check:
    """Whether the read models have taken in everything, and no row waits to be mended."""
    engine = Engine(url, READ_MODELS, JournalMapper())
    try:
        status = engine.status()
    finally:
        engine.close()
    return check_models(status, alive=bool(alive_workers(connection)), embedded=embedded)
