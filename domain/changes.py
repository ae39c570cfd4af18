"""Before → after: what one event changes in the state, and what distinguishes two states.

A state is compared where the event could change it. Its dictionaries of children note by themselves which child is
touched, so that a visit among five thousand costs only itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from domain.aggregate import ROOTS, Aggregate, Event, Part, Recorded, Withdrawal
from domain.money import Money
from domain.sealed import Sealed

BESIDE = frozenset({"id", "version", "latest", "opened"})
"""What every aggregate counts about its stream; no business."""
WHOLE = (Sealed, Money)
"""Structs that are one value."""

EMPTY: tuple[Any, ...] = (None, "", (), {})
"""What says that nothing is stated."""
HOLDING = (str, tuple, list, dict)
Path = tuple[str, ...]


class Change(msgspec.Struct, frozen=True):
    """A value that became another; None: there was none, or is none any more.

    `path` names the part, the field, the child by its identifier, the child's field. A child that comes or goes is one
    change whose value is the whole child. What is sealed stays sealed. A fact that the state does not keep (a purchase,
    what came out of a visit) is a change from nothing, field by field, under the part and the event's own name.
    """

    path: Path
    before: Any
    after: Any


def changes(aggregate: Aggregate | None, fact: Recorded) -> list[Change]:
    """Fold a fact into a state and say what this changed: the aggregate (None: there is none yet) is after it then.

    A withdrawal changes nothing by itself: what it changes is the difference of two histories (`difference`).
    """
    event = fact.event
    aggregate = aggregate or ROOTS[event.topic.partition(".")[0]](id=fact.originator_id)
    if isinstance(event, Withdrawal):
        aggregate.fold(fact)
        return []
    seen = _Watch(aggregate, event)
    try:
        aggregate.fold(fact)
    finally:
        seen.end()
    found = list(seen.found())
    if any(change.after is not None for change in found):
        return found
    return [*found, *_told(event, {step for change in found for step in change.path})]


def difference(before: Aggregate, after: Aggregate) -> list[Change]:
    """All that distinguishes two states of an aggregate."""
    return [
        change
        for path, part in _parts(after)
        for name in _fields(type(part))
        for change in _between((*path, name), getattr(_at(before, path), name), getattr(part, name))
    ]


def _parts(aggregate: Aggregate) -> Iterator[tuple[Path, Part]]:
    yield (), aggregate
    for name in _part_names(type(aggregate)):
        yield (name,), getattr(aggregate, name)


def _at(aggregate: Aggregate, path: Path) -> Any:
    return getattr(aggregate, path[0]) if path else aggregate


@cache
def _part_names(root: type[Aggregate]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(root)
    return tuple(each.name for each in fields if isinstance(each.type, type) and issubclass(each.type, Part))


@cache
def _fields(part: type[Part]) -> tuple[str, ...]:
    parts = _part_names(part) if issubclass(part, Aggregate) else ()
    return tuple(name for name in part.__struct_fields__ if name not in BESIDE and name not in parts)


class _Log:
    """Which children were touched, and what they were before; `noting` is on while one event is applied."""

    __slots__ = ("noting", "touched")

    def __init__(self) -> None:
        self.noting = False
        self.touched: dict[tuple[int, Any], tuple[_Children, Any, Any]] = {}

    def note(self, children: _Children, key: Any) -> None:
        place = (id(children), key)
        if place not in self.touched:
            self.touched[place] = (children, key, _kept(dict.get(children, key)))


class _Children(dict[Any, Any]):
    """A dictionary of a state that notes which of its children are touched."""

    __slots__ = ("log", "path")

    def __init__(self, children: dict[Any, Any], path: Path, log: _Log) -> None:
        super().__init__(children)
        self.path, self.log = path, log

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.log.noting:
            self.log.note(self, key)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        if self.log.noting:
            self.log.note(self, key)
        super().__delitem__(key)

    def __getitem__(self, key: Any) -> Any:
        if self.log.noting:
            self.log.note(self, key)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        if self.log.noting:
            self.log.note(self, key)
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        if self.log.noting:
            self.log.note(self, key)
        return super().pop(key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if self.log.noting:
            self.log.note(self, key)
        return super().setdefault(key, default)

    def clear(self) -> None:
        for key in self if self.log.noting else ():
            self.log.note(self, key)
        super().clear()

    def update(self, *others: Any, **more: Any) -> None:
        for key, value in dict(*others, **more).items():
            self[key] = value


AS_THEY_ARE = frozenset({_Children, type(None), str, int, bool, UUID, Decimal, date, datetime, tuple})
"""What needs no copy to stay as it was; children note by themselves what they were."""


class _Watch:
    """What an event could change, as it was before."""

    def __init__(self, aggregate: Aggregate, event: Event) -> None:
        self._log = _log_of(aggregate)
        self._before: list[tuple[Path, Part, str, Any]] = []
        parts = _parts(aggregate) if not event.part else iter([((event.part,), aggregate.part_of(event))])
        for path, part in parts:
            for name in _fields(part.__class__):
                value = getattr(part, name)
                kind = type(value)
                if kind is dict:
                    value = _Children(value, (*path, name), self._log)
                    setattr(part, name, value)
                elif kind not in AS_THEY_ARE:
                    value = _kept(value)
                self._before.append((path, part, name, value))
        self._log.touched = {}
        self._log.noting = True

    def end(self) -> None:
        self._log.noting = False

    def found(self) -> Iterator[Change]:
        for path, part, name, before in self._before:
            after = getattr(part, name)
            if after is not before:
                yield from _between((*path, name), before, after)
        for children, key, before in self._log.touched.values():
            after = dict.get(children, key)
            yield from _between((*children.path, str(key)), before, after)


def _log_of(aggregate: Aggregate) -> _Log:
    found: _Log | None = aggregate.__dict__.get("log")
    if found is None:
        found = aggregate.__dict__["log"] = _Log()
    return found


def _kept(value: Any) -> Any:
    """A value that stays as it is, whatever becomes of the state."""
    if isinstance(value, dict):
        return {key: _kept(each) for key, each in value.items()}
    if isinstance(value, msgspec.Struct) and not value.__struct_config__.frozen:
        value = copy(value)
        for name in value.__struct_fields__:
            inside = getattr(value, name)
            if isinstance(inside, dict):
                setattr(value, name, _kept(inside))
    return value


def _between(path: Path, before: Any, after: Any) -> Iterator[Change]:
    if before is after or before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _between((*path, str(key)), before.get(key), after.get(key))
    elif _alike(before, after):
        for name in after.__struct_fields__:
            yield from _between((*path, name), getattr(before, name), getattr(after, name))
    else:
        yield Change(path, _kept(before), _kept(after))


def _alike(before: Any, after: Any) -> bool:
    """Whether two values have the same fields: an event that the state holds comes back from a snapshot as what it
    inherits from."""
    if not isinstance(before, msgspec.Struct) or isinstance(before, WHOLE) or not isinstance(after, msgspec.Struct):
        return False
    return isinstance(before, type(after)) or isinstance(after, type(before))


def taken_back(before: Aggregate, after: Aggregate, withdrawn: Event) -> list[Change]:
    """What a withdrawal changes: the difference of the states with and without the fact. Of a fact that the state did
    not keep, what it had stated is there no more."""
    found = difference(before, after)
    return found or [Change(each.path, each.after, None) for each in _told(withdrawn, set())]


def _told(event: Event, named: set[str]) -> Iterator[Change]:
    """What an event states that the state does not keep; without the child that is `named` already."""
    about = (event.part, type(event).__name__) if event.part else (type(event).__name__,)
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if value is None or value is False or value is msgspec.UNSET or (not value and isinstance(value, HOLDING)):
            continue
        if not named or str(value) not in named:
            yield Change((*about, name), None, value)


def plain(value: Any) -> Any:
    """A value of a change as dictionaries, lists and simple values; what is sealed stays a Sealed."""
    if isinstance(value, Sealed | UUID):
        return value
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value
