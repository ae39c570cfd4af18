"""The numbers of live streams, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class StreamNumbers:
    """How many follow in this process, and how many were dropped because they did not read."""

    def __init__(self, subscribers: Callable[[], int]) -> None:
        self._count = subscribers
        self.subscribers = Gauge("kams_stream_subscribers", "Who follows the live stream here.", registry=None)
        self.subscribers.set_function(self._count)
        self.dropped = Counter("kams_stream_dropped", "Subscribers dropped because they did not read.", registry=None)

    def show_in(self, registry: CollectorRegistry) -> None:
        """Show them among the numbers of the process."""
        registry.register(self.subscribers)
        registry.register(self.dropped)
