"""Rows that give commands as facts: lists of one command each, and the list of any facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from api.importing.desk import Desk, batches
from api.importing.facts.children import Children
from api.importing.facts.ranks import DEALING, QUALIFICATION, THING
from api.importing.giving import Giving, give
from api.importing.kinds import KINDS
from api.importing.kinds.commands import CommandKind, is_money
from api.importing.kinds.facts import FACTS, ROOTS, FactRow
from api.importing.kinds.row import Kind
from api.importing.refusals import Fault
from api.importing.stated import stated_by_fact, stated_by_row
from api.importing.things import begins, word_of
from domain.aggregate import Aggregate
from domain.commands import CommandType, commands_of
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity

OF_OTHER_LISTS = ("register", "open", "invite", "issue_key", "revoke_key", "leave", "stakeholders.add")


def plan(desk: Desk, people: Children, visits: Children) -> None:
    """Facts of all lists of commands; of one day the lists come first, any fact may be about what they hold."""
    giving = Giving(desk, people, visits)
    for kind in (*(each for each in KINDS.values() if isinstance(each, CommandKind)), FACTS):
        for rows in batches(desk.content.of(kind.name)):
            _plan(desk, giving, kind, [given for row in rows if (given := _given(desk, giving, kind, row))])


class Given(NamedTuple):
    """A command that a row gives, texts in the clear."""

    row: Any
    command: CommandType
    aggregate_id: UUID
    arguments: dict[str, Any]


def _plan(desk: Desk, giving: Giving, kind: Kind, given: list[Given]) -> None:
    """Facts of rows; the keys for their texts are made all at once."""
    keys = [giving.keys(each.command, each.aggregate_id, each.arguments) for each in given]
    desk.people.prepare(
        (person for persons, _ in keys for person in persons), [text for _, texts in keys for text in texts]
    )
    for each in given:
        desk.take_up(each.row)
        on = each.row.on
        at = desk.day("on", on) if on else desk.clock.export
        arguments = giving.sealed(each.command, each.aggregate_id, each.arguments)
        if desk.sound:
            about = (each.command.root, each.aggregate_id)
            decide = partial(give, each.command, arguments)
            exact = isinstance(on, datetime)
            desk.add(kind, each.row, 0, at, _rank(each.command), about, decide, child=None, exact=exact)


def _rank(command: CommandType) -> int:
    """Before the deal's end on the same day, but for what follows a won deal; what begins a thing before all of it."""
    if begins(command.root, command.name):
        return THING
    return QUALIFICATION if command.root is Opportunity and command.part != "delivery" else DEALING


def _given(desk: Desk, giving: Giving, kind: Kind, row: Any) -> Given | None:
    desk.take_up(row)
    found = _by_row(desk, kind, row) if isinstance(kind, CommandKind) else _by_fact(desk, row)
    if found is None:
        return None
    command, aggregate_id, stated = found
    arguments = giving.arguments(command, aggregate_id, "values", stated)
    return Given(row, command, aggregate_id, arguments) if desk.sound else None


def _by_row(desk: Desk, kind: CommandKind, row: Any) -> tuple[CommandType, UUID, dict[str, Any]]:
    command = kind.type()
    aggregate_id = _aggregate(desk, kind.root, kind.about, getattr(row, kind.about))
    return command, aggregate_id, {**stated_by_row(kind, row), **dict(_amounts(desk, command, row))}


def _amounts(desk: Desk, command: CommandType, row: Any) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(command.body):
        amount = getattr(row, field.name, None)
        if amount is not None and is_money(field.type):
            yield field.name, msgspec.to_builtins(desk.money(field.name, amount, row.currency))


def _by_fact(desk: Desk, row: FactRow) -> tuple[CommandType, UUID, dict[str, Any]] | None:
    root = ROOTS[row.aggregate]
    command = commands_of(root).get(row.command)
    others = () if word_of(root) else OF_OTHER_LISTS
    if command is None or row.command in others:
        known = ", ".join(name for name in sorted(commands_of(root)) if name not in others)
        desk.fault(
            "command",
            row.command,
            Fault(
                say("{aggregate} has no such command here", aggregate=row.aggregate),
                say("Use one of: {known}.", known=known),
            ),
        )
        return None
    try:
        stated = stated_by_fact(row)
    except ValueError as error:
        desk.fault(
            "values",
            row.values or "",
            Fault(say("this is no JSON object: {error}", error=error), 'Write {"name": value, …}.'),
        )
        return None
    return command, _aggregate(desk, root, "id", row.id), stated


def _aggregate(desk: Desk, root: type[Aggregate], column: str, sought: str) -> UUID:
    if (word := word_of(root)) is not None:
        return desk.thing(word, column, sought)
    find = {"Account": desk.account, "Opportunity": desk.opportunity, "Member": desk.member}[root.__name__]
    return find(column, sought)
