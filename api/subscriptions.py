"""Subscriptions over HTTP: opened, shown, changed, given new secrets, paused, resumed and ended by who owns them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

import msgspec

from api.access import Asker, NotAllowed, must_give
from api.asking import Limit, must_not_be_ahead
from api.commands import Answered, answered, body_type, give, own_body, path_of
from api.corrections import withdrawal
from api.deliverable import must_be_deliverable
from api.endpoints import Call, Endpoint, Reply
from api.pages import Page, next_page, page_of
from domain.commands import CommandType, commands_of
from domain.journal.context import Outcome
from domain.journal.journal import Journal
from domain.member import KeyScope, Role
from domain.subscription.secret import new_secret
from domain.subscription.subscription import Order, StreamFilter, Subscription, Transport
from projections.engine import Clock
from projections.streams.subscriptions import live_of, subscriptions

NOUN = "subscriptions"
STATED_BY_THE_DOOR = {"open": ("owner", "secret", "live"), "rotate_secret": ("secret",)}


class SecretAnswered(Answered, kw_only=True):
    """A subscription was opened, or signs with a new secret. `secret` (`whsec_…`, Standard Webhooks) is shown here,
    once; null where the command is a repetition, and where nothing is signed."""

    secret: str | None


class SubscriptionAnswer(msgspec.Struct, kw_only=True):
    """A subscription as it stands; never its secrets. `state` is runs, paused, disabled or ended; `paused` and
    `disabled` say why. `after` is the position after which it began. `old_secret_until`: until then deliveries are
    signed with the secret before the newest one, too."""

    id: UUID
    version: int
    name: str
    owner: UUID
    transport: Transport
    address: str
    filter: StreamFilter
    order: Order
    personal: bool
    after: int
    lag_alarm_seconds: int
    old_secret_until: datetime | None
    state: Literal["runs", "paused", "disabled", "ended"]
    paused: str
    disabled: str
    behind: bool


class SubscriptionsQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Subscriptions by name: one's own; for admins and auditors all. `ended`: those that have ended, too."""

    ended: bool = False
    limit: Limit = 50
    cursor: str | None = None


class SubscriptionsAnswer(msgspec.Struct, kw_only=True):
    """A page of subscriptions; `next` is the cursor of the following one, null on the last."""

    subscriptions: list[SubscriptionAnswer]
    next: str | None


def subscription_endpoints() -> list[Endpoint]:
    """The questions about subscriptions; the commands are given like all others (`api.given`)."""
    about_all = "Subscriptions by name: your own; for admins and auditors all."
    about_one = "A subscription as it stands, by its id or name."
    return [
        Endpoint("GET", f"/{NOUN}", "Subscription.list", about_all, _list, SubscriptionsAnswer,
                 query=SubscriptionsQuery, tag=NOUN),
        Endpoint("GET", f"/{NOUN}/{{id}}", "Subscription.show", about_one, _show, SubscriptionAnswer, tag=NOUN),
    ]  # fmt: skip


def subscription_commands() -> list[Endpoint]:
    """All commands of subscriptions, and taking a fact of one back."""
    found = [_endpoint(command) for command in commands_of(Subscription).values()]
    return [*found, withdrawal(Subscription, f"/{NOUN}/{{id}}/withdraw", NOUN, lambda call: _reached(call).id)]


def subscription_answer(subscription: Subscription) -> SubscriptionAnswer:
    """A subscription as it is shown."""
    assert subscription.owner is not None
    shown = {name: getattr(subscription, name) for name in SubscriptionAnswer.__struct_fields__ if name != "state"}
    return SubscriptionAnswer(**shown, state=state_of(subscription))


def state_of(subscription: Subscription) -> Literal["runs", "paused", "disabled", "ended"]:
    """Whether it runs, in a word; who disabled what was paused is told first."""
    if subscription.ended:
        return "ended"
    return "disabled" if subscription.disabled else "paused" if subscription.paused else "runs"


def seen_by(asker: Asker, journal: Journal) -> list[Subscription]:
    """The subscriptions that an asker may see, by name."""
    asker.must_have(KeyScope.STREAM, KeyScope.READ)
    sees_all = bool(asker.roles & {Role.ADMIN, Role.AUDITOR})
    return [each for each in subscriptions(journal) if sees_all or each.owner == asker.member]


