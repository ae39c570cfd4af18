"""What the doctor looks at in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
from psycopg import errors, sql

from api.cli.doctor import Check
from api.cli.doctor_deliveries import check_deliveries
from api.cli.session import PACKAGES
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import missing
from domain.journal.restores import last_restore
from domain.journal.roles import APPLICATION, grip
from domain.language.catalogue import say
from projections import READ_MODELS
from projections.engine import Engine
from projections.streams.standing import feed_standing
from workers.store import alive_workers

OLDEST_VERSION = 150000
LARGEST_DRIFT = 2.0  # seconds
LISTEN_SECONDS = 2.0
LARGEST_LAG = 60.0  # seconds
JOURNAL_REFUSES = "KA002"  # the SQL state with which the journal's trigger refuses
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


def check_append_only(connection: psycopg.Connection) -> Check:
    """Whether the database refuses to change or delete events. Nothing is changed: no row is meant."""
    allowed = [word for word, statement in _ATTEMPTS.items() if not _refused(connection, statement)]
    if not allowed and connection.execute(_TRIGGER_ON).fetchone():
        return Check("append_only", ok=True, found="events can be neither changed nor deleted")
    remedy = "Run: alter table events enable always trigger events_stay. Then find out who disabled or dropped it."
    found = say("events can be {allowed}", allowed=" and ".join(allowed))
    if not allowed:
        found = say("the trigger that refuses changes of events is off, though not for this role")
    return Check("append_only", ok=False, found=found, remedy=remedy)


_TRIGGER_ON = (
    "select 1 from pg_trigger where tgrelid = 'events'::regclass and tgname = 'events_stay' and tgenabled <> 'D'"
)
_ATTEMPTS = {
    "changed": "update events set topic = topic where false",
    "deleted": "delete from events where false",
}


def _refused(connection: psycopg.Connection, statement: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except errors.InsufficientPrivilege:
        return True
    except psycopg.Error as error:
        if error.sqlstate != JOURNAL_REFUSES:
            raise
        return True
    return False


def check_role(connection: psycopg.Connection) -> Check:
    """Whether the connected role could change events, whatever the trigger says."""
    held = grip(connection)
    if not held.holds:
        return Check("database_role", ok=True, found=say("{role} can add events, and change none", role=held.role))
    ways = [say("is a superuser")] * held.superuser + [say("owns the events")] * (held.owner and not held.superuser)
    if not ways:
        ways = [say("was given {rights} on events", rights=", ".join(held.granted))]
    remedy = say(
        "Run `kams migrate` with this address, then put the address that it prints, that of {role}, into "
        "KAMS_DATABASE_URL. Where it may not make roles, an administrator does: create role {role} login; "
        "grant {role} to {owner} with admin option.",
        role=APPLICATION,
        owner=held.role,
    )
    found = say("{role} could change events: it {ways}", role=held.role, ways=", ".join(ways))
    return Check("database_role", ok=False, found=found, remedy=remedy)


def check_restored(connection: psycopg.Connection) -> Check:
    """Whether the journal was restored from a backup, and when: subscribers may have read further."""
    found = last_restore(connection)
    if found is None:
        return Check("restored", ok=True, found="never restored from a backup")
    said = say(
        "on {at:%Y-%m-%d %H:%M} UTC from the backup of {made_at:%Y-%m-%d %H:%M} UTC, at position {head}",
        at=found.at.astimezone(UTC),
        made_at=found.made_at.astimezone(UTC),
        head=found.head,
    )
    return Check("restored", ok=True, found=said)


def check_workers(connection: psycopg.Connection, *, embedded: bool) -> Check:
    """Whether anybody keeps the read models up to date."""
    alive = alive_workers(connection)
    if alive:
        return Check("workers", ok=True, found=say("{alive} alive", alive=alive))
    if embedded:
        found = "no worker; commands bring the read models up to date themselves"
        return Check("workers", ok=True, found=found)
    remedy = "Run `kams work` on at least one machine, under a supervisor that starts it again."
    return Check("workers", ok=False, found="no worker is alive", remedy=remedy)


def check_read_models(connection: psycopg.Connection, url: str, *, embedded: bool) -> Check:
    """Whether the read models have taken in everything, and no row waits to be mended."""
    engine = Engine(url, READ_MODELS, JournalMapper())
    try:
        status = engine.status()
    finally:
        engine.close()
    parked = [
        say("{model}: {parked} parked", model=each.model, parked=each.parked) for each in status.models if each.parked
    ]
    if parked:
        remedy = "`kams projections status` names them; mend what parked them, then `kams projections retry`."
        return Check("read_models", ok=False, found="; ".join(parked), remedy=remedy)
    behind = [each for each in status.models if each.position < status.head]
    if not behind:
        return Check("read_models", ok=True, found=say("all complete at position {head}", head=status.head))
    lag = max(each.lag_seconds for each in behind)
    found = say("{known} behind by up to {lag:.0f} s", known=", ".join(each.model for each in behind), lag=lag)
    if embedded or (lag <= LARGEST_LAG and alive_workers(connection)):
        return Check("read_models", ok=True, found=found)
    return Check("read_models", ok=False, found=found, remedy="Start workers: `kams work`; see their logs if they run.")


def check_feed(connection: psycopg.Connection, *, embedded: bool) -> Check:
    """Whether everything that is recorded is published to integrators, and each event could be read."""
    stands = feed_standing(connection)
    if stands.missing is not None:
        remedy = "An event was removed from the database: `kams audit verify` says more; restore a backup."
        found = say("it stands still: the journal lacks position {position}", position=stands.missing)
        return Check("feed", ok=False, found=found, remedy=remedy)
    found = say("published up to position {position}", position=stands.position)
    if stands.not_whole:
        found = say("{found}; {count} events could not be read, or follow one", found=found, count=stands.not_whole)
    late = stands.lag_seconds > LARGEST_LAG or not alive_workers(connection)
    if stands.complete or embedded or not late:
        return Check("feed", ok=True, found=found)
    found = say("{found}, {lag:.0f} s behind", found=found, lag=stands.lag_seconds)
    return Check("feed", ok=False, found=found, remedy="Start workers: `kams work`; see their logs if they run.")
