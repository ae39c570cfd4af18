"""`kams streams status|deliveries|dead-letters|redeliveries|redeliver|stop|test|retry`: webhooks under way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import Csv, Json
from domain.language.catalogue import say

if TYPE_CHECKING:
    from msgspec import Struct

    from api.access import Asker
    from api.cli.session import System
    from api.delivery_asking import Deliveries, SubscriptionStatus
    from projections.streams.redeliveries import Redelivery

Name = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its name or id.")]
AnyName = Annotated[str, typer.Argument(metavar="[SUBSCRIPTION]", help="Its name or id; all that you see if left out.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many lines of each subscription.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The redelivery's number.", min=1)]
STATUS_HEADER = (
    "subscription",
    "state",
    "cursor",
    "head",
    "lag events",
    "lag seconds",
    "waiting lanes",
    "dead letters",
    "next retry",
    "why",
)
LOG_HEADER = (
    "subscription",
    "at",
    "position",
    "lane",
    "attempt",
    "outcome",
    "status",
    "latency ms",
    "reason",
    "redelivery",
)
DEAD_HEADER = ("subscription", "position", "lane", "attempts", "status", "reason", "given up", "redelivered")
AGAIN_HEADER = ("subscription", "number", "kind", "from", "to", "count", "sent", "failed", "rate", "state")
PATIENCE = 20.0


def add(streams: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, deliveries, redeliveries, redeliver, stop, retry):
        streams.command()(command)
    streams.command("dead-letters")(dead_letters)
    streams.command("test")(send_test)


@contextmanager
def _asked() -> Iterator[tuple[System, Asker]]:
    from api.cli.session import system
    from api.cli.settings import Settings

    with system(Settings.from_environment()) as made:
        yield made, made.asker()


def _all(made: System, asker: Asker, name: str) -> list[Deliveries]:
    """The one that is named, or all webhooks that the asker may see."""
    from api.delivery_asking import Deliveries, seen_webhooks

    if name:
        return [Deliveries(made.journal, asker, name)]
    return [Deliveries(made.journal, asker, str(each.id)) for each in seen_webhooks(made.journal, asker)]


def status(name: AnyName = "", json: Json = False, csv: Csv = False) -> None:
    """How deliveries stand: cursor, lag, lanes that wait and why, dead letters."""
    from datetime import UTC, datetime

    with _asked() as (made, asker):
        found = [each.status(datetime.now(UTC)) for each in _all(made, asker, name)]
    if json:
        output.print_json({"subscriptions": found})
    elif csv:
        output.print_csv(STATUS_HEADER, [_status(each) for each in found])
    elif found:
        output.print_table("Deliveries", STATUS_HEADER, [_status(each, told=True) for each in found])
    else:
        output.say("No subscriptions recorded.")


def _status(each: SubscriptionStatus, *, told: bool = False) -> list[object]:
    lanes = each.lanes[0].reason if each.lanes else ""
    why = each.reason or (each.host.reason if each.host else "") or each.waits_for or lanes
    state = in_words(each.state) if told else each.state
    return [each.name, state, each.cursor, each.head, each.lag_events, each.lag_seconds, each.parked,
            each.dead_letters, each.next_retry, why]  # fmt: skip


def deliveries(
    name: AnyName = "",
    position: Annotated[int | None, typer.Option(help="Of one event.", min=1)] = None,
    outcome: Annotated[str, typer.Option(help="delivered, failed, busy, gone or refused.")] = "",
    lane: Annotated[UUID | None, typer.Option(help="Of one account, or subject.")] = None,
    limit: Limit = 50,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Every attempt of the last thirty days, the newest first."""
    from projections.streams.delivery_answers import log_of

    with _asked() as (made, asker), made.journal.pool.connection() as connection:
        lines = [
            (each.subscription.name, line)
            for each in _all(made, asker, name)
            for line in log_of(connection, each.id, limit, position=position, outcome=outcome, lane=lane)
        ]
    if json:
        output.print_json({"deliveries": [_flat(*each) for each in lines]})
        return
    rows = [
        [name_of, line.at, line.position, line.lane, line.attempt, line.outcome,
         line.status, line.latency_ms, line.reason, line.redelivery]
        for name_of, line in lines
    ]  # fmt: skip
    _listed("Deliveries", LOG_HEADER, rows, csv, "No attempts at delivering recorded.")


