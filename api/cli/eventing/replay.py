"""`kams events replay`: the events of a stretch once more, in order, as fast as stated."""

from __future__ import annotations

import re
import sys
import time
from typing import Annotated

import typer

from api.cli import output
from api.cli.eventing.source import Account, NoImports, Personal, Territory, Types, number, opened_source
from domain.errors import Fault, Malformed
from domain.language.catalogue import say

RANGE = re.compile(r"(\d{1,15})?(?:(\.\.)(\d{1,15})?)?")


def add(events: typer.Typer) -> None:
    """Add the command."""
    events.command()(replay)


def replay(
    positions: Annotated[
        str, typer.Argument(metavar="[FROM..TO]", help="Positions, both included: 100..200, 100.., ..200, 100.")
    ] = "",
    after: Annotated[
        int | None, typer.Option("--after", metavar="N", parser=number("--after", 0), help="Everything after this.")
    ] = None,
    rate: Annotated[
        float,
        typer.Option(
            "--rate", metavar="N", parser=number("--rate", 0, whole=False), help="Events in a second; 0: at once."
        ),
    ] = 0.0,
    account: Account = "",
    types: Types = "",
    territory: Territory = "",
    no_imports: NoImports = False,
    personal: Personal = False,
) -> None:
    """Print events once more (事件重放), an event (CloudEvents) a line, in order: 100..200 --rate 50.

    The same ids as at the first time make them known again. `kams streams redeliver` sends a subscription's once more.
    """
    begin, end = _range(positions, after)
    upmost = max(begin, end or 0)
    with opened_source(
        account, types, territory, no_imports=no_imports, personal=personal, after=upmost,
        stated=begin + 1 if positions else begin,
    ) as source:  # fmt: skip
        head = source.brought_up()
        upto = head if end is None else min(end, head)
        printed, started = 0, time.monotonic()
        for stretch in source.stretches(begin, upto):
            for event in stretch.events:
                if rate and (wait := started + printed / rate - time.monotonic()) > 0:
                    time.sleep(wait)
                sys.stdout.buffer.write(event + b"\n")
                printed += 1
                if rate:
                    sys.stdout.buffer.flush()
        sys.stdout.buffer.flush()
    output.say(
        say("Events: {count:,}, of the positions {begin:,} to {end:,}.", count=printed, begin=begin + 1, end=upto)
    )


def _range(stated: str, after: int | None) -> tuple[int, int | None]:
    """After which position, and up to which. Raises Malformed."""
    if after is not None:
        if stated:
            raise Malformed(Fault("FROM..TO", stated[:80], "state positions or --after, not both"))
        return after, None
    found = RANGE.fullmatch(stated.strip())
    if not stated.strip() or found is None:
        raise Malformed(Fault("FROM..TO", stated[:80], "expected positions such as 100..200, or --after"))
    first = int(found[1]) if found[1] else 1
    last = int(found[3]) if found[3] else None if found[2] else first
    if first < 1 or (last is not None and last < first):
        raise Malformed(Fault("FROM..TO", stated[:80], "expected the first position before the last, from 1 on"))
    return first - 1, last
