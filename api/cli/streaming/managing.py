"""`kams streams`: subscriptions are opened, listed, changed, given new secrets, paused, resumed and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import Csv, Json
from api.cli.options import Note, Reason, none_of
from api.delivery_reasons import reason_said
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.calling import Counter
    from api.subscriptions import SubscriptionAnswer
    from domain.subscription.subscription import Subscription

TRANSPORTS = ("webhook", "valkey")
ORDERS = ("account", "strict")
NOW = "now"
COLUMNS = ("name", "transport", "state", "behind", "address", "order", "personal", "after", "subscription")

Which = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Name or id of a subscription.")]
Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="ACCOUNT", help="Only of this account, by id or external id; repeatable."),
]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only these events: Account.VisitLogged, or Account; repeatable."),
]
Territories = Annotated[
    list[str] | None, typer.Option("--territory", metavar="KEY", help="Only of this territory; repeatable.")
]
Imports = Annotated[
    bool | None,
    typer.Option(
        "--imports/--no-imports",
        help="With what was imported, or without; where nothing is stated, a webhook without, a Valkey stream with.",
    ),
]
Keeping = Annotated[
    str | None, typer.Option("--order", metavar="WHAT", help="What keeps its order: account, or strict for all events.")
]
Personal = Annotated[
    bool | None,
    typer.Option("--personal/--no-personal", help="With personal data that the owner may read, or without."),
]
Alarm = Annotated[
    int | None, typer.Option("--lag-alarm", metavar="SECONDS", help="How far it may lag before the alarm is raised.")
]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("open", open_subscription),
        ("list", list_subscriptions),
        ("show", show),
        ("change", change),
        ("rotate", rotate),
        ("pause", pause),
        ("resume", resume),
        ("end", end),
    ):
        group.command(name)(command)


def open_subscription(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, dots, hyphens, underscores.")],
    address: Annotated[str, typer.Argument(metavar="URL", help="Where a webhook delivers to.")] = "",
    transport: Annotated[str, typer.Option("--transport", metavar="WHAT", help="webhook or valkey.")] = "webhook",
    account: Accounts = None,
    kind: Types = None,
    territory: Territories = None,
    imports: Imports = None,
    order: Keeping = None,
    personal: Personal = None,
    after: Annotated[
        str, typer.Option("--after", metavar="N", help="The position after which it begins: 0 for everything, or now.")
    ] = "0",
    lag_alarm: Alarm = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Subscribe to the stream of events (订阅). A webhook's secret is printed once, alone on standard output.

    Example: kams streams open erp https://erp.example.com/kams --type Account --after now
    """
    if transport not in TRANSPORTS:
        raise none_of(transport, TRANSPORTS, "--transport")
    with counter() as at:
        wanted = _filter(at, {}, account, kind, territory, imports)
        body = {"name": name, "address": address, "transport": transport, "filter": wanted, "after": _after(at, after)}
        given = _give(at, "open", {}, body | _stated(order, personal, lag_alarm), note)
    if json:
        output.print_json(given)
        return
    output.say(say("Subscription {name} opened, position {position}.", name=name, position=given.position))
    brought = imports if imports is not None else transport == "valkey"
    output.say(
        "It brings what was imported, too." if brought else "What was imported is left out: --imports brings it."
    )
    _tell(given.secret)


