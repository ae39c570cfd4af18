"""What a receiver of a stream gets: the rows that his rights of now cover, with the personal data that he may read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.account.account import Account
from domain.journal.people import People
from domain.rights import Rights
from domain.visibility import Visibility
from projections.streams.envelope import keys_of, unsealed
from projections.streams.reading import FeedRow


class Receiver:
    """One who receives, by his rights of now. `opened` tells whether personal data was opened for him."""

    def __init__(self, rights: Rights, people: People, visibility: Visibility) -> None:
        self._rights, self._people, self._visibility = rights, people, visibility
        self.opened = False

    def seen(self, rows: Iterable[FeedRow]) -> list[FeedRow]:
        """The rows that he may see: of accounts that are his now; those of no account only who sees everything."""
        found = list(rows)
        if self._visibility.everything:
            return found
        wanted = {row.account: Account for row in found if row.account is not None}
        accounts = self._rights.readable_accounts_of(dict(wanted))
        covered = {key for key, account in accounts.items() if self._rights.covers(self._visibility, account)}
        return [row for row in found if row.account in covered]

    def events(self, rows: Iterable[FeedRow]) -> list[bytes]:
        """The envelopes of rows, as JSON, personal data opened or null."""
        found = list(rows)
        return self.envelopes([row.event for row in found], [row.sealed for row in found])

    def envelopes(self, events: Sequence[bytes], sealed: Sequence[bytes | None]) -> list[bytes]:
        """The same of envelopes and of what is sealed in each."""
        if not self._visibility.personal or not any(sealed):
            return list(events)
        self._people.preload(keys_of(sealed))
        self.opened = True
        opens = self._people.open
        return [unsealed(event, places, opens) for event, places in zip(events, sealed, strict=True)]
