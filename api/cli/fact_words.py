"""Facts and their changes in words, as the tables of an auditor hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from api.cli.account_output import money_words, stated_words
from api.gate_words import FIELDS, told_gate
from domain.language.amounts import shown_amount
from domain.language.catalogue import event_words, field_words, say, term
from domain.money import Money

if TYPE_CHECKING:
    from api.fact_lines import ChangeLine, FactLine
    from api.trail_lines import TrailLine
    from domain.aggregate import Precision

CSV = [
    "position", "occurred_at", "recorded_at", "subject", "fact", "text", "path", "before", "after", "actor", "origin",
    "command_id", "correlation_id", "reason", "note", "late_days", "withdrawn_by", "withdraws",
]  # fmt: skip
LONGEST = 60
MOST_CHANGES = 4
NOTHING: tuple[Any, ...] = (None, "", [], {})
MONEY = {"amount", "currency"}
OF_STAGES = frozenset({"stage"})


class Words:
    """How facts are said: names of people and things, of stages, and the company's time zone."""

    def __init__(self, names: Mapping[UUID, str], stages: Mapping[str, str], zone: str) -> None:
        self.names, self.stages = names, stages
        self._zone = ZoneInfo(zone)

    def day(self, moment: datetime) -> str:
        """The company's day of a moment."""
        return f"{moment.astimezone(self._zone):%Y-%m-%d}"

    def moment(self, moment: datetime | None) -> str:
        """A moment in the company's time zone."""
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}" if moment else ""

    def when(self, moment: datetime, precision: Precision | None) -> str:
        """When something occurred: only the day where no more is known."""
        return self.day(moment) if precision == "day" else self.moment(moment)

    def facts_of(self, line: FactLine) -> list[tuple[str, Any]]:
        """What there is to say about a fact beside its changes."""
        said = [
            ("what happened", line.text),
            ("about", line.subject_name or str(line.subject)),
            ("occurred", self.when(line.occurred_at, line.precision)),
            ("recorded", self.moment(line.recorded_at)),
            ("position", str(line.position)),
            ("recorded by", who(line)),
            ("command", str(line.command_id) if line.command_id else ""),
            ("correlation", str(line.correlation_id) if line.correlation_id else ""),
            ("reason", line.reason or ""),
            ("note", line.note or ""),
            ("marks", marks(line.withdrawn_by, line.withdraws, line.late_days)),
        ]
        return [(label, value) for label, value in said if value]

    def told(self, line: FactLine) -> str:
        """A fact in one line, with what it is about where that is not the account, and its marks."""
        mark = marks(line.withdrawn_by, line.withdraws, line.late_days)
        text = f"{line.text} [{mark}]" if mark else line.text
        about = line.subject_name if line.fact.startswith("Opportunity.") else ""
        return f"{about}: {text}" if about else text

    def late(self, line: FactLine) -> tuple[Any, ...]:
        """A fact that became known later: position, occurred, recorded and how late, what, by whom."""
        lag = (line.recorded_at - line.occurred_at).days if line.recorded_at else None
        recorded = say("{moment}, {days} days later", moment=self.moment(line.recorded_at), days=lag)
        return line.position, self.when(line.occurred_at, line.precision), recorded, self.told(line), who(line)

    def change_rows(self, changes: Iterable[ChangeLine]) -> list[tuple[str, str, str]]:
        """Changes as rows of a table."""
        return [(self.path(each), self.before(each), self.after(each)) for each in changes]

    def changes(self, changes: Sequence[ChangeLine], most: int = MOST_CHANGES) -> str:
        """What changed in the state, in one cell. What the fact states and the state does not keep, and a child that
        came with the fact, is told already."""
        kept = [each for each in changes if not any(step[:1].isupper() for step in each.path[:2]) and not _came(each)]
        said = [f"{self.path(each)} {self.before(each)} → {self.after(each)}" for each in kept]
        more = [say("and {more} more", more=len(said) - most)] if len(said) > most else []
        return "; ".join([*said[:most], *more])

    def path(self, change: ChangeLine) -> str:
        """Where something changed, in words: the part, the child by its name, the field."""
        path = change.path
        steps = [path[0], *path[2:]] if len(path) > 2 else path
        return " · ".join(self._step(step) for step in steps if step)

    def before(self, change: ChangeLine) -> str:
        """What was, in at most so many characters."""
        return self._short(change.before, change.path[-1])

    def after(self, change: ChangeLine) -> str:
        """What is, in at most so many characters."""
        return self._short(change.after, change.path[-1])

    def _step(self, step: str) -> str:
        if (key := _identifier(step)) is not None:
            return self.names.get(key, step[:8])
        for root in ("Account", "Opportunity", "Member") if step[:1].isupper() else ():
            if (words := event_words(f"{root}.{step}")) != f"{root}.{step}":
                return words
        return field_words(step)

    def _short(self, value: Any, field: str) -> str:
        text = self._said(value, field)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def _said(self, value: Any, field: str) -> str:
        if value in NOTHING:
            return "–"
        if isinstance(value, Mapping):
            if value.keys() == MONEY:
                return money_words(Money.of(value["amount"], value["currency"]))
            if value.keys() == FIELDS:
                return told_gate(value, self.stages)
            stated = ((key, each) for key, each in value.items() if each not in NOTHING)
            return ", ".join(f"{field_words(key)} {self._said(each, key)}" for key, each in stated)
        if isinstance(value, list):
            return ", ".join(self._said(each, field) for each in value)
        return self._simple(value, field)

    def _simple(self, value: Any, field: str) -> str:
        if isinstance(value, bool):
            return say("yes" if value else "no")
        if isinstance(value, UUID):
            return self.names.get(value, str(value)[:8])
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, Decimal):
            return shown_amount(value)
        if field in OF_STAGES and isinstance(value, str):
            return self.stages.get(value, value)
        return str(value) if isinstance(value, date) else " ".join(str(stated_words(value)).split())


