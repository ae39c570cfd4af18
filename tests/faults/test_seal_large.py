"""More events than are hashed at once: what happens where one part ends and the next begins."""

from collections.abc import Iterator

import psycopg
import pytest

from domain.seal.checkpoints import read_checkpoint
from domain.seal.findings import FindingKind
from domain.seal.leaves import STEP
from tests.faults.seals import Sealed, copied, found, grown_once

EVENTS = STEP + 1_000
CHANGED, REMOVED, INSERTED = FindingKind.CHANGED, FindingKind.REMOVED, FindingKind.INSERTED
REORDERED, TAIL, TILES = FindingKind.REORDERED, FindingKind.TAIL_MISSING, FindingKind.TILES
COLUMNS = "position, recorded_at, aggregate_id, command_id, version, topic, command_digest, state"
CHANGE = "update events set state = state || 'x' where position in (%s, %s, %s)"
DELETE = "delete from events where position in (%s, %s, %s)"
SWAP = "update events set position = %s - position where position in (%s, %s)"


def grow(sealed: Sealed) -> None:
    sealed.connection.execute(
        "insert into events (position, recorded_at, version, aggregate_id, command_id, topic, state)"
        " select n, '2026-01-01Z'::timestamptz + n * interval '1 ms', 1, gen_random_uuid(), gen_random_uuid(), 'x',"
        f" n::text::bytea from generate_series(1, {EVENTS}) n".encode()
    )
    sealed.seal()


@pytest.fixture(scope="module")
def large(postgres_url: str, migrated_template: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """The name of a database with a sealed journal, to clone."""
    yield from grown_once(postgres_url, migrated_template, next(fresh_names), grow)


@pytest.fixture
def sealed(postgres_url: str, large: str, fresh_names: Iterator[str]) -> Iterator[Sealed]:
    yield from copied(postgres_url, large, next(fresh_names))


def test_a_large_journal_is_sealed_in_steps_and_in_order(sealed: Sealed) -> None:
    assert [read_checkpoint(note).size for note in sealed.notes()] == [STEP, EVENTS]
    for leaves in (True, False):
        verdict = sealed.verify(sealed.anchor(leaves))
        assert (verdict.honest, verdict.findings) == (True, [])


@pytest.mark.parametrize("leaves", [True, False], ids=["leaf hashes kept", "checkpoints kept"])
def test_changes_on_both_sides_of_the_seam_are_named(sealed: Sealed, leaves: bool) -> None:
    anchor = sealed.anchor(leaves)
    sealed.attack(CHANGE, STEP, STEP + 1, EVENTS)
    assert found(sealed.verify(anchor)) == [(CHANGED, STEP, STEP + 1), (CHANGED, EVENTS, EVENTS)]


@pytest.mark.parametrize("leaves", [True, False], ids=["leaf hashes kept", "checkpoints kept"])
def test_gaps_on_both_sides_of_the_seam_are_named(sealed: Sealed, leaves: bool) -> None:
    anchor = sealed.anchor(leaves)
    sealed.attack(DELETE, STEP, STEP + 1, 7)
    assert found(sealed.verify(anchor)) == [(REMOVED, 7, 7), (REMOVED, STEP, STEP + 1)]


@pytest.mark.parametrize("first", [7, STEP - 1, STEP, STEP + 1])
def test_events_removed_and_closed_up_are_named_beyond_the_seam(sealed: Sealed, first: int) -> None:
    anchor = sealed.anchor(leaves=False)
    sealed.attack("delete from events where position >= %s and position < %s", first, first + 2)
    sealed.move(first + 2, -2)
    sealed.attack("update events set state = 'x' where position = %s", EVENTS - 3)
    assert found(sealed.verify(anchor)) == [(REMOVED, first, first + 1), (CHANGED, EVENTS - 1, EVENTS - 1)]


@pytest.mark.parametrize("first", [7, STEP, STEP + 1])
def test_events_inserted_are_named_beyond_the_seam(sealed: Sealed, first: int) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.move(first, 1)
    sealed.attack(
        f"insert into events ({COLUMNS}) select %s, recorded_at, gen_random_uuid(), command_id, 1, topic, null, 'y'"
        " from events where position = %s",
        first,
        first - 1,
    )
    sealed.attack("update events set state = 'x' where position = %s", EVENTS + 1)
    assert found(sealed.verify(anchor)) == [(INSERTED, first, first), (CHANGED, EVENTS, EVENTS)]


def test_an_event_moved_over_the_seam_is_named(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.attack("update events set position = 0 where position = 7")
    sealed.attack("update events set position = -position where position > 7 and position <= %s", STEP + 5)
    sealed.attack("update events set position = -position - 1 where position < 0")
    sealed.attack("update events set position = %s where position = 0", STEP + 5)
    assert (REORDERED, 7, STEP + 5) in found(sealed.verify(anchor))
    assert {kind for kind, _, _ in found(sealed.verify(anchor))} == {REORDERED}


def test_the_tail_is_missed_over_the_seam(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.attack("delete from events where position >= %s", STEP)
    assert found(sealed.verify(anchor)) == [(TAIL, STEP, EVENTS)]


def test_checkpoints_of_events_and_tiles_that_are_all_gone_are_heard(sealed: Sealed) -> None:
    sealed.attack("delete from events where position > 100")
    sealed.attack("delete from seal_tiles")
    assert found(sealed.verify()) == [(TILES, 1, EVENTS), (TAIL, 101, EVENTS)]


OTHER = "set_byte(hashes, 33, get_byte(hashes, 33) # 1)"  # whatever the byte was


@pytest.mark.parametrize(
    ("sql", "first", "last"),
    [
        (f"update seal_tiles set hashes = {OTHER} where (level, index) = (1, 0)", 257, 512),
        (f"update seal_tiles set hashes = {OTHER} where (level, index) = (2, 0)", 1, STEP),
        ("delete from seal_tiles where level = 2", 1, STEP),
    ],
)
def test_damage_high_in_the_tree_is_named(sealed: Sealed, sql, first: int, last: int) -> None:
    sealed.attack(sql.replace("33", "3") if "(2, 0)" in sql else sql)
    assert (TILES, first, last) in found(sealed.verify())


def test_a_tile_missing_in_the_middle_is_named_and_events_are_compared_as_far_as_possible(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=False)
    sealed.attack("delete from seal_tiles where (level, index) = (0, 9)")
    verdict = sealed.verify(anchor)
    assert (TILES, 1, STEP) in found(verdict)
    assert {kind for kind, _, _ in found(verdict)} == {TILES}


def test_a_million_empty_positions_are_passed_over(sealed: Sealed) -> None:
    with psycopg.connect(sealed.url, autocommit=True) as connection:
        connection.execute(
            f"insert into events ({COLUMNS}) select position + 100000000, recorded_at + interval '1 day',"
            " gen_random_uuid(), command_id, 1, topic, null, state from events where position = 9"
        )
    assert found(sealed.verify()) == [(REMOVED, EVENTS + 1, 100_000_008)]
