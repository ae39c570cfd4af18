"""The territories (区域): a tree of key, name and parent."""

from __future__ import annotations

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy


class TerritoryKeyBlank(Refused):
    """The key of the territory is blank: state it."""


class TerritoryUnknown(Refused):
    """There is no territory {territory}; there are: {known}."""


class TerritoryCircle(Refused):
    """{territory} cannot lie below {parent}: {parent} lies below {territory}. Name a territory outside of it, or
    none."""


class TerritoryHasParts(Refused):
    """{territory} cannot be removed while {parts} lie below it: remove or move them first."""


class Territory(msgspec.Struct, frozen=True):
    """A region; `parent` is the key of the region it lies in, empty at the top."""

    key: str
    name: str
    parent: str = ""


@learn
class Territories(Policy, eq=False):
    """The company's regions. One stream."""

    territories: dict[str, Territory] = msgspec.field(default_factory=dict)

    class TerritorySet(Event):
        """A territory is there, has a name and a place in the tree."""

        key: str
        name: str
        parent: str = ""

        def check(self, territories: Territories) -> None:
            key, parent = self.key, self.parent
            if not key.strip():
                raise TerritoryKeyBlank
            if parent and parent not in territories.territories and parent != key:
                raise TerritoryUnknown(territory=parent, known=sorted(territories.territories))
            if parent and key in {parent, *territories.above(parent)}:
                raise TerritoryCircle(territory=key, parent=parent)

        def apply(self, territories: Territories) -> None:
            territories.territories[self.key] = Territory(self.key, self.name, self.parent)

    class TerritoryRemoved(Event):
        """A territory is there no more."""

        key: str

        def check(self, territories: Territories) -> None:
            if self.key not in territories.territories:
                raise TerritoryUnknown(territory=self.key, known=sorted(territories.territories))
            if parts := [each.key for each in territories.territories.values() if each.parent == self.key]:
                raise TerritoryHasParts(territory=self.key, parts=parts)

        def apply(self, territories: Territories) -> None:
            territories.territories.pop(self.key, None)

    class FactWithdrawn(Withdrawal):
        """A fact of the tree is taken back (冲销)."""

    @command
    def define(self, *, territories: tuple[Territory, ...]) -> None:
        """State the whole tree: what is new or differs is set, what is missing is removed."""
        stated = {territory.key: territory for territory in territories}
        for territory in _parents_first(stated):
            self.set_territory(key=territory.key, name=territory.name, parent=territory.parent)
        gone = {key: each for key, each in self.territories.items() if key not in stated}
        for territory in reversed(_parents_first(gone)):
            self.remove_territory(key=territory.key)

    @command
    def set_territory(self, *, key: str, name: str, parent: str = "") -> None:
        """Add a territory, rename it or move it."""
        if self.territories.get(key) != Territory(key, name, parent):
            self.record(self.TerritorySet(key=key, name=name, parent=parent))

    @command
    def remove_territory(self, *, key: str) -> None:
        """Remove a territory below which no other lies."""
        self.record(self.TerritoryRemoved(key=key))

    def above(self, key: str) -> list[str]:
        """The keys of the territories in which one lies, from the nearest to the top."""
        found: list[str] = []
        while key in self.territories and (key := self.territories[key].parent):
            found.append(key)
        return found

    def below(self, key: str) -> list[str]:
        """The key itself and the keys of all territories below it, sorted."""
        return sorted({key, *(each for each in self.territories if key in self.above(each))})


def _parents_first(territories: dict[str, Territory]) -> list[Territory]:
    """Parents before their parts; what lies in a circle comes last, for the rule to refuse."""
    ordered: dict[str, Territory] = {}
    waiting = dict(territories)
    while ready := [t for t in waiting.values() if t.parent not in waiting]:
        for territory in ready:
            ordered[territory.key] = waiting.pop(territory.key)
    return [*ordered.values(), *waiting.values()]
