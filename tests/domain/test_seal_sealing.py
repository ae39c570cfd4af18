"""Sealing goes on where it stopped, and only where everything agrees with the newest checkpoint."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.journal.append import APPEND, Append, arguments
from domain.journal.mapper import row_of
from domain.seal import sealing
from domain.seal.checkpoints import Checkpoint, origin_of, read_checkpoint
from domain.seal.leaves import EventUnreadable, PositionMissing
from domain.seal.merkle import root_of
from domain.seal.notes import SigningKey, is_signed
from domain.seal.sealing import (
    KeyOfAnotherSystem,
    SealDisagrees,
    SealedEventChanged,
    SealedEventsMissing,
    SealOfAnotherKey,
    SealOfAnotherSystem,
    SealUnreadable,
    newest,
    seal,
)
from tests.faults.seals import SECRET, Sealed
from tests.faults.writers import new_ledger


@pytest.fixture
def sealed(migrated_url: str) -> Iterator[Sealed]:
    sealed = Sealed(migrated_url)
    yield sealed
    sealed.close()


def contents(sealed: Sealed) -> list[tuple[object, ...]]:
    tiles = sealed.connection.execute("select level, index, hashes from seal_tiles order by 1, 2").fetchall()
    return [*tiles, *((note,) for note in sealed.notes())]


def test_a_journal_without_events_is_not_sealed(sealed: Sealed) -> None:
    assert sealed.seal() is None
    assert newest(sealed.connection) is None


def test_a_checkpoint_says_how_many_events_there_are_and_what_their_root_is(sealed: Sealed) -> None:
    sealed.record(3)
    note = sealed.seal()
    assert note == newest(sealed.connection)
    assert note is not None
    assert is_signed(note, sealed.key.verifier)
    assert read_checkpoint(note) == Checkpoint(
        system=sealing.system_id(sealed.connection),
        size=3,
        root=root_of(sealed.leaves()),
        at=datetime(2026, 11, 26, 9, 1, tzinfo=UTC),
    )
    assert sealed.seal() is None


def test_what_was_sealed_in_steps_is_what_is_sealed_at_once(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "STEP", 256)
    sealed.grow(1, 254, 1, 600)
    assert [read_checkpoint(note).size for note in sealed.notes()] == [1, 255, 256, 512, 768, 856]
    tiles = sealed.connection.execute("select * from seal_tiles order by 1, 2").fetchall()
    leaves = sealed.leaves()
    for note in sealed.notes():
        checkpoint = read_checkpoint(note)
        assert checkpoint.root == root_of(leaves[: checkpoint.size])
    sealed.attack("delete from seal_tiles")
    sealed.attack("delete from checkpoints")
    monkeypatch.setattr(sealing, "STEP", 65_536)
    sealed.seal()
    assert sealed.connection.execute("select * from seal_tiles order by 1, 2").fetchall() == tiles


def test_checkpoints_rise_in_time_when_the_clock_does_not(sealed: Sealed) -> None:
    moments = iter([datetime(2026, 11, 26, 9, tzinfo=UTC), datetime(2026, 11, 26, 8, tzinfo=UTC)])
    for _ in range(2):
        sealed.record(2)
        seal(sealed.connection, sealed.key, lambda: next(moments))
    first, second = (read_checkpoint(note).at for note in sealed.notes())
    assert second == first + timedelta(microseconds=1)


def forge_newest(sealed: Sealed, note: str) -> None:
    sealed.attack("update checkpoints set note = %s where size = 300", note)


def other_checkpoint(sealed: Sealed, **changes: object) -> str:
    old = read_checkpoint(sealed.notes()[-1])
    values = {"system": old.system, "size": old.size, "root": old.root, "at": old.at, **changes}
    return sealed.key.sign(Checkpoint(**values).text)  # type: ignore[arg-type]


REFUSED = {
    "another key": (
        lambda s: setattr(s, "key", SigningKey(s.key.verifier.name, bytes(32))),
        SealOfAnotherKey,
        "not signed by the key",
    ),
    "a key of another system": (
        lambda s: setattr(s, "key", SigningKey(origin_of(UUID(int=1)), SECRET)),
        KeyOfAnotherSystem,
        "signs for kams/00000000-0000-0000-0000-000000000001",
    ),
    "a checkpoint of another system": (
        lambda s: forge_newest(s, other_checkpoint(s, system=UUID(int=1))),
        SealOfAnotherSystem,
        "belongs to system 00000000",
    ),
    "rubbish": (lambda s: forge_newest(s, "rubbish"), SealUnreadable, "of 300 events, cannot be read"),
    "another size": (lambda s: forge_newest(s, other_checkpoint(s, size=299)), SealDisagrees, "of 300 events"),
    "another root": (lambda s: forge_newest(s, other_checkpoint(s, root=bytes(32))), SealDisagrees, "of 300 events"),
    "a changed tile": (
        lambda s: s.attack(
            "update seal_tiles set hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1) where (level, index) = (0, 1)"
        ),
        SealDisagrees,
        "of 300 events",
    ),
    "a missing tile": (lambda s: s.attack("delete from seal_tiles where level = 1"), SealDisagrees, "of 300 events"),
    "a longer tile": (
        lambda s: s.attack("update seal_tiles set hashes = hashes || hashes where (level, index) = (0, 1)"),
        SealDisagrees,
        "of 300 events",
    ),
    "a tile too many": (
        lambda s: (s.record(300), s.attack("insert into seal_tiles values (0, 2, %s)", bytes(32))),
        SealDisagrees,
        "of 300 events",
    ),
    "missing events": (
        lambda s: s.attack("delete from events where position > 250"),
        SealedEventsMissing,
        "seals 300 events, but the journal holds only 250",
    ),
    "another last event": (
        lambda s: s.attack("update events set state = 'x' where position = 300"),
        SealedEventChanged,
        "event at position 300",
    ),
    "a gap": (lambda s: s.attack("delete from events where position = 301"), PositionMissing, "position 301"),
    "an unreadable event": (
        lambda s: s.attack("update events set version = -1 where position = 302"),
        EventUnreadable,
        "event at position 302",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_nothing_is_sealed_that_does_not_agree_with_the_newest_checkpoint(sealed: Sealed, what: str) -> None:
    sealed.grow(300)
    sealed.record(3)
    spoil, refusal, words = REFUSED[what]
    spoil(sealed)
    before = contents(sealed)
    with pytest.raises(refusal, match=words):
        sealed.seal()
    assert contents(sealed) == before


def test_an_error_of_the_server_stays_what_it_is(sealed: Sealed) -> None:
    sealed.record(1)
    sealed.connection.execute("alter table seal_tiles add check (level > 7)")
    with pytest.raises(psycopg.errors.CheckViolation):
        sealed.seal()


def test_a_full_last_tile_may_not_be_followed_by_another(sealed: Sealed) -> None:
    sealed.grow(256)
    sealed.record(1)
    sealed.attack("insert into seal_tiles values (0, 1, %s)", bytes(32))
    with pytest.raises(SealDisagrees):
        sealed.seal()


def test_what_is_not_committed_is_not_sealed_and_nothing_is_left_out(sealed: Sealed) -> None:
    sealed.grow(5)
    rows = [row_of(fact) for fact in new_ledger(2)]
    with psycopg.connect(sealed.url) as open_append:
        open_append.execute(APPEND, arguments([Append(uuid4(), b"", rows, {rows[0].originator_id: 0})]))  # type: ignore[dict-item]
        assert sealed.seal() is None
    note = sealed.seal()
    assert note is not None
    assert read_checkpoint(note).size == 8
    assert sealed.verify(sealed.anchor(leaves=True)).honest
