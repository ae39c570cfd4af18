"""JSON Schemas of all events, made from their types, for who reads an export without this program."""

from __future__ import annotations

from typing import Any

import msgspec

import domain.vocabulary  # noqa: F401 every event is known before they are listed
from domain.aggregate import EVENTS
from domain.journal.mapper import State

WHERE = "#/components/{name}"


def event_schemas() -> dict[str, Any]:
    """`state` is the array that is stored of an event; `events` names of every stored name the schema version that
    this program writes, its schema, and the older versions that it reads; `components` are what they refer to."""
    known = sorted(EVENTS.items())
    schemas, components = msgspec.json.schema_components([event for _, event in known], ref_template=WHERE)
    return {
        "state": [field.name for field in msgspec.structs.fields(State)],
        "events": {
            topic: {
                "schema_version": event.schema_version,
                "schema": schema,
                "older_versions": sorted(event.upcasts),
            }
            for (topic, event), schema in zip(known, schemas, strict=True)
        },
        "components": components,
    }
