"""Numbers of deliveries for Prometheus, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from domain.journal.journal import Journal
from domain.subscription.subscription import Transport
from projections.streams.delivery_answers import all_totals
from projections.streams.lag import Lags
from projections.streams.subscriptions import subscriptions


class DeliveryCollector(Collector):
    """What became of attempts at delivering, and how far each webhook's subscription is behind."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._journal, self._clock, self._lags = journal, clock, Lags(journal)

    def describe(self) -> list[Any]:
        """Nothing: the database is not asked before somebody wants the numbers."""
        return []

    def collect(self) -> list[CounterMetricFamily | GaugeMetricFamily]:
        """The numbers of now."""
        sent = CounterMetricFamily("kams_webhook_deliveries", "Attempts at delivering.", labels=["outcome"])
        lag = GaugeMetricFamily(
            "kams_subscription_lag_seconds", "Age of the oldest event not delivered.", labels=["subscription"]
        )
        waits = GaugeMetricFamily(
            "kams_subscription_parked_lanes", "Accounts, or subjects, whose events wait.", labels=["subscription"]
        )
        now = self._clock()
        live = [each for each in subscriptions(self._journal) if not each.ended and each.transport is Transport.WEBHOOK]
        with self._journal.pool.connection() as connection:
            for outcome, count in all_totals(connection).items():
                sent.add_metric([outcome], count)
            for each in live:
                found = self._lags.of(connection, each, now)
                lag.add_metric([each.name], found.seconds)
                waits.add_metric([each.name], len(found.standing.lanes))
        return [sent, lag, waits]
