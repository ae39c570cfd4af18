"""Commands given by rows: what cells and documents say becomes the arguments of a command, references resolved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from api.importing.desk import Desk
from api.importing.facts.children import Children
from api.importing.names import made_id
from api.importing.references import OPEN_ITEM, OPEN_ITEMS, STAKEHOLDER, VISIT, meaning, shape_of, with_references
from api.importing.refusals import Fault
from api.importing.things import word_of
from api.importing.world import World
from domain.account.account import Account
from domain.account.merging import must_be_mergeable
from domain.aggregate import Aggregate, NotYetOpened
from domain.commands import CommandType, concerned
from domain.decodable import decodable
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import Policy
from domain.sealed import FreeText, OfPerson

Keys = tuple[list[UUID], list[tuple[UUID, tuple[UUID, ...]]]]
"""People, and texts with the people whom they concern."""

BLANK = Fault("this must not be blank", "Fill it.")
LISTED = "`kams command --list` shows what {} takes."


class Giving:
    """Makes arguments from what rows say. What is wrong is a fault of the row in hand."""

    def __init__(self, desk: Desk, people: Children, visits: Children) -> None:
        self._desk, self._people, self._visits = desk, people, visits
        self._within: UUID | None = None
        self._made: dict[str, UUID] = {}
        self._of_things: dict[UUID, UUID] = {}
        desk.ledger.identifiers.append(self._made)

    def arguments(
        self, command: CommandType, aggregate_id: UUID, column: str, stated: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The arguments of a command, texts in the clear; `column` is where faults are found that concern no column
        of their own."""
        self._within = self._account_of(command, aggregate_id, stated)
        resolved = {}
        id_of = partial(self._id, command)
        fields = {field.name: field.type for field in shape_of(command.body).fields}
        for name, value in stated.items():
            resolved[name] = with_references(fields[name], name, value, id_of) if name in fields else value
        if not self._desk.sound:
            return {}
        try:
            body = msgspec.convert(resolved, decodable(command.body), strict=False)
        except msgspec.ValidationError as error:
            reason, _, path = str(error).partition(" - at `$.")
            wrong = path.rstrip("`") or column
            self._desk.fault(
                wrong,
                stated.get(wrong, ""),
                Fault(reason, say("`kams command --list` shows {name}.", name=command.name)),
            )
            return {}
        return {name: getattr(body, name) for name in body.__struct_fields__}

    def _account_of(self, command: CommandType, aggregate_id: UUID, stated: Mapping[str, Any]) -> UUID | None:
        """Whose people a command names; None where they are of several accounts, or nothing tells."""
        if word_of(command.root) is not None:
            return self._account_of_thing(aggregate_id, stated.get("account"))
        if command.root is Account and command.name != "merge":
            return aggregate_id
        return self._desk.account_of_deal(aggregate_id) if command.root is Opportunity else None

    def _account_of_thing(self, aggregate_id: UUID, stated: Any) -> UUID | None:
        """The account that the command names, else the one that the issue or plan was begun for."""
        if stated is not None and (found := self._desk.names.accounts.find(str(stated))):
            return self._of_things.setdefault(aggregate_id, found)
        for fact in self._desk.world.histories.get(aggregate_id, ())[:1]:
            return getattr(fact.event, "account", None)
        return self._of_things.get(aggregate_id)

    def _id(self, command: CommandType, name: str, stated: Any) -> UUID:
        """Whom or what a reference means."""
        text = str(stated)
        try:
            return UUID(text)
        except ValueError:
            pass
        what = meaning(command, name)
        find = {"member": self._desk.member, "account": self._desk.account, "opportunity": self._desk.opportunity}
        if what in find:
            return find[what](name, text)
        if what == "issue":
            return self._desk.thing(what, name, text)
        if what == VISIT:
            return self._visits.id_of(text)
        if what == STAKEHOLDER:
            return self._people.find(self._desk, name, text, self._within)[1]
        return self._open_item(name, text) if what == OPEN_ITEM else self._own(what, text)

    def _open_item(self, name: str, text: str) -> UUID:
        kind, _, identifier = text.partition(" ")
        if kind not in OPEN_ITEMS or not identifier:
            kinds = ", ".join(f"{each} …" for each in OPEN_ITEMS)
            self._desk.fault(
                name,
                text,
                Fault("this does not say which kind of item it is", say("Write one of: {kinds}.", kinds=kinds)),
            )
        return self._visits.id_of(identifier) if kind == VISIT else self._own(kind, identifier)

    def _own(self, kind: str, text: str) -> UUID:
        made = self._made[text] = made_id(kind, text)
        return made

    def keys(self, command: CommandType, aggregate_id: UUID, arguments: Mapping[str, Any]) -> Keys:
        """Whose keys the texts of a command are sealed under: people, and texts with those whom they concern."""
        persons: list[UUID] = []
        texts: list[tuple[UUID, tuple[UUID, ...]]] = []
        for name, mark in command.sealed.items():
            if arguments.get(name) and isinstance(mark, OfPerson):
                persons.append(arguments.get(mark.person, aggregate_id))
            elif arguments.get(name) and isinstance(mark, FreeText):
                texts.append((aggregate_id, concerned(dict(arguments), mark)))
        return persons, texts

    def sealed(self, command: CommandType, aggregate_id: UUID, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with their texts sealed; a blank text is absent."""
        found = dict(arguments)
        for name, mark in command.sealed.items():
            text = found[name]
            if text is msgspec.UNSET:
                continue
            if text is None or not text.strip():
                if name in command.required_texts:
                    self._desk.fault(name, "", BLANK)
                found[name] = None
            elif isinstance(mark, OfPerson):
                found[name] = self._desk.seal_person(found.get(mark.person, aggregate_id), name, text)
            else:
                found[name] = self._desk.seal_text(aggregate_id, concerned(dict(arguments), mark), name, text)
        return found


def give(command: CommandType, arguments: dict[str, Any], aggregate: Any, world: World) -> None:
    """Give a command in the world of an import, with the policies and aggregates that it looks at."""
    looked_at = {
        parameter: _looked_at(kind, aggregate, arguments, world) for parameter, kind in command.looked_at.items()
    }
    if command.root is Account and command.name == "merge":
        people, items = arguments["people"] or {}, arguments["open_items"] or {}
        must_be_mergeable(aggregate.id, arguments["into"], people, items, partial(_account_in, world, aggregate.moment))
    command.bound_to(aggregate)(**arguments, **looked_at)


def _account_in(world: World, moment: datetime, account: UUID) -> Account:
    return world.look(Account, account, moment)


def _looked_at(kind: type[Aggregate], aggregate: Any, arguments: dict[str, Any], world: World) -> Aggregate:
    name = kind.__name__
    by = kind.keyed_by if issubclass(kind, Policy) else aggregate.refers_by.get(name, name.lower())
    key = (arguments[by] if by in arguments else getattr(aggregate, by)) if by else ""
    if issubclass(kind, Policy):
        return world.policy(kind, aggregate.moment, key)
    if not isinstance(key, UUID):
        raise NotYetOpened(kind=type(aggregate).__name__, id=aggregate.id)
    return world.look(kind, key, aggregate.moment)
