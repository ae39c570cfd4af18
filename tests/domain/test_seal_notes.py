"""Signed notes and checkpoints."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.seal.checkpoints import Checkpoint, origin_of, read_checkpoint
from domain.seal.notes import NotAVerifierKey, NoteUnreadable, SigningKey, VerifierKey, is_signed, signers_of

SYSTEM = UUID(int=7)
KEY = SigningKey(origin_of(SYSTEM), bytes(range(32)))
OTHER = SigningKey(origin_of(SYSTEM), bytes(32))
CHECKPOINT = Checkpoint(
    system=SYSTEM, size=12, root=bytes(range(32)), at=datetime(2026, 11, 26, 9, 0, 0, 5, tzinfo=UTC)
)
WRITTEN = str(KEY.verifier)


def test_a_note_is_signed_by_its_key_alone():
    note = KEY.sign(CHECKPOINT.text)
    assert is_signed(note, KEY.verifier)
    assert not is_signed(note, OTHER.verifier)
    assert not is_signed(note.replace("\n12\n", "\n13\n"), KEY.verifier)
    assert signers_of(note) == [origin_of(SYSTEM)]


def test_a_checkpoint_reads_back_from_its_note():
    assert read_checkpoint(KEY.sign(CHECKPOINT.text)) == CHECKPOINT


@pytest.mark.parametrize("text", ["", "hello\n", "kams/x\n1\nAAAA\ntime 2026-01-01\n", CHECKPOINT.text + "more\n"])
def test_another_text_is_no_checkpoint(text):
    with pytest.raises(NoteUnreadable):
        read_checkpoint(KEY.sign(text))


def test_a_verifier_key_reads_back():
    assert VerifierKey.parse(str(KEY.verifier)) == KEY.verifier


@pytest.mark.parametrize(
    "text", ["", "name", "name+00000000+AAAA", str(KEY.verifier)[:-4] + "AAA=", "+" + str(KEY.verifier)]
)
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(NotAVerifierKey):
        VerifierKey.parse(text)
