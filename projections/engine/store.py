"""The two tables of a read model: the current rows, and the history of all other versions. SQL and COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg.types.string import BytesBinaryDumper

from domain.journal.reading import RawArray, RawArrayDumper, RawUuids, RawUuidsDumper
from projections.engine.fold import FOREVER, SILENT, Current, Entry, Written
from projections.engine.intervals import HOLDING, NOT_RETRACTED, OPEN_THEN, RETRACTED, STAYED_OPEN, TAKEN_BACK
from projections.engine.model import Plan

CURRENT_PARTS = ("valid_from", "known_from", "cause", "last_at", "kind")
PAST_PARTS = (
    "valid_from",
    "valid_to",
    "known_from",
    "ended_at",
    "retracted_at",
    "cause",
    "kind",
    "span",
    "learned",
)
SQL_TYPES = {
    **dict.fromkeys(("kind", "span", "learned"), "smallint"),
    **dict.fromkeys(("valid_from", "valid_to", "last_at"), "timestamptz"),
}
OF = "model = %s and version = %s and rebuilding = %s"
OPTIONAL = {"retracted_at": ""}
READ = {part: f"timestamptz_send({part})" for part in ("valid_from", "valid_to", "last_at")}
WIDTHS = {"bigint": 0, "timestamptz": 0, "date": 1, "smallint": 2, "uuid": 3, "boolean": 3}
FEW = 500
"""Up to so many changed rows are replaced, which needs no temporary table; their indexes change in any case."""
COPY_TYPES = {"smallint": "int2", "timestamptz": "int8", "bigint": "int8"}


class RawPlaces(RawArray):
    """tid[] of 6 raw bytes each."""

    element = "tid"


class _RawPlacesDumper(RawArrayDumper):
    oid = psycopg.adapters.types["tid"].array_oid


def raw_parameters(connection: psycopg.Connection) -> psycopg.Cursor[Any]:
    """A binary cursor that takes raw arrays as parameters."""
    cursor = connection.cursor(binary=True)
    cursor.adapters.register_dumper(RawUuids, RawUuidsDumper)
    cursor.adapters.register_dumper(RawPlaces, _RawPlacesDumper)
    return cursor


def from_bytes(moment: bytes) -> int:
    """Microseconds, as PostgreSQL sends them."""
    return int.from_bytes(moment, "big", signed=True)


class Store:
    """The tables of one version of a model; `rebuilding` are the ones beside them that a rebuild fills."""

    def __init__(self, plan: Plan, *, rebuilding: bool = False) -> None:
        self.plan = plan
        self.rebuilding = rebuilding
        suffix = "_rebuild" if rebuilding else ""
        self.table = plan.model.table + suffix
        self.history = plan.model.history + suffix
        self.staging = f"{self.table}_staging"
        self.identity = (plan.model.name, plan.model.version, rebuilding)
        self._columns = [f'"{column.name}"' for column in plan.shape.columns]

    # --- the tables

    def create(self, connection: psycopg.Connection) -> None:
        """Make the tables without the as-of indexes, which are built once they are filled."""
        current = self._declared(CURRENT_PARTS)
        past = self._declared(PAST_PARTS)
        tables = (
            f"create table if not exists {self.table} (key uuid primary key, {current}) with (fillfactor = 85)",
            f"create table if not exists {self.history} (key uuid not null, {past})",
            f"create index on {self.history} (key)",
        )
        connection.execute(sql("; ".join(tables)))
        known = "insert into projections (model, version, rebuilding, shape) values (%s, %s, %s, %s)"
        connection.execute(known, (*self.identity, self.shape_text))

    def drop(self, connection: psycopg.Connection) -> None:
        """Remove the tables and what is said about them."""
        connection.execute(sql(f"drop table if exists {self.table}, {self.history}"))
        for table in ("projections", "parked"):
            connection.execute(sql(f"delete from {table} where {OF}"), self.identity)

    def build_indexes(self, connection: psycopg.Connection) -> None:
        """Make the as-of indexes and the model's own, and gather first statistics (autovacuum gathers better ones)."""
        model = self.plan.model
        covers = ", ".join(f'"{name}"' for name in (*model.covers, "known_from"))
        statements = (
            f"create index on {self.table} (valid_from) include ({covers}) where {model.open}",
            f"create index on {self.history} ({HOLDING}) where {model.open} and {NOT_RETRACTED}",
            f"create index on {self.history} using gist ({', '.join(TAKEN_BACK)}) where {model.open} and {RETRACTED}",
            f"create index on {self.history} ({OPEN_THEN}) where {model.open} and {STAYED_OPEN}",
            *(f"create index on {self.table} ({_quoted(columns)})" for columns in model.indexes),
            *(f"create index on {self.history} ({_quoted(columns)})" for columns in model.indexes),
            *(f"create index on {self.table} ({_quoted(each)}) where {model.open}" for each in model.open_indexes),
            "set local default_statistics_target = 20",
            f"analyze {self.table}",
            f"analyze {self.history}",
        )
        connection.execute(sql("; ".join(statements)))
        connection.execute(sql(f"update projections set indexed = true where {OF}"), self.identity)

    def become(self, connection: psycopg.Connection, live: Store) -> None:
        """Take the place of tables that were dropped."""
        connection.execute(sql(f"alter table {self.table} rename to {live.table}"))
        connection.execute(sql(f"alter table {self.history} rename to {live.history}"))
        for table in ("projections", "parked"):
            connection.execute(sql(f"update {table} set rebuilding = false where {OF}"), self.identity)
        rebuilt = f"update projections set rebuilt_at = clock_timestamp(), changed_at = clock_timestamp() where {OF}"
        connection.execute(sql(rebuilt), live.identity)

    def owner(self, connection: psycopg.Connection) -> str:
        """The role to which the tables belong."""
        asked = "select relowner::regrole::text from pg_class where oid = to_regclass(%s)"
        found = connection.execute(asked, (self.table,)).fetchone()
        return str(found[0]) if found else ""

    def belong_to(self, connection: psycopg.Connection, owner: str) -> None:
        """Give the tables back to a role, whoever has made them anew."""
        if owner and owner != self.owner(connection):
            for table in (self.table, self.history):
                connection.execute(sql(f"alter table {table} owner to {owner}"))

    @property
    def shape_text(self) -> str:
        """What may not change under one version: the columns and their types."""
        return ", ".join(f"{column.name} {column.kind.sql}" for column in self.plan.shape.columns)

    def _declared(self, parts: Iterable[str]) -> str:
        """The columns, wide ones first: PostgreSQL pads a value to a multiple of its width."""
        own = [(f"{part} {{}}{OPTIONAL.get(part, ' not null')}", SQL_TYPES.get(part, "bigint")) for part in parts]
        own += [(f'"{column.name}" {{}}', column.kind.sql) for column in self.plan.shape.columns]
        own.sort(key=lambda declared: WIDTHS.get(declared[1], 9))
        return ", ".join(text.format(kind) for text, kind in own)

    # --- reading

    def current(self, connection: psycopg.Connection, keys: Sequence[bytes]) -> dict[bytes, Current]:
        """The current rows of some keys."""
        names = ", ".join(["ctid", "uuid_send(key)", *(READ.get(part, part) for part in CURRENT_PARTS), *self._columns])
        rows = f"select {names} from {self.table} where key = any(%s)"
        back = self.plan.shape.back
        found = {}
        for place, key, at, known_from, cause, last_at, kind, *stored in (
            raw_parameters(connection).execute(sql(rows), (RawUuids(keys),)).fetchall()
        ):
            columns = back(stored) if kind else None
            found[key] = Current(from_bytes(at), cause, columns, known_from, from_bytes(last_at), place)
        return found

    def timelines(self, connection: psycopg.Connection, since: dict[bytes, int]) -> dict[bytes, list[Entry]]:
        """The living entries in the history that hold at or after a moment, per key, in no order."""
        names = ", ".join(["ctid", "uuid_send(key)", *(READ.get(part, part) for part in PAST_PARTS), *self._columns])
        rows = (
            f"select h.* from unnest(%s::uuid[], %s::int8[]) w(k, since) cross join lateral (select {names} from"
            f" {self.history} where key = w.k and valid_to >= '2000-01-01Z'::timestamptz + w.since * interval '1 us'"
            " and retracted_at is null offset 0) h"
        )
        back = self.plan.shape.back
        found: dict[bytes, list[Entry]] = {}
        for place, key, at, to, known_from, ended_at, _, cause, kind, _, _, *stored in (
            raw_parameters(connection).execute(sql(rows), (RawUuids(list(since)), list(since.values()))).fetchall()
        ):
            columns = back(stored) if kind == 1 else None
            begins, ends = from_bytes(at), from_bytes(to)
            entry = Entry(begins, cause, columns, kind == SILENT, known_from, ends, ended_at, FOREVER, place)
            found.setdefault(key, []).append(entry)
        return found

    # --- writing

    def write(self, connection: psycopg.Connection, written: Written) -> None:
        """Write what a batch changed, set-based."""
        if written.retracted:
            self._retract(connection, written.retracted)
        deleted, new = written.deleted, written.new
        if len(written.changed) > FEW:
            self._update(connection, written.changed)
        else:
            deleted = [*deleted, *(place for _, place, *_ in written.changed)]
            new = [*new, *((key, *present) for key, _, *present in written.changed)]
        if deleted:
            raw_parameters(connection).execute(
                sql(f"delete from {self.table} where ctid = any(%s)"), (RawPlaces(deleted),)
            )
        if new:
            self._copy(connection, self.table, "key", CURRENT_PARTS, new)
        if written.history:
            self._copy(connection, self.history, "key", PAST_PARTS, written.history)

    def wipe(self, connection: psycopg.Connection, keys: Sequence[bytes]) -> None:
        """Remove all that is known of some rows, so that they can be folded again."""
        for table in (self.table, self.history):
            raw_parameters(connection).execute(sql(f"delete from {table} where key = any(%s)"), (RawUuids(keys),))

    def _retract(self, connection: psycopg.Connection, retracted: list[tuple[bytes, int, int]]) -> None:
        statement = (
            f"update {self.history} h set retracted_at = r.step, learned = r.learned"
            " from unnest(%s::tid[], %s::int8[], %s::int2[]) r(place, step, learned) where h.ctid = r.place"
        )
        places, steps, learned = zip(*retracted, strict=True)
        raw_parameters(connection).execute(sql(statement), (RawPlaces(places), list(steps), list(learned)))

    def _update(self, connection: psycopg.Connection, changed: list[tuple[Any, ...]]) -> None:
        """Update many rows at once. The temporary table goes with the transaction: at each commit PostgreSQL looks
        after all that a connection has, and after some while it would have one for every model."""
        parts = self._declared(CURRENT_PARTS)
        made = f"create temp table if not exists {self.staging} (place tid, {parts}) on commit drop"
        connection.execute(sql(f"{made}; truncate {self.staging}"))
        self._copy(connection, self.staging, "place", CURRENT_PARTS, [row[1:] for row in changed])
        names = [*CURRENT_PARTS, *self._columns]
        assigned = ", ".join(f"{name} = s.{name}" for name in names)
        connection.execute(sql(f"update {self.table} c set {assigned} from {self.staging} s where c.ctid = s.place"))

    def _copy(
        self, connection: psycopg.Connection, table: str, first: str, parts: Sequence[str], rows: list[tuple[Any, ...]]
    ) -> None:
        """COPY rows of (first, *parts, *what `Shape.out` says)."""
        names = ", ".join([first, *parts, *self._columns])
        cursor = connection.cursor()
        cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
        types = [COPY_TYPES.get(SQL_TYPES.get(part, "bigint"), "int8") for part in parts]
        with cursor.copy(sql(f"copy {table} ({names}) from stdin (format binary)")) as copy:
            copy.set_types(["bytea", *types, *(column.copied_as for column in self.plan.shape.columns)])
            write_row = copy.write_row
            for row in rows:
                write_row(row)


def drop_tables(connection: psycopg.Connection, model: str, version: int) -> None:
    """Remove the tables of a version that the code names no longer, and what is said about it."""
    connection.execute(sql(f"drop table if exists {', '.join(_tables(model, version))}"))
    for about in ("projections", "parked"):
        connection.execute(sql(f"delete from {about} where model = %s and version = %s"), (model, version))


def all_tables(connection: psycopg.Connection) -> list[str]:
    """The tables of all versions of all read models that there are."""
    known = connection.execute("select model, version from projections").fetchall()
    names = [name for model, version in known for name in _tables(model, version)]
    return [name for (name,) in connection.execute(
        "select t from unnest(%s::text[]) t where to_regclass(t) is not null", (names,)
    )]  # fmt: skip


def _tables(model: str, version: int) -> list[str]:
    return [f"{model}_v{version}{part}{suffix}" for part in ("", "_history") for suffix in ("", "_rebuild")]


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def sql(text: str) -> bytes:
    """SQL made of names that the code declares, never of anybody's input."""
    return text.encode()
