"""What was typed into a form about a visit, and what is wrong with it: all of it is gathered before it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import TypeVar

from domain.errors import Fault, Malformed
from domain.language.catalogue import say

V = TypeVar("V")


@dataclass(frozen=True)
class Typed:
    """What was typed, by field; of several boxes a list."""

    fields: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        """A field of one value."""
        return self.fields.get(name, [""])[-1].strip()

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [each for each in self.fields.get(name, []) if each]


@dataclass
class Reading:
    """Reads what was typed; what cannot be read is a fault of its field, and nothing."""

    typed: Typed
    faults: list[Fault] = field(default_factory=list)

    def day(self, name: str) -> date | None:
        """A day."""
        return self._read(name, date.fromisoformat, say("expected a day such as 2026-03-31"))

    def time(self, name: str) -> time | None:
        """A time of the day."""
        return self._read(name, time.fromisoformat, say("expected a time such as 09:30"))

    def whole(self, name: str) -> int | None:
        """A whole number of at most nine digits."""
        return self._read(name, _whole, say("expected a whole number"))

    def must_be_right(self, *more: Fault) -> None:
        """Refuse what could not be read, and what else is wrong. Raises Malformed."""
        if faults := [*self.faults, *more]:
            raise Malformed(*faults)

    def _read(self, name: str, read: Callable[[str], V], said: str) -> V | None:
        stated = self.typed.one(name)
        try:
            return read(stated) if stated else None
        except ValueError:
            self.faults.append(Fault(name, stated[:80], said))
            return None


def _whole(stated: str) -> int:
    if not (stated.isascii() and stated.isdecimal() and len(stated) < 10):
        raise ValueError(stated)
    return int(stated)
