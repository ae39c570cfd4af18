"""Folding one row's events into its versions: in order (almost always), or late, by merging into its timeline.

See `Entry` for what a version carries. `append` and `merge` give the same versions for events in order; `merge`
alone can take events that come late and events that are withdrawn. Neither knows a database.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from domain.errors import CorruptEvent
from projections.engine.facts import Broken
from projections.engine.intervals import LESSON_OF, SPAN_OF
from projections.engine.model import Envelope, Plan
from projections.engine.rows import NOTHING, Columns, Shape

GONE: Final = 0
ROW: Final = 1
SILENT: Final = 2
FOREVER: Final = 2**62
END_OF_TIME: Final = 252_424_080_000_000_000  # 9999-01-01, in microseconds since 2000-01-01
NEVER: Final = -(2**62)
Known = Mapping[int, Envelope | Broken]


class Poisoned(Exception):
    """An event that a handler could not take. The row waits for somebody to mend it."""

    def __init__(self, position: int, error: Exception) -> None:
        super().__init__(position, error)
        self.position = position
        self.error = error


class Entry(msgspec.Struct, gc=False):
    """A version of a row, or (silent) an event that changed nothing and may matter once an earlier one comes.

    `at` to `valid_to` is its time in business; `known_from` the step from which it is the truth, `ended_at` the
    step that taught its end, `retracted_at` the step from which it holds no longer. `place` says where it lies in
    the history, and is empty for the current and for new ones.
    """

    at: int
    cause: int
    columns: Columns
    silent: bool
    known_from: int
    valid_to: int = END_OF_TIME
    ended_at: int = FOREVER
    retracted_at: int = FOREVER
    place: bytes = b""

    @property
    def kind(self) -> int:
        """What the table calls it."""
        if self.silent:
            return SILENT
        return GONE if self.columns is None else ROW

    @property
    def learned(self) -> int:
        """The class of the stretch of knowledge in which its end is not known."""
        return LESSON_OF[(min(self.ended_at, self.retracted_at) - self.known_from).bit_length()]

    @property
    def order(self) -> tuple[int, int]:
        """Its place in business time."""
        return self.at, self.cause


class Current(msgspec.Struct, gc=False):
    """The current row of a key: its open version and the latest moment ever folded into it."""

    at: int
    cause: int
    columns: Columns
    known_from: int
    last_at: int
    place: bytes


class Written(msgspec.Struct):
    """What a batch writes: plain tuples in the order of the tables (see store), with key and place where changed."""

    history: list[tuple[Any, ...]] = []
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    deleted: list[bytes] = []
    retracted: list[tuple[bytes, int, int]] = []


class Timeline(msgspec.Struct):
    """The living entries of a row in business order, from the earliest that a batch may touch, and the retired."""

    entries: list[Entry]
    last_at: int = NEVER
    retired: list[Entry] = []
    current: bytes = b""


def in_order(envelopes: list[Envelope], last_at: int) -> bool:
    """Whether every event is at or after all that went before it."""
    for envelope in envelopes:
        if envelope.at < last_at:
            return False
        last_at = envelope.at
    return True


def append(plan: Plan, key: bytes, current: Current | None, envelopes: list[Envelope], written: Written) -> None:
    """Fold events that come in order. Raises whatever a handler raises; `written` is then half-filled."""
    shape, handlings, history, empty = plan.shape, plan.handlings, written.history, plan.shape.empty
    columns: Columns = NOTHING
    at = known_from = cause = 0
    sent: Sequence[Any] = empty
    if current is not None:
        columns = current.columns
        sent = shape.out(columns)
        at, known_from, cause = current.at, current.known_from, current.cause
    row = shape.make(columns)
    for e in envelopes:
        row = handlings[e.topic].handle(row, e.event, e)
        after = shape.take(row, columns)
        if after == columns:
            step = e.step
            history.append((key, e.at, e.at, step, step, None, e.position, SILENT, SPAN_OF[0], LESSON_OF[0], *empty))
            continue
        if cause:
            kind = GONE if columns is None else ROW
            span, learned = SPAN_OF[(e.at - at).bit_length()], LESSON_OF[(e.step - known_from).bit_length()]
            history.append((key, at, e.at, known_from, e.step, None, cause, kind, span, learned, *sent))
        sent = shape.out(after, columns, sent)
        columns, at, known_from, cause = after, e.at, e.step, e.position
    kind = GONE if columns is None else ROW
    present = (at, known_from, cause, envelopes[-1].at, kind, *sent)
    if current is None:
        written.new.append((key, *present))
    else:
        written.changed.append((key, current.place, *present))


def merge(
    plan: Plan,
    timeline: Timeline,
    coming: list[Envelope],
    going: set[int],
    step: int,
    facts: Known,
) -> None:
    """Fold one step's events and withdrawals into a timeline, from where they touch it to where it is as before.

    `facts` has the events of the timeline's entries by position. Raises Poisoned and then changes nothing.
    """
    old = timeline.entries
    coming = sorted((e for e in coming if e.position not in going), key=lambda e: (e.at, e.position))
    if not going and old and coming[0].at >= old[-1].at:
        _extend(plan, timeline, coming, step)
        return
    gone = {entry.cause for entry in old if entry.cause in going}
    touched = [(e.at, e.position) for e in coming] + [entry.order for entry in old if entry.cause in gone]
    if touched:
        first = bisect_left(old, min(touched), key=lambda entry: entry.order)
        before = next((n for n in range(first - 1, -1, -1) if not old[n].silent), -1)
        start = old[before] if before >= 0 else None
        made, rest = _walk(plan, start, old, first, coming, gone, step, facts)
        end = _set_ends(made, old, rest, step)
        replaced = {entry.cause: entry for entry in old[first:rest]}
        kept = [_settle(replaced.pop(entry.cause, None), entry, step, timeline.retired) for entry in made]
        for entry in replaced.values():
            _retire(entry, step, timeline.retired)
        if start is not None:
            shortened = Entry(start.at, start.cause, start.columns, False, step, end, _ended(end, step))
            old[before] = _settle(start, shortened, step, timeline.retired)
        old[first:rest] = kept
    timeline.last_at = max([timeline.last_at, *(e.at for e in coming)]) if old else NEVER


def _extend(plan: Plan, timeline: Timeline, coming: list[Envelope], step: int) -> None:
    """Fold events that come after all others: what `merge` would come to, by a shorter way."""
    last = next(entry for entry in reversed(timeline.entries) if not entry.silent)
    state = last.columns
    made = []
    for envelope in coming:
        after = handled(plan, state, envelope)
        silent = after == state
        made.append(Entry(envelope.at, envelope.position, None if silent else after, silent, step))
        state = after
    for entry in made:
        if entry.silent:
            entry.valid_to, entry.ended_at = entry.at, step
        else:
            last.valid_to, last.ended_at = entry.at, step
            last = entry
    timeline.entries += made
    timeline.last_at = max(timeline.last_at, coming[-1].at)


def _walk(
    plan: Plan,
    start: Entry | None,
    old: list[Entry],
    first: int,
    coming: list[Envelope],
    gone: set[int],
    step: int,
    facts: Known,
) -> tuple[list[Entry], int]:
    """The entries made anew, and the index of the first old one that stays as it is."""
    state = was = start.columns if start else NOTHING
    made: list[Entry] = []
    n, m, left = first, 0, len(gone)
    while n < len(old) or m < len(coming):
        if m == len(coming) and not left and state == was:
            break
        if m < len(coming) and (n == len(old) or (coming[m].at, coming[m].position) < old[n].order):
            envelope = coming[m]
            m += 1
        else:
            entry = old[n]
            n += 1
            if not entry.silent:
                was = entry.columns
            if entry.cause in gone:
                left -= 1
                continue
            envelope = _readable(facts[entry.cause])
        after = handled(plan, state, envelope)
        silent = after == state
        made.append(Entry(envelope.at, envelope.position, None if silent else after, silent, step))
        state = after
    return made, n


def _readable(fact: Envelope | Broken) -> Envelope:
    if isinstance(fact, Envelope):
        return fact
    raise Poisoned(fact.position, CorruptEvent(position=fact.position, topic=fact.topic, reason=fact.error))


def handled(plan: Plan, state: Columns, envelope: Envelope) -> Columns:
    """The columns after an event. Raises Poisoned for whatever the handler raises."""
    try:
        row = plan.handlings[envelope.topic].handle(plan.shape.make(state), envelope.event, envelope)
        return plan.shape.take(row, state)
    except Exception as error:
        raise Poisoned(envelope.position, error) from error


def _set_ends(made: list[Entry], old: list[Entry], rest: int, step: int) -> int:
    """Give the new entries their ends, from right to left; returns where the version before them ends."""
    end = next((entry.at for entry in old[rest:] if not entry.silent), END_OF_TIME)
    for entry in reversed(made):
        entry.valid_to = entry.at if entry.silent else end
        entry.ended_at = _ended(entry.valid_to, step)
        if not entry.silent:
            end = entry.at
    return end


def _ended(valid_to: int, step: int) -> int:
    return FOREVER if valid_to == END_OF_TIME else step


def _settle(before: Entry | None, after: Entry, step: int, retired: list[Entry]) -> Entry:
    """Keep the old entry where it says the same, close it where only its end is new, else replace it."""
    if before is None:
        return after
    if before.silent == after.silent and before.columns == after.columns:
        if before.valid_to == after.valid_to:
            return before
        if before.valid_to == END_OF_TIME:
            before.valid_to, before.ended_at = after.valid_to, step
            return before
    _retire(before, step, retired)
    return after


def _retire(entry: Entry, step: int, retired: list[Entry]) -> None:
    entry.retracted_at = step
    retired.append(entry)


def write_timeline(shape: Shape, key: bytes, timeline: Timeline, written: Written) -> None:
    """Say what the tables need to hold a merged timeline."""
    entries = timeline.entries
    last = next((entry for entry in reversed(entries) if not entry.silent), None)
    for entry in timeline.retired:
        if entry.place:
            written.retracted.append((entry.place, entry.retracted_at, entry.learned))
        else:
            written.history.append(_past(shape, key, entry))
    written.history.extend(_past(shape, key, entry) for entry in entries if not entry.place and entry is not last)
    if last is None:
        if timeline.current:
            written.deleted.append(timeline.current)
        return
    present = (last.at, last.known_from, last.cause, timeline.last_at, last.kind, *shape.out(last.columns))
    if timeline.current:
        written.changed.append((key, timeline.current, *present))
    else:
        written.new.append((key, *present))


def _past(shape: Shape, key: bytes, entry: Entry) -> tuple[Any, ...]:
    return (
        key,
        entry.at,
        entry.valid_to,
        entry.known_from,
        entry.ended_at,
        None if entry.retracted_at == FOREVER else entry.retracted_at,
        entry.cause,
        entry.kind,
        SPAN_OF[(entry.valid_to - entry.at).bit_length()],
        entry.learned,
        *shape.out(entry.columns),
    )
