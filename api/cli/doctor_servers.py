"""The doctor's round: settings, folders, servers, and what lies in the database, each as far as it can be reached."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
import redis

from api.checks import Check
from api.cli import doctor_database as database
from api.cli import doctor_seal
from api.cli.doctor_mail import check_mail
from api.cli.doctor_people import check_people_key
from api.cli.doctor_seal import seal_checks
from api.cli.doctor_sign_in import check_sign_in
from api.cli.embedded import EmbeddedServers, Running, ServerError, servers
from api.cli.embedded.place import SYSTEM_FOLDER, find_place
from api.cli.settings import Settings
from domain.journal.roles import as_role
from domain.keys import NotAKey, parse_key
from domain.language.catalogue import say

PATIENCE_SECONDS = 5
LEAST_FREE = 1 << 30  # bytes
LOW_FREE, LOW_SHARE = 10 << 30, 0.05
OLDEST_REDIS = (6, 2)
BEHIND_DATABASE = (
    "database_version",
    "schema",
    "append_only",
    "database_role",
    "restored",
    "listen",
    "clock",
    "workers",
    "read_models",
    "feed",
    "deliveries",
    *doctor_seal.BEHIND_DATABASE,
    "mail",
)


@dataclass
class Examined:
    """What was found so far, and the addresses that were used."""

    checks: list[Check] = field(default_factory=list)
    database_url: str | None = None
    redis_url: str | None = None

    def look(self, name: str, check: Callable[[], Check], remedy: str = "") -> bool:
        """Make a check; one that cannot be made has failed."""
        try:
            found = check()
        except Exception as error:  # noqa: BLE001 the doctor reports what he did not foresee, and goes on
            reason = " ".join(str(error).split()) or "no further word"
            found = Check(name, ok=False, found=f"{type(error).__name__}: {reason}", remedy=remedy)
        self.checks.append(found)
        return found.ok


def examine(settings: Settings, clock: Callable[[], datetime]) -> Examined:
    """Look at everything that there is to look at."""
    examined = Examined(database_url=settings.database_url, redis_url=settings.redis_url)
    examined.look("settings", lambda: check_settings(settings))
    examined.look("home", lambda: check_home(settings.home), "Set KAMS_HOME to a folder of your own.")
    examined.look("disk", lambda: check_disk(folders_of(settings)), "Set KAMS_HOME to a folder that can be read.")
    examined.look("key", lambda: check_key(settings), "Make the key readable for you alone, or set KAMS_KEY.")
    with ExitStack() as stack:
        if None in (settings.database_url, settings.redis_url):
            examined.look("embedded_servers", lambda: _start(settings, examined, stack), "Read the message above.")
        _examine_database(settings, examined, clock)
        _examine_redis(examined)
    return examined


def check_settings(settings: Settings) -> Check:
    """Which servers are to be used: two of the company's, or two embedded ones."""
    words = {True: "embedded", False: "the company's"}
    found = say(
        "database: {database}; Valkey: {valkey}",
        database=words[settings.database_url is None],
        valkey=words[settings.redis_url is None],
    )
    return Check("settings", ok=True, found=say("{found}; home {home}", found=found, home=settings.home))


def check_home(home: Path) -> Check:
    """Whether the home can be written to."""
    import os

    nearest = existing(home)
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Check(
            "home", ok=True, found=f"{home}" if home.exists() else say("{home}, made when it is needed", home=home)
        )
    remedy = say("Start kams as the owner of {nearest}, or set KAMS_HOME to a folder of your own.", nearest=nearest)
    return Check("home", ok=False, found=say("{nearest} cannot be written to", nearest=nearest), remedy=remedy)


def existing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())


def folders_of(settings: Settings) -> list[Path]:
    """The folders that grow: the home, and where the embedded servers keep their data."""
    found = [existing(settings.home)]
    if settings.home.exists() and None in (settings.database_url, settings.redis_url):
        found.append(find_place(settings.home, SYSTEM_FOLDER, lambda _: None).folder)
    return list(dict.fromkeys(found))


def check_disk(folders: Iterable[Path], least_free: int = LEAST_FREE) -> Check:
    """Whether the folders' disks have room: `least_free` bytes, and more where the disk is large."""
    tight, seen = [], []
    for folder in folders:
        usage = shutil.disk_usage(folder)
        text = say(
            "{folder}: {free:.1f} of {total:.1f} GiB free",
            folder=folder,
            free=usage.free / (1 << 30),
            total=usage.total / (1 << 30),
        )
        seen.append(text)
        if usage.free < least_free or (usage.free < LOW_FREE and usage.free < LOW_SHARE * usage.total):
            tight.append(text)
    if tight:
        remedy = "Free some room or enlarge the disk: when it is full, nothing more can be recorded."
        return Check("disk", ok=False, found="; ".join(tight), remedy=remedy)
    return Check("disk", ok=True, found="; ".join(seen))


def check_key(settings: Settings) -> Check:
    """Whether the key file is a key, and its owner's alone."""
    path = settings.home / "key"
    if settings.key:
        return _key_like(settings.key, "in KAMS_KEY")
    if not path.exists():
        if settings.database_url is None:
            return Check("key", ok=True, found=say("no key in {path}: the first command makes one", path=path))
        remedy = say(
            "Set KAMS_KEY or put a key into {path}; in an empty database `kams migrate` makes the first admin's.",
            path=path,
        )
        return Check("key", ok=False, found=say("no key in {path}, and KAMS_KEY is not set", path=path), remedy=remedy)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        remedy = say("chmod 600 {path}. If others may have read it: kams keys issue, then kams keys revoke.", path=path)
        return Check(
            "key",
            ok=False,
            found=say("{path} may be read by others (mode {mode:04o})", path=path, mode=mode),
            remedy=remedy,
        )
    return _key_like(path.read_text(encoding="utf-8", errors="replace"), say("in {path}", path=path))


