"""Restoring into an empty system: all or nothing, verified by the seal, and nobody comes back who was forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg import IsolationLevel, errors, sql

from api.backup.container import Backup, BackupIsNewer, BackupUnreadable, Part
from api.backup.owner import KeyOfNoAdmin, is_admins
from api.backup.saving import (
    AT_ONCE,
    DESTROYED,
    FORGOTTEN,
    KEPT,
    KEY_IDS,
    PAIR,
    PASSWORDS,
    SEAL_KEY,
    SECRET,
    SECRETS,
    TEXTS,
    columns_of,
)
from domain.errors import Refused
from domain.journal.forgotten import Forgetting, forget_again, forgettings
from domain.journal.people import fingerprint
from domain.journal.roles import SchemaNotOurs
from domain.journal.wrapping import Wrapping, wrap_all
from domain.language.catalogue import say
from domain.seal.checkpoints import origin_of
from domain.seal.notes import SigningKey, VerifierKey
from domain.seal.verifying import Anchored, Verdict, verify

KEYS_LAST = timedelta(days=30)
Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""
NUMBERED = ("access_log", "forecasts")
"""Tables whose lines have numbers of their own, which go on after the restored ones."""


class NotEmpty(Refused):
    """A backup is restored into an empty system only, and this one has {rows} {what}: name another database in
    KAMS_DATABASE_URL, or another folder in KAMS_HOME."""


class KeysOfOther(Refused):
    """{keys} is of the system {found}, and {journal} of the system {system}: take the keys that were saved from that
    one."""


class KeysTooOld(Refused):
    """{keys} is not the newest file of the keys: {reason}. Take the newest one; where there is none, --old-keys
    restores with these, and what the missing keys sealed stays closed for ever."""


class NotAsSealed(Refused):
    """What was restored is not what was sealed: {findings}. Nothing was restored."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: of which system, from a backup of when, to which position; how many keys, how many destroyed
    again because their people were forgotten, and how many that the journal had are missing. `again` where the same
    backup had been restored before."""

    system: UUID
    made_at: datetime
    head: int
    keys: int
    destroyed: int
    missing: int
    honest: bool
    notes: list[str]
    again: bool = False


class Given(NamedTuple):
    """What a restore works with. `register` are those forgotten since, as the home or a file knows."""

    journal: Backup
    keys: Backup
    register: Sequence[Forgetting]
    wrapping: Wrapping | None
    anchors: Sequence[Anchored] = ()
    old_keys: bool = False
    stated_key: str | None = None

    @property
    def seal_key(self) -> bytes | None:
        """The key that signs the checkpoints of the system, where the keys' file has it."""
        return self.keys.whole(SEAL_KEY) or None

    @property
    def verifier(self) -> VerifierKey | None:
        """By what signatures are looked at: what is kept apart from the journal says who signs."""
        secret = self.seal_key
        return SigningKey(origin_of(self.keys.manifest.system), secret).verifier if secret else None


def check(given: Given, known: Iterable[str], now: datetime, progress: Progress) -> None:
    """Look at both files before anything is done. `known` are the migrations of this program.

    Raises BackupUnreadable, BackupIsNewer, KeysOfOther, KeysTooOld.
    """
    journal, keys = given.journal.manifest, given.keys.manifest
    unknown = sorted({*journal.migrations, *keys.migrations} - set(known))
    if unknown:
        reason = say("it knows {unknown}", unknown=", ".join(unknown))
        raise BackupIsNewer(path=given.journal.path, reason=reason)
    if journal.system != keys.system:
        paths = {"keys": given.keys.path, "journal": given.journal.path}
        raise KeysOfOther(found=keys.system, system=journal.system, **paths)
    total, done = sum(part.size for part in (*journal.parts, *keys.parts)), 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        progress("checksums", done, total)

    given.journal.check(more)
    given.keys.check(more)
    if not given.old_keys:
        _see_that_keys_are_the_newest(given, now)


