"""The composition root of a command: servers, journal, read models and who asks, for the time of the command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import psycopg

from api.access import Asker, NotSignedIn
from api.auth import Authenticator
from api.cli.embedded import Addresses, ServerError, locks, servers
from api.cli.logs import log_to_standard_error
from api.cli.noting import Noting
from api.cli.people_key import ready_people_key
from api.cli.seal_key import make_seal_key
from api.cli.settings import Settings
from api.moments import Calendar
from api.store import AccessLog
from domain.commands import Commands, command_type
from domain.decodable import decodable
from domain.errors import KamsError
from domain.journal.context import Context
from domain.journal.forgotten import Register
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import migrate, missing
from domain.journal.roles import SchemaNotOurs, Separation, as_role, separate, tables_made_by, without_rights
from domain.keys import RANDOM_BYTES, ApiKey, make_key, parse_key
from domain.member import KeyScope, Member, Role
from domain.rights import Newest
from projections import READ_MODELS
from projections.engine import Engine
from projections.engine.store import all_tables
from projections.members import admin_exists
from projections.publishing import Publication, publish
from projections.view import Reader

PACKAGES = (
    *("domain.journal", "projections.engine", "projections.forecasting", "projections.health_days"),
    *("projections.streams", "workers", "api"),
)
FIRST_ADMIN = uuid5(NAMESPACE_URL, "kams:first-admin")


class NotMigrated(KamsError):
    """The database lacks these migrations: {names}. Run `kams migrate`."""


class NoKey(KamsError):
    """No API key: set KAMS_KEY, or put the key into {path}. An admin makes one with `kams keys issue`."""


@dataclass(frozen=True)
class System:
    """Everything that a command may need."""

    settings: Settings
    addresses: Addresses
    journal: Journal
    engine: Engine
    reader: Reader
    commands: Commands
    newest: Newest
    calendar: Calendar
    noting: Noting = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "noting", Noting(AccessLog(self.journal.pool), self.journal.people))

    @property
    def register(self) -> Register:
        """Where those who were forgotten are registered, for restores."""
        return Register(self.settings.forgotten_path)

    def asker(self) -> Asker:
        """The member whose key the command line holds. Raises NoKey, NotSignedIn."""
        text = self.settings.key or _key_in(self.settings)
        asker = Authenticator(self.journal, self.newest).asker_with(text, datetime.now(UTC))
        self.noting.came(asker)
        return asker

    def owner_asks(self) -> None:
        """For what whoever owns the machine does without a key: he is noted by the one that is there, and one that is
        stated must be an admin's. Raises NotAllowed, NotSignedIn."""
        if self.settings.key:
            self.asker().must_be(Role.ADMIN)
            return
        with suppress(NoKey, NotSignedIn, OSError, UnicodeError):
            self.asker()


@contextmanager
def system(settings: Settings, *, want_valkey: bool = False) -> Iterator[System]:
    """The system as this command finds or starts it. The embedded database is brought up to date by itself; a
    company's own is only looked at."""
    log_to_standard_error()
    with ExitStack() as stack:
        addresses = stack.enter_context(servers(settings, want_valkey))
        _see_that_it_is_migrated(settings, addresses.database_url)
        if settings.database_url is None:  # from here on nobody may change what is recorded
            addresses = replace(addresses, database_url=as_role(addresses.database_url))
        embedded = settings.database_url is None
        people_key = ready_people_key(settings, addresses.database_url, make=embedded)
        journal = Journal(addresses.database_url, people_key=people_key)
        stack.callback(journal.close)
        engine = Engine(addresses.database_url, READ_MODELS, JournalMapper())
        stack.callback(engine.close)
        newest = Newest(journal)
        made = System(
            settings, addresses, journal, engine, Reader(journal, engine), Commands(journal), newest, Calendar(newest)
        )
        if embedded:
            make_first_admin(made)
            make_seal_key(settings, made.addresses.database_url)
        with made.noting.noted():
            yield made


