"""A verification says what is in order, what is not, and what it could not say."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from domain.seal.checkpoints import origin_of, read_checkpoint
from domain.seal.findings import MOST_FINDINGS, Anchored, FindingKind, Findings
from domain.seal.merkle import root_of
from domain.seal.notes import SigningKey
from domain.seal.verifying import verify
from tests.faults.seals import SECRET, WHERE, Sealed, copied, found, grown_once

DISHONEST = (
    "Order is proven, honesty is not: whoever holds the database and the key can rewrite everything. Give a checkpoint"
    " that was kept elsewhere."
)
CHANGED, REMOVED, INSERTED = FindingKind.CHANGED, FindingKind.REMOVED, FindingKind.INSERTED
TAIL, TILES, CHECKPOINT = FindingKind.TAIL_MISSING, FindingKind.TILES, FindingKind.CHECKPOINT
CLOCK, ANCHOR = FindingKind.CLOCK, FindingKind.ANCHOR
WRONG_KEY, OTHER_SYSTEM = FindingKind.WRONG_KEY, FindingKind.OTHER_SYSTEM


@pytest.fixture(scope="module")
def grown(postgres_url: str, migrated_template: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """300 events in three appends, each sealed."""
    yield from grown_once(postgres_url, migrated_template, next(fresh_names), lambda it: it.grow(100, 150, 50))


@pytest.fixture
def sealed(postgres_url: str, grown: str, fresh_names: Iterator[str]) -> Iterator[Sealed]:
    yield from copied(postgres_url, grown, next(fresh_names))


def changed_note(sealed: Sealed, number: int, key: SigningKey | None = None, **changes: object) -> str:
    checkpoint = msgspec.structs.replace(read_checkpoint(sealed.notes()[number]), **changes)
    return (key or sealed.key).sign(checkpoint.text)


# What is in order


def test_a_journal_that_agrees_with_a_kept_checkpoint_is_honest(sealed: Sealed) -> None:
    verdict = sealed.verify(sealed.anchor(leaves=False))
    assert (verdict.ok, verdict.honest, verdict.findings, verdict.notes, verdict.more) == (True, True, [], [], 0)
    assert (verdict.size, verdict.head, verdict.checkpoint) == (300, 300, sealed.notes()[-1])
    assert verdict.root == root_of(sealed.leaves())


def test_without_a_kept_checkpoint_it_is_in_order_and_not_called_honest(sealed: Sealed) -> None:
    verdict = sealed.verify()
    assert (verdict.ok, verdict.honest, verdict.notes) == (True, False, [DISHONEST])


def test_one_old_kept_checkpoint_suffices(sealed: Sealed) -> None:
    assert sealed.verify(Anchored(sealed.notes()[:1], None, WHERE)).honest


def test_an_anchor_without_checkpoints_proves_nothing(sealed: Sealed) -> None:
    verdict = sealed.verify(Anchored([], None, WHERE))
    assert (verdict.ok, verdict.honest) == (True, False)


def test_what_is_not_sealed_yet_is_said_and_is_no_fault(sealed: Sealed) -> None:
    sealed.record(7)
    verdict = sealed.verify(sealed.anchor(leaves=True))
    assert (verdict.honest, verdict.size, verdict.head) == (True, 300, 307)
    assert verdict.notes == ["7 events after the newest checkpoint are not sealed yet."]
    assert verdict.root == root_of(sealed.leaves()[:300])


def test_a_journal_that_was_never_sealed_has_nothing_to_be_wrong(migrated_url: str) -> None:
    sealed = Sealed(migrated_url)
    verdict = sealed.verify()
    assert (verdict.ok, verdict.honest, verdict.head, verdict.root, verdict.checkpoint) == (True, False, 0, None, None)
    assert verdict.notes == ["Nothing is sealed yet.", DISHONEST]
    sealed.record(3)
    assert (sealed.verify().ok, sealed.verify().head) == (True, 3)
    sealed.close()


def test_without_a_key_roots_are_compared_and_signatures_are_not(sealed: Sealed) -> None:
    other = SigningKey(sealed.key.verifier.name, bytes(32))
    anchor = Anchored([changed_note(sealed, 2, other)], None, WHERE)
    verdict = verify(sealed.connection, key=None, anchors=[anchor])
    assert (verdict.honest, verdict.notes) == (True, ["Signatures were not looked at: no key was given."])


def test_it_reads_one_state_and_cannot_write_and_tells_how_far_it_is(sealed: Sealed) -> None:
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        modes = sealed.connection.execute(
            "select current_setting('transaction_read_only'), current_setting('transaction_isolation')"
        )
        assert modes.fetchone() == ("on", "repeatable read")

    verify(sealed.connection, key=None, progress=progress)
    assert told == [(300, 300)]


# Events


def test_an_event_before_the_first_position_was_inserted(sealed: Sealed) -> None:
    sealed.attack(
        "insert into events select n, recorded_at, gen_random_uuid(), command_id, 1, topic, null, state"
        " from events, generate_series(-1, 0) n where position = 1"
    )
    verdict = sealed.verify(sealed.anchor(leaves=False))
    assert found(verdict) == [(INSERTED, 0, 0)]
    assert verdict.findings[0].words == "2 events stand before position 1: they were inserted."


def test_an_event_far_away_is_found_at_once(sealed: Sealed) -> None:
    far = 10**15
    sealed.attack(
        "insert into events select %s, recorded_at, gen_random_uuid(), command_id, 1, topic, null, state"
        " from events where position = 300",
        far,
    )
    assert found(sealed.verify(sealed.anchor(leaves=False))) == [(REMOVED, 301, far - 1)]


def test_a_gap_among_events_that_are_not_sealed_yet_is_named(sealed: Sealed) -> None:
    sealed.record(10)
    anchor = sealed.anchor(leaves=False)
    sealed.attack("delete from events where position in (301, 305, 306)")
    assert found(sealed.verify(anchor)) == [(REMOVED, 301, 301), (REMOVED, 305, 306)]


def test_what_cannot_be_right_is_named_before_it_is_sealed(
    sealed: Sealed,
) -> None:
    sealed.record(4, 4)
    sealed.attack("update events set recorded_at = recorded_at - interval '1 day' where position > 304")
    sealed.attack("update events set version = -1 where position = 307")
    verdict = sealed.verify(Anchored(sealed.notes(), None, WHERE))
    assert found(verdict) == [(CLOCK, 305, 305), (CHANGED, 307, 307)]
    assert [finding.words for finding in verdict.findings] == [
        "Event 305 was recorded before the event before it: a clock ran backwards.",
        "The event at position 307 cannot be sealed: a column holds what no event holds.",
    ]


def test_many_findings_are_counted_beyond_a_limit(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.attack("update events set state = state || 'x' where position % 2 = 0")
    verdict = sealed.verify(anchor)
    assert (len(verdict.findings), verdict.more) == (MOST_FINDINGS, 50)
    assert found(verdict)[:2] == [(CHANGED, 2, 2), (CHANGED, 4, 4)]


def test_findings_come_in_the_order_of_positions() -> None:
    findings = Findings()
    findings.add(TILES, 4, 4, "b")
    findings.add(CHANGED, 9, 9, "c")
    findings.add(CHANGED, 4, 4, "a")
    assert [finding.words for finding in findings.sorted()] == ["a", "b", "c"]


def test_findings_beyond_the_limit_are_only_counted() -> None:
    findings = Findings()
    for position in range(MOST_FINDINGS + 3):
        findings.add(CHANGED, position, position, "changed")
    assert (len(findings.found), findings.more) == (MOST_FINDINGS, 3)


def test_a_journal_changed_from_end_to_end_is_one_finding(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=False)
    sealed.attack("update events set state = state || 'x'")
    assert found(sealed.verify(anchor)) == [(CHANGED, 1, 300)]


def test_changed_neighbours_of_exchanged_events_are_told_from_them(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.attack(
        "update events e set state = o.state, topic = o.topic from events o"
        " where (e.position, o.position) in ((101, 290), (290, 101))"
    )
    sealed.attack("update events set state = state || 'x' where position in (100, 102)")
    assert found(sealed.verify(anchor)) == [
        (CHANGED, 100, 100),
        (FindingKind.REORDERED, 101, 290),
        (CHANGED, 102, 102),
    ]


def test_tiles_that_differ_where_events_are_right_and_beyond_are_told_apart(sealed: Sealed) -> None:
    note = changed_note(sealed, 2, root=bytes(32))
    sealed.attack("update checkpoints set note = %s where size = 300", note)
    sealed.attack(
        "update seal_tiles set hashes = overlay(hashes placing %s from 249 * 32 + 1) where level = 0 and index = 0",
        bytes(96),
    )
    assert found(sealed.verify()) == [(TILES, 1, 256), (TILES, 250, 250), (CHANGED, 251, 252), (CHECKPOINT, 300, 300)]


def test_the_root_is_not_told_where_events_are_missing(sealed: Sealed) -> None:
    sealed.attack("delete from events where position = 5")
    assert sealed.verify().root is None


def test_changes_of_several_kinds_are_told_apart(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.attack("update events set state = state || 'x' where position in (20, 21, 290)")
    sealed.attack("delete from events where position in (30, 200, 201)")
    sealed.attack("update events set position = position - 100000 where position > 201")
    sealed.attack("update events set position = position + 99998 where position < 0")
    verdict = sealed.verify(anchor)
    assert found(verdict) == [
        (CHANGED, 20, 21),
        (REMOVED, 30, 30),
        (REMOVED, 200, 201),
        (CHANGED, 290, 290),
    ]


def test_events_moved_farther_than_is_looked_for_are_named_as_changed(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=True)
    sealed.attack("delete from events where position between 10 and 149")
    sealed.move(150, -140)
    verdict = sealed.verify(anchor)
    assert (CHANGED, 10, 160) in found(verdict)
    assert (TAIL, 161, 300) in found(verdict)


# Checkpoints in the database

IN_THE_DATABASE: dict[str, tuple[Callable[[Sealed], str], list[tuple[FindingKind, int, int]], str]] = {
    "rubbish": (
        lambda s: "rubbish\x01",
        [(CHECKPOINT, 250, 250)],
        "cannot be read: it has no signature below a blank line",
    ),
    "no checkpoint": (
        lambda s: s.key.sign("hello\n"),
        [(CHECKPOINT, 250, 250)],
        "cannot be read: it is not a checkpoint",
    ),
    "no base64": (lambda s: s.notes()[1].strip() + "%\n", [(CHECKPOINT, 250, 250)], "a signature is not base64"),
    "that of another size": (
        lambda s: s.notes()[0],
        [(CHECKPOINT, 250, 250)],
        "stored for 250 events is one of 100 events",
    ),
    "another root": (
        lambda s: changed_note(s, 1, root=bytes(32)),
        [(CHECKPOINT, 250, 250)],
        "another root than the events, which are those that were sealed: it was exchanged or forged",
    ),
    "another system": (
        lambda s: changed_note(s, 1, system=UUID(int=1)),
        [(OTHER_SYSTEM, 0, 0)],
        "in the database belongs to system 00000000-0000-0000-0000-000000000001",
    ),
    "another key": (
        lambda s: changed_note(s, 1, SigningKey(s.key.verifier.name, bytes(32))),
        [(WRONG_KEY, 250, 250)],
        "1 checkpoints in the database are signed by kams/",
    ),
    "a changed text": (
        lambda s: s.notes()[1].replace("09:02", "09:01"),
        [(CHECKPOINT, 250, 250)],
        "of 250 events in the database is damaged or forged",
    ),
    "an earlier moment": (
        lambda s: changed_note(s, 1, at=datetime(2026, 11, 26, 9, 1, tzinfo=UTC)),
        [(CLOCK, 250, 250)],
        "was made before the one before it",
    ),
}


@pytest.mark.parametrize("what", IN_THE_DATABASE)
def test_a_checkpoint_that_was_exchanged_is_named(sealed: Sealed, what: str) -> None:
    anchor = sealed.anchor(leaves=False)
    make, expected, words = IN_THE_DATABASE[what]
    note = make(sealed)
    sealed.attack("update checkpoints set note = %s where size = 250", note)
    for verdict in (sealed.verify(anchor), sealed.verify()):
        assert found(verdict) == expected
        assert words in verdict.findings[0].words
        assert (verdict.ok, verdict.honest) == (False, False)


def test_the_newest_checkpoint_with_another_root_is_named_whether_or_not_one_was_kept(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=False)
    note = changed_note(sealed, 2, root=bytes(32))
    sealed.attack("update checkpoints set note = %s where size = 300", note)
    for verdict, words in (
        (sealed.verify(), "agrees neither with the events nor with the tiles"),
        (sealed.verify(anchor), "it was exchanged or forged"),
    ):
        assert found(verdict) == [(CHECKPOINT, 300, 300)]
        assert words in verdict.findings[0].words


def test_a_wrong_key_is_one_finding_for_each_place(sealed: Sealed) -> None:
    other = SigningKey(sealed.key.verifier.name, bytes(32)).verifier
    verdict = verify(sealed.connection, key=other, anchors=[sealed.anchor(leaves=True)])
    assert found(verdict)[:2] == [(WRONG_KEY, 100, 300), (WRONG_KEY, 100, 300)]
    assert f"3 checkpoints in {WHERE} are signed by {sealed.key.verifier.name}+" in verdict.findings[0].words
    assert str(other) in verdict.findings[0].words


def test_a_kept_checkpoint_that_the_database_lacks_is_named(sealed: Sealed) -> None:
    anchor = sealed.anchor(leaves=False)
    sealed.attack("delete from checkpoints where size = 250")
    verdict = sealed.verify(anchor)
    assert found(verdict) == [(CHECKPOINT, 250, 250)]
    assert "that was kept outside is missing in the database" in verdict.findings[0].words
    assert sealed.verify().ok


def test_the_newest_checkpoint_taken_away_leaves_tiles_beyond(sealed: Sealed) -> None:
    sealed.attack("delete from checkpoints where size = 300")
    verdict = sealed.verify()
    assert found(verdict) == [(TILES, 251, 300)]
    assert verdict.findings[0].words == "The tiles reach to event 300, the newest checkpoint to event 250."


# Tiles


def changed(byte: int, level: int, index: int) -> str:
    """What changes one byte of a tile, whatever it was."""
    other = f"set_byte(hashes, {byte}, get_byte(hashes, {byte}) # 1)"
    return f"update seal_tiles set hashes = {other} where (level, index) = ({level}, {index})"


DAMAGED = {
    "a leaf": (changed(40, 0, 0), [(1, 256), (2, 2)]),
    "the last leaf": (changed(1400, 0, 1), [(300, 300)]),
    "a node": (changed(4, 1, 0), [(1, 256)]),
    "no nodes": ("delete from seal_tiles where level = 1", [(1, 300)]),
    "shorter": ("update seal_tiles set hashes = substr(hashes, 1, 64) where index = 1", [(259, 300)]),
    "longer": ("update seal_tiles set hashes = hashes || substr(hashes, 1, 64) where index = 1", [(301, 302)]),
    "one missing": ("delete from seal_tiles where (level, index) = (0, 0)", [(1, 300)]),
    "all missing": ("delete from seal_tiles", [(1, 300)]),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_tiles_are_told_from_changed_events(sealed: Sealed, what: str) -> None:
    anchor = sealed.anchor(leaves=False)
    sql, expected = DAMAGED[what]
    sealed.attack(sql)
    for verdict in (sealed.verify(anchor), sealed.verify()):
        assert found(verdict) == [(TILES, first, last) for first, last in expected]


# What was kept outside

OUTSIDE: dict[str, tuple[Callable[[Sealed], Anchored], list[tuple[FindingKind, int, int]], str]] = {
    "rubbish": (
        lambda s: Anchored(["\x00\xff rubbish", ""], None, WHERE),
        [(ANCHOR, 0, 0), (ANCHOR, 0, 0)],
        f"A checkpoint in {WHERE} cannot be read: it has no signature below a blank line.",
    ),
    "another system": (
        lambda s: Anchored([changed_note(s, 1, system=UUID(int=1))], None, WHERE),
        [(OTHER_SYSTEM, 0, 0)],
        f"in {WHERE} belongs to system 00000000-0000-0000-0000-000000000001",
    ),
    "another system with its own key": (
        lambda s: Anchored(
            [changed_note(s, 1, SigningKey(origin_of(UUID(int=1)), SECRET), system=UUID(int=1))], None, WHERE
        ),
        [(OTHER_SYSTEM, 0, 0)],
        "belongs to system",
    ),
    "another key": (
        lambda s: Anchored([changed_note(s, 1, SigningKey(s.key.verifier.name, bytes(32)))], None, WHERE),
        [(WRONG_KEY, 250, 250)],
        "another key was given, or they were forged",
    ),
    "a forged size": (
        lambda s: Anchored([s.notes()[1].replace("\n250\n", "\n251\n")], None, WHERE),
        [(ANCHOR, 251, 251)],
        "damaged or forged: its signature does not belong to what it says",
    ),
    "leaf hashes of others": (
        lambda s: Anchored(s.notes(), bytes(32 * 300), WHERE),
        [(ANCHOR, 0, 0)],
        "belong to none of its checkpoints: they are not used",
    ),
    "leaf hashes cut in the middle": (
        lambda s: Anchored(s.notes(), b"".join(s.leaves())[:99], WHERE),
        [(ANCHOR, 0, 0)],
        "belong to none of its checkpoints",
    ),
    "a second history": (
        lambda s: Anchored([changed_note(s, 1, root=bytes(32)), s.notes()[2]], None, WHERE),
        [(ANCHOR, 250, 250)],
        "it was exchanged or forged, or two histories were signed",
    ),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_what_is_wrong_with_an_anchor_is_named_and_not_called_honest(sealed: Sealed, what: str) -> None:
    make, expected, words = OUTSIDE[what]
    verdict = sealed.verify(make(sealed))
    assert found(verdict) == expected
    assert words in verdict.findings[0].words
    assert (verdict.ok, verdict.honest) == (False, False)


def test_leaf_hashes_count_as_far_as_a_kept_checkpoint_proves_them(sealed: Sealed) -> None:
    anchor = Anchored(sealed.notes()[:2], b"".join(sealed.leaves()[:250]) + bytes(64), WHERE)
    assert sealed.verify(anchor).honest
    sealed.attack("update events set state = state || 'x' where position = 120")
    sealed.forge()
    verdict = sealed.verify(anchor, Anchored(sealed.notes()[:0], None, "nowhere"))
    assert found(verdict) == [(CHANGED, 120, 120), (TILES, 120, 120)]


def test_where_nothing_can_be_said_of_later_events_this_is_said(sealed: Sealed) -> None:
    anchor = Anchored(sealed.notes(), b"".join(sealed.leaves()[:250]), WHERE)
    sealed.attack("update events set state = state || 'x' where position = 120")
    sealed.forge()
    verdict = sealed.verify(anchor)
    assert found(verdict) == [(CHANGED, 120, 120), (TILES, 120, 120)]
    assert verdict.notes == [
        "Whether events 251 to 300 are what was sealed cannot be said: the tiles there were made anew or are damaged,"
        " and no leaf hashes of them were kept outside."
    ]


def test_an_older_backup_that_went_on_is_found(sealed: Sealed) -> None:
    anchors = [sealed.anchor(leaves=True), sealed.anchor(leaves=False)]
    sealed.attack("delete from events where position > 250")
    sealed.attack("delete from checkpoints where size > 250")
    sealed.attack("update seal_tiles set hashes = substr(hashes, 1, 250 * 32) where (level, index) = (0, 0)")
    sealed.attack("delete from seal_tiles where (level, index) <> (0, 0)")
    assert [found(sealed.verify(anchor)) for anchor in anchors] == [[(TAIL, 251, 300), (CHECKPOINT, 300, 300)]] * 2
    sealed.grow(70)
    by_leaves, by_checkpoints = (sealed.verify(anchor) for anchor in anchors)
    assert found(by_leaves) == [(CHANGED, 251, 300), (TILES, 251, 300), (CHECKPOINT, 300, 300)]
    assert found(by_checkpoints) == [(CHANGED, 251, 300), (CHECKPOINT, 300, 300)]
    assert "at least one of the events 251 to 300 was changed" in by_checkpoints.findings[0].words
    assert sealed.verify().ok
