"""Taking facts back (冲销), and saying what holds instead."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from api.access import WITHDRAW, must_give
from api.commands import (
    STATED_BY_THE_DOOR,
    Answered,
    Envelope,
    answered,
    body_type,
    context_of,
    must_hang_in_no_circle,
    must_reach,
    path_of,
)
from api.endpoints import Call, Endpoint, Reply
from api.nouns import NOUNS
from api.timeline import spoken_name
from domain.account.account import Account
from domain.account.visits import Visits
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import ROOTS, Aggregate, Event, Recorded
from domain.belonging import COMPANYWIDE
from domain.commands import CommandType, command_type, commands_of, taken_over
from domain.errors import NotFound, Refused
from domain.issue.issue import Issue
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity
from domain.recorded_by import command_of

CORRECTIONS: list[tuple[type[Aggregate], str, str, type[Event]]] = [
    (Account, "visits.correct", "visits.log", Visits.VisitLogged),
]
"""What can be corrected in one step: the correction, the command that states what holds instead, what it records."""

ANEW: tuple[type[Aggregate], ...] = (Account, Opportunity, Issue, AccountPlan)
NOT_ANEW = frozenset({"Account.merge", "Account.separate", "Account.standing.review"})
"""What others rely on in accounts of their own; and what a review came to, which it works out of what was decided."""


class NothingStatedAnew(Refused):
    """Nothing is different from what was recorded at position {position}: change what was wrong, or only take it
    back."""


class Withdrawn(Envelope, kw_only=True, forbid_unknown_fields=True):
    """Which fact is taken back, and why."""

    position: int
    reason: str


class Restated(Envelope, kw_only=True, forbid_unknown_fields=True):
    """Which fact is stated anew, and what was wrong with it."""

    position: int
    mistake: str


def correction_endpoints() -> list[Endpoint]:
    """Withdrawing any fact of an account, opportunity or member, and correcting the log of a visit."""
    withdrawals = [_of(root, noun) for root, noun in NOUNS.items()]
    return [*withdrawals, *(_correction(*each) for each in CORRECTIONS)]


def _of(root: type[Aggregate], noun: str) -> Endpoint:
    return withdrawal(root, f"/{noun}/{{id}}/withdraw", noun, lambda call: call.path["id"])


def withdrawal(root: type[Aggregate], path: str, tag: str, stream: Callable[[Call], UUID]) -> Endpoint:
    """The endpoint that takes back a fact of an aggregate."""

    def handle(call: Call) -> Reply:
        if root in NOUNS:
            must_reach(call, root, WITHDRAW)
        must_give(call.asker, root, WITHDRAW)
        body = call.body(Withdrawn)
        aggregate_id = stream(call)
        if root in COMPANYWIDE:
            history = call.doors.journal.streams.history(aggregate_id)
            fact = next((each.event for each in history if each.position == body.position), None)
            call.doors.access.must_withdraw(call.asker, root, fact)
        command = CommandType(root, "withdraw", _nothing, Withdrawn)
        context = context_of(call, command, aggregate_id, body, "withdraw", aggregate_id, body.position, body.reason)
        return answered(call.doors.journal.withdraw(root, aggregate_id, body.position, body.reason, context))

    about = "Take a fact back (冲销): everything folds as if it had not been; what was known before still shows it."
    return Endpoint("POST", path, f"{root.__name__}.withdraw", about, handle, Answered, body=Withdrawn, tag=tag)


@cache
def restating(kind: type[Event]) -> tuple[str, Endpoint] | None:
    """The command by which an event of this kind is stated anew, and what takes it back and records it so, in one step;
    None where the event does not keep all that somebody stated, or was stated by nobody."""
    root, full_name = ROOTS[kind.topic.partition(".")[0]], command_of(kind.topic)
    name = full_name.partition(".")[2]
    if root not in ANEW or kind.opens or full_name in NOT_ANEW or name not in commands_of(root):
        return None
    command = command_type(root, name)
    if f"{NOUNS[root]}.{name}" in STATED_BY_THE_DOOR or {*command.body.__struct_fields__} - {*kind.__struct_fields__}:
        return None
    return name, _correction(root, name, name, kind, Restated)


def _correction(
    root: type[Aggregate], name: str, corrected: str, kind: type[Event], more: type[Envelope] = Withdrawn
) -> Endpoint:
    command = command_type(root, corrected)
    body_kind = body_type(CommandType(root, name, command.method, _partly(command)), more=more)

    def handle(call: Call) -> Reply:
        aggregate_id = must_reach(call, root, name)
        body: Any = call.body(body_kind)
        fact = _fact(call, aggregate_id, body.position, kind)
        stated = {each: getattr(body, each) for each in command.body.__struct_fields__}
        own = taken_over(command, stated, fact.event)
        if more is Restated and not body.occurred_at and all(each is msgspec.UNSET for each in stated.values()):
            raise NothingStatedAnew(position=body.position)
        if corrected == "change_profile":
            must_hang_in_no_circle(call, aggregate_id, own)
        context = context_of(call, command, aggregate_id, msgspec.structs.replace(body, **msgspec.structs.asdict(own)))
        moment = context.at if body.occurred_at else fact.occurred_at
        precision = context.precision if body.occurred_at else fact.precision
        context = msgspec.structs.replace(context, at=call.now, precision=precision)
        why = body.mistake if more is Restated else body.reason
        outcome = call.doors.commands.correct(root, aggregate_id, body.position, why, corrected, own, moment, context)
        return answered(outcome)

    about = (
        "Correct a fact: the one at `position` is withdrawn, and this one holds instead. What is not stated is taken"
        " over from it, the moment too; null or nothing clears."
    )
    noun = NOUNS[root]
    path = f"/{noun}/{{id}}/{path_of(name)}"
    return Endpoint("POST", path, f"{root.__name__}.{name}", about, handle, Answered, body=body_kind, tag=noun)


def _partly(command: CommandType) -> type[msgspec.Struct]:
    """The command's body of which nothing must be stated."""
    fields: list[Any] = [
        (each.name, each.type | msgspec.UnsetType | None, msgspec.UNSET)
        for each in msgspec.structs.fields(command.body)
    ]
    return msgspec.defstruct(command.body.__name__, fields, kw_only=True)


def _fact(call: Call, aggregate_id: UUID, position: int, kind: type[Event]) -> Recorded:
    """The fact that is corrected. Raises NotFound where there is none of its kind."""
    for fact in call.doors.journal.streams.history(aggregate_id):
        if fact.position == position and isinstance(fact.event, kind):
            return fact
    what = spoken_name(kind.topic)
    raise NotFound(kind=say("fact “{what}” at position", what=what), key=position)


def _nothing() -> None:
    """A withdrawal is no method of an aggregate."""
