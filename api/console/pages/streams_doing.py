"""What is done to subscriptions from their pages: the API's commands and orders, refused by the same rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

from api.access import NotAllowed
from api.asking import Clocks
from api.console.frame import HTML, Frame
from api.delivery_asking import Deliveries, RedeliveryAnswer, RedeliveryWanted, subscription_of
from api.endpoints import Call, Endpoint, Reply
from api.problems import status_of
from api.subscriptions import SecretAnswered, subscription_commands
from domain.errors import Fault, KamsError, Malformed, NotFound
from domain.language.catalogue import say
from domain.subscription.subscription import Subscription, Transport

STREAMS = "/console/streams"
CHANGES = {"pause": "pause", "resume": "resume", "end": "end", "rotate": "rotate_secret", "change": "change"}
"""The commands by the word that stands in the address of their form."""


def doing_endpoints() -> list[Endpoint]:
    """Opening a subscription, and all that can be done to one."""
    opening = "Open a subscription; its secret is shown once."
    doing = "Give a subscription a command, or order deliveries."
    return [
        Endpoint("POST", STREAMS, "console.streams_open", opening, _open, bytes, media=HTML, etag=False,
                 session=True, form=True),
        Endpoint("POST", f"{STREAMS}/{{id}}/{{act}}", "console.stream_do", doing, _do, bytes, media=HTML, etag=False,
                 session=True, form=True),
    ]  # fmt: skip


# Opening


def _open(call: Call) -> Reply:
    typed = _typed(call)
    try:
        reply = _command(call, "open", _opened(call, typed))
    except (KamsError, Malformed) as refusal:
        return _refused(call, "streams", refusal, typed)
    answer: SecretAnswered = reply.content
    if answer.secret is None:
        return _to(str(answer.id), "opened")
    return _with_secret(call, answer)


def _opened(call: Call, typed: Mapping[str, str]) -> dict[str, Any]:
    webhook = typed.get("transport") != Transport.VALKEY
    return {
        "name": typed.get("name", ""),
        "transport": typed.get("transport", Transport.WEBHOOK),
        "address": typed.get("address", "") if webhook else "",
        "filter": {
            "types": _several(typed.get("types", "")),
            "territories": _several(typed.get("territories", "")),
            "imports": "imports" in typed,
        },
        "order": typed.get("order", "account"),
        "personal": "personal" in typed,
        "after": 0 if typed.get("from") == "beginning" else call.doors.journal.streams.head(),
        "lag_alarm_seconds": _number("lag_alarm_seconds", typed.get("lag_alarm_seconds", "3600")),
    }


# One that is there


def _do(call: Call) -> Reply:
    one = subscription_of(call.doors.journal, call.asker, str(call.path["id"]))
    act, typed = str(call.path["act"]), _typed(call)
    order = _ORDERS.get(act)
    if act not in CHANGES and order is None:
        raise NotFound(kind="command", key=act[:80])
    try:
        if order is not None:
            return order(call, one, typed)
        reply = _command(call, CHANGES[act], _changed(act, one, typed), one.id)
    except NotFound:
        raise
    except KamsError as refusal:
        return _refused(call, "stream", refusal, typed, one)
    if act == "rotate" and reply.content.secret is not None:
        return _with_secret(call, reply.content)
    return _to(str(one.id), act)


def _changed(act: str, one: Subscription, typed: Mapping[str, str]) -> dict[str, Any]:
    if act in ("pause", "end"):
        return {"reason": typed.get("reason", "")}
    if act == "rotate":
        return {"old_valid_hours": _number("old_valid_hours", typed.get("old_valid_hours", "24"))}
    if act == "change":
        alarm = _number("lag_alarm_seconds", typed.get("lag_alarm_seconds", str(one.lag_alarm_seconds)))
        address = {"address": typed.get("address", one.address)} if one.transport is Transport.WEBHOOK else {}
        return {**address, "lag_alarm_seconds": alarm}
    return {}


def _command(call: Call, name: str, body: Mapping[str, Any], aggregate: UUID | None = None) -> Reply:
    """A command as the API takes it; sent twice, it is given once."""
    endpoint = next(each for each in subscription_commands() if each.name == f"Subscription.{name}")
    key = "".join(call.form.get("_key", []))
    headers = {**call.headers, "idempotency-key": key} if key else call.headers
    path = {**call.path, "id": aggregate} if aggregate else call.path
    return endpoint.handle(dataclasses.replace(call, read_body=dict(body), headers=headers, path=path))


# Orders


def _redeliver(call: Call, one: Subscription, typed: Mapping[str, str]) -> Reply:
    """Count first; what was counted is sent where the count is stated."""
    own = Deliveries(call.doors.journal, call.asker, str(one.id), change=True)
    counted = typed.get("count", "")
    answer = own.redeliver(_wanted(typed, int(counted) if counted.isdigit() else None), call.now)
    return _counted(call, one, typed, answer) if answer.dry_run else _to(str(one.id), "redeliver")


def _wanted(typed: Mapping[str, str], count: int | None) -> RedeliveryWanted:
    what = typed.get("what", "dead")
    first = _number("from", typed.get("from", "")) if what == "range" else None
    last = _number("to", typed["to"]) if what == "range" and typed.get("to") else None
    position = _number("position", typed.get("from", "")) if what == "one" else None
    rate = min(max(_number("rate", typed.get("rate", "10")), 1), 100)
    return RedeliveryWanted(
        position=position,
        first=first,
        last=last,
        dead_letters=what == "dead",
        rate=float(rate),
        count=count,
        dry_run=count is None,
    )


def _stop(call: Call, one: Subscription, typed: Mapping[str, str]) -> Reply:
    own = Deliveries(call.doors.journal, call.asker, str(one.id), change=True)
    own.stop(_number("number", typed.get("number", "")))
    return _to(str(one.id), "stop")


def _test(call: Call, one: Subscription, _: Mapping[str, str]) -> Reply:
    Deliveries(call.doors.journal, call.asker, str(one.id), change=True).test()
    return _to(str(one.id), "test")


def _retry(call: Call, one: Subscription, typed: Mapping[str, str]) -> Reply:
    own = Deliveries(call.doors.journal, call.asker, str(one.id), change=True)
    own.retry(typed.get("lane", ""), call.now)
    return _to(str(one.id), "retry")


_ORDERS: Mapping[str, Callable[[Call, Subscription, Mapping[str, str]], Reply]] = {
    "redeliver": _redeliver,
    "stop": _stop,
    "test": _test,
    "retry": _retry,
}


# Answers


def _to(stated: str, done: str) -> Reply:
    return Reply(b"", status=HTTPStatus.SEE_OTHER, headers={"Location": f"{STREAMS}/{quote(stated)}?done={done}"})


def _with_secret(call: Call, answer: SecretAnswered) -> Reply:
    one = subscription_of(call.doors.journal, call.asker, str(answer.id))
    return _page(call, "stream", {"secret": answer.secret}, one, HTTPStatus.OK)


def _counted(call: Call, one: Subscription, typed: Mapping[str, str], answer: RedeliveryAnswer) -> Reply:
    return _page(call, "stream", {"counted": answer, "typed": typed}, one, HTTPStatus.OK)


def _refused(
    call: Call, name: str, refusal: KamsError, typed: Mapping[str, str], one: Subscription | None = None
) -> Reply:
    """The page again with what was typed and why it was refused. Raises NotAllowed, to be noted as such."""
    if isinstance(refusal, NotAllowed):
        raise refusal
    faults = getattr(refusal, "faults", ())
    text = " ".join(f"{each.field}: {each.reason}" for each in faults) or str(refusal)
    return _page(call, name, {"refused": text, "typed": typed}, one, status_of(refusal))


def _page(call: Call, name: str, more: Mapping[str, Any], one: Subscription | None, status: int) -> Reply:
    from api.console.pages import streams
    from api.console.rendering import render

    frame: Frame[Clocks] = Frame(call, streams.StreamQuery() if one else streams.StreamsQuery())
    call.asked_path = f"{STREAMS}/{one.id}" if one else STREAMS
    shown = streams.shown(frame, one) if one else streams._streams(frame)  # type: ignore[arg-type]
    typed = streams.typed_of(more.get("typed", {}))
    return Reply(render(frame, name, f"{name}.html", {**shown, **more, "typed": typed}), status=status)


# Fields


def _typed(call: Call) -> dict[str, str]:
    return {name: values[-1].strip() for name, values in call.form.items() if not name.startswith("_")}


def _several(text: str) -> list[str]:
    return [each.strip() for each in text.replace("，", ",").split(",") if each.strip()]


def _number(field: str, stated: str) -> int:
    if not (stated.isascii() and stated.isdigit() and len(stated) < 16):
        raise Malformed(Fault(field, stated[:80], say("expected a whole number")))
    return int(stated)