class Made(NamedTuple):
    """The migrations applied, whether the program's role is separated from the owner of the tables, and whether the
    reporting views are there with their reader."""

    applied: list[str]
    separation: Separation
    publication: Publication


def make_tables(database_url: str) -> Made:
    """Bring the database to this program's schema, read models, reporting views and the rights of the program's role
    included.

    Raises SchemaNotOurs where the connected role does not own the tables.
    """
    try:
        applied = migrate(database_url, PACKAGES)
        engine = Engine(database_url, READ_MODELS, JournalMapper())
        try:
            engine.migrate()
        finally:
            engine.close()
    except psycopg.errors.InsufficientPrivilege as error:
        role = psycopg.conninfo.conninfo_to_dict(database_url).get("user", "")
        raise SchemaNotOurs(role=role, reason=str(error.diag.message_primary or error)) from error
    with psycopg.connect(database_url, autocommit=True) as connection:
        separation = separate(connection, tables_made_by(PACKAGES), all_tables(connection))
        return Made(applied, separation, publish(connection))


def _see_that_it_is_migrated(settings: Settings, database_url: str) -> None:
    try:
        with psycopg.connect(database_url) as connection:
            lacking = missing(connection, PACKAGES)
            if not lacking:
                lacking = _models_without_tables(connection)
            if not lacking and settings.database_url is None:
                lacking = without_rights(connection, [*tables_made_by(PACKAGES), *all_tables(connection)])
    except psycopg.OperationalError as error:
        raise ServerError(f"The database cannot be reached: {str(error).strip()}. Run `kams doctor`.") from error
    if lacking and settings.database_url is not None:
        raise NotMigrated(names=", ".join(lacking))
    if lacking:
        make_tables(database_url)


def _models_without_tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("select model, version from projections where not rebuilding")
    known = {(model, version) for model, version in found}
    return [f"{m.name} {m.version}" for m in READ_MODELS if (m.name, m.version) not in known]


def _key_in(settings: Settings) -> str:
    path = settings.home / "key"
    if not path.exists():
        raise NoKey(path=path)
    return path.read_text(encoding="ascii").strip()


def make_first_admin(made: System) -> bool:
    """The first start of an embedded system, or the migration of a company's own database, makes an admin where there
    is none and keeps his key in the home, readable by its owner alone. Whoever finds a key there already changes
    nothing; several at once make one; one killed in the middle is finished by the next."""
    path = made.settings.home / "key"
    if path.exists() or made.settings.key:
        return False
    if made.settings.database_url is not None and made.journal.streams.read(admin_exists):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(path.with_name("key.lock")):
        if path.exists():
            return False
        partial = path.with_name("key.new")
        key = _kept_key(partial)
        admin = made.newest.state(Member, FIRST_ADMIN)
        now = Context(at=datetime.now(UTC), actor=FIRST_ADMIN)
        if not admin.opened:
            _give(made, "invite", {"name": "First admin", "external_id": "admin"}, now)
        _give(made, "grant_role", {"role": Role.ADMIN}, now)
        if key.id not in admin.keys:
            scopes = [scope.value for scope in KeyScope]
            _give(made, "issue_key", {"key_id": key.id, "secret_hash": key.hash, "scopes": scopes}, now)
        partial.rename(path)
    return True


def _kept_key(path: Path) -> ApiKey:
    """The key that an interrupted start left, else a new one, in a file for its owner alone."""
    if path.exists():
        try:
            return parse_key(path.read_text(encoding="ascii").strip())
        except KamsError:
            path.unlink()
    key = make_key(os.urandom(RANDOM_BYTES))
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(key.text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _give(made: System, name: str, body: dict[str, object], context: Context, member: UUID = FIRST_ADMIN) -> None:
    typed = msgspec.convert(body, decodable(command_type(Member, name).body))
    made.commands.give(Member, member, name, typed, context)
