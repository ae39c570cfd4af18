"""Which command records an event, told from the code of the commands: the journal keeps a command's identity, not its
name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import CodeType
from typing import Any

import msgspec

from domain.aggregate import EVENTS, ROOTS, Aggregate, Event, Withdrawal
from domain.commands import CommandType, commands_of


def command_of(topic: str) -> str:
    """The command that records an event (`Account.visits.log`); empty where several do, or none."""
    if issubclass(EVENTS.get(topic, Event), Withdrawal):
        return f"{topic.partition('.')[0]}.withdraw"
    found = _recording().get(topic, ())
    return found[0] if len(found) == 1 else ""


@cache
def _recording() -> dict[str, tuple[str, ...]]:
    """Topics and the commands that record them, themselves or by other methods of their part."""
    found: dict[str, tuple[str, ...]] = {}
    for root in ROOTS.values():
        for command in commands_of(root).values():
            owner = _owner(root, command)
            for topic in _topics(owner, _reached(owner, command.method.__code__)):
                found[topic] = (*found.get(topic, ()), f"{root.__name__}.{command.name}")
    return found


def _owner(root: type[Aggregate], command: CommandType) -> type[Any]:
    """The class of the part that has the command, or the root."""
    types = {each.name: each.type for each in msgspec.structs.fields(root)}
    found: type[Any] = types[command.part] if command.part else root
    return found


def _topics(owner: type[Any], names: set[str]) -> Iterator[str]:
    for name in sorted(names):
        event = vars(owner).get(name)
        if isinstance(event, type) and issubclass(event, Event):
            yield event.topic


def _reached(owner: type[Any], code: CodeType) -> set[str]:
    """Every name that a method uses, and those used by the methods of the same part that it calls."""
    seen, waiting = set(_names(code)), list(_names(code))
    while waiting:
        called = getattr(getattr(owner, waiting.pop(), None), "__code__", None)
        if isinstance(called, CodeType):
            new = _names(called) - seen
            seen |= new
            waiting += new
    return seen


def _names(code: CodeType) -> set[str]:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return {*code.co_names, *(name for each in inner for name in _names(each))}