def _key_like(text: str, where: str) -> Check:
    try:
        return Check("key", ok=True, found=say("key {id} {where}", id=parse_key(text).id, where=where))
    except NotAKey:
        remedy = "Put a key there as `kams keys issue` printed it."
        return Check("key", ok=False, found=say("what is {where} is not a key", where=where), remedy=remedy)


# Servers


def _start(settings: Settings, examined: Examined, stack: ExitStack) -> Check:
    """Use the embedded servers that run, and start the others for the time of the examination."""
    before = EmbeddedServers(settings).running()
    try:
        addresses = stack.enter_context(servers(settings))
    except ServerError as error:
        remedy = "The message says what to do; the servers' logs lie beside their data."
        return Check("embedded_servers", ok=False, found=str(error), remedy=remedy)
    examined.database_url, examined.redis_url = addresses.database_url, addresses.redis_url
    if settings.database_url is None:
        examined.database_url = _as_the_program(addresses.database_url)
    return Check("embedded_servers", ok=True, found=_state(settings, before))


def _as_the_program(url: str) -> str:
    """The address with which commands work; before the first of them that role is not there."""
    with suppress(psycopg.OperationalError), psycopg.connect(as_role(url)):
        return as_role(url)
    return url


def _state(settings: Settings, before: Running) -> str:
    words = {True: say("running"), False: say("did not run: started for this examination only")}
    states = {"PostgreSQL": (settings.database_url, before.postgres), "Valkey": (settings.redis_url, before.valkey)}
    return "; ".join(f"{name} {words[ran]}" for name, (url, ran) in states.items() if url is None)


def _examine_database(settings: Settings, examined: Examined, clock: Callable[[], datetime]) -> None:
    url = examined.database_url
    reached = url is not None and examined.look("database", lambda: _reach(url), _how_to_reach(settings))
    if url is None:
        found = "the embedded PostgreSQL did not start"
        examined.checks.append(Check("database", ok=False, found=found, remedy="Mend `embedded_servers` first."))
    if not (reached and url):
        for name in BEHIND_DATABASE:
            examined.checks.append(
                Check(
                    name,
                    ok=False,
                    found="not looked at: the database is not reachable",
                    remedy="Mend `database` first.",
                )
            )
        return
    examined.look("sign_in", lambda: check_sign_in(settings), "Mend KAMS_OIDC_ISSUER.")
    embedded = settings.database_url is None
    with _connected(url) as connection:
        examined.look("database_version", lambda: database.check_version(connection), "Ask the database's keeper.")
        examined.look("clock", lambda: database.check_clock(connection, clock), "Set the clocks of both machines.")
        examined.look("listen", lambda: database.check_listen(url), database.NO_POOLER)
        migrated = examined.look("schema", lambda: database.check_schema(connection, embedded=embedded), "kams migrate")
        checks = {
            **database.behind_schema(connection, url, embedded=embedded),
            "people_key": lambda: check_people_key(connection, settings),
            **seal_checks(connection, settings),
            "mail": lambda: check_mail(connection, settings),
        }
        for name, check in checks.items():
            if migrated and database.has_tables(connection):
                examined.look(name, check, "Run `kams migrate`, then `kams doctor` again.")
            else:
                examined.checks.append(_without_tables(name, migrated))


def _without_tables(name: str, fine: bool) -> Check:
    if fine:
        return Check(name, ok=True, found="nothing there yet: the first command makes the tables")
    return Check(name, ok=False, found="not looked at: tables are missing", remedy="Mend `schema` first.")


def _how_to_reach(settings: Settings) -> str:
    if settings.database_url is None:
        return "See the log of PostgreSQL in the home."
    return "Start the database, or correct KAMS_DATABASE_URL: host, port, name, user, password, firewall."


def _reach(url: str) -> Check:
    with _connected(url) as connection:
        info = connection.info
        return Check(
            "database",
            ok=True,
            found=say(
                "{dbname} at {host} as {user}", dbname=info.dbname, host=info.host or "this machine", user=info.user
            ),
        )


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True, connect_timeout=PATIENCE_SECONDS) as connection:
        connection.execute(f"set statement_timeout = '{PATIENCE_SECONDS}s'")
        yield connection


def _examine_redis(examined: Examined) -> None:
    url = examined.redis_url
    if url is None:
        found = "the embedded Valkey did not start"
        examined.checks.append(Check("redis", ok=False, found=found, remedy="Mend `embedded_servers` first."))
        return
    how = "Start Valkey, or correct KAMS_REDIS_URL. Without it commands and read models go on; tasks wait."
    examined.look("redis", lambda: _reach_redis(url), how)


def _reach_redis(url: str) -> Check:
    """Whether Valkey answers and is new enough."""
    options = {} if url.startswith("unix") else {"socket_connect_timeout": PATIENCE_SECONDS}
    with redis.Redis.from_url(url, socket_timeout=PATIENCE_SECONDS, decode_responses=True, **options) as valkey:
        told: dict[str, str] = valkey.info("server")
    kind = "valkey" if "valkey_version" in told else "redis"
    version = str(told[f"{kind}_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        remedy = say(
            "Upgrade to Valkey, or to Redis {major}.{minor} or later.",
            major=OLDEST_REDIS[0],
            minor=OLDEST_REDIS[1],
        )
        return Check(
            "redis", ok=False, found=say("{kind} {version} is too old", kind=kind, version=version), remedy=remedy
        )
    return Check("redis", ok=True, found=f"{kind} {version}")
