"""With which secrets a subscription's deliveries are signed at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from domain.journal.people import People
from domain.sealed import Sealed
from domain.subscription.subscription import Subscription


class Secrets(NamedTuple):
    """The newest secret, and the one before until a moment."""

    newest: str
    old: str | None
    old_until: datetime | None

    def at(self, now: datetime) -> list[str]:
        """Those that sign now, the newest first."""
        if self.old is None or self.old_until is None or now >= self.old_until:
            return [self.newest]
        return [self.newest, self.old]


def secrets_of(people: People, subscription: Subscription) -> Secrets | None:
    """The secrets of a subscription; None where there is none that can be read."""

    def opened(sealed: Sealed | None) -> str | None:
        return people.open(sealed, "secret") if sealed is not None else None

    newest = opened(subscription.secret)
    if newest is None:
        return None
    return Secrets(newest, opened(subscription.old_secret), subscription.old_secret_until)