def dead_letters(
    name: AnyName = "",
    everything: Annotated[bool, typer.Option("--all", help="Those that were delivered after all, too.")] = False,
    limit: Limit = 50,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Events that were given up, in the order of their positions."""
    from projections.streams.delivery_answers import dead_letters_of

    with _asked() as (made, asker), made.journal.pool.connection() as connection:
        lines = [
            (each.subscription.name, line)
            for each in _all(made, asker, name)
            for line in dead_letters_of(connection, each.id, limit, redelivered=None if everything else False)
        ]
    if json:
        output.print_json({"dead_letters": [_flat(*each) for each in lines]})
        return
    rows = [
        [name_of, line.position, line.lane, line.attempts, line.status, line.reason,
         line.at, line.redelivered_at]
        for name_of, line in lines
    ]  # fmt: skip
    _listed("Dead letters", DEAD_HEADER, rows, csv, "No dead letters recorded.")


def redeliveries(name: AnyName = "", limit: Limit = 50, json: Json = False, csv: Csv = False) -> None:
    """What was asked to be sent again, and tests, the newest first."""
    from projections.streams.redeliveries import RedeliveryStore

    with _asked() as (made, asker), made.journal.pool.connection() as connection:
        lines = [
            (each.subscription.name, line)
            for each in _all(made, asker, name)
            for line in RedeliveryStore(connection).of(each.id, None, limit)
        ]
    if json:
        output.print_json({"redeliveries": [_flat(*each) for each in lines]})
        return
    rows = [
        [name_of, line.id, line.kind, line.from_position, line.to_position, line.count,
         line.sent, line.failed, line.rate, line.state]
        for name_of, line in lines
    ]  # fmt: skip
    _listed("Redeliveries", AGAIN_HEADER, rows, csv, "No redeliveries recorded.")


def redeliver(
    name: Name,
    position: Annotated[int | None, typer.Option(help="One event.", min=1)] = None,
    first: Annotated[int | None, typer.Option("--from", help="From a position on.", min=0)] = None,
    last: Annotated[int | None, typer.Option("--to", help="Up to a position.", min=0)] = None,
    dead: Annotated[bool, typer.Option("--dead-letters", help="What was given up.")] = False,
    rate: Annotated[float, typer.Option(help="At most so many a second, up to 100.", min=0.01, max=100)] = 10.0,
    count: Annotated[int | None, typer.Option(help="How many: what it said without this.", min=0)] = None,
    json: Json = False,
) -> None:
    """Send events again. Without --count it only says how many; with that --count it does."""
    from api.delivery_asking import Deliveries, RedeliveryWanted

    wanted = RedeliveryWanted(
        position=position, first=first, last=last, dead_letters=dead, rate=rate, count=count, dry_run=count is None
    )
    with _asked() as (made, asker):
        answer = Deliveries(made.journal, asker, name, change=True).redeliver(wanted)
    if json:
        output.print_json(answer)
    elif answer.redelivery is None:
        text = say("Events that would be sent again: {count}. Repeat this with --count {count} to send them.",
                   count=answer.count)  # fmt: skip
        print(text)
    else:
        print(
            say(
                "Redelivery {number}: events that are sent again: {count}.",
                number=answer.redelivery.id,
                count=answer.count,
            )
        )


def stop(name: Name, number: Number, json: Json = False) -> None:
    """Send no more of a redelivery."""
    from api.delivery_asking import Deliveries

    with _asked() as (made, asker):
        found = Deliveries(made.journal, asker, name, change=True).stop(number)
    if json:
        output.print_json(found)
    else:
        print(say("Redelivery {number}: {state}, {sent} of {count} sent.", number=found.id,
                  state=in_words(found.state), sent=found.sent, count=found.count))  # fmt: skip


def send_test(
    name: Name,
    seconds: Annotated[float, typer.Option("--wait", help="Seconds to wait for the answer.", min=0, max=60)] = PATIENCE,
    json: Json = False,
) -> None:
    """Send a test event and show what the receiver answers."""
    import time

    from api.delivery_asking import Deliveries

    with _asked() as (made, asker):
        own = Deliveries(made.journal, asker, name, change=True)
        found, deadline = own.test(), time.monotonic() + seconds
        while found.state != "done" and time.monotonic() < deadline:
            time.sleep(0.1)
            found = own.one(found.id)
    if json:
        output.print_json(found)
    else:
        _tell(found)


def _tell(found: Redelivery) -> None:
    if found.state != "done":
        print(say("No worker has sent it yet: `kams work` or `kams up` does."))
        return
    milliseconds = round(found.latency_ms or 0)
    answered = say("It answered {status} within {milliseconds} ms.", status=found.status, milliseconds=milliseconds)
    print(answered if found.status is not None else say("It was not reached: {reason}.", reason=found.reason))
    if found.excerpt:
        print(found.excerpt)


def retry(
    name: Name, lane: Annotated[str, typer.Argument(help="The account, or subject, that waits.")], json: Json = False
) -> None:
    """Try a lane that waits at once."""
    from datetime import UTC, datetime

    from api.delivery_asking import Deliveries

    with _asked() as (made, asker):
        Deliveries(made.journal, asker, name, change=True).retry(lane, datetime.now(UTC))
    if json:
        output.print_json({"lane": lane})
    else:
        print(say("{lane} is tried now.", lane=lane))


def in_words(state: str) -> str:
    """A state of deliveries, or of a redelivery, as people say it."""
    return {
        "running": say("running"),
        "paused": say("paused"),
        "disabled": say("disabled"),
        "ended": say("ended"),
        "waiting": say("waiting"),
        "stopped": say("stopped"),
        "done": say("done"),
    }[state]


def _flat(name: str, line: Struct) -> dict[str, object]:
    import msgspec

    return {"subscription": name, **msgspec.structs.asdict(line)}


def _listed(title: str, header: tuple[str, ...], rows: Sequence[Sequence[object]], csv: bool, nothing: str) -> None:
    if csv:
        output.print_csv(header, rows)
    elif rows:
        output.print_table(title, header, rows)
    else:
        output.say(nothing)
