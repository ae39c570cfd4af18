"""Commands over HTTP: a table of contents made from the commands of the domain, none written by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec

from api.access import OF_ONESELF, OF_OTHERS, NotAllowed, must_give, must_register
from api.assessing import assessed
from api.endpoints import Call, Endpoint, Reply
from api.experiment_facts import candidates_of, taken_of
from api.moments import When
from api.named import named
from api.nouns import NOUNS, OPENINGS
from api.open_issues import open_issues_then
from api.portfolio_limit import key_accounts_then
from domain.account.account import Account, must_make_no_circle
from domain.account.merging import survivor
from domain.aggregate import Aggregate
from domain.belonging import COMPANYWIDE, OWNED
from domain.commands import CommandType, command_type, commands_of, concerned
from domain.journal.context import Context, Outcome, digest_of
from domain.keys import RANDOM_BYTES, make_key
from domain.member import Member, Role
from domain.sealed import FreeText, OfPerson
from domain.visibility import Visibility
from projections.lineage import managed_by

STATED_BY_THE_DOOR = {
    "members.issue_key": ("key_id", "secret_hash"),
    "members.leave": ("open_accounts",),
    "members.skills.assess": ("confirmed_by", "computed"),
    "accounts.standing.grant": ("key_accounts",),
    "accounts.hand_over": ("open_issues",),
    "experiments.start": ("candidates",),
    "experiments.conclude": ("taken",),
    "experiments.stop": ("taken",),
}


class Answered(msgspec.Struct, kw_only=True):
    """What a command did. `position` is what a query can wait for; `positions` are the facts recorded, if any."""

    id: UUID
    version: int
    position: int
    positions: tuple[int, ...]
    recorded_at: datetime | None
    repeated: bool


class KeyAnswered(Answered, kw_only=True):
    """A key was issued. `key` is shown here, once; null where the command is a repetition."""

    key: str | None


class Envelope(msgspec.Struct, kw_only=True):
    """What may be said about any command: when it happened, and a note (kept sealed)."""

    occurred_at: When | None = None
    note: str | None = None


def command_endpoints() -> list[Endpoint]:
    """All commands of accounts and what belongs to them, of members, and of what is the company's own."""
    return [endpoint for root in NOUNS for endpoint in _of(root)]


def _of(root: type[Aggregate]) -> Iterator[Endpoint]:
    noun, opening = NOUNS[root], OPENINGS[root]
    for command in commands_of(root).values():
        body = body_type(command, STATED_BY_THE_DOOR.get(f"{noun}.{command.name}", ()), opening=command.name == opening)
        if command.name == opening:
            yield _endpoint(command, f"/{noun}", body, _opening(command, body), status=201)
        else:
            path = f"/{noun}/{{id}}/{path_of(command.name)}"
            yield _endpoint(command, path, body, HANDLERS.get(f"{noun}.{command.name}", _changing)(command, body))


def _endpoint(
    command: CommandType,
    path: str,
    body: type[msgspec.Struct],
    handle: Callable[[Call], Reply],
    status: int = 200,
) -> Endpoint:
    return Endpoint(
        method="POST",
        path=path,
        name=f"{command.root.__name__}.{command.name}",
        about=(command.method.__doc__ or "").strip(),
        handle=handle,
        answer=KeyAnswered if command.name == "issue_key" else Answered,
        body=body,
        status=status,
        tag=path.split("/")[1],
    )


def path_of(name: str) -> str:
    """The path of a command's name: visits.log is visits/log, change_profile is change-profile."""
    return name.replace(".", "/").replace("_", "-")


def body_type(
    command: CommandType, hidden: tuple[str, ...] = (), *, opening: bool = False, more: type[msgspec.Struct] = Envelope
) -> type[msgspec.Struct]:
    """The Struct of a request: the command's own fields, without those that the door states, and the envelope's."""
    fields: list[Any] = [("id", UUID | None, None)] if opening else []
    for each in [*msgspec.structs.fields(command.body), *msgspec.structs.fields(more)]:
        if each.name in hidden:
            continue
        if each.required:
            fields.append((each.name, each.type))
        elif each.default_factory is not msgspec.NODEFAULT:
            fields.append((each.name, each.type, msgspec.field(default_factory=each.default_factory)))
        else:
            fields.append((each.name, each.type, each.default))
    name = f"{command.root.__name__}{path_of(command.name).title().replace('/', '').replace('-', '')}"
    made = msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)
    made.__doc__ = command.method.__doc__
    return made


