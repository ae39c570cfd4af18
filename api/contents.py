"""The table of contents: every endpoint of the API."""

from __future__ import annotations

from api.answering import NUMBERS
from api.command_batches import batch_endpoints
from api.contract.documents import document_endpoints
from api.contract.serving import schema_endpoints
from api.deliveries import delivery_endpoints
from api.details import detail_endpoints
from api.endpoints import Call, Endpoint, Reply
from api.events import event_endpoints
from api.given import given_endpoints
from api.observation import Health, Metrics, Readiness
from api.one_event import one_event_endpoints
from api.queries import query_endpoints
from api.questions import question_endpoints
from api.streams.following import following_endpoints
from api.subscriptions import subscription_endpoints
from api.valkey_groups import group_endpoints


def table_of_contents(metrics: Metrics, readiness: Readiness) -> list[Endpoint]:
    """Every endpoint that there is."""
    asked = [*query_endpoints(), *question_endpoints(), *detail_endpoints(), *event_endpoints()]
    asked += [*following_endpoints(), *schema_endpoints(), *subscription_endpoints(), *delivery_endpoints()]
    asked += [*group_endpoints(), *one_event_endpoints()]
    contents = [*asked, *given_endpoints(), *batch_endpoints(), *_system(metrics, readiness)]
    return [*contents, *document_endpoints(contents)]


def _system(metrics: Metrics, readiness: Readiness) -> list[Endpoint]:
    def ready(_: Call) -> Reply:
        health = readiness.health()
        return Reply(health, status=200 if health.ok else 503)

    def live(_: Call) -> Reply:
        return Reply(Health(True))

    def numbers(_: Call) -> Reply:
        return Reply(metrics.text())

    about = "Whether queries can be answered; with the progress while a read model is being filled."
    return [
        Endpoint("GET", "/health/live", "live", "Whether the process lives.", live, Health, etag=False),
        Endpoint("GET", "/health/ready", "ready", about, ready, Health, etag=False),
        Endpoint("GET", "/metrics", "metrics", "Numbers for Prometheus.", numbers, str, media=NUMBERS, etag=False),
    ]
