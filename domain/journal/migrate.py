"""Numbered SQL files applied once each, under a lock; two starters at once do not collide."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg

from domain.journal.locks import AdvisoryLock


def scripts(package: str) -> list[tuple[str, Traversable]]:
    """The (name, file) of every migration below a package's `sql` folder, in order."""
    folder = files(package).joinpath("sql")
    found = [(f"{package}/{file.name}", file) for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted(found, key=lambda script: script[0])


def migrate(database_url: str, packages: Iterable[str] = ("domain.journal",)) -> list[str]:
    """Apply what is missing, all or nothing; returns the names of the migrations applied."""
    applied = []
    with psycopg.connect(database_url) as connection:
        connection.execute("set client_min_messages = warning")
        connection.execute("select pg_advisory_xact_lock(%s)", (AdvisoryLock.MIGRATION,))
        connection.execute("create table if not exists migrations (name text primary key, applied_at timestamptz)")
        done = {name for (name,) in connection.execute("select name from migrations")}
        for name, file in (script for package in packages for script in scripts(package)):
            if name not in done:
                connection.execute(file.read_text(encoding="utf-8").encode())
                connection.execute("insert into migrations values (%s, now())", (name,))
                applied.append(name)
    return applied


def missing(connection: psycopg.Connection, packages: Iterable[str] = ("domain.journal",)) -> list[str]:
    """The names of the migrations that the database has not seen."""
    (exists,) = connection.execute("select to_regclass('migrations') is not null").fetchone() or (False,)
    done = {name for (name,) in connection.execute("select name from migrations")} if exists else set()
    return [name for package in packages for name, _ in scripts(package) if name not in done]