def _came(change: ChangeLine) -> bool:
    return change.before is None and isinstance(change.after, Mapping) and change.after.keys() != MONEY


def _identifier(step: str) -> UUID | None:
    try:
        return UUID(step)
    except ValueError:
        return None


def who(line: FactLine | TrailLine) -> str:
    """Who recorded a fact, and how where it was no person."""
    name = line.actor_name or (str(line.actor) if line.actor else "–")
    return name if line.origin in ("", "person") else f"{name} ({term('Origin', str(line.origin))})"


def marks(withdrawn_by: int | None, withdraws: int | None, late_days: int | None) -> str:
    """What is to be minded about a fact."""
    said = []
    if withdrawn_by:
        said.append(say("withdrawn at {position}", position=withdrawn_by))
    if withdraws:
        said.append(say("takes back {position}", position=withdraws))
    if late_days is not None:
        said.append(say("recorded {days} [day|days] later", days=late_days))
    return "; ".join(said)


def csv_rows(line: FactLine) -> Iterable[list[Any]]:
    """Rows under `CSV`: one per change, one at least."""
    changes: list[ChangeLine | None] = [*line.changes] or [None]
    for each in changes:
        yield [
            line.position, line.occurred_at.isoformat(), line.recorded_at.isoformat() if line.recorded_at else None,
            line.subject, line.fact, line.text, ".".join(each.path) if each else None,
            _cell(each.before) if each else None, _cell(each.after) if each else None, line.actor, line.origin.value,
            line.command_id, line.correlation_id, line.reason, line.note, line.late_days, line.withdrawn_by,
            line.withdraws,
        ]  # fmt: skip


def _cell(value: Any) -> Any:
    simple = value is None or isinstance(value, str | int | Decimal)
    return value if simple else msgspec.json.encode(value).decode().strip('"')
