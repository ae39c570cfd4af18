"""The folder that keeps checkpoints and leaves: appended to, healed after a kill, never written anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from domain.seal.checkpoints import read_checkpoint
from domain.seal.kept import last_note, notes_in
from domain.seal.leaves import leaf_hashes
from domain.seal.merkle import root_of
from tests.workers.following import Company
from tests.workers.sealing import brought, sealed
from workers.anchor_folder import AnchorContradicts, FolderAnchor
from workers.anchors import Anchoring


@pytest.fixture
def connection(company: Company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "anchors"


def leaves_of(folder: Path) -> list[bytes]:
    content = (folder / "leaves.bin").read_bytes()
    assert len(content) % 32 == 0
    return [content[start : start + 32] for start in range(0, len(content), 32)]


def test_it_keeps_every_checkpoint_and_the_hash_of_every_event(company, connection, folder):
    anchor = FolderAnchor(folder)
    notes = []
    for _ in range(3):
        notes.append(sealed(company, connection))
        anchor.keep(connection, notes[-1])
    assert (folder / "checkpoints.txt").read_text() == "".join(notes)
    assert notes_in((folder / "checkpoints.txt").read_bytes()) == notes
    assert leaves_of(folder) == next(leaf_hashes(connection, 0, 9))
    assert [root_of(leaves_of(folder)[: 3 * n]) for n in (1, 2, 3)] == [read_checkpoint(note).root for note in notes]


def test_the_same_checkpoint_twice_is_kept_once(company, connection, folder):
    note = sealed(company, connection)
    FolderAnchor(folder).keep(connection, note)
    again = FolderAnchor(folder)
    again.keep(connection, note)
    again.keep(connection, note)
    assert (folder / "checkpoints.txt").read_text() == note
    assert again.reached(0) == 3


def test_another_process_that_wrote_there_is_noticed(company, connection, folder):
    one, other = FolderAnchor(folder), FolderAnchor(folder)
    notes = [sealed(company, connection) for _ in range(4)]
    for anchor, note in zip([one, other, one, other], notes, strict=True):
        anchor.keep(connection, note)
    assert notes_in((folder / "checkpoints.txt").read_bytes()) == notes
    assert len(leaves_of(folder)) == 12


@pytest.mark.parametrize("cut", [1, 40, 100, 200])
def test_a_note_that_was_half_written_is_finished(company, connection, folder, cut):
    first, second = sealed(company, connection), sealed(company, connection)
    FolderAnchor(folder).keep(connection, first)
    with (folder / "checkpoints.txt").open("a") as file:
        file.write(second[:cut])
    FolderAnchor(folder).keep(connection, second)
    assert (folder / "checkpoints.txt").read_text() == first + second


@pytest.mark.parametrize("more", [1, 31, 32, 33, 96])
def test_leaves_that_were_half_written_are_finished(company, connection, folder, more):
    first, second = sealed(company, connection), sealed(company, connection)
    FolderAnchor(folder).keep(connection, first)
    after = b"".join(next(leaf_hashes(connection, 3, 6)))
    with (folder / "leaves.bin").open("ab") as file:
        file.write(after[:more])
    FolderAnchor(folder).keep(connection, second)
    assert leaves_of(folder) == next(leaf_hashes(connection, 0, 6))


def test_zeros_that_a_power_cut_left_are_no_contradiction(company, connection, folder):
    first, second = sealed(company, connection), sealed(company, connection)
    FolderAnchor(folder).keep(connection, first)
    for name in ("checkpoints.txt", "leaves.bin"):
        with (folder / name).open("ab") as file:
            file.write(bytes(70))
    FolderAnchor(folder).keep(connection, second)
    assert notes_in((folder / "checkpoints.txt").read_bytes()) == [first, second]
    assert leaves_of(folder) == next(leaf_hashes(connection, 0, 6))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def do(connection: psycopg.Connection, statement: str) -> None:
    """What somebody with the database's password does."""
    with connection.transaction():
        connection.execute("set session_replication_role = replica")
        connection.execute(statement.encode())
        connection.execute("set session_replication_role = origin")


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("update events set state = state || '\\x00' where position = 5", "do not give the root of the first 6"),
        ("delete from events where position = 6", "no event at position 6"),
    ],
)
def test_an_event_that_was_changed_before_it_was_kept_is_refused(company, connection, folder, attack, said):
    first, second = sealed(company, connection), sealed(company, connection)
    anchor = FolderAnchor(folder)
    anchor.keep(connection, first)
    before = contents(folder)
    do(connection, attack)
    with pytest.raises(AnchorContradicts, match=said):
        anchor.keep(connection, second)
    assert contents(folder) == before


