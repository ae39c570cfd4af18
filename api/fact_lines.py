"""Facts as an auditor reads them: what, when in business and when recorded, by whom, before → after, with marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.replay_state import Open
from api.timeline import in_words
from domain.aggregate import Origin, Precision, Recorded
from domain.changes import Change
from domain.history import Step
from domain.sealed import Sealed


class ChangeLine(msgspec.Struct):
    """A value that became another: `path` is the part, the field, the child, its field; null: there was or is none.
    What is sealed is opened, or null, for those who may not read it."""

    path: list[str]
    before: Any
    after: Any


class FactLine(msgspec.Struct, kw_only=True):
    """A fact. `late_days` says how many days after it occurred it was recorded, where that is more than a week and it
    came by no import; `withdrawn_by` is the position of the withdrawal that is known, `withdraws` of what it withdraws.
    `data` is all that the fact states.
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
    """Tells facts with names, for one who asks; what was opened once is not opened again."""

    def __init__(self, names: Mapping[UUID, str], opened: Open, stages: Mapping[str, str]) -> None:
        self.names = names
        self.stages = stages
        self._open = opened
        self._opened: dict[tuple[Sealed, str], str | None] = {}

    def opened(self, sealed: Sealed, field: str) -> str | None:
        """A sealed text of a field, for one who may read it."""
        key = sealed, field
        if key not in self._opened:
            self._opened[key] = self._open(sealed, field)
        return self._opened[key]

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
            text=in_words(fact, self.names, self.opened, self.stages),
            reason=self._reason(fact),
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
            data={name: self._plain(value, name) for name, value in _stated(fact)},
        )

    def changes(self, found: Iterable[Change]) -> list[ChangeLine]:
        """Changes with plain values."""
        return [
            ChangeLine(list(each.path), self._plain(each.before, each.path[-1]), self._plain(each.after, each.path[-1]))
            for each in found
        ]

    def _reason(self, fact: Recorded) -> str | None:
        reason = getattr(fact.event, "reason", None)
        return self.opened(reason, "reason") if isinstance(reason, Sealed) else reason or None

    def _plain(self, value: Any, field: str) -> Any:
        if isinstance(value, Sealed):
            return self.opened(value, field)
        if isinstance(value, msgspec.Struct):
            return {name: self._plain(getattr(value, name), name) for name in value.__struct_fields__}
        if isinstance(value, Mapping):
            return {str(key): self._plain(each, field) for key, each in value.items()}
        return [self._plain(each, field) for each in value] if isinstance(value, list | tuple) else value


def _stated(fact: Recorded) -> Iterator[tuple[str, Any]]:
    for name in fact.event.__struct_fields__:
        value = getattr(fact.event, name)
        if value is not msgspec.UNSET:
            yield name, value
