"""Facts as an auditor reads them: what, when in business and when recorded, by whom, before → after, with marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.corrected import Corrections
from api.replay_state import Open
from api.timeline import in_words
from domain.aggregate import Origin, Precision, Recorded
from domain.changes import Change, plain
from domain.history import Step
from domain.journal.people import SealBroken
from domain.language.catalogue import say
from domain.overriding import overridden
from domain.sealed import SECRETS, Sealed

REASONS = ("reason", "justification", "why", "reasoning")
"""Fields that say why, the weightiest first; an override goes before them."""
MOST_OPENED = 50_000


class ChangeLine(msgspec.Struct):
    """A value that became another: `path` is the part, the field, the child, its field; null: there was or is none.
    What is sealed is opened, or null, for those who may not read it."""

    path: list[str]
    before: Any
    after: Any


class FactLine(msgspec.Struct, kw_only=True):
    """A fact. `late_days` says how many days after it occurred it was recorded, where that is more than a week and a
    person recorded it; `withdrawn_by` is the position of the withdrawal that is known, `withdraws` of what it
    withdraws. `data` is all that the fact states.
    """

    position: int
    occurred_at: datetime
    precision: Precision
    recorded_at: datetime | None
    subject: UUID
    subject_name: str
    fact: str
    text: str
    reason: str | None
    note: str | None
    actor: UUID | None
    actor_name: str | None
    origin: Origin
    command_id: UUID | None
    correlation_id: UUID | None
    causation_id: int | None
    late_days: int | None
    withdrawn_by: int | None
    withdraws: int | None
    changes: list[ChangeLine]
    data: dict[str, Any]


class Teller:
    """Tells facts with names, for one who asks; what was opened once is not opened again. `names` may grow."""

    def __init__(
        self, names: Mapping[UUID, str], opened: Open, stages: Mapping[str, str], facts: Iterable[Recorded] = ()
    ) -> None:
        """What takes one of the `facts` back is told with it."""
        self.names = names
        self.stages = stages
        self.corrections = Corrections.among(facts)
        self._open = opened
        self._opened: dict[tuple[Sealed, str], str | None] = {}

    def opened(self, sealed: Sealed, field: str) -> str | None:
        """A sealed text of a field, for one who may read it."""
        return self._opened_at(sealed, (field,))

    def line(self, step: Step, changes: Iterable[Change]) -> FactLine:
        """A fact with what it changed."""
        fact = step.fact
        lag = step.lag
        return FactLine(
            position=fact.position,
            occurred_at=fact.occurred_at,
            precision=fact.precision,
            recorded_at=fact.recorded_at,
            subject=fact.originator_id,
            subject_name=self.names.get(fact.originator_id, ""),
            fact=fact.event.topic,
            text=self.text(fact),
            reason=self.reason(fact),
            note=self.opened(fact.note, "note") if fact.note else None,
            actor=fact.actor,
            actor_name=self.names.get(fact.actor) if fact.actor else None,
            origin=fact.origin,
            command_id=fact.command_id,
            correlation_id=fact.correlation_id,
            causation_id=fact.causation_id,
            late_days=lag.days if lag else None,
            withdrawn_by=step.withdrawn_by.position if step.withdrawn_by else None,
            withdraws=step.withdraws,
            changes=self.changes(changes),
            data={name: self._plain(value, (name,)) for name, value in _stated(fact)},
        )

    def text(self, fact: Recorded) -> str:
        """A fact in one line."""
        return self.corrections.words(fact, lambda each: in_words(each, self.names, self.opened, self.stages))

    def changes(self, found: Iterable[Change]) -> list[ChangeLine]:
        """Changes with plain values."""
        return [
            ChangeLine(list(each.path), self._plain(each.before, each.path), self._plain(each.after, each.path))
            for each in found
            if SECRETS.isdisjoint(each.path)
        ]

    def reason(self, fact: Recorded) -> str | None:
        """Why it was done, as it states; of a decision against a rule why that."""
        if override := overridden(fact):
            return override
        for field in REASONS:
            stated = getattr(fact.event, field, None)
            if isinstance(stated, Sealed):
                return self.opened(stated, field)
            if isinstance(stated, str) and stated.strip():
                return stated
        return None

    def _plain(self, value: Any, path: Sequence[str]) -> Any:
        """A value as dictionaries, lists and simple values, what is sealed in it opened."""
        return self._without_seals(plain(value), path)

    def _without_seals(self, value: Any, path: Sequence[str]) -> Any:
        """A key's hash is nobody's."""
        if isinstance(value, Sealed):
            return self._opened_at(value, path)
        if isinstance(value, dict):
            return {str(key): self._without_seals(each, (*path, str(key))) for key, each in value.items()}
        if isinstance(value, list):
            return [self._without_seals(each, path) for each in value]
        return None if isinstance(value, bytes) else value

    def _opened_at(self, sealed: Sealed, path: Sequence[str]) -> str | None:
        """A text is sealed under the name of the field that it was stated in: the nearest on the path that fits."""
        for field in reversed(path):
            key = sealed, field
            try:
                if key not in self._opened:
                    if len(self._opened) > MOST_OPENED:
                        self._opened = {}
                    self._opened[key] = self._open(sealed, field)
                return self._opened[key]
            except SealBroken:
                continue
        return say("(sealed text that does not open: exchanged, moved or changed)")


def _stated(fact: Recorded) -> Iterator[tuple[str, Any]]:
    for name in fact.event.__struct_fields__:
        value = getattr(fact.event, name)
        if value is not msgspec.UNSET and name not in SECRETS:
            yield name, value
