"""An export proves itself, and every attack on it is found and named, by our verifier and by the second one."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.seal import second_verifier
from domain.seal.checkpoints import origin_of, read_checkpoint
from domain.seal.exported import verify_export
from domain.seal.exporting import NoEventBetween, NothingSealed, Part
from domain.seal.findings import Anchored
from domain.seal.marks import notes_in
from domain.seal.notes import SigningKey, VerifierKey
from domain.seal.proofs import NotSealed
from domain.seal.records import topic_of
from tests.conftest import new_database
from tests.domain.sealed_export import (
    OTHER_SECRET,
    Forged,
    exported,
    key_of,
    leaf_of,
    members_of,
    moved,
    seal_at,
    tell,
    zipped,
)

SIZES = (200, 500, 700)
SEALED = SIZES[-1]


@pytest.fixture(scope="module")
def journal_url(postgres_url, migrated_template, fresh_names):
    """700 events, sealed at 200, 500 and 700."""
    for url in new_database(postgres_url, next(fresh_names), template=migrated_template):
        for first, last in zip((1, 201, 501), SIZES, strict=True):
            tell(url, first, last)
            seal_at(url, key_of(url))
        yield url


@pytest.fixture(scope="module")
def whole(journal_url) -> bytes:
    return exported(journal_url)


@pytest.fixture(scope="module")
def whole_path(whole, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.zip"
    path.write_bytes(whole)
    return path


@pytest.fixture
def forged(whole) -> Forged:
    return Forged.of(whole)


@pytest.fixture
def notes(forged, tmp_path) -> list[str]:
    path = tmp_path / "notes"
    path.write_bytes(forged.members["checkpoints.txt"])
    with path.open("rb") as stream:
        return list(notes_in(stream))


class Both:
    """What our verifier and the second one say of a file."""

    def __init__(self, path: Path, capsys, outside: list[str] | None = None, key: VerifierKey | None = None) -> None:
        kept = path.with_suffix(".notes")
        kept.write_text("".join(f"{note}\n" for note in outside or []), encoding="utf-8")
        self.ours = verify_export(
            path, keys=[key] if key else [], kept=[Anchored(outside, None, "the safe")] if outside else []
        )
        asked = [*(["--checkpoint", str(kept)] if outside else []), *(["--key", str(key)] if key else [])]
        capsys.readouterr()
        self.theirs = second_verifier.main([str(path), *asked]) == 0
        self.said = capsys.readouterr().out

    @property
    def accepted(self) -> bool:
        assert self.ours.ok == self.theirs, (self.ours, self.said)
        return self.theirs

    @property
    def first(self) -> tuple[str, int, int]:
        finding = self.ours.findings[0]
        return finding.kind, finding.first, finding.last


def test_an_export_proves_its_order_and_says_that_honesty_is_not_proven(forged, tmp_path, capsys):
    both = Both(forged.write(tmp_path / "e.zip"), capsys)
    assert both.accepted
    assert (both.ours.first, both.ours.last, both.ours.events, both.ours.size) == (1, SEALED, SEALED, SEALED)
    assert (both.ours.checkpoints, both.ours.honest) == (3, False)
    assert "honesty is not" in both.ours.notes[-1]
    assert "Only the inner order is proven" in both.said


def test_a_checkpoint_kept_elsewhere_proves_honesty(forged, notes, tmp_path, capsys):
    both = Both(forged.write(tmp_path / "e.zip"), capsys, [notes[1]])
    assert both.accepted
    assert both.ours.honest
    assert both.ours.notes == [
        "The checkpoint of 500 events of 2026-11-26T14:00:00Z, kept in the safe, agrees:"
        " nothing up to event 500 was changed since."
    ]
    assert "It agrees with what you state" in both.said


def test_a_key_got_elsewhere_proves_who_signed(forged, journal_url, tmp_path, capsys):
    both = Both(forged.write(tmp_path / "e.zip"), capsys, key=key_of(journal_url).verifier)
    assert both.accepted
    assert not both.ours.honest
    assert "Signed by the key that you state" in both.ours.notes[0]


def test_the_second_verifier_in_the_export_needs_nothing_of_ours(whole_path, tmp_path):
    with zipfile.ZipFile(whole_path) as archive:
        archive.extractall(tmp_path / "out")
    source = (tmp_path / "out" / "verify.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) < 150
    assert not {"domain", "api", "projections", "workers"} & set(source.replace(".", " ").split())
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=tmp_path / "out", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("IN ORDER: 700 events, 1 to 700 of 700 sealed ones.")


def test_an_export_holds_every_column_and_no_key_of_persons(whole, journal_url):
    members = members_of(whole)
    with psycopg.connect(journal_url) as connection:
        row = connection.execute("select * from events where position = 400").fetchone()
    head, state = Forged(members).records[399]
    assert row is not None
    assert head[14:22] == (400).to_bytes(8, "big")
    assert head[34:50] == row[2].bytes
    assert row[5].encode() in head
    assert (row[6] or b"") in head
    assert state == row[7]
    schemas = json.loads(members["schemas.json"])
    assert "opportunity.opened" in schemas["events"] or len(schemas["events"]) > 100
    assert members["key.txt"].decode().strip() == str(key_of(journal_url).verifier)


FIELDS = {
    "frame": 3, "position": 21, "recorded_at": 29, "version": 33, "stream": 40, "command": 60, "length": 67,
    "topic": 70,
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_a_changed_byte_of_any_field_of_an_event_is_found(forged, field, tmp_path, capsys):
    records = forged.records
    head, state = records[299]
    place = FIELDS[field]
    records[299] = head[:place] + bytes([head[place] ^ 1]) + head[place + 1 :], state
    both = Both(forged.with_records(records).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.ours.findings[0].first == 300
    assert "300" in both.said or "299" in both.said


def test_a_changed_byte_of_a_state_is_named_with_the_checkpoints_around_it(forged, tmp_path, capsys):
    records = forged.records
    head, state = records[299]
    records[299] = head, state[:-1] + bytes([state[-1] ^ 1])
    both = Both(forged.with_records(records).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.first == ("changed", 300, 300)
    assert both.ours.findings[0].words == (
        "Event 300 is not what was sealed: it was changed (between the checkpoints of 200 and 500 events)"
    )
    assert "event 300 was changed since it was sealed (behind the checkpoint of 200)" in both.said


def test_neighbours_that_were_changed_are_named_together(forged, tmp_path, capsys):
    records = forged.records
    for place in (9, 10, 11, 40):
        records[place] = records[place][0], b"\x90" + records[place][1]
    both = Both(forged.with_records(records).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    changed = [(f.first, f.last) for f in both.ours.findings if f.kind == "changed"]
    assert changed == [(10, 12), (41, 41)]


def deleted(records):
    return records[:299] + records[300:]


def deleted_and_moved_up(records):
    return records[:299] + [moved(record, place) for place, record in enumerate(records[300:], 300)]


def inserted_twice(records):
    return [*records[:300], records[299], *records[300:]]


def inserted_and_moved_down(records):
    return [*records[:300], *(moved(record, place) for place, record in enumerate(records[299:], 301))]


def swapped(records):
    return [*records[:299], records[300], records[299], *records[301:]]


def swapped_far(records):
    return [*records[:299], records[600], *records[300:600], records[299], *records[601:]]


def swapped_and_renamed(records):
    return [*records[:299], moved(records[300], 300), moved(records[299], 301), *records[301:]]


def cut(records):
    return records[:650]


ATTACKS = {
    deleted: ("removed", 300, 300),
    deleted_and_moved_up: ("changed", 300, 699),
    inserted_twice: ("inserted", 301, 301),
    inserted_and_moved_down: ("changed", 301, 701),
    swapped: ("reordered", 300, 300),
    swapped_far: ("reordered", 300, 300),
    swapped_and_renamed: ("changed", 300, 301),
    cut: ("removed", 651, 700),
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_found_and_the_first_event_named(forged, attack, tmp_path, capsys):
    both = Both(forged.with_records(attack(forged.records)).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.first == ATTACKS[attack]
    assert str(ATTACKS[attack][1]) in both.said


def rewritten(forged: Forged, system: UUID, key: SigningKey, sizes=SIZES) -> Forged:
    """The last hundred with other contents, all hashes and checkpoints made anew."""
    records = forged.records
    states = {topic_of(head): state for head, state in records[:600]}
    for place in range(SEALED - 100, SEALED):
        records[place] = records[place][0], states[topic_of(records[place][0])]
    assert records != forged.records
    return forged.sealed_anew(records, system, key, sizes)


def test_a_rewritten_end_signed_by_another_key_is_found_by_key_and_by_checkpoint(
    forged, notes, journal_url, tmp_path, capsys
):
    ours = key_of(journal_url)
    system = read_checkpoint(notes[0]).system
    path = rewritten(forged, system, SigningKey(origin_of(system), OTHER_SECRET)).write(tmp_path / "e.zip")
    assert Both(path, capsys).accepted  # in itself it is in order: that is why something from outside is needed
    by_key = Both(path, capsys, key=ours.verifier)
    assert not by_key.accepted
    assert by_key.first == ("wrong_key", 200, 200)
    by_checkpoint = Both(path, capsys, notes)
    assert not by_checkpoint.accepted
    assert ("changed", 501, 700) in [(f.kind, f.first, f.last) for f in by_checkpoint.ours.findings]


def test_a_rewritten_end_signed_by_the_same_key_is_found_by_checkpoint_alone(
    forged, notes, journal_url, tmp_path, capsys
):
    ours = key_of(journal_url)
    path = rewritten(forged, read_checkpoint(notes[0]).system, ours).write(tmp_path / "e.zip")
    assert Both(path, capsys, key=ours.verifier).accepted
    assert Both(path, capsys, notes[:2]).ours.notes[-1].startswith("The checkpoint of 500 events")
    both = Both(path, capsys, notes)
    assert not both.accepted
    assert both.first == ("changed", 501, 700)
    assert both.ours.findings[0].words == (
        "The checkpoint of 700 events of 2026-11-26T14:00:00Z, kept in the safe, does not agree:"
        " what the file holds of the events 501 to 700 is not what was sealed (between the checkpoints of 500 and 700"
        " events)"
    )


def test_a_false_checkpoint_is_blamed_where_a_later_one_from_outside_agrees(
    forged, notes, journal_url, tmp_path, capsys
):
    false = msgspec.structs.replace(read_checkpoint(notes[1]), root=bytes(32))
    note = key_of(journal_url).sign(false.text)
    both = Both(forged.write(tmp_path / "e.zip"), capsys, [notes[0], note, notes[2]])
    assert not both.accepted
    assert [(f.kind, f.first, f.last) for f in both.ours.findings] == [("anchor", 500, 500)]
    assert "and a later one does: it was exchanged or forged" in both.ours.findings[0].words
    inside = forged.with_member("checkpoints.txt", "\n".join([notes[0], note, notes[2], ""]).encode())
    theirs = Both(inside.write(tmp_path / "f.zip"), capsys, [notes[2]])
    assert not theirs.accepted
    assert [(f.kind, f.first, f.last) for f in theirs.ours.findings] == [("checkpoint", 500, 500)]


def test_hashes_made_anew_under_the_old_checkpoints_are_found_between_them(forged, tmp_path, capsys):
    records = forged.records
    records[299] = records[299][0], records[0][1]
    changed = forged.with_records(records).with_member("leaves.bin", b"".join(map(leaf_of, records)))
    both = Both(changed.write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.first == ("checkpoint", 201, 500)


def test_a_journal_that_ends_earlier_is_found_by_a_later_checkpoint(journal_url, notes, tmp_path, capsys):
    path = tmp_path / "e.zip"
    path.write_bytes(exported(journal_url, last=500))
    assert Both(path, capsys).accepted
    both = Both(path, capsys, [notes[2]])
    assert not both.accepted
    assert both.first == ("tail_missing", 501, 700)


def test_a_range_is_proven_by_the_hashes_of_the_others(journal_url, notes, tmp_path, capsys):
    path = tmp_path / "e.zip"
    path.write_bytes(exported(journal_url, first=250, last=300))
    both = Both(path, capsys, [notes[0]])
    assert both.accepted
    assert (both.ours.first, both.ours.last, both.ours.size) == (250, 300, 500)
    assert both.ours.notes[0] == (
        "It holds the events 250 to 300 of 500 that are sealed, and of the others their hashes."
    )


def test_a_checkpoint_of_another_system_is_named(forged, notes, tmp_path, capsys):
    other = UUID(int=5)
    foreign = notes[2].replace(str(read_checkpoint(notes[2]).system), str(other))
    both = Both(forged.write(tmp_path / "e.zip"), capsys, [foreign])
    assert not both.accepted
    assert both.ours.findings[0].kind == "other_system"
    assert str(other) in both.ours.findings[0].words


def test_another_key_is_named(forged, notes, tmp_path, capsys):
    other = SigningKey(origin_of(read_checkpoint(notes[0]).system), OTHER_SECRET).verifier
    both = Both(forged.write(tmp_path / "e.zip"), capsys, key=other)
    assert not both.accepted
    assert both.ours.findings[0].kind == "wrong_key"
    assert str(other) in both.ours.findings[0].words


def test_a_clock_that_ran_backwards_is_named(forged, notes, journal_url, tmp_path, capsys):
    records = forged.records
    head, state = records[299]
    records[299] = head[:22] + bytes(8) + head[30:], state
    system = read_checkpoint(notes[0]).system
    both = Both(forged.sealed_anew(records, system, key_of(journal_url), SIZES).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.first == ("clock", 300, 300)
    assert both.ours.findings[0].words.startswith("Event 300 says that it was recorded at 1970-01-01T00:00:00Z")


def test_a_sealed_state_that_cannot_be_read_is_named(forged, notes, journal_url, tmp_path):
    records = forged.records
    records[299] = records[299][0], b"\xc1"
    system = read_checkpoint(notes[0]).system
    verdict = verify_export(forged.sealed_anew(records, system, key_of(journal_url), SIZES).write(tmp_path / "e.zip"))
    assert [(f.kind, f.first) for f in verdict.findings] == [("unreadable", 300)]


def test_events_that_this_program_does_not_know_are_named_and_stay_proven(forged, notes, journal_url, tmp_path, capsys):
    records = forged.records
    head, state = records[299]
    length = int.from_bytes(head[66:68], "big")
    records[299] = head[:68] + b"x" * length + head[68 + length :], state
    system = read_checkpoint(notes[0]).system
    both = Both(forged.sealed_anew(records, system, key_of(journal_url), SIZES).write(tmp_path / "e.zip"), capsys)
    assert both.accepted
    assert f"did not read them: {'x' * length}." in both.ours.notes[0]


BROKEN = {
    "no key": ("key.txt", b""),
    "a key that is none": ("key.txt", b"kams/x+00+AAAA\n"),
    "a key that is no text": ("key.txt", b"\xff\xfe"),
    "no checkpoint": ("checkpoints.txt", b""),
    "a checkpoint without a signature": ("checkpoints.txt", b"kams/x\n700\nAAAA\n"),
    "a checkpoint that is no text": ("checkpoints.txt", b"\xff\xfe\n\n\xe2\x80\x94 a b\n"),
    "lines without end": ("checkpoints.txt", b"x\n" * 100_000),
    "no leaves": ("leaves.bin", b""),
    "too many leaves": ("leaves.bin", bytes(32 * 701)),
    "no events": ("events.bin", b""),
    "events of zeros": ("events.bin", bytes(100_000)),
    "events of large lengths": ("events.bin", b"\xff" * 100),
    "half a length": ("events.bin", b"\0\0\0"),
    "nothing said": ("system.json", b""),
    "another format": ("system.json", b'{"format": "kams-export-9"}'),
    "a list": ("system.json", b"[" * 100_000),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_in_the_export_is_a_verdict(forged, what, tmp_path, capsys):
    both = Both(forged.with_member(*BROKEN[what]).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.ours.findings


@pytest.mark.parametrize("missing", ["system.json", "key.txt", "checkpoints.txt", "leaves.bin", "events.bin"])
def test_a_missing_file_is_a_verdict(forged, missing, tmp_path, capsys):
    members = {name: content for name, content in forged.members.items() if name != missing}
    both = Both(Forged(members).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert missing in both.ours.findings[-1].words
    assert missing in both.said


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.999])
def test_a_truncated_file_is_a_verdict(whole, share, tmp_path, capsys):
    path = tmp_path / "e.zip"
    path.write_bytes(whole[: int(len(whole) * share)])
    both = Both(path, capsys)
    assert not both.accepted
    assert both.first[0] == "file"


def test_other_files_are_a_verdict(tmp_path, capsys):
    for name, content in (("text", b"hello" * 100), ("png", b"\x89PNG" + bytes(100)), ("zip", zipped({"a.txt": b""}))):
        path = tmp_path / f"{name}.zip"
        path.write_bytes(content)
        assert not Both(path, capsys).accepted
    assert not verify_export(tmp_path / "nowhere.zip").ok
    assert not verify_export(tmp_path).ok


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "x" * 60_000, "events.bin/../x"])
def test_names_that_no_export_has_are_refused_and_nothing_is_unpacked(forged, name, tmp_path):
    path = forged.with_member(name, b"evil").write(tmp_path / "e.zip")
    verdict = verify_export(path)
    assert [f.kind for f in verdict.findings] == ["file"]
    assert len(verdict.findings[0].words) < 400
    assert sorted(each.name for each in tmp_path.iterdir()) == ["e.zip"]


def test_two_files_of_one_name_are_refused(forged, tmp_path, capsys):
    path = forged.write(tmp_path / "e.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("events.bin", forged.members["events.bin"])
    assert not verify_export(path).ok


def test_a_list_of_very_many_names_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_000):
            archive.writestr(str(number), b"")
    assert "more files than any export" in verify_export(path).findings[0].words


def test_a_bomb_is_refused_in_little_memory(forged, tmp_path):
    path = tmp_path / "e.zip"
    forged.with_member("system.json", bytes(1 << 28)).write(path)
    assert "larger than any export" in verify_export(path).findings[0].words


def events_in(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("events.bin")
        del info.CRC  # what only the container says of the events does not matter
        with archive.open(info) as stream:
            return stream.read()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_edited_stream_of_events_is_ever_accepted_and_nothing_raises(whole_path, tmp_path, capsys, edits):
    content = bytearray(whole_path.read_bytes())
    events = members_of(bytes(content))["events.bin"]
    for place, value in edits:
        content[place % len(content)] = value
    path = tmp_path / "edited.zip"
    path.write_bytes(content)
    both = Both(path, capsys)
    for accepted in (both.ours.ok, both.theirs):
        if accepted:
            assert events_in(path) == events


def signatures_in(notes: bytes) -> list[object]:
    """What checkpoints say, and the signatures below as bytes: their last character has bits that mean nothing."""
    try:
        lines = bytes(notes).decode().split("\n")
        return [base64.b64decode(line[-92:], validate=True) if line.startswith("— ") else line for line in lines]
    except ValueError:
        return []


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(["events.bin", "leaves.bin", "checkpoints.txt"]), st.integers(0), st.integers(1, 255))
def test_one_byte_anywhere_in_what_is_sealed_is_found_by_both(whole_path, tmp_path, capsys, name, place, flip):
    forged = Forged.of(whole_path.read_bytes())
    content = bytearray(forged.members[name])
    content[place % len(content)] ^= flip
    assume(signatures_in(content) != signatures_in(forged.members[name]) or name != "checkpoints.txt")
    both = Both(forged.with_member(name, bytes(content)).write(tmp_path / "edited.zip"), capsys)
    assert not both.accepted, (name, place % len(content), flip)


def test_nothing_sealed_is_no_export(migrated_url):
    tell(migrated_url, 1, 3)
    with pytest.raises(NothingSealed, match="kams work"):
        exported(migrated_url)


def test_an_export_ends_at_the_newest_checkpoint(journal_url):
    with pytest.raises(NotSealed, match="701"):
        exported(journal_url, last=701)
    for first, last in ((0, 5), (6, 5), (701, None)):
        with pytest.raises(NoEventBetween):
            exported(journal_url, first=first, last=last)


@pytest.fixture(scope="module")
def part(whole) -> Part:
    """Three streams of the journal."""
    streams = sorted({UUID(bytes=head[34:50]) for head, _ in Forged.of(whole).records})[:3]
    return Part(account=streams[0], streams=streams)


@pytest.fixture
def forged_part(journal_url, part) -> Forged:
    return Forged.of(exported(journal_url, part=part))


def proofs_of(content: bytes) -> list[bytes]:
    """Each with its length in front."""
    found, at = [], 0
    while at < len(content):
        end = at + 1 + 32 * content[at]
        found.append(content[at:end])
        at = end
    return found


def test_a_part_proves_each_of_its_events(forged_part, part, notes, tmp_path, capsys):
    records = forged_part.records
    both = Both(forged_part.write(tmp_path / "e.zip"), capsys, [notes[2]])
    assert both.accepted
    assert (both.ours.account, both.ours.events, both.ours.size) == (part.account, len(records), SEALED)
    assert both.ours.honest
    assert {UUID(bytes=head[34:50]) for head, _ in records} == set(part.streams)
    assert "that there are no later ones it cannot show" in both.ours.notes[0]
    assert max(map(len, proofs_of(forged_part.members["proofs.bin"]))) <= 1 + 32 * 10


def test_a_part_is_proven_by_the_checkpoint_that_the_auditor_holds(journal_url, part, notes, tmp_path, capsys):
    path = tmp_path / "e.zip"
    path.write_bytes(exported(journal_url, part=part, last=500))
    assert Both(path, capsys, [notes[1]]).accepted
    both = Both(path, capsys, [notes[2]])
    assert not both.accepted
    assert both.ours.findings[0].words.endswith("by which this part is proven: export it with --to 700")


def test_a_checkpoint_of_the_same_size_with_another_root_is_named(forged_part, notes, journal_url, tmp_path, capsys):
    checkpoint = read_checkpoint(notes[2])
    forged_note = key_of(journal_url).sign(msgspec.structs.replace(checkpoint, root=bytes(32)).text)
    both = Both(forged_part.write(tmp_path / "e.zip"), capsys, [forged_note])
    assert not both.accepted
    assert both.first[0] == "anchor"


def changed_state(records, proofs):
    return [*records[:2], (records[2][0], records[2][1][:-1] + b"!"), *records[3:]], proofs


def without_the_second(records, proofs):
    return records[:1] + records[2:], proofs[:1] + proofs[2:]


def without_the_first_proof(records, proofs):
    return records, proofs[1:]


def with_half_a_proof(records, proofs):
    return records, [*proofs[:-1], proofs[-1][:-1]]


def with_a_proof_too_many(records, proofs):
    return records, [*proofs, proofs[-1]]


def in_another_order(records, proofs):
    return [records[1], records[0], *records[2:]], [proofs[1], proofs[0], *proofs[2:]]


def without_the_end(records, proofs):
    return records[:-1], proofs[:-1]


def without_anything(records, proofs):
    return [], []


PART_ATTACKS = {
    changed_state: "changed",
    without_the_second: "removed",
    without_the_first_proof: "changed",
    with_half_a_proof: "changed",
    with_a_proof_too_many: "file",
    in_another_order: "reordered",
    without_the_end: "removed",
    without_anything: "removed",
}


@pytest.mark.parametrize("attack", PART_ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_on_a_part_is_found(forged_part, attack, tmp_path, capsys):
    records, proofs = attack(forged_part.records, proofs_of(forged_part.members["proofs.bin"]))
    changed = forged_part.with_records(records).with_member("proofs.bin", b"".join(proofs))
    both = Both(changed.write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.first[0] == PART_ATTACKS[attack]


def test_an_event_of_another_stream_in_a_part_is_named(forged_part, journal_url, part, tmp_path):
    other = Part(account=part.account, streams=part.streams[:1])
    more = exported(journal_url, part=part)
    said = members_of(exported(journal_url, part=other))["system.json"]
    said = json.dumps({**json.loads(said), "events": len(Forged.of(more).records)}).encode()
    verdict = verify_export(forged_part.with_member("system.json", said).write(tmp_path / "e.zip"))
    assert [f.kind for f in verdict.findings] == ["inserted"]


def said(forged: Forged, **changes: object) -> Forged:
    """With another system.json."""
    return forged.with_member(
        "system.json", json.dumps({**json.loads(forged.members["system.json"]), **changes}).encode()
    )


def test_what_an_export_says_of_itself_must_fit(forged, tmp_path, capsys):
    both = Both(said(forged, last=699).write(tmp_path / "e.zip"), capsys)
    assert not both.accepted
    assert both.first == ("inserted", 700, 700)
    for changes in ({"first": 9, "last": 8}, {"size": 699, "last": 699}, {"size": 701}):
        assert not Both(said(forged, **changes).write(tmp_path / "e.zip"), capsys).accepted
    verdict = verify_export(said(forged, format="kams-export-9").write(tmp_path / "e.zip"))
    assert "its format is kams-export-9; this program reads kams-export-1" in verdict.findings[0].words


def test_checkpoints_in_another_order_are_refused(forged, notes, tmp_path, capsys):
    text = "".join(f"{note}\n" for note in (notes[0], notes[2], notes[1]))
    both = Both(forged.with_member("checkpoints.txt", text.encode()).write(tmp_path / "e.zip"), capsys)
    assert not both.ours.ok
    assert "does not follow on one of 700 events" in both.ours.findings[0].words


def test_a_note_from_outside_that_is_no_checkpoint_is_named(forged, tmp_path):
    verdict = verify_export(forged.write(tmp_path / "e.zip"), kept=[Anchored(["hello"], None, "the safe")])
    assert verdict.findings[0].words.startswith("the safe: The signed note cannot be read")


def test_a_checkpoint_earlier_than_the_one_before_it_is_named(forged, notes, journal_url, tmp_path):
    early = msgspec.structs.replace(read_checkpoint(notes[2]), at=datetime(2020, 1, 1, tzinfo=UTC))
    text = "".join(f"{note}\n" for note in (*notes[:2], key_of(journal_url).sign(early.text)))
    verdict = verify_export(forged.with_member("checkpoints.txt", text.encode()).write(tmp_path / "e.zip"))
    assert [f.kind for f in verdict.findings] == ["clock"]


def test_an_export_packed_in_another_way_is_refused(forged, tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in forged.members.items():
            archive.writestr(name, content)
    assert "packed as no export is" in verify_export(path).findings[0].words


def test_a_moment_beyond_all_calendars_is_named(forged, notes, journal_url, tmp_path):
    records = forged.records
    for place, at in ((299, (1 << 62) + 1), (300, 1 << 62)):
        head, state = records[place]
        records[place] = head[:22] + at.to_bytes(8, "big") + head[30:], state
    system = read_checkpoint(notes[0]).system
    verdict = verify_export(forged.sealed_anew(records, system, key_of(journal_url), SIZES).write(tmp_path / "e.zip"))
    assert verdict.findings[0].kind == "clock"
    assert " µs, earlier" in verdict.findings[0].words


def test_another_verifier_in_the_file_is_told(forged, tmp_path):
    verdict = verify_export(forged.with_member("verify.py", b"print('IN ORDER')").write(tmp_path / "e.zip"))
    assert verdict.ok
    assert verdict.notes[0] == "Its verify.py is not the one of this program: run one that you trust."


# What the second verifier is given


@pytest.mark.parametrize(
    "kept",
    [
        lambda notes: "".join(notes),
        lambda notes: "".join(notes) + "\n\n",
        lambda notes: "\n\n\n".join(notes),
        lambda notes: "".join(notes).replace("\n", "\r\n"),
        lambda notes: notes[0].rstrip("\n"),
    ],
    ids=["as an anchor's folder", "a blank line behind", "blank lines between", "CRLF", "no end of line"],
)
def test_the_second_verifier_reads_checkpoints_however_they_were_kept(forged, notes, tmp_path, capsys, kept):
    path, file = forged.write(tmp_path / "e.zip"), tmp_path / "checkpoints.txt"
    file.write_bytes(kept(notes).encode())
    assert second_verifier.main([str(path), "--checkpoint", str(file)]) == 0, capsys.readouterr().out
    assert "It agrees with what you state" in capsys.readouterr().out
    file.write_bytes(kept(notes).replace("\n200", "\n201", 1).encode())
    assert second_verifier.main([str(path), "--checkpoint", str(file)]) == 1


@pytest.mark.parametrize("content", ["", "\n\n", "rubbish\n", "NOTES\nrubbish\n"])
def test_the_second_verifier_refuses_a_file_of_anything_but_checkpoints(forged, notes, tmp_path, capsys, content):
    path, file = forged.write(tmp_path / "e.zip"), tmp_path / "kept.txt"
    file.write_text(content.replace("NOTES", "".join(notes)))
    assert second_verifier.main([str(path), "--checkpoint", str(file)]) == 1
    assert "kept.txt holds no checkpoints, or something else beside them" in capsys.readouterr().out


def test_the_second_verifier_takes_a_key_or_a_file_with_it(forged, journal_url, tmp_path, capsys):
    path, file, key = forged.write(tmp_path / "e.zip"), tmp_path / "seal.pub", key_of(journal_url).verifier
    for content, code, words in (
        (f"{key}\n", 0, "It agrees with what you state"),
        (f"\r\n{key}\r\n", 0, "It agrees with what you state"),
        (str(SigningKey(key.name, OTHER_SECRET).verifier), 1, "not signed by"),
        ("rubbish", 1, "NOT IN ORDER: --key was changed, is damaged or missing"),
        ("", 1, "not signed by"),
    ):
        file.write_text(content, newline="")
        assert second_verifier.main([str(path), "--key", str(file)]) == code
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    "asked", [["FOLDER/absent.zip"], ["EXPORT", "--checkpoint", "FOLDER/absent"], ["EXPORT", "--checkpoint", "FOLDER"],
              ["EXPORT", "--key", "FOLDER/absent"], ["EXPORT", "--key", "FOLDER"]]
)  # fmt: skip
def test_the_second_verifier_tells_a_file_that_is_not_there_from_a_verdict(forged, tmp_path, capsys, asked):
    path = forged.write(tmp_path / "e.zip")
    with pytest.raises(SystemExit) as ended:
        second_verifier.main([each.replace("EXPORT", str(path)).replace("FOLDER", str(tmp_path)) for each in asked])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert "there is no such file: " in told.err
    assert "Errno" not in told.err
    assert told.out == ""


def test_the_second_verifier_names_the_file_that_is_wrong_in_words(forged, notes, tmp_path, capsys):
    path, kept = forged.write(tmp_path / "e.zip"), tmp_path / "kept.txt"
    kept.write_text(notes[-1].replace("\n700\n", "\n701\n", 1) if "\n700\n" in notes[-1] else "")
    assert kept.read_text()
    assert second_verifier.main([str(path), "--checkpoint", str(kept)]) == 1
    assert "NOT IN ORDER: kept.txt was changed, is damaged or missing" in capsys.readouterr().out
    path.write_bytes(zipped({}))
    assert second_verifier.main([str(path)]) == 1
    assert "NOT IN ORDER: system.json was changed, is damaged or missing" in capsys.readouterr().out
    assert second_verifier.main([str(tmp_path)]) == 1
    assert "NOT IN ORDER: system.json was changed, is damaged or missing" in capsys.readouterr().out
    path.write_text("no zip")
    assert second_verifier.main([str(path), "--key", "kams/x+0+AAAA"]) == 1
    assert "NOT IN ORDER: e.zip was changed, is damaged or missing" in capsys.readouterr().out


def test_checkpoints_of_a_file_that_stand_close_together_are_read_by_both(forged, notes, tmp_path, capsys):
    assert Both(
        forged.with_member("checkpoints.txt", "".join(notes).encode()).write(tmp_path / "e.zip"), capsys
    ).accepted
