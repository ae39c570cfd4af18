"""What commands write is a file with a name that was free or may be replaced; anything else is left as it is."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from api import files
from api.backup.saving import Files, files_of, save
from api.files import FileThere, NoSuchFolder, NotAFile, NotAFolder, NotWritten, new_file, told, whole
from api.importing.refusals import write_refusals
from tests.faults.backups import Ours


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(found := tmp_path / "pipe")
    return found


@pytest.fixture
def ours(database_url: str) -> Iterator[Ours]:
    company = Ours(database_url)
    yield company
    company.close()


def write(path: Path, *, force: bool = True) -> None:
    with new_file(path, force=force) as file:
        file.write(b"new")


def test_a_file_may_be_new_or_replaced_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write(path, force=False)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    path.write_text("old")
    with pytest.raises(FileThere):
        write(path, force=False)
    assert path.read_text() == "old"
    write(path)
    (link := tmp_path / "link").symlink_to(path)
    with whole(link) as file:
        file.write(b"by its link")
    assert (link.is_symlink(), path.read_bytes()) == (True, b"by its link")


def test_what_is_no_file_is_never_replaced(tmp_path: Path, pipe: Path) -> None:
    (folder := tmp_path / "folder").mkdir()
    (gone := tmp_path / "gone").symlink_to(tmp_path / "nothing")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, what in (
            (pipe, "a pipe or a socket"),
            (tmp_path / "socket", "a pipe or a socket"),
            (folder, "a folder"),
            (gone, "a link to what is not there"),
        ):
            before = os.lstat(path)
            said = f"is there and is no file, but {what}"
            for force in (True, False):
                with pytest.raises(NotAFile, match=said):
                    write(path, force=force)
            with pytest.raises(NotAFile, match=said):
                write_refusals(path, [])
            assert os.lstat(path).st_ino == before.st_ino
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "socket", "folder", "gone"}
    assert files._what(Path(os.devnull)) == "a device"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, pipe: Path) -> None:
    for path in (tmp_path / "nope" / "x.json", pipe / "x.json"):
        with pytest.raises(NoSuchFolder, match=f"There is no folder {path.parent}"):
            write(path)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "no room is left on the disk"),
        (errno.EACCES, "you may not write there"),
        (errno.EROFS, "you may not write there"),
        (errno.ENAMETOOLONG, "File name too long"),
    ],
)
def test_what_the_system_refuses_is_one_line_and_nothing_is_left(tmp_path: Path, number: int, reason: str) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(NotWritten) as refused, whole(path):
        raise OSError(number, os.strerror(number))
    assert str(refused.value) == f"{path} cannot be written: {reason}. Nothing was left there."
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="File name too long"):
        write(tmp_path / ("x" * 300))


def test_faults_of_something_else_are_not_blamed_on_the_file(tmp_path: Path) -> None:
    for error in (
        ConnectionResetError(errno.ECONNRESET, "reset"),
        PermissionError(errno.EACCES, "no", "/elsewhere/key"),
    ):
        with pytest.raises(type(error)), told(tmp_path / "a.txt"):
            raise error


def test_a_backup_goes_into_a_folder_or_a_file_and_nowhere_else(ours: Ours, tmp_path: Path, pipe: Path) -> None:
    now = datetime.now(UTC)

    def saved(wanted: Files) -> None:
        with psycopg.connect(ours.url, autocommit=True) as connection:
            save(connection, wanted, ours.journal.people.wrapping, now, lambda *_: None)

    with pytest.raises(NotAFolder, match=f"{pipe} is there and is no folder"):
        saved(files_of(pipe, now, folder=True))
    with pytest.raises(NotAFile, match="a pipe or a socket"):
        saved(files_of(pipe, now, folder=False))
    with pytest.raises(NotWritten, match="Not a directory"):
        saved(files_of(pipe / "deeper" / "still", now, folder=True))
    (tmp_path / "a.journal.keys").mkdir()
    with pytest.raises(NotAFile, match="a folder"):
        saved(files_of(tmp_path / "a.journal", now, folder=False))
    assert pipe.is_fifo()
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "a.journal.keys"}
