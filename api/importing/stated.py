"""What rows that give commands state, as the values of the command's parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from api.importing.kinds.commands import CommandKind
from api.importing.kinds.facts import ROOTS, FactRow
from api.importing.references import references_in
from api.importing.things import NEW, begins
from domain.aggregate import Aggregate
from domain.commands import commands_of
from domain.decodable import decodable


def stated_by_row(kind: CommandKind, row: Any) -> dict[str, Any]:
    """The cells of a list's row by parameter; a thing without an identifier is known by the row's content."""
    fields = [field.name for field in msgspec.structs.fields(kind.type().body) if field.name != "on"]
    found = {name: value for name in fields if (value := getattr(row, name, None)) is not None}
    if kind.identifier:
        found[kind.identifier] = row.external_id or row.digest.hex()
    if begins(kind.root, kind.command):
        found["external_id"] = getattr(row, kind.about)
    return found


def stated_by_fact(row: FactRow) -> dict[str, Any]:
    """The JSON object of a fact; what it begins has the row's id as its external id. Raises ValueError for none."""
    found = msgspec.json.decode(row.values or "{}", type=decodable(dict[str, Any]))
    return {**found, "external_id": row.id} if begins(ROOTS[row.aggregate], row.command) else found


def references_by(kind: Any, row: Any) -> Iterator[tuple[str, str]]:
    """What a row refers to: (account | member | opportunity | stakeholder, as it is named); nothing where it cannot
    be read, which is refused later."""
    if isinstance(kind, CommandKind):
        yield from _about(kind.root, kind.about, kind.command, getattr(row, kind.about))
        yield from references_in(kind.type(), stated_by_row(kind, row))
    elif isinstance(row, FactRow):
        yield from _about(ROOTS[row.aggregate], row.aggregate, row.command, row.id)
        command = commands_of(ROOTS[row.aggregate]).get(row.command)
        try:
            stated = stated_by_fact(row)
        except ValueError:
            return
        if command is not None:
            yield from references_in(command, stated)


def _about(root: type[Aggregate], word: str, command: str, named: str) -> Iterator[tuple[str, str]]:
    yield word, named
    if begins(root, command):
        yield NEW + word, named
