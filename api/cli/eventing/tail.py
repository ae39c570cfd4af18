"""`kams events tail`: what is recorded, as it is recorded."""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.eventing.source import Account, NoImports, Personal, Territory, Types, number, opened_source
from api.cli.running import ended_by_signals
from domain.language.catalogue import event_words, say

if TYPE_CHECKING:
    import psycopg

    from api.cli.eventing.source import Source

LAST = 10
"""Positions before now with which it begins where nothing is stated."""
POLL_SECONDS = 2.0
ASKED_AGAIN = 20.0
LONGEST = 60

After = Annotated[
    int | None, typer.Option("--after", metavar="N", parser=number("--after", 0), help="Everything after this.")
]


def add(events: typer.Typer) -> None:
    """Add the command."""
    events.command()(tail)


def tail(
    after: After = None,
    from_start: Annotated[bool, typer.Option("--from-start", help="From the first event on.")] = False,
    account: Account = "",
    types: Types = "",
    territory: Territory = "",
    no_imports: NoImports = False,
    personal: Personal = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", parser=number("--limit", 1), help="End after so many events.")
    ] = None,
    no_follow: Annotated[bool, typer.Option("--no-follow", help="End with what there is.")] = False,
    json: Annotated[bool, typer.Option("--json", help="An event (CloudEvents) a line.")] = False,
) -> None:
    """Follow what is recorded (事件流), from the last ten positions on; Ctrl-C ends it and says where to go on."""
    with opened_source(account, types, territory, no_imports=no_imports, personal=personal, after=after) as source:
        begin = 0 if from_start else after
        if begin is None:
            begin = max(source.feed.journal_head() - LAST, 0)
        following = _Following(source, begin, limit)
        teller = _Words(source)
        with nullcontext() if no_follow else ended_by_signals(following.stop):
            for event in following.events(follow=not no_follow):
                print(event.decode() if json else teller.told(event), flush=True)
        if not no_follow:
            output.say(say("Go on with --after {position}.", position=following.position))


class _Following:
    """Goes through the feed, and then waits for more."""

    def __init__(self, source: Source, position: int, limit: int | None) -> None:
        self._source, self.position, self._left = source, position, limit
        self._looked_at = time.monotonic()
        self._waker, self._alarm = socket.socketpair()
        self._stopped = False

    def stop(self) -> None:
        """End after the event in hand, so that nothing is interrupted half-way; at once where it is said again."""
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True
        with suppress(OSError):  # it ended by itself meanwhile
            self._waker.send(b"\0")

    def events(self, *, follow: bool) -> Iterator[bytes]:
        """Events as they come; `position` is the last one handled or examined."""
        import psycopg

        url = self._source.made.journal.database_url
        with self._waker, self._alarm, psycopg.connect(url, autocommit=True) as connection:
            connection.execute("listen journal")
            connection.execute("listen feed")
            yield from self._there()
            while follow and self._left != 0 and not self._stopped and self._may():
                self._wait(connection)
                yield from self._there(bar=False)

    def _there(self, *, bar: bool = True) -> Iterator[bytes]:
        to = self._source.brought_up(bar=bar)
        for stretch in self._source.stretches(self.position, to, self._left):
            for position, event in zip(stretch.positions, stretch.events, strict=True):
                yield event
                self.position = position
                self._left = None if self._left is None else self._left - 1
                if self._stopped:
                    return
            self.position = stretch.examined

    def _wait(self, connection: psycopg.Connection) -> None:
        """Until something is recorded or published, the poll is over, or it shall stop."""
        select.select([connection.fileno(), self._alarm.fileno()], [], [], POLL_SECONDS)
        for _ in connection.notifies(timeout=0):
            pass

    def _may(self) -> bool:
        """Whether the key may still read; looked at now and then."""
        if time.monotonic() - self._looked_at < ASKED_AGAIN:
            return True
        self._looked_at = time.monotonic()
        return self._source.again()


class _Words:
    """An event in one line: position, time, what happened, to whom, and what it states, as far as there is room."""

    def __init__(self, source: Source) -> None:
        from zoneinfo import ZoneInfo

        self._source = source
        self._zone = ZoneInfo(source.made.calendar.company.time_zone)
        self._colour = sys.stdout.isatty()

    def told(self, event: bytes) -> str:
        """The line."""
        from api.client.events import event_of, said_in

        found = event_of(said_in(event), event)
        moment = f"{found.time.astimezone(self._zone):%Y-%m-%d %H:%M:%S}" if found.time else ""
        what = event_words(found.type) if not found.error else f"{found.type}: {found.error}"
        parts = [f"{found.position:>8}", moment, what, self._name(found.account), _short(found.fields)]
        return "  ".join(part for part in parts if part)

    def _name(self, account: Any) -> str:
        """The account's name, which whoever may see the event may read."""
        from domain.account.account import Account as Root

        return self._source.made.newest.state(Root, account).profile.name if account else ""


def _short(fields: dict[str, Any]) -> str:
    """Simple values; identifiers tell people nothing."""
    shown = [
        f"{name}={value}"
        for name, value in fields.items()
        if isinstance(value, str | int | float) and value != "" and not (name.endswith("_id") or _is_identifier(value))
    ]
    return output.cut(" ".join(shown), LONGEST)


def _is_identifier(value: Any) -> bool:
    from api.identity import is_identifier

    return isinstance(value, str) and is_identifier(value)
