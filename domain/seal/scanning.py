"""Events of an export in turn: their form, their order, their moments, and whether they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from struct import pack
from uuid import UUID

from domain.errors import CorruptEvent, UnknownTopic
from domain.journal.mapper import UNREADABLE, Decoder, JournalMapper
from domain.journal.reading import EPOCH
from domain.language.catalogue import say
from domain.seal.entries import UNIX_TO_2000
from domain.seal.findings import FindingKind
from domain.seal.records import AGGREGATE, FIXED, POSITION, RECORDED_AT, VERSION, are_heads, is_head, position_of
from domain.seal.verdicts import FileFindings


class Scanner:
    """What was seen of the events so far. A part (`gapless` is false) holds some streams whole, and nothing else."""

    def __init__(self, findings: FileFindings, first: int, *, gapless: bool) -> None:
        self.first, self.next = first, first
        self.events = 0
        self.unknown: dict[str, int] = {}
        self._findings, self._gapless = findings, gapless
        self._latest = bytes(8)
        self._versions: dict[bytes, int] = {}
        self._mapper = JournalMapper()
        self._decoders: dict[bytes, Decoder] = {}

    def take(self, heads: Sequence[bytes], states: Sequence[bytes]) -> int:
        """How many of the next events stand where they must; the first that does not is named."""
        good = self._gapless_until(heads) if self._gapless else self._rising_until(heads[: self._formed(heads)])
        if not good:
            return 0
        self._see_that_moments_rise(heads[:good])
        if not self._gapless and good == len(heads):
            self._see_that_versions_follow(heads[:good])
        if not self.events:
            self.first = position_of(heads[0])
        self.events += good
        self.next = position_of(heads[good - 1]) + 1
        return good

    def _formed(self, heads: Sequence[bytes]) -> int:
        if are_heads(heads):
            return len(heads)
        bad = next(place for place, head in enumerate(heads) if not is_head(head))
        before = position_of(heads[bad - 1]) if bad else self.next - 1
        self._findings.add(
            FindingKind.FILE, say("What stands behind event {before} is no event", before=before), before + 1
        )
        return bad

    def _gapless_until(self, heads: Sequence[bytes]) -> int:
        wanted = range(self.next, self.next + len(heads))
        in_place = b"".join([head[POSITION] for head in heads]) == pack(f">{len(heads)}Q", *wanted)
        if in_place and are_heads(heads):
            return len(heads)
        formed = self._formed(heads)
        found = [position_of(head) for head in heads[:formed]]
        bad = next((place for place, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), None)
        if bad is None:
            return formed
        self._name_disorder(self.next + bad, found[bad], found[bad + 1] if bad + 1 < formed else None)
        return bad

    def _name_disorder(self, wanted: int, found: int, following: int | None) -> None:
        if found < wanted:
            words = say(
                "Behind event {before} stands an event of position {found}: it was inserted",
                before=wanted - 1,
                found=found,
            )
            self._findings.add(FindingKind.INSERTED, words, wanted)
        elif following is not None and following < found:
            words = say(
                "In the place of event {wanted} stands event {found}: the order was changed", wanted=wanted, found=found
            )
            self._findings.add(FindingKind.REORDERED, words, wanted)
        else:
            self.missing(wanted, found - 1)

    def missing(self, first: int, last: int) -> None:
        """Events that should be there."""
        words = say("Event {first} is missing: it was removed", first=first)
        if last > first:
            words = say("Events {first} to {last} are missing: they were removed", first=first, last=last)
        self._findings.add(FindingKind.REMOVED, words, first, last)

    def _rising_until(self, heads: Sequence[bytes]) -> int:
        before = self.next - 1
        for place, head in enumerate(heads):
            position = position_of(head)
            if position <= before:
                words = say(
                    "In the place of event {wanted} stands event {found}: the order was changed",
                    wanted=before + 1,
                    found=position,
                )
                self._findings.add(FindingKind.REORDERED, words, before + 1)
                return place
            before = position
        return len(heads)

    def _see_that_moments_rise(self, heads: Sequence[bytes]) -> None:
        moments = [self._latest, *(head[RECORDED_AT] for head in heads)]
        self._latest = moments[-1]
        if moments == sorted(moments):
            return
        bad = next(place for place, pair in enumerate(pairwise(moments)) if pair[1] < pair[0])
        words = say(
            "Event {position} says that it was recorded at {at}, earlier than the one before it: a clock ran backwards",
            position=position_of(heads[bad]),
            at=_moment(moments[bad + 1]),
        )
        self._findings.add(FindingKind.CLOCK, words, position_of(heads[bad]))

    def _see_that_versions_follow(self, heads: Sequence[bytes]) -> None:
        for head in heads:
            stream, version = head[AGGREGATE], int.from_bytes(head[VERSION], "big")
            wanted = self._versions.get(stream, 0) + 1
            self._versions[stream] = version
            if version != wanted:
                position, of = position_of(head), UUID(bytes=stream)
                words = say(
                    "Event {position} is version {found} of {of}, where {wanted} must stand: events were removed",
                    position=position, found=version, of=of, wanted=wanted,
                )  # fmt: skip
                self._findings.add(FindingKind.REMOVED, words, position)

    def read(self, heads: Sequence[bytes], states: Sequence[bytes]) -> None:
        """Name what cannot be read."""
        decoders, start = self._decoders, FIXED + 2
        for head, state in zip(heads, states, strict=False):
            topic = head[start : start + (head[FIXED] << 8 | head[FIXED + 1])]
            decoder = decoders.get(topic)
            try:
                if decoder and decoder.decode(state).schema_version == decoder.version:
                    continue
            except UNREADABLE:
                pass
            self._read_slowly(position_of(head), topic, state)

    def _read_slowly(self, position: int, topic: bytes, state: bytes) -> None:
        """Name an event that cannot be read, or that this program does not know."""
        try:
            decoder = self._decoders[topic] = self._mapper.decoder(topic.decode())
            decoder.lean(position, state)
        except (UnknownTopic, UnicodeDecodeError):
            name = topic.decode(errors="replace")
            self.unknown[name] = self.unknown.get(name, 0) + 1
        except CorruptEvent as error:
            self._findings.add(FindingKind.UNREADABLE, str(error).removesuffix("."), position)


def _moment(recorded_at: bytes) -> str:
    since = int.from_bytes(recorded_at, "big", signed=True) - UNIX_TO_2000
    try:
        return (EPOCH + timedelta(microseconds=since)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"{since} µs"
