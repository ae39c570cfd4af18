"""What rows that give commands state, as the values of the command's parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from api.importing.kinds.commands import CommandKind
from api.importing.kinds.facts import ROOTS, FactRow
from api.importing.references import references_in
from domain.commands import commands_of


def stated_by_row(kind: CommandKind, row: Any) -> dict[str, Any]:
    """The cells of a list's row by parameter; a thing without an identifier is known by the row's content."""
    fields = [field.name for field in msgspec.structs.fields(kind.type().body)]
    found = {name: value for name in fields if (value := getattr(row, name, None)) is not None}
    if kind.identifier:
        found[kind.identifier] = row.external_id or row.digest.hex()
    return found


def stated_by_fact(row: FactRow) -> dict[str, Any]:
    """The JSON object of a fact. Raises ValueError where it is none."""
    return msgspec.json.decode(row.values or "{}", type=dict[str, Any])


def references_by(kind: Any, row: Any) -> Iterator[tuple[str, str]]:
    """What a row refers to: (account | member | opportunity | stakeholder, as it is named); nothing where it cannot
    be read, which is refused later."""
    if isinstance(kind, CommandKind):
        yield kind.about, getattr(row, kind.about)
        yield from references_in(kind.type(), stated_by_row(kind, row))
    elif isinstance(row, FactRow):
        yield row.aggregate, row.id
        command = commands_of(ROOTS[row.aggregate]).get(row.command)
        try:
            stated = stated_by_fact(row)
        except ValueError:
            return
        if command is not None:
            yield from references_in(command, stated)