def list_subscriptions(
    ended: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """List subscriptions: your own; for admins and auditors all.

    Example: kams streams list --all --csv
    """
    from api.subscriptions import seen_by, subscription_answer

    with counter() as at:
        found = [each for each in seen_by(at.asker, at.made.journal) if ended or not each.ended]
    shown = [subscription_answer(each) for each in found]
    if json:
        output.print_json({"subscriptions": shown})
    elif csv:
        output.print_csv(COLUMNS, map(_line, shown))
    elif shown:
        output.print_table("Subscriptions", [column.replace("_", " ") for column in COLUMNS], map(_line, shown))
    else:
        output.say("No subscription is there.")


def show(subscription: Which, json: Json = False) -> None:
    """Show a subscription as it stands; never its secret.

    Example: kams streams show erp --json
    """
    from api.subscriptions import subscription_answer

    with counter() as at:
        answer = subscription_answer(_found(at, subscription))
    if json:
        output.print_json(answer)
        return
    told = ((name, reason_said(value) if name == "disabled" else value) for name, value in _fields(answer))
    lines = [(name.replace("_", " "), _cell(value)) for name, value in told]
    output.print_table(answer.name, ["", ""], [line for line in lines if line[1] != ""])


def change(
    subscription: Which,
    address: Annotated[str | None, typer.Option("--address", metavar="URL", help="Where it delivers to.")] = None,
    account: Accounts = None,
    kind: Types = None,
    territory: Territories = None,
    imports: Imports = None,
    order: Keeping = None,
    personal: Personal = None,
    lag_alarm: Alarm = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Change what is stated; an option that is repeatable replaces all that there were, an empty one clears them.

    Example: kams streams change erp --type Account --type Opportunity --lag-alarm 600
    """
    with counter() as at:
        found = _found(at, subscription)
        body = _stated(order, personal, lag_alarm) | ({} if address is None else {"address": address})
        version = None
        if any(each is not None for each in (account, kind, territory, imports)):
            import msgspec

            body["filter"] = _filter(at, msgspec.to_builtins(found.filter), account, kind, territory, imports)
            version = found.version
        given = _give(at, "change", {"id": found.id}, body, note, version)
    _answer(json, given, found.name, "Subscription {name} changed, position {position}.")


def rotate(
    subscription: Which,
    hours: Annotated[
        int, typer.Option("--old-valid-hours", metavar="HOURS", help="So long the old secret signs, too: 0 to 720.")
    ] = 24,
    note: Note = None,
    json: Json = False,
) -> None:
    """Give a webhook a new secret. It is printed once, alone on standard output; the old one signs, too, for a while.

    Example: kams streams rotate erp --old-valid-hours 48
    """
    with counter() as at:
        found = _found(at, subscription)
        given = _give(at, "rotate_secret", {"id": found.id}, {"old_valid_hours": hours}, note)
    if json:
        output.print_json(given)
        return
    text = "The secret of {name} is another one, position {position}."
    output.say(say(text, name=found.name, position=given.position))
    _tell(given.secret)


def pause(subscription: Which, reason: Reason = "", note: Note = None, json: Json = False) -> None:
    """Bring nothing until it is resumed; nothing is lost. A reason is needed.

    Example: kams streams pause erp --reason "the ERP moves"
    """
    _simply(subscription, "pause", {"reason": reason}, "Subscription {name} paused, position {position}.", note, json)


def resume(subscription: Which, note: Note = None, json: Json = False) -> None:
    """Go on where it stood, whether it was paused or disabled.

    Example: kams streams resume erp
    """
    _simply(subscription, "resume", {}, "Subscription {name} goes on, position {position}.", note, json)


def end(subscription: Which, reason: Reason = "", note: Note = None, json: Json = False) -> None:
    """End a subscription for good; its name is not free again.

    Example: kams streams end erp --reason "replaced by erp-2"
    """
    _simply(subscription, "end", {"reason": reason}, "Subscription {name} ended, position {position}.", note, json)


def counter() -> Any:
    """The system with who asks, for the time of a command."""
    from api.cli.member_commands import counter as made

    return made()


def _found(at: Counter, text: str) -> Subscription:
    """A subscription by name or id, if the asker may see it. Raises NotFound."""
    from api.cli.calling import aggregate_of
    from domain.errors import NotFound
    from domain.member import KeyScope
    from domain.subscription.subscription import Subscription

    at.asker.must_have(KeyScope.STREAM, KeyScope.READ)
    try:
        return at.access.must_see_subscription(at.asker, aggregate_of(at.made, Subscription, text))
    except NotFound:
        raise NotFound(kind="subscription", key=text[:80]) from None


def _simply(subscription: str, name: str, body: dict[str, Any], done: str, note: str | None, json: bool) -> None:
    with counter() as at:
        found = _found(at, subscription)
        given = _give(at, name, {"id": found.id}, body, note)
    _answer(json, given, found.name, done)


def _give(
    at: Counter, name: str, path: dict[str, Any], body: dict[str, Any], note: str | None, version: int | None = None
) -> Any:
    from api.cli.calling import Stated
    from domain.subscription.subscription import Subscription

    return at.give(Subscription, name, path, body, Stated(note=note, version=version))


def _answer(json: bool, given: Any, name: str, done: str) -> None:
    if json:
        output.print_json(given)
    elif given.positions:
        output.say(say(done, name=name, position=given.position))
    else:
        output.say(say("Unchanged, it was so already: subscription {name}.", name=name))


def _tell(secret: str | None) -> None:
    if secret is not None:
        output.say("It is shown this once: keep it now.")
        typer.echo(secret)


def _stated(order: str | None, personal: bool | None, lag_alarm: int | None) -> dict[str, Any]:
    if order is not None and order not in ORDERS:
        raise none_of(order, ORDERS, "--order")
    found = {"order": order, "personal": personal, "lag_alarm_seconds": lag_alarm}
    return {name: value for name, value in found.items() if value is not None}


def _filter(
    at: Counter,
    held: dict[str, Any],
    accounts: list[str] | None,
    types: list[str] | None,
    territories: list[str] | None,
    imports: bool | None,
) -> dict[str, Any]:
    """A filter with what is stated in place of what it holds."""
    from api.cli.calling import aggregate_of
    from domain.account.account import Account

    stated = {
        "accounts": None
        if accounts is None
        else [str(aggregate_of(at.made, Account, each)) for each in accounts if each],
        "types": None if types is None else [each for each in types if each],
        "territories": None if territories is None else [each for each in territories if each],
        "imports": imports,
    }
    return held | {name: value for name, value in stated.items() if value is not None}


def _after(at: Counter, text: str) -> int:
    if text == NOW:
        return at.made.journal.streams.head()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise none_of(text, ("0 …", NOW), "--after")
    return int(text)


def _fields(answer: SubscriptionAnswer) -> list[tuple[str, Any]]:
    found = [(name, getattr(answer, name)) for name in answer.__struct_fields__ if name not in ("name", "filter")]
    wanted = answer.filter
    found += [(name, getattr(wanted, name)) for name in wanted.__struct_fields__ if name != "imports"]
    return [*found, ("imports", say("with what was imported" if wanted.imports else "without what was imported"))]


def _line(answer: SubscriptionAnswer) -> list[Any]:
    return [_cell(answer.id if column == "subscription" else getattr(answer, column)) for column in COLUMNS]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return say("yes") if value else ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else value if isinstance(value, int) else str(value)
