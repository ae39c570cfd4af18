"""The alarm of a subscription that falls behind: recorded once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import uuid5

import structlog

from domain.aggregate import Origin
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.subscription.subscription import Subscription
from projections.streams.deliveries import DeliveryStore
from projections.streams.lag import Lag, Lags
from projections.streams.subscriptions import subscriptions
from workers.clock import now_utc

log = structlog.get_logger()


class LagAlarm:
    """Compares the lag of each subscription with what it allows; a paused one's, too: nothing arrives there either."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime] = now_utc) -> None:
        self._journal, self._clock, self._lags = journal, clock, Lags(journal)

    def note(self) -> int:
        """Record which fell behind and which caught up; how many."""
        now, changed = self._clock(), 0
        for each in subscriptions(self._journal):
            if each.ended:
                continue
            lag = self._journal.streams.read(partial(self._lags.of, subscription=each, now=now))
            if (lag.seconds > each.lag_alarm_seconds) != each.behind:
                self._tell(each, lag, now)
                changed += 1
        return changed

    def _tell(self, subscription: Subscription, lag: Lag, now: datetime) -> None:
        behind, seconds = not subscription.behind, int(lag.seconds)

        def decision(state: Subscription) -> None:
            if behind:
                state.fall_behind(position=lag.cursor, lag_seconds=seconds)
            else:
                state.catch_up(position=lag.cursor)

        known_by = f"{subscription.id}\n{subscription.version}\n{'behind' if behind else 'caught up'}"
        context = Context(
            at=now,
            origin=Origin.WORKER,
            command_id=uuid5(subscription.id, known_by),
            digest=digest_of(known_by.encode()),
        )
        self._journal.run(Subscription, subscription.id, decision, context)
        if behind:
            why = subscription.paused or subscription.disabled
            log.warning("subscription falls behind", subscription=subscription.name, seconds=seconds, paused=why)
        else:
            log.info("subscription caught up", subscription=subscription.name)


def prune_log(journal: Journal, clock: Callable[[], datetime] = now_utc) -> int:
    """Let go of old lines of the delivery log; how many."""
    with journal.pool.connection() as connection:
        return DeliveryStore(connection).prune(clock())
