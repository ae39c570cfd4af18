"""Calling a forecast over HTTP: the call of a person and period is found by these, what is computed is filled in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from api.access import must_give
from api.commands import Answered, Envelope, answered, body_type, context_of, give
from api.corrections import Withdrawn, withdrawal
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, identified
from domain.commands import CommandType, command_type
from domain.errors import NotFound
from domain.forecast_call.forecast_call import ForecastCall, Layer, call_id, must_not_be_over
from domain.member import Member
from domain.visibility import Visibility
from projections.forecast_layers import computed_of

STATED_BY_THE_DOOR = ("computed", "by", "member")


class Called(Envelope, kw_only=True):
    """Whose forecast; one's own if not stated."""

    member: Named | None = None


def call_endpoints() -> list[Endpoint]:
    """Calling a period, adjusting a call, taking either back."""
    taking_back = withdrawal(ForecastCall, "/forecast/withdraw", "forecast", _stream_at)
    return [_endpoint("submit"), _endpoint("adjust"), taking_back]


def _endpoint(name: str) -> Endpoint:
    command = command_type(ForecastCall, name)
    body = body_type(_without_stated(command), more=Called)
    about = (command.method.__doc__ or "").strip()
    return Endpoint(
        "POST", f"/forecast/{name}", f"ForecastCall.{name}", about, _giving(command, body), Answered, body=body,
        tag="forecast",
    )  # fmt: skip


def _without_stated(command: CommandType) -> CommandType:
    """The same command without what the door states; the member stands in the envelope."""
    fields = [
        (each.name, each.type) if each.required else (each.name, each.type, each.default)
        for each in msgspec.structs.fields(command.body)
        if each.name not in STATED_BY_THE_DOOR
    ]
    body = msgspec.defstruct(command.body.__name__, fields, kw_only=True)
    return CommandType(command.root, command.name, command.method, body)


def _giving(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        must_give(call.asker, ForecastCall, command.name)
        body: Any = call.body(body_kind)
        member = identified(call, Member, body.member) if body.member else call.asker.member
        as_manager = getattr(body, "layer", None) is Layer.MANAGER
        call.doors.access.must_call(call.asker, member, as_manager=as_manager)
        must_not_be_over(call.doors.calendar.company, body.period, call.now)  # whatever it is dated: the truth is out
        stated: dict[str, Any] = {"member": member}
        if command.name == "adjust":
            stated["by"] = call.asker.member if as_manager else member
        aggregate_id = call_id(member, body.period)
        at = context_of(call, command, aggregate_id, body).at
        with call.doors.reader.view(Visibility.whole(call.asker.member), as_of=at, now=call.now) as view:
            computed = computed_of(view, member, body.period, call.now)
        stated["computed"] = computed
        names = [name for name in command.body.__struct_fields__ if name not in stated]
        own = command.body(**{name: getattr(body, name) for name in names}, **stated)
        return answered(give(call, command, aggregate_id, own, body))

    return handle


def _stream_at(call: Call) -> UUID:
    """The call to which the fact belongs that the request names, if the asker may speak in its layer."""
    position = call.body(Withdrawn).position
    fact = call.doors.journal.streams.at([position]).get(position)
    if fact is None or not isinstance(fact.event, ForecastCall.Submitted | ForecastCall.Adjusted):
        raise NotFound(kind="forecast call", key=position)
    as_manager = isinstance(fact.event, ForecastCall.Adjusted) and fact.event.layer is Layer.MANAGER
    call.doors.access.must_call(call.asker, fact.event.member, as_manager=as_manager)
    return fact.originator_id
