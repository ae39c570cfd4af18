"""`kams streams status|deliveries|dead-letters|redeliveries`: webhooks under way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import Csv, Json
from api.delivery_reasons import reason_said
from domain.language.catalogue import say

if TYPE_CHECKING:
    from datetime import datetime

    from msgspec import Struct

    from api.access import Asker
    from api.cli.session import System
    from api.delivery_asking import Deliveries, SubscriptionStatus

Name = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its name or id.")]
AnyName = Annotated[str, typer.Argument(metavar="[SUBSCRIPTION]", help="Its name or id; all that you see if left out.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many lines of each subscription.")]
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
LONGEST_CELL = 60
DEAD_HEADER = ("subscription", "position", "lane", "attempts", "status", "reason", "given up", "redelivered")
AGAIN_HEADER = ("subscription", "number", "kind", "from", "to", "count", "sent", "failed", "rate", "state")


def add(streams: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, deliveries, redeliveries):
        streams.command()(command)
    streams.command("dead-letters")(dead_letters)


@contextmanager
def asked() -> Iterator[tuple[System, Asker]]:
    """The system and who asks; times are those of the company."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from api.cli.zones import times_of

    with system(Settings.from_environment()) as made, times_of(made.calendar.company.time_zone):
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

    with asked() as (made, asker):
        found = [each.status(datetime.now(UTC)) for each in _all(made, asker, name)]
        if json:
            output.print_json({"subscriptions": found})
        else:
            rows = [_status(each, told=not csv) for each in found]
            _listed(say("Deliveries"), STATUS_HEADER, rows, csv, "No subscriptions recorded.")


def _status(each: SubscriptionStatus, *, told: bool) -> list[object]:
    state = in_words(each.state) if told else each.state
    return [each.name, state, each.cursor, each.head, each.lag_events, round(each.lag_seconds), each.parked,
            each.dead_letters, each.next_retry, _why(each, told=told)]  # fmt: skip


def _why(each: SubscriptionStatus, *, told: bool) -> str:
    """Its own reason, and that of its host as the host's."""
    own = each.reason or each.waits_for or (each.lanes[0].reason if each.lanes else "")
    said = reason_said if told else str
    if each.host is None or each.state != "runs":
        return said(own)
    host, reason = each.host.host, said(each.host.reason)
    waits = say("the whole host waits: {host}: {reason}", host=host, reason=reason)
    return "; ".join(filter(None, ("" if own == each.host.reason else said(own), waits)))


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

    with asked() as (made, asker), made.journal.pool.connection() as connection:
        lines = [
            (each.subscription.name, line)
            for each in _all(made, asker, name)
            for line in log_of(connection, each.id, limit, position=position, outcome=outcome, lane=lane)
        ]
        if json:
            output.print_json({"deliveries": [_flat(*each) for each in lines]})
            return
        rows = [
            [name_of, line.at, line.position, line.lane, line.attempt, line.outcome, line.status,
             line.latency_ms if csv else round(line.latency_ms), _reason(line.reason, csv), line.redelivery,
             *([line.excerpt] if csv else [])]
            for name_of, line in lines
        ]  # fmt: skip
        header = (*LOG_HEADER, "excerpt") if csv else LOG_HEADER
        _listed(say("Deliveries"), header, rows, csv, "No attempts at delivering recorded.")


def dead_letters(
    name: AnyName = "",
    everything: Annotated[bool, typer.Option("--all", help="Those that were delivered after all, too.")] = False,
    limit: Limit = 50,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Events that were given up, in the order of their positions."""
    from projections.streams.delivery_answers import dead_letters_of

    with asked() as (made, asker), made.journal.pool.connection() as connection:
        lines = [
            (each.subscription.name, line)
            for each in _all(made, asker, name)
            for line in dead_letters_of(connection, each.id, limit, redelivered=None if everything else False)
        ]
        if json:
            output.print_json({"dead_letters": [_flat(*each) for each in lines]})
            return
        rows = [
            [name_of, line.position, line.lane, line.attempts, line.status, _reason(line.reason, csv),
             line.at, line.redelivered_at]
            for name_of, line in lines
        ]  # fmt: skip
        _listed(say("Dead letters"), DEAD_HEADER, rows, csv, "No dead letters recorded.")


def redeliveries(name: AnyName = "", limit: Limit = 50, json: Json = False, csv: Csv = False) -> None:
    """What was asked to be sent again, and tests, the newest first."""
    from projections.streams.redeliveries import RedeliveryStore

    with asked() as (made, asker), made.journal.pool.connection() as connection:
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
        _listed(say("Redeliveries"), AGAIN_HEADER, rows, csv, "No redeliveries recorded.")


def in_words(state: str) -> str:
    """A state of deliveries, or of a redelivery, as people say it."""
    return {
        "runs": say("runs"),
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


def _reason(reason: str, csv: bool) -> str:
    return reason if csv else reason_said(reason)


def moment_said(moment: datetime) -> str:
    """A moment by the company's clocks, to the second."""
    from api.cli.zones import local

    return f"{local(moment)}:{moment.second:02}"


def _cell(value: object) -> object:
    """A cell of a table: what is long is shortened, for a table that folds is read by nobody."""
    from datetime import datetime

    if isinstance(value, datetime):
        return moment_said(value)
    if isinstance(value, UUID):
        return f"{str(value)[:8]}…"
    return output.cut(value, LONGEST_CELL) if isinstance(value, str) else value


def _listed(title: str, header: tuple[str, ...], rows: Sequence[Sequence[object]], csv: bool, nothing: str) -> None:
    from api.cli.zones import titled

    if csv:
        output.print_csv(header, rows)
    elif rows:
        held = [n for n, cells in enumerate(zip(*rows, strict=True)) if any(each is not None for each in cells)]
        told = [[_cell(row[n]) for n in held] for row in rows]
        output.print_table(titled(title), [header[n] for n in held], told)
    else:
        output.say(nothing)