# Questions


def _list(call: Call) -> Reply:
    query = call.query(SubscriptionsQuery)
    page = page_of(query.cursor, query)
    found = [
        each
        for each in seen_by(call.asker, call.doors.journal)
        if (query.ended or not each.ended) and each.name > page.name
    ]
    shown = [subscription_answer(each) for each in found[: query.limit]]
    more = _after(page, call, shown[-1]) if len(found) > query.limit else None
    return Reply(SubscriptionsAnswer(subscriptions=shown, next=next_page(more)))


def _after(page: Page, call: Call, last: SubscriptionAnswer) -> Page:
    return page.after_line(Clock(call.now, call.doors.journal.streams.head()), last.id, last.name)


def _show(call: Call) -> Reply:
    call.asker.must_have(KeyScope.STREAM, KeyScope.READ)
    found = call.doors.access.must_see_subscription(call.asker, call.path["id"])
    return Reply(subscription_answer(found), etag=str(found.version))


# Commands


def _endpoint(command: CommandType) -> Endpoint:
    opening = command.name == "open"
    body = body_type(command, STATED_BY_THE_DOOR.get(command.name, ()), opening=opening)
    return Endpoint(
        method="POST",
        path=f"/{NOUN}" if opening else f"/{NOUN}/{{id}}/{path_of(command.name)}",
        name=f"Subscription.{command.name}",
        about=(command.method.__doc__ or "").strip(),
        handle=(_opening if opening else _changing)(command, body),
        answer=SecretAnswered if command.name in STATED_BY_THE_DOOR else Answered,
        body=body,
        status=201 if opening else 200,
        tag=NOUN,
    )


def _opening(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        must_give(call.asker, Subscription, command.name)
        body: Any = call.body(body_kind)
        _must_read(call.asker, body.personal)
        must_not_be_ahead(call, body.after)
        if body.transport is Transport.WEBHOOK:
            must_be_deliverable(body.address, private=call.doors.webhooks_private)
        aggregate_id = body.id or (uuid5(call.command_id, "id") if call.command_id else uuid4())
        secret = new_secret() if body.transport is Transport.WEBHOOK else None
        live = live_of(call.doors.journal, call.asker.member)
        own = own_body(command, body, owner=call.asker.member, secret=secret, live=live)
        return _with_secret(give(call, command, aggregate_id, own, body), secret, status=201)

    return handle


def _changing(command: CommandType, body_kind: type[msgspec.Struct]) -> Callable[[Call], Reply]:
    def handle(call: Call) -> Reply:
        subscription = _reached(call, command.name)
        body: Any = call.body(body_kind)
        if command.name == "change":
            if body.address is not msgspec.UNSET and body.address != subscription.address:
                must_be_deliverable(body.address, private=call.doors.webhooks_private)
            _must_read(call.asker, subscription.personal if body.personal is msgspec.UNSET else body.personal)
        if command.name != "rotate_secret":
            return answered(give(call, command, subscription.id, own_body(command, body), body))
        secret = new_secret()
        return _with_secret(give(call, command, subscription.id, own_body(command, body, secret=secret), body), secret)

    return handle


def _reached(call: Call, command: str = "withdraw") -> Subscription:
    """The subscription in the path, if the asker may give it a command."""
    found = call.doors.access.must_see_subscription(call.asker, call.path["id"])
    must_give(call.asker, Subscription, command)
    call.doors.access.must_change_subscription(call.asker, found)
    return found


def _must_read(asker: Asker, personal: bool) -> None:
    """Personal data is sent nowhere by a key that could not read it."""
    if personal and not asker.visibility.personal:
        raise NotAllowed(what="A subscription with personal data", needed="a key with the scope read")


def _with_secret(outcome: Outcome, secret: str | None, status: int = 200) -> Reply:
    shown = msgspec.structs.asdict(answered(outcome).content)
    return Reply(
        SecretAnswered(**shown, secret=None if outcome.repeated else secret), etag=str(outcome.version), status=status
    )
