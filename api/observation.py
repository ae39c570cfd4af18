"""What operators look at: whether the process lives, whether it can answer, and its numbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg_pool import ConnectionPool

from api.problems import UNREACHABLE
from api.refusals import NotYetReady
from domain.language.catalogue import say
from domain.seal.standing import AnchorProgress, anchor_progress, seal_fault, standing
from projections.engine import Engine, ModelStatus, Status
from projections.streams.standing import feed_standing


class Health(msgspec.Struct):
    """Whether all is well, and what is being filled where it is not."""

    ok: bool
    progress: dict[str, str] = {}


class Readiness:
    """Read models are filled once they have reached what the journal held when this process started; from
    then on they only follow."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._goal: int | None = None
        self._filled = False

    @asynccontextmanager
    async def looking(self, _: object) -> AsyncIterator[None]:
        """Look when the application starts; without a database the first question does."""
        with suppress(*UNREACHABLE):
            await asyncio.to_thread(self.health)
        yield

    def must_be_filled(self) -> None:
        """Raise NotYetReady, with the progress, while a read model is being filled."""
        if self._filled:
            return
        behind = self.behind(self._engine.status())
        if behind:
            progress = ", ".join(f"{model} {how_far}" for model, how_far in behind.items())
            raise NotYetReady(what="This", progress=say("read models are being filled ({progress})", progress=progress))

    def behind(self, status: Status) -> dict[str, str]:
        """The models that are still being filled, each with its position and the one to reach."""
        if self._goal is None:
            self._goal = status.head
        goal = self._goal
        found = {
            model.model: say("{position} of {goal}", position=model.position, goal=goal)
            for model in status.models
            if model.position < goal
        }
        self._filled = self._filled or not found
        return {} if self._filled else found

    def health(self) -> Health:
        """Whether queries can be answered. Raises when the database does not answer."""
        behind = self.behind(self._engine.status())
        return Health(not behind, behind)


class Metrics:
    """The process's numbers, in a registry of their own."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        self._commands = Counter(
            "kams_commands_total", "Commands by name and status.", ["command", "status"], registry=self.registry
        )
        self._requests = Histogram(
            "kams_request_seconds",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.registry.register(ModelCollector(engine))
        self.registry.register(FeedCollector(engine.pool))
        self.registry.register(SealCollector(engine.pool))

    def observe(self, method: str, route: str, name: str, status: int, seconds: float) -> None:
        """Count a request that was answered; one without the name of a command gave none."""
        self._requests.labels(method, route, str(status)).observe(seconds)
        if method != "GET" and name:
            self._commands.labels(name, str(status)).inc()

    def text(self) -> bytes:
        """All of it in Prometheus' format."""
        return generate_latest(self.registry)


class ModelCollector(Collector):
    """Lag, position and parked rows of each read model, read when they are asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> list[Any]:
        """Nothing: the database is not asked before somebody wants the numbers."""
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges of now."""
        status = self._engine.status()
        head = GaugeMetricFamily("kams_journal_head", "The newest position of the journal.", value=status.head)
        return [
            head,
            _gauge("kams_model_position", "The position of a read model.", status, lambda m: m.position),
            _gauge("kams_model_lag_seconds", "Age of the oldest event not taken in.", status, lambda m: m.lag_seconds),
            _gauge("kams_model_parked", "Rows that wait for an event to be mended.", status, lambda m: m.parked),
        ]


class FeedCollector(Collector):
    """How far the feed for integrators is, read when it is asked for."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def describe(self) -> list[Any]:
        """Nothing: the database is not asked before somebody wants the numbers."""
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges of now."""
        with self._pool.connection() as connection:
            stands = feed_standing(connection)
        lag = "Age of the oldest event that is not published."
        unread = "Events published that could not be read, or follow one."
        return [
            GaugeMetricFamily("kams_feed_position", "The newest position of the feed.", value=stands.position),
            GaugeMetricFamily("kams_feed_lag_seconds", lag, value=stands.lag_seconds),
            GaugeMetricFamily("kams_feed_not_whole", unread, value=stands.not_whole),
        ]


class SealCollector(Collector):
    """How far the journal is sealed and known outside the database, read when it is asked for."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def describe(self) -> list[Any]:
        """Nothing: the database is not asked before somebody wants the numbers."""
        return []

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges of now."""
        with self._pool.connection() as connection:
            stands, fault, anchors = standing(connection), seal_fault(connection), anchor_progress(connection)
        size = stands.size
        of_anchors = [
            _anchors("lag", "Events sealed and not known to an anchor.", anchors, lambda a: max(0, size - a.size)),
            _anchors("failures", "Failures of an anchor since its last success.", anchors, lambda a: a.failures),
            _anchors("alarm", "Whether an anchor contradicts the journal.", anchors, lambda a: a.contradicts),
        ]
        about = "Age of the oldest event that is not sealed."
        return [
            GaugeMetricFamily("kams_sealed_position", "The newest position that is sealed.", value=size),
            GaugeMetricFamily("kams_seal_age_seconds", about, value=stands.age_seconds),
            GaugeMetricFamily("kams_seal_fault", "Whether workers are kept from sealing.", value=fault is not None),
            *of_anchors,
        ]


def _anchors(name: str, about: str, anchors: Sequence[AnchorProgress], value: Any) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"kams_anchor_{name}", about, labels=["anchor", "host"])
    for each in anchors:
        gauge.add_metric([each.name, each.host], value(each))
    return gauge


def _gauge(name: str, about: str, status: Status, value: Any) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, about, labels=["model"])
    for model in status.models:
        gauge.add_metric([label(model)], value(model))
    return gauge


def label(model: ModelStatus) -> str:
    """A model in the metrics: its name and version."""
    return f"{model.model}_v{model.version}"
