"""What KAMS sends to the address of a subscription, as OpenAPI 3.1 describes webhooks."""

from __future__ import annotations

from typing import Any

from api.contract.channels import HEADERS
from projections.streams.modes import STRUCTURED

ANSWERS = {
    "2XX": "Taken. It is not sent again but where somebody asks for it.",
    "410": "The receiver is gone: the subscription is disabled until somebody resumes it.",
    "429": "Too much at once: it is sent again, after Retry-After where that is stated.",
    "default": "Not taken: it is sent again, with growing pauses over days; then it is a dead letter.",
}


def webhooks(envelope: dict[str, Any]) -> dict[str, Any]:
    """The one webhook: an event; `envelope` is the schema of its body."""
    again = {
        "Retry-After": {
            "description": "Seconds, or a date, before which to send nothing.",
            "schema": {"type": "string"},
        }
    }
    event = {
        "operationId": "webhook-event",
        "summary": "An event",
        "description": "A signed CloudEvent in structured mode, by Standard Webhooks: answer by 2xx within 15 s. It "
        "comes at least once, with the same `webhook-id` each time, in the order of its account. What `kams "
        "streams test` sends has the type `kams.test` and the position 0: a fact of no journal.",
        "tags": ["events"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": name in HEADERS["required"],
                "description": each["description"],
                "schema": {key: value for key, value in each.items() if key != "description"},
            }
            for name, each in HEADERS["properties"].items()
        ],
        "requestBody": {"required": True, "content": {STRUCTURED: {"schema": envelope}}},
        "responses": {
            status: {"description": about, **({"headers": again} if status in ("429", "default") else {})}
            for status, about in ANSWERS.items()
        },
    }
    return {"event": {"post": event}}
