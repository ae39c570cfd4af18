"""Facts as pages show them: when, by whom, what became what, whether they were taken back, and where to look on."""

from __future__ import annotations

import enum
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import msgspec

from api.console import formats
from api.console.frame import Frame
from api.fact_lines import ChangeLine, FactLine
from api.gate_words import FIELDS as OF_GATES
from api.gate_words import told_gate
from api.identity import is_identifier
from api.process_words import told_question
from api.thing_words import UUID_LENGTH, named, thing_words
from api.trail_lines import FieldChange, TrailLine, TrailTeller
from domain.aggregate import Precision
from domain.language.catalogue import event_words, field_words, say, term
from domain.money import Money
from projections.view import View

NOTHING: tuple[Any, ...] = (None, "", [], {})
MONEY = {"amount", "currency"}
LONGEST = 240
PERSON = "person"
WEEK = 7
YEARS = frozenset({"fiscal_year", "year"})
"""Fields whose number is a name and no amount."""


class Became(msgspec.Struct):
    """A value that became another, in words."""

    what: str
    before: str
    after: str


class Shown(msgspec.Struct, kw_only=True):
    """A fact as it is shown. `occurred` and `recorded` are in words; `origin` only where it was no person; `taken_back`
    is the withdrawal that is known of it, `takes_back` the position of what it withdraws itself."""

    position: int
    fact: str
    text: str
    about: str
    occurred: str
    recorded: str
    late: str
    who: str
    origin: str
    reason: str
    note: str
    changes: list[Became]
    more_changes: int
    subject: UUID | None = None
    taken_back: Shown | None = None
    takes_back: int | None = None
    error: str = ""


class Words:
    """How values are said: with the names of people and things, of stages, and in the company's time zone."""

    def __init__(self, frame: Frame[Any], names: Mapping[UUID, str], stages: Mapping[str, str]) -> None:
        self._form = formats.Formats(frame)
        self.names, self._stages = names, stages

    def when(self, moment: datetime | None, precision: Precision | None = None) -> str:
        """When something happened: only the day where no more is known."""
        return self._form.day(moment) if precision is Precision.DAY else self._form.moment(moment)

    def became(self, changes: Iterable[ChangeLine | FieldChange]) -> list[Became]:
        """Changes in words."""
        parts = [
            part
            for each in changes
            for part in parted(each.path.split(".") if isinstance(each.path, str) else each.path, each)
        ]
        told = [self._became(path, before, after) for path, before, after in parts if before != after]
        return [each for each in told if (each.before, each.after) != (formats.DASH, formats.DASH)]

    def _became(self, path: Sequence[str], before: Any, after: Any) -> Became:
        return Became(self.path(path), self.said(before, path[-1]), self.said(after, path[-1]))

    def path(self, path: Sequence[str]) -> str:
        """Where something changed: the part, the child by its name, the field."""
        steps = [path[0], *path[2:]] if len(path) > 2 else path
        return " · ".join(filter(None, map(self._step, steps)))

    def said(self, value: Any, field: str = "") -> str:
        """A value, cut where it is very long."""
        text = self._said(value, field)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def _step(self, step: str) -> str:
        if any(map(_is_identifier, parts := step.split())):
            return " ".join(filter(None, map(self._word, parts)))
        for root in ("Account", "Opportunity", "Member") if step[:1].isupper() else ():
            if (words := event_words(f"{root}.{step}")) != f"{root}.{step}":
                return words
        return field_words(step)

    def _word(self, word: str) -> str:
        """A word of a compound key: a name, a period."""
        return self.names.get(UUID(word), "") if _is_identifier(word) else formats.period(word)

    def _is_told(self, value: Any) -> bool:
        """Whether it says anything to people: an identifier without a name does not."""
        return value not in NOTHING and not (isinstance(value, UUID) and value not in self.names)

    def _said(self, value: Any, field: str) -> str:
        value = named(value, field, self._stages)
        if not self._is_told(value):
            return formats.DASH
        if isinstance(value, Mapping):
            return self._together(value)
        if isinstance(value, list | tuple):
            return ", ".join(self._said(each, field) for each in value if self._is_told(each)) or formats.DASH
        return self._simple(value, field)

    def _together(self, value: Mapping[str, Any]) -> str:
        if value.keys() == MONEY:
            return exact(Decimal(str(value["amount"])), str(value["currency"]))
        if value.keys() == OF_GATES:
            return told_gate(value, self._stages)
        stated = ((key, self._said(each, str(key))) for key, each in value.items() if self._is_told(each))
        parts = [f"{field_words(str(key))} {text}" for key, text in stated if text != formats.DASH]
        return ", ".join(parts) or formats.DASH

    def _simple(self, value: Any, field: str) -> str:
        if isinstance(value, bool):
            return say("yes") if value else say("no")
        if isinstance(value, UUID):
            return self.names[value]
        if isinstance(value, datetime):
            return self._form.moment(value)
        if isinstance(value, date):
            return formats.day(value)
        if isinstance(value, Money):
            return exact(value.amount, value.currency)
        if field in YEARS:
            return str(value)
        if isinstance(value, Decimal | int):
            return formats.number(value, 6)
        if isinstance(value, enum.Enum):
            return formats.word(value)
        if field == "stage":
            return self._stages.get(str(value), str(value))
        if field == "question":
            return told_question(str(value), self._stages)
        return str(value)