def _see_that_keys_are_the_newest(given: Given, now: datetime) -> None:
    keys = given.keys.manifest
    missing = len(missing_keys(given))
    if missing:
        reason = say("{missing} keys with which the journal's texts were sealed are not in it", missing=missing)
    elif keys.made_at < given.journal.manifest.made_at:
        reason = say("it was saved on {day}, before the journal's file", day=keys.made_at.date())
    elif now - keys.made_at > KEYS_LAST:
        reason = say("it was saved on {day}, more than 30 days ago", day=keys.made_at.date())
    else:
        return
    raise KeysTooOld(keys=given.keys.path, reason=reason)


def missing_keys(given: Given) -> set[UUID]:
    """The keys that the journal's file knows, that the keys' file has not, and that nobody's forgetting explains."""
    there = {UUID(bytes=key) for key, _ in SECRET.iter_unpack(given.keys.whole(SECRETS))}
    named = {UUID(bytes=key) for key, _ in PAIR.iter_unpack(given.journal.whole(KEY_IDS))}
    return named - there - _gone(given)


def forgotten_since(given: Given) -> list[Forgetting]:
    """Those forgotten until the keys were saved, for the register of the restored system."""
    lines = [line.split() for line in given.keys.whole(FORGOTTEN).decode("ascii").splitlines()]
    return [Forgetting(datetime.fromisoformat(at), UUID(person), tuple(map(UUID, keys))) for at, person, *keys in lines]


def _gone(given: Given) -> set[UUID]:
    """The keys destroyed since, as the keys' file and the register say."""
    destroyed = given.keys.whole(DESTROYED)
    found = {UUID(bytes=destroyed[at : at + 16]) for at in range(0, len(destroyed), 16)}
    return found | {key for each in (*forgotten_since(given), *given.register) for key in each.keys}


def restore(connection: psycopg.Connection, given: Given, progress: Progress) -> Restored:
    """Load both files, forget again who was forgotten, and verify, in one transaction. The connection must not be in
    one; its role must own the tables.

    Raises NotEmpty, NotAsSealed, BackupUnreadable, KeyOfNoAdmin, SchemaNotOurs.
    """
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            connection.execute("lock table events in share row exclusive mode")
            if _restored_before(connection, given):
                return _answer(connection, given, None, again=True)
            _see_that_it_is_empty(connection)
            _load(connection, given, progress)
            if given.stated_key and not is_admins(connection, given.stated_key, datetime.now(UTC)):
                raise KeyOfNoAdmin(path=given.journal.path)
            _load_keys(connection, given)
            verdict = _verified(connection, given, progress)
            return _answer(connection, given, verdict)
    except errors.InsufficientPrivilege as error:
        reason = str(error.diag.message_primary or error)
        raise SchemaNotOurs(role=connection.info.user, reason=reason) from error
    finally:
        connection.isolation_level = None


def _restored_before(connection: psycopg.Connection, given: Given) -> bool:
    newest = connection.execute("select digest from restores order by at desc limit 1").fetchone()
    return newest is not None and newest[0] == given.journal.digest


def _see_that_it_is_empty(connection: psycopg.Connection) -> None:
    for table in (*KEPT, "person_keys"):
        if not columns_of(connection, table):
            continue
        (rows,) = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone() or (
            0,
        )
        if rows:
            raise NotEmpty(rows=rows, what=say("events") if table == "events" else say("rows in {table}", table=table))


def _load(connection: psycopg.Connection, given: Given, progress: Progress) -> None:
    about = given.journal.manifest
    connection.execute("update system set id = %s", (about.system,))
    for part in about.parts:
        if part.name != KEY_IDS:
            _copy(connection, given.journal, part, progress)
    top = connection.execute("select coalesce(max(position), 0) from events").fetchone()
    if top != (about.head,):
        reason = say("its manifest names {head} as the last position", head=about.head)
        raise BackupUnreadable(path=given.journal.path, reason=reason)
    for table in NUMBERED:
        if columns_of(connection, table):
            numbers = sql.SQL(
                "select setval(pg_get_serial_sequence({}, 'id'), max(id)) from {} having count(*) > 0"
            ).format(table, sql.Identifier(table))
            connection.execute(numbers)
    connection.execute(
        "insert into restores (made_at, head, digest) values (%s, %s, %s)",
        (about.made_at, about.head, given.journal.digest),
    )
    connection.execute("analyze events")


