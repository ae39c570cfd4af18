"""Proofs are made from tiles and checked from their bytes alone."""

import base64
from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
import pytest

from domain.errors import NotFound
from domain.seal.checkpoints import origin_of, read_checkpoint
from domain.seal.leaves import EventUnreadable
from domain.seal.merkle import is_consistent, leaf_hash, root_of
from domain.seal.notes import NoteUnreadable, SigningKey
from domain.seal.proofs import (
    NoCheckpointOfSize,
    NotSealed,
    ProofFails,
    ProofUnreadable,
    SealDamaged,
    SizesNotInOrder,
    check_consistency,
    check_inclusion,
    consistency,
    inclusion,
)
from tests.faults.seals import SECRET, Sealed, copied, grown_once


def grow(sealed: Sealed) -> None:
    sealed.grow(1, 255, 20, 300)
    sealed.record(4)


@pytest.fixture(scope="module")
def grown(postgres_url: str, migrated_template: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """576 events that are sealed and four that are not."""
    yield from grown_once(postgres_url, migrated_template, next(fresh_names), grow)


@pytest.fixture
def sealed(postgres_url: str, grown: str, fresh_names: Iterator[str]) -> Iterator[Sealed]:
    yield from copied(postgres_url, grown, next(fresh_names))


@pytest.mark.parametrize("size", [1, 256, 276, 576])
def test_every_event_is_proven_in_every_checkpoint_that_seals_it(sealed: Sealed, size: int) -> None:
    leaves, root = sealed.leaves(), root_of(sealed.leaves()[:size])
    for position in {1, 2, 255, 256, 257, 276, 277, 512, 513, size} & set(range(1, size + 1)):
        proof = inclusion(sealed.connection, position, size)
        assert (proof.position, proof.size, proof.root) == (position, size, root)
        assert leaf_hash(proof.entry.framed) == leaves[position - 1]
        proven = check_inclusion(proof.text, sealed.key.verifier)
        assert (proven.position, proven.leaf) == (position, proof.entry.framed)
        assert proven.checkpoint == read_checkpoint(proof.note)
        assert proven.checkpoint.root == root


def test_the_first_checkpoint_that_seals_an_event_is_taken(sealed: Sealed) -> None:
    assert [inclusion(sealed.connection, position).size for position in (1, 2, 257, 576)] == [1, 256, 276, 576]


def test_a_proof_shows_what_the_tree_holds_of_its_event_and_no_more(sealed: Sealed) -> None:
    told = inclusion(sealed.connection, 3).entry
    columns = "position, recorded_at, version, aggregate_id, command_id, topic, command_digest, sha256(state)"
    row = sealed.connection.execute(f"select {columns} from events where position = 3".encode()).fetchone()
    assert msgspec.structs.astuple(told) == row


def test_an_event_without_a_command_is_proven(sealed: Sealed) -> None:
    sealed.attack("update events set command_id = null where position > 576")
    sealed.seal()
    proof = inclusion(sealed.connection, 577)
    assert proof.entry.command_id is None
    assert check_inclusion(proof.text, sealed.key.verifier).position == 577


def test_a_changed_event_has_no_proof_that_holds(sealed: Sealed) -> None:
    sealed.attack("update events set state = state || 'x' where position = 300")
    with pytest.raises(ProofFails, match="does not lead from the event to the root"):
        check_inclusion(inclusion(sealed.connection, 300).text, sealed.key.verifier)


def test_what_cannot_be_proven_is_refused_by_name(sealed: Sealed) -> None:
    with pytest.raises(NotFound, match="no event 581"):
        inclusion(sealed.connection, 581)
    with pytest.raises(NotSealed, match="up to position 577 are not sealed yet: the newest checkpoint seals 576"):
        inclusion(sealed.connection, 577)
    with pytest.raises(NotSealed, match="up to position 600"):
        inclusion(sealed.connection, 5, 600)
    with pytest.raises(NoCheckpointOfSize, match="no checkpoint of 270 events. Checkpoints near it: 256, 276"):
        inclusion(sealed.connection, 5, 270)
    with pytest.raises(NoCheckpointOfSize, match="no checkpoint of 4 events. Checkpoints near it: 1, 256"):
        inclusion(sealed.connection, 5, 4)


@pytest.mark.parametrize("moment", ["infinity", "20000-01-01Z"])
def test_an_event_whose_moment_no_event_has_is_named(sealed: Sealed, moment: str) -> None:
    sealed.attack("update events set recorded_at = %s where position = 9", moment)
    with pytest.raises(EventUnreadable, match="event at position 9"):
        inclusion(sealed.connection, 9)


def test_damaged_tiles_give_no_proof(sealed: Sealed) -> None:
    sealed.attack("delete from seal_tiles where (level, index) = (0, 2)")
    with pytest.raises(SealDamaged, match="Tile 2 of level 0"):
        inclusion(sealed.connection, 1, 576)
    with pytest.raises(SealDamaged, match="Tile 2 of level 0"):
        consistency(sealed.connection, 256, 576)


def test_any_two_sizes_are_proven_consistent(sealed: Sealed) -> None:
    leaves = sealed.leaves()
    roots = {size: root_of(leaves[:size]) for size in (1, 2, 255, 256, 257, 276, 300, 512, 575, 576)}
    for old, old_root in roots.items():
        for new, new_root in roots.items():
            if old <= new:
                proof = consistency(sealed.connection, old, new)
                assert is_consistent(old, new, old_root, new_root, proof)
                assert old == new or not is_consistent(old, new, new_root, new_root, proof)


def test_two_checkpoints_of_one_system_are_consistent_and_others_are_not(sealed: Sealed) -> None:
    old, new = (read_checkpoint(note) for note in sealed.notes()[1:3])
    proof = consistency(sealed.connection, old.size, new.size)
    assert check_consistency(old, new, proof)
    assert not check_consistency(msgspec.structs.replace(old, system=UUID(int=1)), new, proof)
    assert not check_consistency(msgspec.structs.replace(old, root=bytes(32)), new, proof)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (-1, 5), (6, 5)])