class Facts:
    """Tells the facts at positions, as whoever asks may read them. What `names` holds is named besides."""

    def __init__(self, frame: Frame[Any], view: View) -> None:
        self._frame, self._view = frame, view
        self._journal = frame.call.doors.journal
        frame.may_read_people(view)
        self.teller = TrailTeller(self._journal, view, thing_words(view))
        self.names: dict[UUID, str] = {}
        self._members = {key: external_id for key, (external_id, _) in view.members().items()}
        names = ChainMap(self.names, cast("dict[UUID, str]", self.teller.names), self._members)
        self.words = Words(frame, names, self.teller.stages)

    def at(self, positions: Iterable[int]) -> dict[int, Shown]:
        """The facts at positions that the asker was already found to see, with those that took them back."""
        lines = self._lines(positions)
        self._name_what_changed(lines)
        back = self._lines({line.withdrawn_by for line in lines if self._is_taken_back(line)})
        withdrawals = {line.position: self.shown(line) for line in back}
        found = {}
        for line in lines:
            shown = self.shown(line)
            shown.taken_back = withdrawals.get(line.withdrawn_by) if self._is_taken_back(line) else None
            found[shown.position] = shown
        return found

    def _name_what_changed(self, lines: Iterable[TrailLine]) -> None:
        """Finds the names of accounts and opportunities that stand in changes, such as into what one was merged."""
        values = [value for line in lines for each in line.changes for value in (each.before, each.after)]
        if unknown := {key for value in values for key in keys_in(value)} - self.words.names.keys():
            self.teller.find(unknown)

    def shown(self, line: TrailLine | FactLine) -> Shown:
        """A line as it is shown."""
        changes, late = self.words.became(line.changes), int(line.late_days or 0)
        about = line.subject_name if isinstance(line, FactLine) else _about(line)
        return Shown(
            position=line.position or 0,
            fact=line.fact,
            text=line.text,
            about=about,
            occurred=self.words.when(line.occurred_at, line.precision),
            recorded=self.words.when(line.recorded_at),
            late=say("recorded {days} [day|days] later", days=late) if late >= WEEK else "",
            who=self.who(line.actor, line.actor_name),
            origin="" if line.origin in ("", PERSON) else term("Origin", str(line.origin)),
            reason=line.reason or "",
            note=line.note or "",
            changes=changes,
            more_changes=0,
            subject=line.subject,
            takes_back=line.withdraws,
            error=getattr(line, "error", ""),
        )

    def name_of(self, key: UUID) -> str:
        """What an account, an opportunity or a member is called; else the beginning of its identifier."""
        if key not in self.teller.names:
            fact = self._journal.streams.openings([key]).get(key)
            if fact is not None:
                self.teller.lines([fact])
        return self.names.get(key) or self.teller.names.get(key) or self._members.get(key) or str(key)[:8]

    def account_of(self, position: int) -> UUID | None:
        """The account that the fact at a position is about."""
        return next((line.account for line in self._lines([position])), None)

    def who(self, member: UUID | None, name: str | None) -> str:
        """Who recorded a fact: by name for who may read it, else as the company's own number of him."""
        return name or (self._members.get(member, "") if member else "")

    def _lines(self, positions: Iterable[int | None]) -> list[TrailLine]:
        wanted = sorted({each for each in positions if each})
        facts = self._journal.streams.at(wanted)
        return self.teller.lines([facts[each] for each in wanted if each in facts])

    def _is_taken_back(self, line: TrailLine) -> bool:
        return line.withdrawn_by is not None and line.withdrawn_by <= self._view.clock.known_at


def _is_identifier(word: str) -> bool:
    return len(word) == UUID_LENGTH and is_identifier(word)


def keys_in(value: Any) -> Iterator[UUID]:
    """The identifiers in a value."""
    if isinstance(value, UUID):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from keys_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from keys_in(each)


def parted(path: Sequence[str], change: ChangeLine | FieldChange) -> list[tuple[Sequence[str], Any, Any]]:
    """Path, before and after of a change; where nothing became a collection, or the other way round, of each member."""
    whole = change.after if change.before in NOTHING else change.before if change.after in NOTHING else None
    if not (isinstance(whole, Mapping) and whole and all(isinstance(each, Mapping) for each in whole.values())):
        return [(path, change.before, change.after)]
    before, after = change.before or {}, change.after or {}
    return [([*path, str(key)], before.get(key), after.get(key)) for key in whole]


def _about(line: TrailLine) -> str:
    return " · ".join(each for each in (line.title, line.account_name) if each)


def exact(value: Decimal | None, unit: str, *, signed: bool = False) -> str:
    """A figure in its unit, to the cent; `signed` with a plus before what adds."""
    if value is None:
        return formats.DASH
    sign = "+" if signed and value > 0 else ""
    return sign + _in_unit(value, unit)


def _in_unit(value: Decimal, unit: str) -> str:
    from babel.units import format_unit

    match unit:
        case "times":
            return formats.number(value, 6)
        case "count" | "points" | "":
            return formats.number(value, 2)
        case "days":
            return format_unit(round(value, 2), "day", locale=formats.locale())
        case "ratio":
            return formats.percent(value, 2)
    return formats.full_money(value, unit, formats.locale())
