"""`kams streams redeliver|stop|test|retry`: what is ordered of deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import Json
from api.cli.streaming.deliveries import Name, asked, in_words, moment_said
from api.delivery_reasons import reason_said
from domain.errors import Fault, Malformed
from domain.language.catalogue import say

if TYPE_CHECKING:
    from datetime import datetime

    from projections.streams.redeliveries import Redelivery

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The redelivery's number.", min=1)]
PATIENCE = 20.0


def add(streams: typer.Typer) -> None:
    """Add the commands."""
    for command in (redeliver, stop, retry):
        streams.command()(command)
    streams.command("test")(send_test)


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
    from datetime import UTC, datetime

    from api.delivery_asking import Deliveries, RedeliveryWanted

    if [position is not None, first is not None, dead].count(True) != 1:
        raise Malformed(Fault("--position", "", say("exactly one of --position, --from, --dead-letters")))
    if position is not None and last is not None:
        raise Malformed(Fault("--to", str(last), say("it goes with --from or --dead-letters alone")))
    wanted = RedeliveryWanted(
        position=position, first=first, last=last, dead_letters=dead, rate=rate, count=count, dry_run=count is None
    )
    with asked() as (made, asker):
        answer = Deliveries(made.journal, asker, name, change=True).redeliver(wanted, datetime.now(UTC))
        if json:
            output.print_json(answer)
        elif answer.redelivery is None:
            print(say("Events that would be sent again: {count}. Repeat this with --count {count} to send them.",
                      count=answer.count))  # fmt: skip
        else:
            number = answer.redelivery.id
            print(say("Redelivery {number}: events that are sent again: {count}.", number=number, count=answer.count))
            _tell_what_holds(answer.waits_until, answer.reason)


def stop(name: Name, number: Number, json: Json = False) -> None:
    """Send no more of a redelivery."""
    from api.delivery_asking import Deliveries

    with asked() as (made, asker):
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

    with asked() as (made, asker):
        own = Deliveries(made.journal, asker, name, change=True)
        found, deadline = own.test(), time.monotonic() + seconds
        while found.state != "done" and time.monotonic() < deadline:
            time.sleep(0.1)
            found = own.one(found.id)
    if json:
        output.print_json(found)
    else:
        _tell(found)
    if found.outcome != "delivered":
        raise typer.Exit(1)


def _tell(found: Redelivery) -> None:
    if found.state != "done":
        print(say("No worker has sent it yet: `kams work` or `kams up` does."))
        return
    milliseconds = round(found.latency_ms or 0)
    answered = say("It answered {status} within {milliseconds} ms.", status=found.status, milliseconds=milliseconds)
    reason = reason_said(found.reason).rstrip(".。")
    print(answered if found.status is not None else say("It was not reached: {reason}.", reason=reason))
    if found.excerpt:
        print(found.excerpt)


def retry(
    name: Name, lane: Annotated[str, typer.Argument(help="The account, or subject, that waits.")], json: Json = False
) -> None:
    """Try a lane that waits at once."""
    from datetime import UTC, datetime

    from api.delivery_asking import Deliveries

    with asked() as (made, asker):
        held = Deliveries(made.journal, asker, name, change=True).retry(lane, datetime.now(UTC))
        if json:
            output.print_json({"lane": lane, "waits_until": held.until, "reason": held.reason})
        elif held.reason:
            _tell_what_holds(held.until, held.reason)
        else:
            print(say("{lane} is tried now.", lane=lane))


def _tell_what_holds(until: datetime | None, reason: str) -> None:
    """Why nothing is sent yet."""
    reason = reason_said(reason).rstrip(".。")
    if until is not None:
        output.say(
            say("It is not sent yet, until {moment} at least: {reason}.", moment=moment_said(until), reason=reason)
        )
    elif reason:
        output.say(say("It is not sent yet: {reason}.", reason=reason))
