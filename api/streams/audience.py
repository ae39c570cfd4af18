"""Those who see the same and ask for the same: what is sent to them is made once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from api.streams import frames
from api.streams.frames import Piece
from domain.account.account import Account
from domain.errors import KamsError
from domain.journal.people import People
from domain.rights import Rights
from domain.subscription.subscription import StreamFilter
from domain.visibility import Visibility
from projections.streams.envelope import keys_of, unsealed
from projections.streams.reading import FeedRow

BRIEFLY = 1.0
"""Seconds for which it is remembered whether an account, as it stands, is somebody's."""

log = structlog.get_logger()


@dataclass(eq=False)
class Audience:
    """One visibility and one filter. `covered` tells for accounts, at their version, whether they are seen."""

    visibility: Visibility
    wanted: StreamFilter
    covered: dict[tuple[UUID, int], bool] = field(default_factory=dict)
    until: float = 0.0

    def fits(self, row: FeedRow) -> bool:
        """Whether a row is asked for."""
        wanted = self.wanted
        return (
            (not wanted.accounts or row.account in wanted.accounts)
            and (not wanted.types or row.type in wanted.types)
            and (not wanted.territories or row.territory in wanted.territories)
            and (wanted.imports or row.origin != "import")
        )

    def sees(self, rights: Rights, account: Account | None) -> bool:
        """Whether an account is one of those that are seen by the assignments of now."""
        if self.visibility.everything:
            return True
        if account is None:
            return False
        if time.monotonic() > self.until:
            self.covered, self.until = {}, time.monotonic() + BRIEFLY
        key = account.id, account.version
        if key not in self.covered:
            self.covered[key] = rights.covers(self.visibility, account)
        return self.covered[key]


class Fanning:
    """Makes of new rows what each audience gets: every event is written once, and once more with its personal data."""

    def __init__(self, rights: Rights, people: People) -> None:
        self._rights, self._people = rights, people

    def pieces(self, audiences: Iterable[Audience], after: int, rows: Sequence[FeedRow]) -> dict[Audience, Piece]:
        """A piece for each, empty ones too: that is how far was looked."""
        found = list(audiences)
        accounts: dict[UUID, Account] = {}
        if not all(each.visibility.everything for each in found):
            accounts = self._rights.readable_accounts_of({row.account: Account for row in rows if row.account})
        plain = [frames.event(row.position, row.event) for row in rows]
        opened = self._opened(rows, plain) if any(each.visibility.personal for each in found) else plain
        return {
            each: self._piece(each, after, rows, opened if each.visibility.personal else plain, accounts)
            for each in found
        }

    def _piece(
        self,
        audience: Audience,
        after: int,
        rows: Sequence[FeedRow],
        written: list[bytes],
        accounts: dict[UUID, Account],
    ) -> Piece:
        chosen = [
            frame
            for row, frame in zip(rows, written, strict=True)
            if audience.fits(row) and audience.sees(self._rights, accounts.get(row.account) if row.account else None)
        ]
        return Piece(after, rows[-1].position, len(chosen), b"".join(chosen))

    def _opened(self, rows: Sequence[FeedRow], plain: list[bytes]) -> list[bytes]:
        self._people.look()
        self._people.preload(keys_of(row.sealed for row in rows))
        return [frame if row.sealed is None else self._open(row, frame) for row, frame in zip(rows, plain, strict=True)]

    def _open(self, row: FeedRow, plain: bytes) -> bytes:
        """What does not open as it was sealed stays null: a stream does not stop for it."""
        try:
            return frames.event(row.position, unsealed(row.event, row.sealed, self._people.open))
        except KamsError as error:
            log.warning("personal data of an event does not open", position=row.position, reason=str(error))
            return plain
