"""Which days of whom are reckoned next: what is asked for first is kept first, for all accounts.

Who changed comes first. Then the days from three months ago on, which a list and what cools compare; then those of the
year before, whose ends of months a heat map shows; then what lies before that. Stretches begin with a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import msgspec
import psycopg

from projections.health_days.walking import DAY, MOST_DAYS

AHEAD, SOON = timedelta(days=45), timedelta(days=15)
"""So many days to come are kept, as they will be if nothing happens; fewer than the second are soon too few."""
NEWEST, A_YEAR = timedelta(days=95), timedelta(days=400)
"""How far the first two stretches reach back."""
EVER = date(1, 1, 1)
_NEXT = """
select account from health_days_accounts
where again_from is not null or kept_to is null or kept_to < %(soon)s or kept_from > %(ever)s
order by case when kept_to is null then 1 when again_from is not null then 0 when kept_to < %(soon)s then 1
    when kept_from > %(year)s then 2 else 3 end, again_from desc nulls last
limit 1"""
_KEPT = "select kept_from, kept_to, again_from from health_days_accounts where account = any(%s)"


class Days(msgspec.Struct, frozen=True):
    """The days from `first` (None: from the first on which there is anything) to `last`, of accounts that belong
    together; after that those from `kept_from` to `kept_to` are kept, and what was before is not if it is `anew`."""

    family: list[UUID]
    first: date | None
    last: date
    kept_from: date | None
    kept_to: date
    anew: bool = False


class Turns:
    """Whose turn it is on a day, by what is kept; `families` are the accounts that were ever merged."""

    def __init__(self, connection: psycopg.Connection, today: date, families: Mapping[UUID, frozenset[UUID]]) -> None:
        self._connection, self._families = connection, families
        self._newest, self._year = ((today - back).replace(day=1) for back in (NEWEST, A_YEAR))
        self._ever = today - MOST_DAYS * DAY
        self._soon, self._last = today + SOON, today + AHEAD

    def next(self) -> Days | None:
        """The next days; None where everything is kept."""
        asked = {"soon": self._soon, "year": self._year, "ever": self._ever}
        found = self._connection.execute(_NEXT, asked).fetchone()
        if found is None:
            return None
        (account,) = found
        return self._days(sorted(self._families.get(account, {account})))

    def mark_everybody(self, since: date) -> None:
        """Everybody's days from one on are to be reckoned again; of much that is, the newest first."""
        if since < self._newest:
            self._connection.execute("update health_days_accounts set kept_to = null, again_from = null")
        else:
            self._connection.execute("update health_days_accounts set again_from = least(again_from, %s)", (since,))

    def _days(self, family: list[UUID]) -> Days:
        kept = self._connection.execute(_KEPT, (family,)).fetchall()
        begins = {kept_from for kept_from, _, _ in kept}
        if len(kept) < len(family) or len(begins) > 1 or any(kept_to is None for _, kept_to, _ in kept):
            return self._anew(family)
        (kept_from,) = begins
        kept_to = min(to for _, to, _ in kept)
        again = [since for _, _, since in kept if since is not None]
        if again or kept_to < self._soon:
            since = min([*again, kept_to + DAY])
            if since <= self._ever:
                return self._anew(family)
            return Days(family, max(since, kept_from or since), self._last, kept_from, self._last)
        first = self._year if kept_from > self._year else None
        return Days(family, first, kept_from - DAY, first, kept_to)

    def _anew(self, family: list[UUID]) -> Days:
        return Days(family, self._newest, self._last, self._newest, self._last, anew=True)