def test_history_that_was_rewritten_and_sealed_again_is_refused(company, connection, folder):
    note = sealed(company, connection)
    FolderAnchor(folder).keep(connection, note)
    do(connection, "delete from checkpoints")
    do(connection, "delete from seal_tiles")
    do(connection, "update events set state = state || '\\x00' where position = 2")
    again = sealed(company, connection)
    before = contents(folder)
    with pytest.raises(AnchorContradicts, match="do not give the root of the first 6"):
        FolderAnchor(folder).keep(connection, again)
    assert contents(folder) == before


def test_a_folder_that_is_ahead_of_the_journal_says_so(company, connection, folder):
    first, second = sealed(company, connection), sealed(company, connection)
    anchor = FolderAnchor(folder)
    anchor.keep(connection, first)
    anchor.keep(connection, second)
    with pytest.raises(AnchorContradicts, match="a checkpoint of 6 events, the journal's newest has 3"):
        FolderAnchor(folder).must_agree(first)
    with pytest.raises(AnchorContradicts, match="the journal has none"):
        FolderAnchor(folder).must_agree(None)
    FolderAnchor(folder).must_agree(second)


def test_a_folder_of_another_system_is_refused(company, connection, folder):
    anchor = FolderAnchor(folder)
    anchor.keep(connection, sealed(company, connection))
    do(connection, "delete from checkpoints")
    do(connection, "delete from seal_keys")
    connection.execute("update system set id = %s", (uuid4(),))
    with pytest.raises(AnchorContradicts, match="belongs to the system"):
        anchor.keep(connection, sealed(company, connection, 1))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("leaves.bin", lambda content: content[:40] + b"x" + content[41:]),
        ("leaves.bin", lambda content: content[:-1]),
        ("leaves.bin", lambda content: b""),
        ("checkpoints.txt", lambda content: content + b"something else\n"),
        ("leaves.bin", lambda content: content + b"x" * 32),
    ],
)
def test_a_folder_that_was_meddled_with_is_refused(company, connection, folder, name, change):
    anchor = FolderAnchor(folder)
    anchor.keep(connection, sealed(company, connection))
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    before = contents(folder)
    note = sealed(company, connection)
    with pytest.raises(AnchorContradicts):
        FolderAnchor(folder).keep(connection, note)
    assert contents(folder) == before


def test_a_file_that_never_was_one_of_notes_is_left_alone(company, connection, folder):
    folder.mkdir()
    (folder / "checkpoints.txt").write_bytes(b"my own notes\n" * 9_000)
    with pytest.raises(AnchorContradicts, match="does not end with a checkpoint"):
        FolderAnchor(folder).keep(connection, sealed(company, connection))
    assert (folder / "checkpoints.txt").read_bytes() == b"my own notes\n" * 9_000


def test_a_folder_that_was_emptied_is_filled_again(company, connection, folder):
    anchoring = Anchoring([FolderAnchor(folder)])
    notes = [sealed(company, connection) for _ in range(2)]
    assert brought(anchoring, connection) == [2]
    for path in folder.iterdir():
        path.unlink()
    assert brought(anchoring, connection) == [2]
    assert notes_in((folder / "checkpoints.txt").read_bytes()) == notes


def test_notes_are_found_in_whatever_kept_them(company, connection):
    note = sealed(company, connection)
    mail = f"Dear auditor,\r\n\r\n{note}\r\nyours, KAMS".replace("\n", "\r\n").replace("\r\r", "\r").encode()
    assert notes_in(mail) == [note]
    assert notes_in(b"\xff\xfe rubbish " + note.encode().rstrip()) == [note]
    assert notes_in(b"nothing") == []
    assert last_note(note.encode()[7:] + note.encode() + b"kams/") == (note, b"kams/")
    assert last_note(note.encode()[:50]) == (None, note.encode()[:50])
