"""Events over HTTP: what the HTTP protocol binding of CloudEvents 1.0.2 and its attribute rules demand."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
import pytest

from api.contract.examples import example
from api.contract.schemas import published
from projections.streams.envelope import CloudEvent
from projections.streams.modes import STRUCTURED, as_text, binary, encoded, structured

EVENTS = list(published())
REQUIRED = {"id", "source", "specversion", "type"}


def of(topic: str, version: int) -> bytes:
    """The example of an event on the wire."""
    return msgspec.json.encode(example(topic, version))


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("Account.VisitLogged", "Account.VisitLogged"),
        ("north east", "north%20east"),
        ("100 %", "100%20%25"),
        ('the "north"', "the%20%22north%22"),
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),  # the example of the specification
        ("华北", "%E5%8D%8E%E5%8C%97"),
        ("a\r\nce-type: forged", "a%0D%0Ace-type:%20forged"),
        ("~!", "~!"),
        ("\x7f", "%7F"),
    ],
)
def test_a_headers_value_is_percent_encoded(value: str, header: str) -> None:
    """3.1.3.2: space (U+0020), double-quote (U+0022), percent (U+0025) and all outside U+0021-U+007E."""
    assert encoded(value) == header
    assert unquote(header) == value


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (12, "12"), ("x", "x")])
def test_values_have_their_canonical_text(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_structured_mode_is_the_envelope_itself() -> None:
    """3.2: the media type is application/cloudevents and its format; the body is the event."""
    event = of("Account.VisitLogged", 2)
    assert structured(event) == ({"content-type": "application/cloudevents+json"}, event)
    assert STRUCTURED == "application/cloudevents+json"


def test_binary_mode_holds_the_same_event_as_structured_mode() -> None:
    """3.1: `datacontenttype` is Content-Type, all other attributes are `ce-` headers, the body is the data."""
    for topic, version in EVENTS:
        whole = example(topic, version)
        headers, body = binary(of(topic, version))
        assert msgspec.json.decode(body) == whole.pop("data")
        assert headers.pop("content-type") == whole.pop("datacontenttype") == "application/json"
        assert {name.removeprefix("ce-"): unquote(value) for name, value in headers.items()} == {
            name: str(value) for name, value in whole.items()
        }


def test_headers_are_safe_to_send() -> None:
    for topic, version in EVENTS:
        for name, value in binary(of(topic, version)).headers.items():
            assert re.fullmatch(r"content-type|ce-[a-z0-9]+", name)
            assert re.fullmatch(r"[!-~]+", value)


def test_an_event_that_cannot_be_read_has_no_body() -> None:
    event = {"specversion": "1.0", "id": "7", "source": "/kams", "type": "Old.Name", "error": "no such event"}
    headers, body = binary(msgspec.json.encode(event))
    assert body == b""
    assert headers["ce-error"] == "no%20such%20event"
    assert "content-type" not in headers


def test_territories_of_every_script_pass() -> None:
    event = {**example("Account.VisitLogged", 2), "territory": "华北"}
    assert binary(msgspec.json.encode(event)).headers["ce-territory"] == "%E5%8D%8E%E5%8C%97"


def test_attributes_are_named_as_cloudevents_demands() -> None:
    """CloudEvents 1.0.2, Attribute Naming Convention: lower-case letters and digits of ASCII, at most 20; `data`
    is no attribute. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#attribute-naming-convention"""
    names = [name for name in CloudEvent.__struct_fields__ if name != "data"]
    assert names[:7] == ["specversion", "id", "source", "type", "subject", "time", "position"]
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in names)


def test_attributes_have_the_types_that_cloudevents_demands() -> None:
    """CloudEvents 1.0.2, Context Attributes: required ones are non-empty texts; `source` is a URI reference,
    `dataschema` an absolute URI, `time` a timestamp of RFC 3339, `datacontenttype` a media type, `subject` a text;
    extensions are booleans, 32-bit integers or texts, never null.
    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes"""
    for topic, version in EVENTS:
        event = example(topic, version)
        assert event.keys() >= REQUIRED
        assert event["specversion"] == "1.0"
        assert all(isinstance(event[name], str) and event[name] for name in REQUIRED)
        schema, source = urlsplit(event["dataschema"]), urlsplit(event["source"])
        assert schema.scheme == "urn"
        assert schema.path
        assert not schema.fragment
        assert source.path == "/kams"
        assert datetime.fromisoformat(event["time"]).tzinfo is not None
        assert event["datacontenttype"] == "application/json"
        assert UUID(event["subject"])
        for name, value in event.items():
            if name != "data":
                assert isinstance(value, str) or (type(value) is int and abs(value) < 2**31), name


def test_id_and_source_name_an_event_alone() -> None:
    """CloudEvents 1.0.2, id: producers must ensure that `source` + `id` is unique for each distinct event."""
    newest = dict(EVENTS)
    events = [example(topic, version) for topic, version in newest.items()]
    assert len({(event["source"], event["id"]) for event in events}) == len(events)