def _copy(connection: psycopg.Connection, backup: Backup, part: Part, progress: Progress) -> None:
    """Load a table. Columns that this program has and the backup has not take their defaults."""
    if part.name not in KEPT or not set(part.columns) <= set(columns_of(connection, part.name)):
        raise BackupIsNewer(path=backup.path, reason=say("it holds {name}", name=part.name))
    names = sql.SQL(", ").join(map(sql.Identifier, part.columns))
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(sql.Identifier(part.name), names)
    cursor, done = connection.cursor(), 0
    try:
        with cursor.copy(statement) as copy:
            for piece in backup.pieces(part.name):
                copy.write(piece)
                done += len(piece)
                progress(part.name, done, part.size)
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.InternalError) as error:
        raise _not_rows(backup, part, error) from None
    if cursor.rowcount != part.rows:
        raise _not_rows(backup, part, cursor.rowcount)


def _not_rows(backup: Backup, part: Part, error: object) -> BackupUnreadable:
    said = " ".join(str(error).split())
    return BackupUnreadable(
        path=backup.path, reason=say("its part {name} is damaged ({error})", name=part.name, error=said)
    )


def _load_keys(connection: psycopg.Connection, given: Given) -> None:
    """The keys that the journal's texts were sealed with, wrapped by this home's people key; without those of people
    who were forgotten."""
    sealed_with = dict(PAIR.iter_unpack(given.journal.whole(KEY_IDS)))
    gone = _gone(given) | {key for each in forgettings(connection) for key in each.keys}
    kept = [
        (key, secret)
        for key, secret in SECRET.iter_unpack(given.keys.whole(SECRETS))
        if sealed_with.get(key) == fingerprint(secret) and UUID(bytes=key) not in gone
    ]
    for some in _chunks(kept):
        connection.execute(
            "insert into person_keys (key, secret) select * from unnest(%s::uuid[], %s::bytea[])",
            ([UUID(bytes=key) for key, _ in some], [secret for _, secret in some]),
        )
    there = {key for key, _ in kept}
    texts = [(person, key) for person, key in PAIR.iter_unpack(given.keys.whole(TEXTS)) if key in there]
    for some in _chunks(texts):
        people, keys = zip(*some, strict=True)
        connection.execute(
            "insert into person_texts (person, key) select * from unnest(%s::uuid[], %s::uuid[])",
            ([UUID(bytes=person) for person in people], [UUID(bytes=key) for key in keys]),
        )
    for line in given.keys.whole(PASSWORDS).decode("ascii").splitlines():
        set_at, member, password = line.split()
        connection.execute(
            "insert into passwords values (%s, %s, %s)", (UUID(member), password, datetime.fromisoformat(set_at))
        )
    forget_again(connection, gone)
    if given.wrapping is not None:
        wrap_all(connection, given.wrapping)


def _chunks(pairs: Sequence[tuple[bytes, bytes]]) -> Iterator[Sequence[tuple[bytes, bytes]]]:
    for first in range(0, len(pairs), AT_ONCE):
        yield pairs[first : first + AT_ONCE]


def _verified(connection: psycopg.Connection, given: Given, progress: Progress) -> Verdict:
    verdict = verify(
        connection,
        key=given.verifier,
        anchors=given.anchors,
        progress=lambda done, total: progress("seal", done, total),
    )
    if not verdict.ok:
        raise NotAsSealed(findings="; ".join(finding.words.rstrip(".。") for finding in verdict.findings[:10]))
    return verdict


def _answer(connection: psycopg.Connection, given: Given, verdict: Verdict | None, *, again: bool = False) -> Restored:
    about = given.journal.manifest
    counted = "select count(secret), count(*) - count(secret) from person_keys"
    keys, destroyed = connection.execute(counted).fetchone() or (0, 0)
    return Restored(
        system=about.system,
        made_at=about.made_at,
        head=about.head,
        keys=keys,
        destroyed=destroyed,
        missing=len(missing_keys(given)),
        honest=bool(verdict and verdict.honest),
        notes=verdict.notes if verdict else [],
        again=again,
    )
