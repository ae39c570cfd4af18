"""What the commands about events share: their filters, and the feed as whoever asks may see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.access import Asker
    from api.cli.session import System
    from api.endpoints import Call
    from api.streams.reading import Feeding, Stretch
    from domain.subscription.subscription import StreamFilter
    from projections.streams.feed import Feed

Account = Annotated[
    str, typer.Option("--account", metavar="ACCOUNT", help="Only this account, with what was merged into it.")
]
Types = Annotated[
    str, typer.Option("--type", metavar="NAMES", help="Only these: Account.VisitLogged, or Opportunity for all of its.")
]
Territory = Annotated[
    str, typer.Option("--territory", metavar="KEYS", help="Only these territories and those that lie below.")
]
NoImports = Annotated[bool, typer.Option("--no-imports", help="Without what was imported.")]
Personal = Annotated[
    bool, typer.Option("--personal", help="With names and texts about people, for those who may read them.")
]


def number(option: str, least: int, *, whole: bool = True) -> Callable[[Any], Any]:
    """A reader of an option's number, whose usage error says what is accepted."""

    def read(text: Any) -> int | float:
        try:
            found: int | float = int(text) if whole else float(text)
            if least <= found < math.inf:
                return found
        except ValueError:
            pass
        kind = say("{kind}, at least {bound}", kind=say("a whole number" if whole else "a number"), bound=least)
        said = say("`{found}` is not accepted: expected {expected}", found=str(text)[:80], expected=kind)
        raise typer.BadParameter(said, param_hint=option)

    return read


@dataclass
class Source:
    """The feed as one asker sees it."""

    made: System
    asker: Asker
    wanted: StreamFilter
    feed: Feed
    feeding: Feeding
    personal: bool

    def stretches(self, after: int, to: int, most: int | None = None) -> Iterator[Stretch]:
        """Everything between two positions that he may see, page by page."""
        return self.feeding.stretches(self.asker, self.wanted, after, to, most)

    def brought_up(self, *, bar: bool = True) -> int:
        """See that the feed has all that was recorded when this was called; its newest position."""
        from projections.streams.feed import brought_up

        with output.progress(quiet=not bar) as shown:
            task: Any = None

            def told(done: int, total: int) -> None:
                nonlocal task
                task = shown.add_task(say("events"), total=total) if task is None else task
                shown.update(task, completed=done)

            return brought_up(self.feed, most=None, progress=told)

    def again(self) -> bool:
        """Look at the key again; whether it reads on."""
        now = self.feeding.again(self.asker)
        if now is None:
            return False
        self.asker = seen_by(now, personal=self.personal)
        return True


@contextmanager
def opened_source(
    account: str,
    types: str,
    territory: str,
    *,
    no_imports: bool,
    personal: bool,
    after: int | None = None,
    stated: int = 0,
) -> Iterator[Source]:
    """The feed, filtered, with everything that was recorded by now. Raises NotAllowed, NotFound, Malformed, and
    AheadOfJournal for a position that is not there; it names `stated` where that is the later one."""
    from api.asking import must_not_be_ahead
    from api.auth import Authenticator
    from api.cli.calling import Counter
    from api.cli.session import system
    from api.cli.settings import Settings
    from api.streams.asked import Which, filter_of
    from api.streams.reading import Feeding
    from domain.rights import Rights
    from projections.streams.feed import Feed

    with system(Settings.from_environment()) as made:
        counter = Counter(made)
        if personal:
            must_read_personal(counter.asker)
        call = counter.call()
        which = Which(account=account or None, type=types, territory=territory, imports=not no_imports)
        wanted = _filter(call, which, filter_of)
        if after is not None:
            must_not_be_ahead(call, after if after <= made.journal.streams.head() else max(after, stated))
        askers = Authenticator(made.journal, made.newest)
        feeding = Feeding(made.journal, Rights(made.newest), askers, lambda: datetime.now(UTC))
        asker = seen_by(counter.asker, personal=personal)
        yield Source(made, asker, wanted, Feed(made.journal), feeding, personal)


def _filter(call: Call, which: Any, filter_of: Any) -> StreamFilter:
    """By the key's rights; what is stated by an external id of an account is found as over HTTP."""
    found: StreamFilter = filter_of(call, which)
    return found


def seen_by(asker: Asker, *, personal: bool) -> Asker:
    """The same asker, to whom personal data is opened only where it was asked for."""
    import msgspec

    if personal:
        return asker
    blind = msgspec.structs.replace(asker.visibility, personal=False)
    return msgspec.structs.replace(asker, visibility=blind)


def must_read_personal(asker: Asker) -> None:
    """Refuse personal data to those who may not read it."""
    from api.access import NotAllowed

    if not asker.visibility.personal:
        raise NotAllowed(what="Reading events with personal data", needed="the right to read names and addresses")