def own_body(command: CommandType, body: msgspec.Struct, **stated: Any) -> msgspec.Struct:
    """The command's own body out of a request's."""
    names = set(body.__struct_fields__)
    values = {name: getattr(body, name) for name in command.body.__struct_fields__ if name in names}
    return command.body(**values, **stated)


# Handling


def _opening(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        must_give(call.asker, command.root, command.name)
        body: Any = call.body(body_kind)
        aggregate_id = body.id or (uuid5(call.command_id, "id") if call.command_id else uuid4())
        _must_change_what_it_names(call, command, body)
        own = own_body(command, body, **candidates_of(call, command.root, body))
        if command.root is Account:
            must_register(call.asker, body.territory)
            must_hang_in_no_circle(call, aggregate_id, own)
        outcome = give(call, command, aggregate_id, own, body)
        if command.root is Account:
            outcome = _managed(call, outcome)
        return answered(outcome, status=201)

    return handle


def _changing(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        aggregate_id = must_reach(call, command.root, command.name)
        body = call.body(body_kind)
        _must_change_what_it_names(call, command, body)
        own = own_body(command, body)
        if command.name == "change_profile":
            must_hang_in_no_circle(call, aggregate_id, own)
        return answered(give(call, command, aggregate_id, own, body))

    return handle


def _issuing_key(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    """Past `Commands.give`: each try makes another key, and is a repetition all the same."""

    def handle(call: Call) -> Reply:
        member_id = must_reach(call, command.root, command.name)
        body: Any = call.body(body_kind)
        key = make_key(os.urandom(RANDOM_BYTES))
        stated = {"scopes": body.scopes, "expires": body.expires}
        context = context_of(call, command, member_id, body, command.name, member_id, stated)

        def decision(member: Member) -> None:
            member.issue_key(key_id=key.id, secret_hash=key.hash, **stated)

        outcome = call.doors.journal.run(Member, member_id, decision, context)
        shown = None if outcome.repeated else key.text
        return Reply(KeyAnswered(key=shown, **_fields(outcome)), etag=str(outcome.version))

    return handle


def _merging(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        aggregate_id = must_reach(call, command.root, command.name)
        body: Any = call.body(body_kind)
        into = call.doors.access.must_see(call.asker, Account, named(body.into))
        call.doors.access.must_change(call.asker, into)
        return answered(give(call, command, aggregate_id, own_body(command, body), body))

    return handle


def _stating(state: Callable[[Call, Any], dict[str, Any]]) -> Callable[[CommandType, type[msgspec.Struct]], Any]:
    """Handles commands of which the door states something itself, or refuses to."""

    def of(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
        def handle(call: Call) -> Reply:
            aggregate_id = must_reach(call, command.root, command.name)
            body: Any = call.body(body_kind)
            own = own_body(command, body, **state(call, body))
            return answered(give(call, command, aggregate_id, own, body))

        return handle

    return of


def _accounts_of_who_leaves(call: Call, _: Any) -> dict[str, Any]:
    member_id: UUID = call.path["id"]
    with call.doors.reader.view(Visibility.whole(member_id), now=call.now) as view:
        return {"open_accounts": tuple(managed_by(view.connection, member_id))}


def _nobody_himself(call: Call, _: Any) -> dict[str, Any]:
    if call.path["id"] == call.asker.member:
        raise NotAllowed(what="Locking yourself out", needed="another admin")
    return {}


HANDLERS = {
    "members.issue_key": _issuing_key,
    "members.leave": _stating(_accounts_of_who_leaves),
    "members.lock_out": _stating(_nobody_himself),
    "members.skills.assess": _stating(assessed),
    "accounts.hand_over": _stating(open_issues_then),
    "accounts.merge": _merging,
    "accounts.standing.grant": _stating(key_accounts_then),
    "experiments.conclude": _stating(taken_of),
    "experiments.stop": _stating(taken_of),
}


def must_reach(call: Call, root: type[Aggregate], command: str) -> UUID:
    """The aggregate in the path, if the asker may give it the command."""
    aggregate_id: UUID = call.path["id"]
    if root is Member:
        access, speaks = call.doors.access, command in OF_ONESELF | OF_OTHERS
        (access.must_speak_for if speaks else access.must_see_member)(call.asker, aggregate_id)
        must_give(call.asker, root, command)
        return aggregate_id
    if root in COMPANYWIDE:
        call.doors.access.must_be_there(root, aggregate_id)
        must_give(call.asker, root, command)
        return aggregate_id
    account = call.doors.access.must_see(call.asker, root, aggregate_id)
    must_give(call.asker, root, command)
    call.doors.access.must_change(call.asker, account)
    return aggregate_id


def _must_change_what_it_names(call: Call, command: CommandType, body: Any) -> None:
    """A command of an account's own, or the company's, that names an account is about it; a `customer` must be seen."""
    if command.root in (*OWNED, *COMPANYWIDE) and isinstance(account_id := getattr(body, "account", None), UUID):
        account = call.doors.access.must_see(call.asker, Account, named(account_id))
        call.doors.access.must_change(call.asker, account)
    if command.root in COMPANYWIDE and isinstance(customer := getattr(body, "customer", None), UUID):
        call.doors.access.must_see(call.asker, Account, named(customer))


def give(call: Call, command: CommandType, aggregate_id: UUID, own: msgspec.Struct, body: Any) -> Outcome:
    """Give the command. `body` is the whole request, by which a repetition is recognised."""
    context = context_of(call, command, aggregate_id, body)
    return call.doors.commands.give(command.root, aggregate_id, command.name, own, context)


def context_of(call: Call, command: CommandType, aggregate_id: UUID, body: Any, *known_by: Any) -> Context:
    """Who gives a command and when it happens, as the request says it. `known_by` is what a repetition must have
    in common besides; the digest never holds a text in the clear."""
    at, precision = call.doors.calendar.occurred("occurred_at", body.occurred_at, call.now)
    text = (body.note or "").strip()
    people = call.doors.journal.people
    note = people.seal_text(aggregate_id, _people(command, body), "note", text) if text else None
    return Context(
        at=at,
        precision=precision,
        actor=call.asker.member,
        command_id=call.command_id,
        digest=digest_of(msgspec.msgpack.encode([body.occurred_at, note, *known_by])),
        correlation_id=call.correlation_id,
        note=note,
        version=call.expected_version,
    )


def _people(command: CommandType, body: Any) -> tuple[UUID, ...]:
    """Whom a note about a command concerns: everybody whom the command names."""
    arguments = {name: getattr(body, name) for name in body.__struct_fields__}
    marks = [FreeText((mark.person,)) if isinstance(mark, OfPerson) else mark for mark in command.sealed.values()]
    named = FreeText(("stakeholder", "stakeholder_id", "stakeholders"))
    return tuple(sorted({person for mark in [*marks, named] for person in concerned(arguments, mark)}))


def answered(outcome: Outcome, status: int = 200) -> Reply:
    """The answer to a command."""
    return Reply(Answered(**_fields(outcome)), etag=str(outcome.version), status=status)


def _fields(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.aggregate,
        "version": outcome.version,
        "position": outcome.position,
        "positions": outcome.positions,
        "recorded_at": outcome.recorded_at,
        "repeated": outcome.repeated,
    }


def _managed(call: Call, registered: Outcome) -> Outcome:
    """A manager who registers an account looks after it, unless somebody does already; repeated: the same."""
    account = call.doors.access.newest.state(Account, registered.aggregate)
    anothers = account.manager is not None and account.manager != call.asker.member
    if Role.MANAGER not in call.asker.roles or anothers:
        return registered
    command = command_type(Account, "assign_manager")
    context = Context(
        at=max(call.now, account.latest),
        actor=call.asker.member,
        command_id=uuid5(call.command_id, command.name) if call.command_id else None,
        correlation_id=call.correlation_id,
    )
    own = command.body(manager=call.asker.member)
    assigned = call.doors.commands.give(Account, account.id, command.name, own, context)
    positions = (*registered.positions, *assigned.positions)
    return msgspec.structs.replace(
        registered, version=assigned.version, position=assigned.position, positions=positions
    )


def must_hang_in_no_circle(call: Call, account: UUID, body: Any) -> None:
    """Refuse a parent of an account, where the body states one, that belongs to it."""
    if isinstance(body.parent, UUID):
        account_of = partial(call.doors.access.newest.state, Account)

        def parent_of(each: UUID) -> UUID | None:
            parent = account_of(each).profile.parent
            return parent and survivor(parent, account_of)

        must_make_no_circle(account, survivor(body.parent, account_of), parent_of)
