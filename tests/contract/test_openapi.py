"""The OpenAPI document, by the official schema of OpenAPI 3.1."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.office import Office, open_office
from tests.conftest import new_database

STREAMS = "text/event-stream"


@pytest.fixture(scope="module")
def document(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[dict[str, Any]]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            yield _told(office)


def _told(office: Office) -> dict[str, Any]:
    answer = office.client.get("/openapi.json")
    assert answer.headers["etag"]
    told: dict[str, Any] = answer.json()
    return told


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path, operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def equal_once(value: Any, known: dict[str, Any]) -> Any:
    """The same, with one object for all that is equal: the validator looks at each object once, and what hundreds of
    operations say alike is right for all of them or for none."""
    if isinstance(value, dict):
        made: Any = {name: equal_once(each, known) for name, each in value.items()}
    elif isinstance(value, list):
        made = [equal_once(each, known) for each in value]
    else:
        return value
    return known.setdefault(json.dumps(made), made)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert [each.message for each in OpenAPIV31SpecValidator(equal_once(document, {})).iter_errors()] == []


def test_the_validator_sees_what_is_wrong(document: dict[str, Any]) -> None:
    small = {**document, "paths": {"/x": {"get": {"responses": {"200": {}}}}}, "webhooks": {}, "components": {}}
    assert list(OpenAPIV31SpecValidator(equal_once(small, {})).iter_errors())


def test_the_validator_sees_a_wrong_schema_among_many_that_are_alike(document: dict[str, Any]) -> None:
    def operation(kind: str) -> dict[str, Any]:
        answer = {"description": "what it is", "content": {"application/json": {"schema": {"type": kind}}}}
        return {"get": {"responses": {"200": answer}}}

    paths = {"/x": operation("string"), "/y": operation("string"), "/z": operation("nonsense")}
    small = {**document, "paths": paths, "webhooks": {}, "components": {}}
    (told,) = OpenAPIV31SpecValidator(equal_once(small, {})).iter_errors()
    assert "nonsense" in told.message


def test_numbers_are_exact_and_bodies_closed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Money"]["properties"]["amount"] == {"type": "string", "format": "decimal"}
    for method, path, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "$ref" in content["schema"]:
                body = schemas[content["schema"]["$ref"].rpartition("/")[2]]
                assert body.get("additionalProperties") is False, (method, path)


def test_everything_is_described(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
    said = document["components"]["schemas"]
    assert said["CloudEvent"]["description"].startswith("A fact as CloudEvents 1.0")
    assert said["Problem"]["description"].startswith("What went wrong.")


def test_every_problem_has_its_schema_and_says_when_to_come_again(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                assert answer["content"]["application/problem+json"]["schema"], (method, path, status)
            if status == "503":
                assert answer["headers"]["Retry-After"], (method, path)


def test_streams_have_their_media_types(document: dict[str, Any]) -> None:
    of = {path: methods["get"]["responses"]["200"]["content"] for path, methods in document["paths"].items()
          if "get" in methods}  # fmt: skip
    assert {"application/json", "application/x-ndjson", "application/msgpack"} <= of["/events"].keys()
    message = of["/events/stream"][STREAMS]["schema"]
    assert message["properties"].keys() == {"id", "event", "data"}
    assert of["/events/{position}"].keys() == {"application/cloudevents+json", "application/json"}
    assert of["/schemas/{type}/{version}"].keys() == {"application/schema+json"}


def test_what_is_sent_to_receivers_is_described(document: dict[str, Any]) -> None:
    sent = document["webhooks"]["event"]["post"]
    assert {each["name"]: each["required"] for each in sent["parameters"]} == {
        "webhook-id": True,
        "webhook-timestamp": True,
        "webhook-signature": True,
        "kams-attempt": True,
        "kams-redelivery": False,
    }
    body = sent["requestBody"]["content"]["application/cloudevents+json"]["schema"]
    assert body == {"$ref": "#/components/schemas/CloudEvent"}
    assert {"2XX", "410", "429"} <= sent["responses"].keys()
