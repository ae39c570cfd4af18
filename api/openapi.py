"""The OpenAPI 3.1 document, made from the table of endpoints and the types of bodies and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from api.endpoints import Endpoint
from api.problems import MEDIA_TYPE, Problem
from projections.streams.envelope import CloudEvent

VERSION = "0.1.0"
JSON = "application/json"
TEMPLATE = "#/components/schemas/{name}"
PROBLEMS = {
    "400": "The request is not understood",
    "401": "No valid API key",
    "403": "Seen, but not yours to change or ask",
    "404": "There is no such thing, or you may not see it",
    "409": "A rule of the domain says no",
    "412": "The version in If-Match is not the newest",
    "413": "The body is larger than the server takes",
    "422": "Wrong fields, each of them named",
    "503": "Not reachable, or not ready; repeat later",
}
SCHEMAS = {"/schemas", "/schemas/envelope", "/schemas/{type}", "/schemas/{type}/{version}"}
OPEN = {"/health/live", "/health/ready", "/openapi.json", "/asyncapi.json", *SCHEMAS}
"""What needs no key: it holds nothing of the company."""
IF_MATCH = "The ETag of the answer on which the decision rests: refused with 412 where something came in between."
IDEMPOTENCY = "Repeat a command with the same key: it is recorded once and answered the same."
IF_NONE_MATCH = "The ETag of an earlier answer: 304 where nothing changed."


def _header(about: str, **schema: Any) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string", **schema}}


SAID = {
    "Correlation-Id": _header("The identity of this request, in the log and in what it recorded.", format="uuid"),
    "Content-Language": _header("The language of messages and reasons.", enum=["en", "zh"]),
}
ETAG = {"ETag": _header("What to state in If-None-Match or If-Match.")}
PROBLEM_HEADERS = {
    "401": {"WWW-Authenticate": _header("How to sign in.")},
    "503": {"Retry-After": _header("Seconds after which to repeat.", pattern="^[0-9]+$")},
}


def document(
    endpoints: Iterable[Endpoint], webhooks: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {}
) -> dict[str, Any]:
    """The whole document, as plain values; `webhooks` describes what is sent, given the schema of an event."""
    table = list(endpoints)
    kinds = {
        kind: None for each in table for kind in (each.query, *_answers(each), *([each.body] if each.body else []))
    }
    schemas, components = msgspec.json.schema_components([*kinds, Problem, CloudEvent], ref_template=TEMPLATE)
    by_kind = dict(zip([*kinds, Problem, CloudEvent], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in table:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, by_kind, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "KAMS",
            "version": VERSION,
            "description": "Key account management. Money is a decimal string, times are ISO 8601.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": webhooks(by_kind[CloudEvent]),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: kams_<id>_<secret>."}
            },
        },
    }


def _operation(endpoint: Endpoint, by_kind: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    changes = endpoint.body is not None
    description = " ".join(endpoint.about.split())
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": description.partition(". ")[0].rstrip("."),
        "description": description,
        "tags": [endpoint.tag or "system"],
        "parameters": [*_path(endpoint), *_query(by_kind[endpoint.query], components), *_headers(endpoint)],
        "responses": _responses(endpoint, by_kind),
    }
    if changes:
        content = {JSON: {"schema": by_kind[endpoint.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.path in OPEN:
        operation["security"] = []
    return operation


def _path(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    kinds = {"id": {"type": "string", "description": "An identifier (UUID), or an external id."}}
    return [{"name": n, "in": "path", "required": True, "schema": kinds.get(n, {"type": "string"})} for n in names]


def _query(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    whole = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required = whole.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _without_null(each),
            **({"description": each["description"]} if "description" in each else {}),
        }
        for name, each in whole.get("properties", {}).items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is null; it is never sent as such."""
    if schema.get("default", ...) is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    choices = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if not choices:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    text = {"type": "string"}
    if endpoint.body is None:
        shown = [("If-None-Match", IF_NONE_MATCH)] if _has_etag(endpoint) else []
    elif endpoint.asks:
        shown = []
    else:
        shown = [("Idempotency-Key", IDEMPOTENCY)] + [("If-Match", IF_MATCH)] * (endpoint.status != 201)
    return [{"name": n, "in": "header", "required": False, "schema": text, "description": d} for n, d in shown]


POSITIONS = {"after", "wait_for", "known_at"}
"""Parameters that may be ahead of the journal, which is a conflict."""


def _answers(endpoint: Endpoint) -> list[Any]:
    own = endpoint.answer if isinstance(endpoint.answer, tuple) else (endpoint.answer,)
    return [kind for kind in (*own, *endpoint.also.values()) if not isinstance(kind, dict)]


def _responses(endpoint: Endpoint, by_kind: dict[Any, Any]) -> dict[str, Any]:
    answer = {"description": "The answer", "headers": _answer_headers(endpoint), "content": _content(endpoint, by_kind)}
    left_out = {"412", "413", "409"} if endpoint.body is None else set()
    if not POSITIONS.isdisjoint(endpoint.query.__struct_fields__):
        left_out -= {"409"}
    left_out -= {"409"} if endpoint.tag == "audit" else set()
    left_out |= {"401", "403"} if endpoint.path in OPEN else set()
    described = {status: about for status, about in PROBLEMS.items() if status not in left_out}
    problems = {
        status: _problem(status, about, by_kind[Problem])
        for status, about in {**described, **endpoint.statuses}.items()
    }
    unchanged = {"304": {"description": "Nothing changed", "headers": ETAG}} if _has_etag(endpoint) else {}
    return dict(sorted({str(endpoint.status): answer, **unchanged, **problems}.items()))


def _content(endpoint: Endpoint, by_kind: dict[Any, Any]) -> dict[str, Any]:
    """What is answered, by media type."""
    own = endpoint.answer if isinstance(endpoint.answer, tuple) else (endpoint.answer,)
    answers = [kind if isinstance(kind, dict) else by_kind[kind] for kind in own]
    schemas = {endpoint.media.partition(";")[0]: answers[0] if len(answers) == 1 else {"anyOf": answers}}
    schemas |= {media: kind if isinstance(kind, dict) else by_kind[kind] for media, kind in endpoint.also.items()}
    return {media: {"schema": schema} for media, schema in schemas.items()}


def _has_etag(endpoint: Endpoint) -> bool:
    return endpoint.method == "GET" and endpoint.etag


def _answer_headers(endpoint: Endpoint) -> dict[str, Any]:
    return {**SAID, **(ETAG if _has_etag(endpoint) else {})}


def _problem(status: str, about: str, schema: Any) -> dict[str, Any]:
    headers = {**SAID, **PROBLEM_HEADERS.get(status, {})}
    return {"description": about, "headers": headers, "content": {MEDIA_TYPE: {"schema": schema}}}
