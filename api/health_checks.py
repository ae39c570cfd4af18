"""What is looked at in a running system: by the doctor, and by whoever opens the system's page."""

from __future__ import annotations

from datetime import UTC

import psycopg
from psycopg import errors

from api.checks import Check
from domain.journal.restores import last_restore
from domain.journal.roles import APPLICATION, grip
from domain.language.catalogue import say
from projections.engine.engine import Status
from projections.streams.standing import feed_standing
from projections.working import alive_workers

LARGEST_LAG = 60.0  # seconds
JOURNAL_REFUSES = "KA002"  # the SQL state with which the journal's trigger refuses


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


def check_models(status: Status, *, alive: bool, embedded: bool) -> Check:
    """Whether the read models have taken in everything, and no row waits to be mended."""
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
    if embedded or (lag <= LARGEST_LAG and alive):
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
