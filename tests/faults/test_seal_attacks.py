"""Whoever changes the record is found, and what he did is named, by whoever kept a checkpoint elsewhere."""

from collections.abc import Callable, Iterator

import msgspec
import pytest

from domain.seal.checkpoints import read_checkpoint
from domain.seal.findings import Anchored, FindingKind
from tests.faults.seals import THERE, WHERE, Sealed, copied, found, grown_once

CHANGED, REMOVED, INSERTED, REORDERED = (
    FindingKind.CHANGED,
    FindingKind.REMOVED,
    FindingKind.INSERTED,
    FindingKind.REORDERED,
)
TAIL, TILES, CHECKPOINT = FindingKind.TAIL_MISSING, FindingKind.TILES, FindingKind.CHECKPOINT
ANCHOR = FindingKind.ANCHOR
Attack = Callable[[Sealed], None]

ANOTHER_COLUMN = {
    "recorded_at": "recorded_at + interval '1 us'",
    "topic": "'Ledger.Closed'",
    "command_id": "gen_random_uuid()",
    "no command": "null",
    "version": "version + 1000",
    "aggregate_id": "gen_random_uuid()",
    "command_digest": "'\\x00'",
}


@pytest.fixture(scope="module")
def grown(postgres_url: str, migrated_template: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """300 events in three appends, each sealed."""
    yield from grown_once(postgres_url, migrated_template, next(fresh_names), lambda it: it.grow(100, 150, 50))


@pytest.fixture
def sealed(postgres_url: str, grown: str, fresh_names: Iterator[str]) -> Iterator[Sealed]:
    yield from copied(postgres_url, grown, next(fresh_names))


@pytest.fixture(params=[True, False], ids=["leaf hashes kept", "checkpoints kept"])
def leaves(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def change_a_byte(sealed: Sealed) -> None:
    sealed.attack("update events set state = set_byte(state, 3, get_byte(state, 3) # 1) where position = 120")


def delete_one(sealed: Sealed) -> None:
    sealed.attack("delete from events where position = 120")


def delete_three_and_close_up(sealed: Sealed) -> None:
    sealed.attack("delete from events where position between 120 and 122")
    sealed.move(123, -3)


def insert_two(sealed: Sealed) -> None:
    sealed.move(120, 2)
    sealed.attack(
        "insert into events select 119 + n, recorded_at, gen_random_uuid(), command_id, n, topic, null, state"
        " from events, generate_series(1, 2) n where position = 119"
    )


def insert_one_with_its_neighbour_s_moment(sealed: Sealed) -> None:
    sealed.move(120, 1)
    sealed.attack(
        "insert into events select 120, recorded_at, gen_random_uuid(), gen_random_uuid(), 1, topic, null, state"
        " from events where position = 119"
    )


def remove_two_and_change_the_next_moment(sealed: Sealed) -> None:
    sealed.attack("delete from events where position in (120, 121)")
    sealed.attack("update events set recorded_at = recorded_at - interval '1 hour' where position = 122")


def swap_two(sealed: Sealed) -> None:
    sealed.attack("update events set position = -position where position in (120, 290)")
    sealed.attack("update events set position = 410 + position where position < 0")


def swap_what_two_say(sealed: Sealed) -> None:
    sealed.attack(
        "update events e set state = o.state, topic = o.topic from events o"
        " where (e.position, o.position) in ((1, 290), (290, 1))"
    )


def move_one(sealed: Sealed) -> None:
    """Event 120 after event 125."""
    sealed.attack("update events set position = -position where position between 120 and 125")
    sealed.attack(
        "update events set position = case position when -120 then 125 else -position - 1 end where position < 0"
    )


def swap_neighbours(sealed: Sealed) -> None:
    sealed.attack("update events set position = -position where position in (120, 121)")
    sealed.attack("update events set position = 241 + position where position < 0")


def rotate_three(sealed: Sealed) -> None:
    sealed.attack("update events set position = -position where position in (20, 120, 290)")
    sealed.attack(
        "update events set position = case position when -20 then 120 when -120 then 290 else 20 end where position < 0"
    )


def rewrite_the_last_hundred(sealed: Sealed) -> None:
    sealed.attack("update events set state = state || 'x' where position > 200")


def truncate_the_tail(sealed: Sealed) -> None:
    sealed.attack("delete from events where position > 230")


NAMED = {
    change_a_byte: [(CHANGED, 120, 120)],
    delete_one: [(REMOVED, 120, 120)],
    delete_three_and_close_up: [(REMOVED, 120, 122)],
    insert_two: [(INSERTED, 120, 121)],
    swap_two: [(REORDERED, 120, 290)],
    insert_one_with_its_neighbour_s_moment: [(INSERTED, 120, 120)],
    remove_two_and_change_the_next_moment: [(REMOVED, 120, 121), (CHANGED, 122, 122)],
    swap_what_two_say: [(REORDERED, 1, 290)],
    move_one: [(REORDERED, 120, 125)],
    swap_neighbours: [(REORDERED, 120, 121)],
    rotate_three: [
        (REORDERED, 20, 120),
        (REORDERED, 20, 290),
        (REORDERED, 120, 290),
    ],
    rewrite_the_last_hundred: [(CHANGED, 201, 300)],
    truncate_the_tail: [(TAIL, 231, 300)],
}


@pytest.mark.parametrize("attack", NAMED, ids=lambda attack: attack.__name__)
def test_what_was_done_to_events_is_named(sealed: Sealed, attack: Attack, leaves: bool) -> None:
    anchor = sealed.anchor(leaves)
    assert sealed.verify(anchor).honest
    attack(sealed)
    verdict = sealed.verify(anchor)
    assert found(verdict) == NAMED[attack]
    assert (verdict.ok, verdict.honest) == (False, False)
    assert found(sealed.verify()) == NAMED[attack]


@pytest.mark.parametrize("column", ANOTHER_COLUMN)
def test_a_change_of_any_column_is_found(sealed: Sealed, column: str, leaves: bool) -> None:
    anchor = sealed.anchor(leaves)
    name = "command_id" if column == "no command" else column
    sealed.attack(f"update events set {name} = {ANOTHER_COLUMN[column]} where position = 101")  # type: ignore[arg-type]
    assert found(sealed.verify(anchor)) == [(CHANGED, 101, 101)]


@pytest.mark.parametrize("position", [1, 256, 257, 300])
def test_the_first_and_the_last_event_are_no_exception(sealed: Sealed, position: int, leaves: bool) -> None:
    anchor = sealed.anchor(leaves)
    sealed.attack("update events set state = state || 'x' where position = %s", position)
    verdict = sealed.verify(anchor)
    assert found(verdict) == [(CHANGED, position, position)]
    assert verdict.findings[0].words == f"Event {position} was changed: it is not what was sealed."


FORGED = {
    change_a_byte: ([(CHANGED, 120, 120), (TILES, 120, 120)], [(CHANGED, 101, 250)]),
    delete_three_and_close_up: (
        [(REMOVED, 120, 122), (TILES, 120, 297), (CHECKPOINT, 300, 300)],
        [(CHANGED, 101, 250), (TAIL, 298, 300), (CHECKPOINT, 300, 300)],
    ),
    swap_what_two_say: ([(REORDERED, 1, 290), (TILES, 1, 290)], [(CHANGED, 1, 100)]),
    move_one: ([(REORDERED, 120, 125), (TILES, 120, 125)], [(CHANGED, 101, 250)]),
    rewrite_the_last_hundred: ([(CHANGED, 201, 300), (TILES, 201, 300)], [(CHANGED, 101, 250)]),
    truncate_the_tail: (
        [(TAIL, 231, 300), (CHECKPOINT, 250, 250), (CHECKPOINT, 300, 300)],
        [(TAIL, 231, 300), (CHECKPOINT, 250, 250), (CHECKPOINT, 300, 300)],
    ),
}


@pytest.mark.parametrize("attack", FORGED, ids=lambda attack: attack.__name__)
def test_who_makes_tiles_and_checkpoints_anew_with_the_key_is_found_by_what_was_kept_outside(
    sealed: Sealed, attack: Attack, leaves: bool
) -> None:
    anchor = sealed.anchor(leaves)
    attack(sealed)
    sealed.forge()
    by_leaves, by_checkpoints = FORGED[attack]
    assert found(sealed.verify(anchor)) == (by_leaves if leaves else by_checkpoints)


@pytest.mark.parametrize("attack", FORGED, ids=lambda attack: attack.__name__)
def test_without_an_anchor_a_whole_rewrite_passes_but_is_not_called_honest(sealed: Sealed, attack: Attack) -> None:
    attack(sealed)
    sealed.forge()
    verdict = sealed.verify()
    assert (verdict.ok, verdict.honest, verdict.findings) == (True, False, [])
    assert verdict.notes == [
        "Order is proven, honesty is not: whoever holds the database and the key can rewrite everything. Give a"
        " checkpoint that was kept elsewhere."
    ]


@pytest.mark.parametrize("attack", FORGED, ids=lambda attack: attack.__name__)
def test_who_makes_the_machine_s_own_anchor_anew_too_is_found_by_what_the_auditor_brings(
    sealed: Sealed, attack: Attack, leaves: bool
) -> None:
    anchor = sealed.anchor(leaves)
    attack(sealed)
    sealed.forge()
    by_leaves, by_checkpoints = FORGED[attack]
    verdict = sealed.verify(sealed.own_anchor(), anchor)
    told = [each for each in verdict.findings if THERE not in each.words]
    assert [(each.kind, each.first, each.last) for each in told] == (by_leaves if leaves else by_checkpoints)
    blamed = [each for each in verdict.findings if THERE in each.words]
    assert [each.kind for each in blamed] == ([] if attack is truncate_the_tail else [ANCHOR])
    assert verdict.findings[0] == told[0]
    assert not any(each.kind is ANCHOR and each.words.startswith(f"The checkpoint of 300 events in {WHERE}")
                   for each in verdict.findings)  # fmt: skip


def test_an_older_checkpoint_bounds_the_events_that_were_rewritten_with_everything_on_the_machine(
    sealed: Sealed,
) -> None:
    kept = Anchored(sealed.notes(), None, WHERE)
    sealed.attack("update events set state = state || 'x' where position > 250")
    sealed.forge()
    sealed.grow(20)
    verdict = sealed.verify(sealed.own_anchor(), kept)
    assert found(verdict) == [(CHANGED, 251, 300), (ANCHOR, 300, 320)]
    assert [each.words.partition(":")[0] for each in verdict.findings] == [
        "The checkpoint of 300 events made 2026-11-26T09",
        f"The checkpoints in {THERE} contradict that of 300 events in {WHERE}, which is trusted more",
    ]
    assert "2 of them, the first of 300 events" in verdict.findings[1].words


def test_the_machine_s_own_anchor_names_what_a_brought_checkpoint_can_only_bound(sealed: Sealed) -> None:
    kept, own = Anchored(sealed.notes(), None, WHERE), sealed.own_anchor()
    change_a_byte(sealed)
    sealed.forge()
    assert found(sealed.verify(own, kept)) == [(CHANGED, 120, 120), (TILES, 120, 120)]
    earlier = Anchored(kept.notes[:1], None, WHERE)
    assert found(sealed.verify(own, earlier)) == [(CHANGED, 120, 120), (TILES, 120, 120)]


def test_own_leaf_hashes_that_do_not_reach_a_brought_checkpoint_hide_nothing(sealed: Sealed) -> None:
    kept = Anchored([sealed.notes()[0], sealed.notes()[2]], None, WHERE)
    change_a_byte(sealed)
    sealed.forge()
    own = sealed.own_anchor()
    behind = Anchored(own.notes[:2], (own.leaves or b"")[: 250 * 32], THERE, brought=False)
    assert found(sealed.verify(behind, kept)) == [(CHANGED, 101, 300)]


def test_a_false_checkpoint_of_the_machine_is_blamed_where_a_brought_one_proves_the_events(sealed: Sealed) -> None:
    kept = sealed.anchor(leaves=False)
    false = sealed.key.sign(msgspec.structs.replace(read_checkpoint(kept.notes[1]), root=bytes(32)).text)
    own = Anchored([kept.notes[0], false], None, THERE, brought=False)
    verdict = sealed.verify(own, kept)
    assert found(verdict) == [(ANCHOR, 250, 250)]
    assert f"of 250 events in {THERE} has another root" in verdict.findings[0].words
    sealed.attack("update events set state = state || 'x' where position = 290")
    sealed.forge()
    assert found(sealed.verify(own, kept)) == [(ANCHOR, 250, 250), (CHANGED, 251, 300)]


def test_a_third_history_of_the_machine_is_blamed(sealed: Sealed) -> None:
    kept = sealed.anchor(leaves=False)
    false = sealed.key.sign(msgspec.structs.replace(read_checkpoint(kept.notes[2]), root=bytes(32)).text)
    sealed.attack("update events set state = state || 'x' where position = 290")
    sealed.forge()
    verdict = sealed.verify(Anchored([false], None, THERE, brought=False), kept)
    assert found(verdict) == [(CHANGED, 251, 300), (ANCHOR, 300, 300)]
    assert verdict.findings[1].words.startswith(f"The checkpoints in {THERE} contradict")


def test_the_machine_s_own_anchor_alone_finds_changes_and_proves_no_honesty(sealed: Sealed) -> None:
    own = sealed.own_anchor()
    verdict = sealed.verify(own)
    assert (verdict.ok, verdict.honest) == (True, False)
    assert verdict.notes[0].startswith("Anchors on this machine were compared, too")
    change_a_byte(sealed)
    sealed.forge()
    assert found(sealed.verify(own)) == [(CHANGED, 120, 120), (TILES, 120, 120)]
    assert found(sealed.verify(Anchored(own.notes, None, THERE, brought=False))) == [(CHANGED, 101, 250)]