def test_sizes_come_in_order(sealed: Sealed, old: int, new: int) -> None:
    with pytest.raises(SizesNotInOrder, match=f"from {old} to {new} events"):
        consistency(sealed.connection, old, new)


def test_what_is_not_sealed_is_not_consistent(sealed: Sealed) -> None:
    with pytest.raises(NotSealed, match="up to position 577"):
        consistency(sealed.connection, 5, 577)


def with_line(number: int, line: str) -> Callable[[str], str]:
    def changed(text: str) -> str:
        lines = text.split("\n")
        lines[number] = line
        return "\n".join(lines)

    return changed


HASH = base64.b64encode(bytes(32)).decode()
WRONG = {
    "nothing": (lambda text: "", ProofUnreadable, "does not begin as a proof"),
    "another head": (with_line(0, "c2sp.org/tlog-proof@v2"), ProofUnreadable, "does not begin as a proof"),
    "no event": (with_line(1, "more"), ProofUnreadable, "does not begin as a proof"),
    "no index": (with_line(2, "place 4"), ProofUnreadable, "does not begin as a proof"),
    "half a proof": (lambda text: text[:40], ProofUnreadable, "does not begin as a proof"),
    "a word as index": (with_line(2, "index four"), ProofUnreadable, "index is no number"),
    "a long index": (with_line(2, "index " + "9" * 5_000), ProofUnreadable, "index is no number"),
    "a negative index": (with_line(2, "index -4"), ProofUnreadable, "index is no number"),
    "no base64": (with_line(3, "%%%"), ProofUnreadable, "not base64"),
    "Chinese": (with_line(3, "客户"), ProofUnreadable, "not base64"),
    "a short hash": (with_line(3, "AAAA"), ProofUnreadable, "does not have 32 bytes"),
    "another hash": (with_line(3, HASH), ProofFails, "does not lead"),
    "another index": (with_line(2, "index 5"), ProofFails, "stands at another position"),
    "another event": (with_line(1, "extra AAAA"), ProofFails, "stands at another position"),
    "no checkpoint": (lambda text: text.partition("\n\n")[0], NoteUnreadable, "no signature"),
    "a changed checkpoint": (lambda text: text.replace("\n256\n", "\n257\n"), ProofFails, "not signed by the key"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_proof_is_refused_by_name(sealed: Sealed, what: str) -> None:
    text = inclusion(sealed.connection, 5).text
    spoil, refusal, words = WRONG[what]
    with pytest.raises(refusal, match=words):
        check_inclusion(spoil(text), sealed.key.verifier)


def test_a_proof_signed_by_another_key_fails_and_without_a_key_the_signature_is_not_looked_at(sealed: Sealed) -> None:
    text = inclusion(sealed.connection, 5).text
    other = SigningKey(origin_of(UUID(int=1)), SECRET)
    with pytest.raises(ProofFails, match="not signed by the key"):
        check_inclusion(text, other.verifier)
    assert check_inclusion(text, None).position == 5


def test_a_leaf_of_another_place_does_not_pass_as_that_of_a_larger_tree(sealed: Sealed) -> None:
    """A proof for one more step than the tree has levels."""
    proof = inclusion(sealed.connection, 5)
    longer = msgspec.structs.replace(proof, proof=[*proof.proof, bytes(32)])
    with pytest.raises(ProofFails):
        check_inclusion(longer.text, sealed.key.verifier)
