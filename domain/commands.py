"""Commands as people, importers and machines give them: a name and a body, made from the methods' signatures.

The door seals personal data, hands in the policies and aggregates that a decision looks at, and gives the rest
to the journal.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.account.joined import joined
from domain.account.merging import AccountOf
from domain.account.visits import end_of_visit
from domain.aggregate import Aggregate, Event, NotYetOpened, Part
from domain.claims import taken
from domain.errors import Fault, Malformed, NotFound, Refused
from domain.journal.context import Context, Outcome, digest_of
from domain.journal.journal import Journal
from domain.journal.people import text_key
from domain.language.catalogue import say
from domain.policies.policy import Policy, policy_id
from domain.policies.visit_template import StepUnknown
from domain.references import see_that_they_can_merge, see_that_they_exist
from domain.sealed import FreeText, OfPerson, Sealed

A = TypeVar("A", bound=Aggregate)

COUNTED_BY_THE_DOOR = frozenset({"key_accounts", "computed", "live", "secret", "candidates", "taken", "open_issues"})
"""Parameters that may differ when a command is repeated: the door counts, computes or makes them anew."""


class MustNotBeBlank(Refused):
    """{field} must not be blank: state it."""


@dataclass(frozen=True)
class CommandType:
    """One command: its body (a Struct with the method's parameters), what is sealed and what is handed in."""

    root: type[Aggregate]
    name: str
    method: Callable[..., None]
    body: type[msgspec.Struct]
    sealed: dict[str, OfPerson | FreeText] = field(default_factory=dict)
    required_texts: frozenset[str] = frozenset()
    looked_at: dict[str, type[Aggregate]] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """The field of the root that holds the part; empty for the root's own commands."""
        return self.name.rpartition(".")[0]

    def bound_to(self, aggregate: Aggregate) -> Callable[..., None]:
        """The command method of this aggregate."""
        owner: Part = getattr(aggregate, self.part) if self.part else aggregate
        return self.method.__get__(owner)  # type: ignore[no-any-return]


@cache
def commands_of(root: type[Aggregate]) -> dict[str, CommandType]:
    """All commands of an aggregate by name: `register`, `visits.log` …"""
    owners: dict[str, type[Part]] = {"": root}
    for each in msgspec.structs.fields(root):
        if isinstance(each.type, type) and issubclass(each.type, Part):
            owners[f"{each.name}."] = each.type
    found = [
        _command_type(root, prefix + name, method)
        for prefix, owner in owners.items()
        for name, method in inspect.getmembers(owner, inspect.isfunction)
        if getattr(method, "is_command", False)
    ]
    return {each.name: each for each in found}


def command_type(root: type[Aggregate], name: str) -> CommandType:
    """A command by its name; raises NotFound."""
    commands = commands_of(root)
    if name not in commands:
        raise NotFound(
            kind=say("command of {root} (known: {known})", root=root.__name__, known=", ".join(sorted(commands))),
            key=name,
        )
    return commands[name]


def _command_type(root: type[Aggregate], name: str, method: Callable[..., None]) -> CommandType:
    hints = get_type_hints(method, include_extras=True)
    fields: list[Any] = []
    sealed: dict[str, OfPerson | FreeText] = {}
    required: set[str] = set()
    looked_at: dict[str, type[Aggregate]] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        hint, default = hints[parameter.name], parameter.default
        if isinstance(hint, type) and issubclass(hint, Aggregate):
            looked_at[parameter.name] = hint
        elif (mark := _mark(hint)) is not None:
            sealed[parameter.name] = mark
            if default is inspect.Parameter.empty and type(None) not in get_args(get_args(hint)[0]):
                required.add(parameter.name)
                fields.append((parameter.name, str))
            elif default is msgspec.UNSET:
                fields.append((parameter.name, str | msgspec.UnsetType | None, msgspec.UNSET))
            else:
                fields.append((parameter.name, str | None, None))
        elif default is inspect.Parameter.empty:
            fields.append((parameter.name, hint))
        else:
            fields.append((parameter.name, hint, default))
    title = "".join(word.title() for word in f"{root.__name__}.{name}".replace("_", ".").split("."))
    body = msgspec.defstruct(title, fields, kw_only=True, forbid_unknown_fields=True)
    body.__doc__ = inspect.getdoc(method)
    return CommandType(root, name, method, body, sealed, frozenset(required), looked_at)


def _mark(hint: Any) -> OfPerson | FreeText | None:
    if get_origin(hint) is not Annotated:
        return None
    return next((mark for mark in get_args(hint)[1:] if isinstance(mark, OfPerson | FreeText)), None)


class Commands:
    """Gives commands to the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def give(self, root: type[A], aggregate_id: UUID, name: str, body: msgspec.Struct, context: Context) -> Outcome:
        """Decide a command and record what follows. Raises what the journal raises, MustNotBeBlank and
        ReferenceUnknown.

        A command with an id is known again by its content, the texts in it sealed, and by the context's digest.
        """
        command = command_type(root, name)
        arguments = self._sealed(command, aggregate_id, body)
        relies_on: dict[UUID, int] = {}
        decision = self._decision(command, arguments, context.at, relies_on)
        known_by = _recognisable(context, [root.__name__, aggregate_id, name], arguments)
        try:
            return self.journal.run(root, aggregate_id, decision, known_by, relies_on)
        except StepUnknown:  # of a visit that is over nobody knows any more of which kind it was
            self._must_not_be_over(aggregate_id, arguments["visit_id"])
            raise

    def _must_not_be_over(self, account: UUID, visit: UUID) -> None:
        ended = end_of_visit(account, visit)
        if (holder := self.journal.streams.holder(ended)) is not None:
            raise taken(ended, *holder)

    def correct(
        self,
        root: type[A],
        aggregate_id: UUID,
        position: int,
        reason: str,
        name: str,
        body: msgspec.Struct,
        moment: datetime,
        context: Context,
    ) -> Outcome:
        """Take the fact at a position back and record by a command, at `moment`, what holds instead: in one step.

        The body holds texts in the clear, or as the fact that is corrected has them sealed (`taken_over`).
        """
        command = command_type(root, name)
        arguments = self._sealed(command, aggregate_id, body)
        relies_on: dict[UUID, int] = {}
        decision = self._decision(command, arguments, moment, relies_on)
        known_by = _recognisable(context, [root.__name__, aggregate_id, name, position, reason], arguments)
        return self.journal.withdraw(root, aggregate_id, position, reason, known_by, (decision, moment), relies_on)

    def _decision(
        self, command: CommandType, arguments: dict[str, Any], moment: datetime, relies_on: dict[UUID, int]
    ) -> Callable[[Aggregate], None]:
        def decision(aggregate: Aggregate) -> None:
            looked_at = self._look_at(command, aggregate, arguments, moment, relies_on)
            see_that_they_exist(self.journal, command.root, arguments, relies_on)
            if command.root is Account and command.name == "merge":
                see_that_they_can_merge(self.journal, aggregate.id, arguments, relies_on)
            command.bound_to(aggregate)(**arguments, **looked_at)

        return decision

    def _sealed(self, command: CommandType, aggregate_id: UUID, body: msgspec.Struct) -> dict[str, Any]:
        """The body's values with texts sealed; blank texts are absent."""
        arguments = {name: getattr(body, name) for name in body.__struct_fields__}
        for name, mark in command.sealed.items():
            text = arguments[name]
            if text is msgspec.UNSET:
                continue
            if isinstance(text, Sealed):
                arguments[name] = self._sealed_again(mark, aggregate_id, name, text, arguments)
                continue
            if text is None or not text.strip():
                if name in command.required_texts:
                    raise MustNotBeBlank(field=name)
                arguments[name] = None
                continue
            arguments[name] = self._seal(mark, aggregate_id, name, text, arguments)
        return arguments

    def _seal(
        self, mark: OfPerson | FreeText, aggregate_id: UUID, name: str, text: str, arguments: dict[str, Any]
    ) -> Sealed:
        people = self.journal.people
        if isinstance(mark, OfPerson):
            return people.seal_person(arguments.get(mark.person, aggregate_id), name, text)
        return people.seal_text(aggregate_id, concerned(arguments, mark), name, text)

    def _sealed_again(
        self, mark: OfPerson | FreeText, aggregate_id: UUID, name: str, text: Sealed, arguments: dict[str, Any]
    ) -> Sealed:
        """A sealed text as it is, or under another key where it is about other people now and can still be opened."""
        if isinstance(mark, OfPerson):
            key = arguments.get(mark.person, aggregate_id)
        else:
            key = text_key(aggregate_id, concerned(arguments, mark))
        opened = None if key == text.key else self.journal.people.open(text, name)
        return text if opened is None else self._seal(mark, aggregate_id, name, opened, arguments)

    def _look_at(
        self,
        command: CommandType,
        aggregate: Aggregate,
        arguments: dict[str, Any],
        moment: datetime,
        relies_on: dict[UUID, int],
    ) -> dict[str, Aggregate]:
        relies_on.clear()
        seen: dict[str, Aggregate] = {}
        for parameter, kind in command.looked_at.items():
            other = self._id_of(kind, aggregate, arguments)
            state = self.journal.known(kind, other)
            relies_on.setdefault(other, state.version)
            seen[parameter] = self._as_of(kind, state, moment)
            if command.root is not Account and isinstance(found := seen[parameter], Account) and found.merged:
                seen[parameter] = joined(found, self._looking_at(moment, relies_on))
        return seen

    def _looking_at(self, moment: datetime, relies_on: dict[UUID, int]) -> AccountOf:
        """Answers with accounts as of the moment, and relies on them."""

        def account_of(account: UUID) -> Account:
            newest = self.journal.known(Account, account)
            relies_on.setdefault(account, newest.version)
            found = self._as_of(Account, newest, moment)
            assert isinstance(found, Account)
            return found

        return account_of

    def _as_of(self, kind: type[Aggregate], newest: Aggregate, moment: datetime) -> Aggregate:
        """What is looked at, as of the moment; what was recorded to begin only later is looked at as it is now: that
        a customer was entered late does not make his earlier deals impossible."""
        if moment >= newest.latest:
            return newest
        then = self.journal.streams.state_at(kind, newest.id, moment)
        return then if then.opened or not newest.opened else newest

    def _id_of(self, kind: type[Aggregate], aggregate: Aggregate, arguments: dict[str, Any]) -> UUID:
        """The stream that a decision looks at: by the body's field, else by the aggregate's own."""
        name = kind.__name__
        by = kind.keyed_by if issubclass(kind, Policy) else aggregate.refers_by.get(name, name.lower())
        key = (arguments[by] if by in arguments else getattr(aggregate, by)) if by else ""
        if issubclass(kind, Policy):
            return policy_id(kind.__name__, key)
        if not isinstance(key, UUID):
            raise NotYetOpened(kind=type(aggregate).__name__, id=aggregate.id)
        return key


def taken_over(command: CommandType, stated: Mapping[str, Any], event: Event) -> msgspec.Struct:
    """The command's body of a correction: what is stated, and for everything else what the corrected event says under
    the same name, its texts sealed as they are. What is stated as None, and cannot be, is cleared. Raises Malformed
    for what nobody states."""
    body: dict[str, Any] = {}
    for each in msgspec.structs.fields(command.body):
        value = stated.get(each.name, msgspec.UNSET)
        if value is msgspec.UNSET and each.name in event.__struct_fields__:
            body[each.name] = getattr(event, each.name)
        elif value is not msgspec.UNSET and (value is not None or _may_be_none(each.type)):
            body[each.name] = value
        elif each.required:
            raise Malformed(Fault(each.name, "", "required"))
    return command.body(**body)


def _may_be_none(kind: Any) -> bool:
    return type(None) in get_args(kind)


def _recognisable(context: Context, what: list[Any], arguments: dict[str, Any]) -> Context:
    """The digest never holds a text in the clear: who knows the journal could otherwise guess a forgotten name."""
    if context.command_id is None:
        return context
    stated = {
        name: value
        for name, value in arguments.items()
        if value is not msgspec.UNSET and name not in COUNTED_BY_THE_DOOR
    }
    content = msgspec.msgpack.encode([context.digest, *what, stated])
    return msgspec.structs.replace(context, digest=digest_of(content))


def concerned(arguments: dict[str, Any], mark: FreeText) -> tuple[UUID, ...]:
    """The people whom a free text concerns, from the other parameters of its command."""
    people: set[UUID] = set()
    for name in mark.people:
        value = arguments.get(name)
        people.update([value] if isinstance(value, UUID) else value or ())
    return tuple(sorted(people))
