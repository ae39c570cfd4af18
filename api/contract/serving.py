"""Schemas, examples and documents over HTTP: for everybody, as they hold no data of the company."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

import api.contract.schemas as published
from api.contract.examples import example
from api.endpoints import Call, Endpoint, NoQuery, Reply
from projections.streams.envelope import schema_id

SCHEMA = "application/schema+json"
ANY_SCHEMA = {"description": "A JSON Schema (2020-12).", "type": "object"}


class EventType(msgspec.Struct, kw_only=True):
    """A type of event: the name that `type` has, the aggregate it belongs to, what it says, its versions with the one
    that is recorded now; where its schema and its example are."""

    type: str
    aggregate: str
    description: str
    version: int
    versions: list[int]
    schema: str
    example: str


class EventTypes(msgspec.Struct, kw_only=True):
    """All types of events, and where the schema of the envelope is."""

    envelope: str
    types: list[EventType]


class EventVersion(msgspec.Struct, kw_only=True):
    """A version of a type: `id` is what events state as `dataschema`, `schema` where to get it, `example` a whole
    CloudEvent."""

    version: int
    id: str
    schema: str
    example: dict[str, Any]


class EventTypeAnswer(msgspec.Struct, kw_only=True):
    """A type of event with an example of each version."""

    type: str
    aggregate: str
    description: str
    version: int
    versions: list[EventVersion]


def schema_endpoints() -> list[Endpoint]:
    """What anybody may read about events."""
    return [
        _open("/schemas", "schemas", "Every type of event with its versions.", lambda _: Reply(types()), EventTypes),
        _open(
            "/schemas/envelope",
            "envelope_schema",
            "The JSON Schema of the envelope of every event (CloudEvents 1.0).",
            lambda _: Reply(published.envelope_schema()),
            ANY_SCHEMA,
            SCHEMA,
        ),
        _open(
            "/schemas/{type}",
            "event_type",
            "A type of event, with an example of each version that was ever published.",
            lambda call: Reply(event_type(call.path["type"])),
            EventTypeAnswer,
        ),
        _open(
            "/schemas/{type}/{version}",
            "event_schema",
            "The JSON Schema of the `data` of a version of a type of event. It stays for ever; it can gain fields that "
            "need not be there, and values of enumerations.",
            _schema,
            ANY_SCHEMA,
            SCHEMA,
        ),
    ]


def _open(path: str, name: str, about: str, handle: Any, answer: Any, media: str = "application/json") -> Endpoint:
    return Endpoint("GET", path, name, about, handle, answer, NoQuery, tag="schemas", media=media)


def _schema(call: Call) -> Reply:
    topic, version = call.path["type"], call.path["version"]
    if not (version.isascii() and version.isdigit() and len(version) < 6):
        published.versions_of(topic)
        raise published.SchemaUnknown(kind="event type", key=f"{topic} {version}")
    return Reply(published.schema(topic, int(version)))


@cache
def types() -> EventTypes:
    """The list of all types."""
    newest = {topic: version for topic, version in published.published()}  # noqa: C416 the last one of each stays
    return EventTypes(envelope="/schemas/envelope", types=[_type(topic, newest[topic]) for topic in newest])


def _type(topic: str, version: int) -> EventType:
    return EventType(
        type=topic,
        aggregate=topic.partition(".")[0],
        description=_said(topic, version),
        version=version,
        versions=published.versions_of(topic),
        schema=f"/schemas/{topic}/{version}",
        example=f"/schemas/{topic}",
    )


def event_type(topic: str) -> EventTypeAnswer:
    """A type with its examples; raises SchemaUnknown."""
    versions = published.versions_of(topic)
    return EventTypeAnswer(
        type=topic,
        aggregate=topic.partition(".")[0],
        description=_said(topic, versions[-1]),
        version=versions[-1],
        versions=[
            EventVersion(
                version=each,
                id=schema_id(topic, each),
                schema=f"/schemas/{topic}/{each}",
                example=example(topic, each),
            )
            for each in versions
        ],
    )


def _said(topic: str, version: int) -> str:
    return str(published.published()[topic, version].fields.get("description", ""))
