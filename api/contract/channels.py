"""Where events leave: servers, channels and operations of the AsyncAPI document, and what is said beside events."""

from __future__ import annotations

from typing import Any

from api.streams.formats import Examined
from api.streams.frames import Dropped, Started

KEY = {"$ref": "#/components/securitySchemes/key"}
SECURITY = {"key": {"type": "http", "scheme": "bearer", "description": "An API key with the scope `stream`."}}
SERVERS: dict[str, Any] = {
    "api": {
        "host": "{host}",
        "protocol": "https",
        "description": "The HTTP API; this machine speaks http, a proxy in front of it https.",
        "variables": {"host": {"default": "localhost:8000", "description": "Where the API is."}},
        "security": [KEY],
    },
    "receiver": {
        "host": "{receiver}",
        "protocol": "https",
        "description": "The receiver of a webhook: the `address` of the subscription.",
        "variables": {"receiver": {"default": "receiver.example.com", "description": "A public host."}},
    },
    "valkey": {
        "host": "{valkey}",
        "protocol": "redis",
        "description": "Valkey, for subscriptions with the transport `valkey`.",
        "variables": {"valkey": {"default": "localhost:6379", "description": "Where Valkey is."}},
    },
}
CHANNELS: dict[str, Any] = {
    "events": {
        "address": "/events",
        "title": "Pages, or one body",
        "description": "What follows a position: one JSON document, or NDJSON or MessagePack up to the head.",
        "servers": [{"$ref": "#/servers/api"}],
    },
    "stream": {
        "address": "/events/stream",
        "title": "Server-sent events",
        "description": "What follows a position, then what is recorded. `id` is the position, Last-Event-ID resumes.",
        "servers": [{"$ref": "#/servers/api"}],
    },
    "webhook": {
        "address": "{path}",
        "title": "Webhooks",
        "description": "A POST per event to the address of a subscription, signed by Standard Webhooks.",
        "parameters": {"path": {"description": "The path of the address of the subscription."}},
        "servers": [{"$ref": "#/servers/receiver"}],
    },
    "valkey": {
        "address": "kams:stream:{stream}",
        "title": "Valkey streams",
        "description": "An entry per event, with the id `<position>-0`, whose field `event` is the envelope.",
        "parameters": {"stream": {"description": "The address of the subscription: the name of the stream."}},
        "servers": [{"$ref": "#/servers/valkey"}],
    },
}
HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "By Standard Webhooks: the signature is over `id.timestamp.body`; those of KAMS are not signed.",
    "properties": {
        "webhook-id": {"type": "string", "description": "The `id` of the event: the same at each attempt."},
        "webhook-timestamp": {"type": "string", "pattern": "^[0-9]+$", "description": "When it was sent, in seconds."},
        "webhook-signature": {
            "type": "string",
            "description": "`v1,` and the HMAC-SHA256 as base64; two, with a space between, while a secret rotates.",
        },
        "kams-attempt": {"type": "string", "pattern": "^[0-9]+$", "description": "Which attempt at this event it is."},
        "kams-redelivery": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Only where somebody asked for it: the number of the redelivery, or of the test.",
        },
    },
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature", "kams-attempt"],
}
GET = {"http": {"method": "GET", "bindingVersion": "0.3.0"}}
OPERATIONS: dict[str, Any] = {
    "page": {
        "action": "send",
        "title": "Read",
        "summary": "What was recorded after a position",
        "description": "KAMS answers with events, and with how far was looked.",
        "channel": {"$ref": "#/channels/events"},
        "bindings": GET,
    },
    "follow": {
        "action": "send",
        "title": "Follow",
        "summary": "What is recorded, as it is recorded",
        "description": "KAMS sends history first, then live; a reader who does not read is dropped with his position.",
        "channel": {"$ref": "#/channels/stream"},
        "bindings": GET,
    },
    "deliver": {
        "action": "send",
        "title": "Deliver",
        "summary": "Events to an address",
        "description": "KAMS sends, in the order of each account, and repeats over days until it is answered by 2xx; "
        "410 disables the subscription, Retry-After is kept to.",
        "channel": {"$ref": "#/channels/webhook"},
        "traits": [{"bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}}}],
    },
    "publish": {
        "action": "send",
        "title": "Publish",
        "summary": "Events to a Valkey stream",
        "description": "KAMS adds each event once, in the order of positions; groups of consumers share them.",
        "channel": {"$ref": "#/channels/valkey"},
    },
}
CONTROL: dict[str, tuple[tuple[str, ...], type, str]] = {
    "start": (("stream",), Started, "The first message: where it begins, up to where history goes, the head"),
    "examined": (("events", "stream"), Examined, "How far was looked: the last object of a body, or a sign of life"),
    "dropped": (("stream",), Dropped, "The last message to a reader who did not read, or may read no more"),
}
"""By name: the channels, the payload's type, what it says."""
