"""Taking facts back over HTTP (冲销), and saying what holds instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.access import must_give
from api.commands import NOUNS, Answered, Envelope, answered, body_type, context_of, must_reach, own_body
from api.endpoints import Call, Endpoint, Reply
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.commands import CommandType, command_type
from domain.errors import NotFound


class Withdrawn(Envelope, kw_only=True, forbid_unknown_fields=True):
    """Which fact is taken back, and why."""

    position: int
    reason: str


def correction_endpoints() -> list[Endpoint]:
    """Withdrawing any fact of an account, opportunity or member, and correcting the log of a visit."""
    return [*(_of(root, noun) for root, noun in NOUNS.items()), _correction()]


def _of(root: type[Aggregate], noun: str) -> Endpoint:
    return withdrawal(root, f"/{noun}/{{id}}/withdraw", noun, lambda call: call.path["id"])


def withdrawal(root: type[Aggregate], path: str, tag: str, stream: Callable[[Call], UUID]) -> Endpoint:
    """The endpoint that takes back a fact of an aggregate."""

    def handle(call: Call) -> Reply:
        if root in NOUNS:
            must_reach(call, root, "withdraw")
        must_give(call.asker, root, "withdraw")
        body = call.body(Withdrawn)
        aggregate_id = stream(call)
        _must_stand_at(call, root, aggregate_id)
        command = CommandType(root, "withdraw", _nothing, Withdrawn)
        context = context_of(call, command, aggregate_id, body, "withdraw", aggregate_id, body.position, body.reason)
        return answered(call.doors.journal.withdraw(root, aggregate_id, body.position, body.reason, context))

    about = "Take a fact back (冲销): everything folds as if it had not been; what was known before still shows it."
    return Endpoint("POST", path, f"{root.__name__}.withdraw", about, handle, Answered, body=Withdrawn, tag=tag)


def _correction() -> Endpoint:
    command = command_type(Account, "visits.log")
    body_kind = body_type(CommandType(Account, "visits.correct", command.method, command.body), more=Withdrawn)

    def handle(call: Call) -> Reply:
        aggregate_id = must_reach(call, Account, "visits.correct")
        body: Any = call.body(body_kind)
        _must_stand_at(call, Account, aggregate_id)
        context = context_of(call, command, aggregate_id, body)
        moment = context.at if body.occurred_at else _moment_of(call, aggregate_id, body.position)
        context = msgspec.structs.replace(context, at=call.now)
        outcome = call.doors.commands.correct(
            Account, aggregate_id, body.position, body.reason, "visits.log", own_body(command, body), moment, context
        )
        return answered(outcome)

    about = "Correct the log of a visit: the one at `position` is withdrawn, and this one holds instead."
    path = "/accounts/{id}/visits/correct"
    return Endpoint("POST", path, "Account.visits.correct", about, handle, Answered, body=body_kind, tag="accounts")


def _moment_of(call: Call, aggregate_id: UUID, position: int) -> datetime:
    """When the fact happened that is corrected: the correction is about the same moment unless it says otherwise."""
    for fact in call.doors.journal.streams.history(aggregate_id):
        if fact.position == position:
            return fact.occurred_at
    raise NotFound(kind="fact of this account at position", key=position)


def _must_stand_at(call: Call, root: type[Aggregate], aggregate_id: UUID) -> None:
    expected = call.expected_version
    if expected is None:
        return
    version = call.doors.journal.streams.newest_versions([aggregate_id])[aggregate_id]
    if version != expected:
        raise call.doors.journal.streams.conflict(root, aggregate_id, version, expected)


def _nothing() -> None:
    """A withdrawal is no method of an aggregate."""
