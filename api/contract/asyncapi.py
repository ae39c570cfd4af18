"""The AsyncAPI 3.0 document: the channels over which events leave, and a message per event type and version."""

from __future__ import annotations

from typing import Any

from api.contract import schemas
from api.contract.channels import CHANNELS, CONTROL, HEADERS, OPERATIONS, SECURITY, SERVERS
from api.contract.examples import example
from api.contract.shapes import Schema, shape_of
from api.openapi import VERSION
from projections.streams.envelope import schema_id
from projections.streams.modes import STRUCTURED

WHERE = "#/components/schemas/"
MESSAGES = "#/components/messages/"
UNKNOWN_TO_DRAFT_7 = ("$schema", "$id", "$defs")
Components = dict[str, Schema]


def asyncapi() -> dict[str, Any]:
    """The whole document. Schemas are written in the dialect that AsyncAPI reads (draft 7): GET /schemas has them in
    2020-12."""
    components: Components = {"envelope": _rewritten(schemas.envelope_schema(), {})}
    messages = {f"{topic}.{version}": _message(topic, version, components) for topic, version in schemas.published()}
    control = {name: _control(name, components) for name in CONTROL}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:kams",
        "info": {
            "title": "KAMS",
            "version": VERSION,
            "description": "Every event of the journal, at one position whatever the channel: a subscriber may "
            "change from one to another and loses or repeats nothing. Delivery is at least once; `id` names an "
            "event for ever.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": "CloudEvents 1.0", "description": "Every message is a CloudEvent in structured mode."}],
        },
        "defaultContentType": STRUCTURED,
        "servers": SERVERS,
        "channels": {name: _channel(name, messages) for name in CHANNELS},
        "operations": OPERATIONS,
        "components": {
            "securitySchemes": SECURITY,
            "schemas": dict(sorted(components.items())),
            "messages": {**messages, **control},
            "messageTraits": {
                "structured": {
                    "contentType": STRUCTURED,
                    "tags": [{"name": "structured", "description": "The whole envelope is the body."}],
                },
                "signed": {"headers": HEADERS, "bindings": {"http": {"headers": HEADERS, "bindingVersion": "0.3.0"}}},
            },
        },
    }


def _channel(name: str, messages: dict[str, Any]) -> dict[str, Any]:
    sent = [*messages, *(each for each, (channels, _, _) in CONTROL.items() if name in channels)]
    return {**CHANNELS[name], "messages": {each: {"$ref": MESSAGES + each} for each in sent}}


def _message(topic: str, version: int, components: Components) -> dict[str, Any]:
    """The message of an event: the envelope, narrowed to the type and its data."""
    whole = schemas.schema(topic, version)
    names = {name: _component(name, each, f"{topic}.{version}", components)
             for name, each in whole["$defs"].items()}  # fmt: skip
    for name, each in whole["$defs"].items():
        components[names[name]] = _rewritten(each, names)
    data = _rewritten(whole, names)
    about = str(data.pop("description", topic))
    narrowed = {
        "type": {"const": topic},
        "schemaversion": {"const": version},
        "dataschema": {"const": schema_id(topic, version)},
        "data": {**data, "title": f"data of {topic}"},
    }
    return {
        "name": topic,
        "title": f"{topic}, version {version}",
        "summary": about.partition(". ")[0].rstrip("."),
        "description": about,
        "tags": [{"name": topic.partition(".")[0]}],
        "traits": [{"$ref": "#/components/messageTraits/structured"}],
        "payload": {"allOf": [{"$ref": WHERE + "envelope"}, {"type": "object", "properties": narrowed}]},
        "examples": [{"name": f"{topic}.{version}", "payload": example(topic, version)}],
    }


def _control(name: str, components: Components) -> dict[str, Any]:
    _, kind, about = CONTROL[name]
    _, defs = shape_of(kind)
    components[kind.__name__] = _rewritten(defs[kind.__name__], {})
    return {
        "name": name,
        "title": name,
        "summary": about,
        "contentType": "application/json",
        "payload": {"$ref": WHERE + kind.__name__},
    }


def _component(name: str, schema: Schema, prefix: str, components: Components) -> str:
    """The name of a shared schema: its own where all events mean the same by it."""
    alone = not _refers(schema) and components.get(name, _rewritten(schema, {})) == _rewritten(schema, {})
    return name if alone and name != "fields" else f"{prefix}.{name}"


def _refers(value: Any) -> bool:
    if isinstance(value, dict):
        return "$ref" in value or any(map(_refers, value.values()))
    return isinstance(value, list) and any(map(_refers, value))


def _rewritten(value: Any, names: dict[str, str]) -> Any:
    """A schema in draft 7, its references pointing into the document."""
    if isinstance(value, list):
        return [_rewritten(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": WHERE + names[value["$ref"].rpartition("/")[2]]}
    made = {key: _rewritten(each, names) for key, each in value.items() if key not in UNKNOWN_TO_DRAFT_7}
    if isinstance(value.get("prefixItems"), list):
        made["items"] = made.pop("prefixItems")
    return made
