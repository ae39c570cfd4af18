"""The JSON Schemas that KAMS publishes: of every event type in every version that was ever released, of the envelope.

Those of today are made from the types; those of before lie in `released.ndjson`, which only grows.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

import domain.vocabulary  # noqa: F401 every event is known before its schema is asked for
from api.contract.shapes import NULL, Schema, shape_of, shape_of_event
from domain.aggregate import EVENTS
from domain.decodable import decodable
from domain.errors import NotFound
from projections.streams.envelope import CloudEvent, schema_id

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "envelope"
FILE = "released.ndjson"
CHANGES: Schema = {
    "description": "What the event changed in its aggregate, by what was known when it was recorded.",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "path": {
                "description": "Part, field, child, its field, as a JSON Pointer (RFC 6901): `/profile/name`.",
                "type": "string",
                "format": "json-pointer",
            },
            "before": {"description": "The old value; null: there was none, as before the event that opens."},
            "after": {"description": "The new value; null: there is none any more."},
        },
        "required": ["path", "before", "after"],
        "additionalProperties": False,
    },
}
SEALED: Schema = {
    "description": "What is personal data, as JSON Pointers (RFC 6901) into `data`: `/fields/name`, `/note`, "
    "`/changes/2/before`. It is null for those who may not read it.",
    "type": "array",
    "items": {"type": "string", "format": "json-pointer"},
}
NOTE: Schema = {"description": "A remark about the fact; personal data.", "type": ["string", "null"]}
ATTRIBUTES = {
    "specversion": "The version of CloudEvents.",
    "id": "The position, as text; after a restore from a backup that cut positions off, those that come again are "
    "`<epoch>-<position>`. With `source` it is unique.",
    "source": "Where the event comes from.",
    "type": "The stored name of the event, which never changes.",
    "subject": "The stream that the event belongs to.",
    "time": "When it was recorded.",
    "datacontenttype": "The media type of `data`.",
    "dataschema": "The name of the schema of `data`: GET /schemas/{type}/{schemaversion} answers with it.",
    "position": "The place in the journal: no gaps, and what was recorded later has a larger one. 0: it is in no "
    "journal, but a test of a webhook (`type` kams.test).",
    "account": "The account that it is about.",
    "territory": "The territory of the account, as it was known when the event was recorded.",
    "occurredat": "When it happened, which may be long before it was recorded.",
    "precision": "Whether `occurredat` is a moment or stands for a day.",
    "actor": "Who recorded it.",
    "origin": "Whether a person, an import or a worker brought it in.",
    "commandid": "The command that recorded it.",
    "correlationid": "The request that it belongs to.",
    "causationid": "The position of the event that caused it.",
    "schemaversion": "The version of the schema of `data`.",
    "streamversion": "Its number in its stream, from 1.",
    "error": "Why the event cannot be read; it has no data then.",
}


class SchemaUnknown(NotFound):
    """There is no schema of {key}: `GET /schemas` lists the event types and their versions."""


class Released(NamedTuple):
    """The schema of an event's fields, and what it refers to."""

    fields: Schema
    defs: dict[str, Schema]


class Line(msgspec.Struct, frozen=True):
    """A line of the file of released schemas."""

    type: str
    version: int
    fields: Schema
    defs: dict[str, Schema]


@cache
def current() -> dict[tuple[str, int], Released]:
    """The schemas of today, by stored name and version."""
    return {
        (topic, event.schema_version): Released(*shape_of_event(event))
        for topic, event in sorted(EVENTS.items())
        if event.__module__.startswith("domain.")
    }


@cache
def released() -> dict[tuple[str, int], Released]:
    """The schemas that were released."""
    text = resources.files("api.contract").joinpath(FILE).read_bytes()
    lines = msgspec.json.Decoder(decodable(Line)).decode_lines(text)
    return {(line.type, line.version): Released(line.fields, line.defs) for line in lines}


@cache
def published() -> dict[tuple[str, int], Released]:
    """Every schema that is served: those of today, and the versions before."""
    return dict(sorted({**released(), **current()}.items()))


def versions_of(topic: str) -> list[int]:
    """The versions of an event type, oldest first; raises SchemaUnknown where there is none."""
    found = [version for name, version in published() if name == topic]
    if not found:
        raise SchemaUnknown(kind="event type", key=topic)
    return found


def schema(topic: str, version: int) -> Schema:
    """The schema of the `data` of an event type's version; raises SchemaUnknown."""
    found = published().get((topic, version))
    if found is None:
        raise SchemaUnknown(kind="event type", key=f"{topic} {version}")
    return {
        "$schema": DIALECT,
        "$id": schema_id(topic, version),
        "title": topic,
        **({"description": found.fields["description"]} if "description" in found.fields else {}),
        **data_schema({"$ref": "#/$defs/fields"}),
        "$defs": {"fields": found.fields, **found.defs},
    }


def data_schema(fields: Schema) -> Schema:
    """The schema of the `data` of an envelope around a schema of its fields."""
    return {
        "type": "object",
        "properties": {"fields": fields, "changes": CHANGES, "note": NOTE, "sealed": SEALED},
        "required": ["fields", "changes", "note", "sealed"],
        "additionalProperties": False,
    }


@cache
def envelope_schema() -> Schema:
    """The schema of the whole envelope, whatever its type. Further attributes may come: ignore what you do not know."""
    _, defs = shape_of(CloudEvent)
    made = defs["CloudEvent"]
    properties = {
        name: {**({"description": ATTRIBUTES[name]} if name in ATTRIBUTES else {}), **_present(each)}
        for name, each in made["properties"].items()
    }
    properties["specversion"]["const"] = "1.0"
    properties["data"] = data_schema({"type": "object"})
    for name in ("id", "source", "type"):
        properties[name]["minLength"] = 1
    return {
        "$schema": DIALECT,
        "$id": "urn:kams:schema:envelope",
        "title": "CloudEvent",
        "description": made["description"],
        "type": "object",
        "properties": properties,
        "required": made["required"],
    }


def _present(schema: Schema) -> Schema:
    """An attribute is left out where there is nothing to say: it is never null."""
    plain = {key: each for key, each in schema.items() if key != "title"}
    if isinstance(plain.get("type"), list):
        plain["type"] = next(each for each in plain["type"] if each != "null")
    if "anyOf" in plain:
        choices = [each for each in plain.pop("anyOf") if each != NULL]
        plain |= choices[0]
    return plain
