"""What every question over HTTP needs: clocks, waiting for a position, readiness, a view with the asker's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from api.bodies import SEPARATED
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of, member_of
from api.moments import When, read_when
from api.refusals import AheadOfJournal, NotYetThere
from domain.errors import Fault, Malformed
from domain.journal.journal import Journal
from domain.journal.restores import LastRestore, in_common, last_restore
from domain.language.catalogue import say
from domain.member import KeyScope
from projections.deals import Filters
from projections.view import View

PATIENCE = 10.0
Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
LongLimit = Annotated[int, msgspec.Meta(ge=1, le=2000)]
"""Of answers that come as a whole, ranked: the first; `not_shown` says how many are left out."""
WhatIf = Annotated[
    str,
    msgspec.Meta(
        description="Suppositions, separated by commas, of which nothing is recorded: won=ID, lost=ID, "
        "move=ID:2026-12 (a month or a day), amount=ID:50000.",
        examples=["won=O-17,move=O-18:2026-12"],
        extra=SEPARATED,
    ),
]
Position = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Clocks(msgspec.Struct, kw_only=True):
    """When: `as_of` in the business, `known_at` (a position or a time) in the journal; `wait_for` a position."""

    as_of: When | None = None
    known_at: str | None = None
    wait_for: Position | None = None


class Which(Clocks, kw_only=True):
    """Which opportunities."""

    owner: Named | None = None
    territory: str = ""
    product: str = ""
    account: Named | None = None
    period: str = ""

    def filters(self, call: Call) -> Filters:
        """As the read models take it. Raises NotFound."""
        return Filters(
            owner=member_of(call, self.owner),
            territory=self.territory,
            product=self.product,
            account=account_of(call, self.account),
            period=self.period,
        )


def question(
    path: str, name: str, about: str, handle: Callable[[Call], Reply], answer: Any, query: type[Clocks]
) -> Endpoint:
    return Endpoint(
        method="GET",
        path=path,
        name=name,
        about=about,
        handle=handle,
        answer=answer,
        query=query,
        tag=path.split("/")[1],
        ready=lambda call: is_reached(call, call.query(query)),
        patience=lambda call: PATIENCE if call.query(query).wait_for else 0.0,
    )


@contextmanager
def viewing(call: Call, clocks: Clocks, as_of: datetime | None = None) -> Iterator[View]:
    """A view with the asker's visibility. Raises NotAllowed, NotYetReady, NotYetThere, AheadOfJournal,
    Malformed."""
    call.asker.must_have(KeyScope.READ)
    call.doors.readiness.must_be_filled()
    if clocks.wait_for is not None:
        must_not_be_ahead(call, clocks.wait_for)
    if not is_reached(call, clocks):
        reached = min((model.position for model in call.doors.engine.status().models), default=0)
        raise NotYetThere(position=clocks.wait_for, seconds=PATIENCE, reached=reached)
    moment = as_of or call.doors.calendar.moment("as_of", clocks.as_of)
    known_at = known(call, clocks.known_at)
    if isinstance(known_at, int):
        must_not_be_ahead(call, known_at, only_if_restored=True)
    with call.doors.reader.view(call.asker.visibility, as_of=moment, known_at=known_at, now=call.now) as view:
        yield view


def known(call: Call, stated: str | None) -> int | datetime | None:
    """A position, or a time; None for everything."""
    if stated is None:
        return None
    if stated.isascii() and stated.isdigit() and len(stated) < 16:
        return int(stated)
    try:
        read_when("known_at", stated)
    except Malformed:
        expected = "expected a position, a moment with its zone, or a day"
        raise Malformed(Fault("known_at", stated[:80], expected)) from None
    return call.doors.calendar.moment("known_at", stated)


def must_not_be_ahead(call: Call, position: int, *, only_if_restored: bool = False, read_in: int | None = None) -> None:
    """Raises AheadOfJournal for a position that the journal has not, which it may have had before it was restored from
    a backup; `only_if_restored` leaves it alone where it never was. With the epoch in which it was read also for one
    that a restore cut off, however far the journal has grown since."""
    must_be_in_journal(call.doors.journal, position, only_if_restored=only_if_restored, read_in=read_in)


def must_be_in_journal(
    journal: Journal, position: int, *, only_if_restored: bool = False, read_in: int | None = None
) -> None:
    """The same where no call is at hand."""
    streams = journal.streams
    if read_in is not None and (cut := streams.read(lambda connection: in_common(connection, read_in))):
        go_on_after, restored = cut
        if position > go_on_after:
            why = _restored(restored) if restored else say("it never had the epoch {epoch}", epoch=read_in)
            raise _ahead(position, streams.head(), go_on_after, why, restored)
    head = streams.head()
    if position <= head:
        return
    restored = streams.read(last_restore)
    if restored is None and only_if_restored:
        return
    why = _restored(restored) if restored else say("nothing was ever recorded there")
    raise _ahead(position, head, min(head, restored.head) if restored else head, why, restored)


def _ahead(position: int, head: int, go_on_after: int, why: str, restored: LastRestore | None) -> AheadOfJournal:
    return AheadOfJournal(
        position=position, head=head, why=why, go_on_after=go_on_after, restored_at=restored.at if restored else None
    )


def _restored(restored: LastRestore) -> str:
    return say(
        "it was restored on {at:%Y-%m-%d %H:%M} UTC from the backup of {made_at:%Y-%m-%d %H:%M} UTC",
        at=restored.at.astimezone(UTC),
        made_at=restored.made_at.astimezone(UTC),
    )


def is_reached(call: Call, clocks: Clocks) -> bool:
    """Whether the read models have a position, or will not have it however long one waits."""
    wanted = clocks.wait_for
    if wanted is None or all(model.position >= wanted for model in call.doors.engine.status().models):
        return True
    return wanted > call.doors.journal.streams.head()
