"""The AsyncAPI document, by AsyncAPI's own parser."""

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from api.contract.asyncapi import asyncapi
from api.contract.schemas import published
from tests.node import node, npm_installed

HERE = Path(__file__).parent
NEWER = "asyncapi-latest-version"
"""Says that there is a version after 3.0, which is what we promise."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(asyncapi()))
    return made


def parsed(document: dict[str, Any]) -> Any:
    """What the parser says."""
    installed = str(npm_installed(HERE))
    return json.loads(node(HERE / "asyncapi.mjs", text=json.dumps(document), environment={"INSTALLED": installed}))


def of_one_message(document: dict[str, Any], channels: Iterable[str]) -> dict[str, Any]:
    """The same with one event alone in some channels: the parser takes its time for each, again in each channel."""
    one = copy.deepcopy(document)
    others = events() - {"Account.VisitLogged.2"}
    for name in channels:
        messages = one["channels"][name]["messages"]
        one["channels"][name]["messages"] = {name: each for name, each in messages.items() if name not in others}
    return one


def events() -> set[str]:
    """The names of the messages that are events."""
    return {f"{topic}.{version}" for topic, version in published()}


def test_the_document_is_valid_with_every_event_and_its_example(document: dict[str, Any]) -> None:
    """All events in the first channel: the others refer to the same messages, as a test below holds."""
    found = parsed(of_one_message(document, list(document["channels"])[1:]))
    assert found["understood"]
    assert [each for each in found["said"] if each["code"] != NEWER] == []
    assert found["channels"] == ["events", "stream", "webhook", "valkey"]
    assert set(found["messages"]) == events() | {"start", "examined", "dropped"}


def test_the_parser_sees_what_is_wrong(document: dict[str, Any]) -> None:
    wrong = of_one_message(document, document["channels"])
    del wrong["channels"]["stream"]["servers"][0]["$ref"]
    said = [each for each in parsed(wrong)["said"] if each["code"] != NEWER]
    assert {each["path"] for each in said} >= {"channels.stream.servers.0"}


def test_every_example_is_valid_by_the_schema_of_its_message(document: dict[str, Any]) -> None:
    """In draft 7, the dialect that AsyncAPI reads."""
    for topic, version in published():
        message = document["components"]["messages"][f"{topic}.{version}"]
        validator = Draft7Validator({**document, "$ref": f"#/components/messages/{topic}.{version}/payload"})
        (shown,) = message["examples"]
        assert [each.message for each in validator.iter_errors(shown["payload"])] == [], topic
        wrong = {**shown["payload"], "data": {**shown["payload"]["data"], "fields": {"no such field": 1}}}
        assert list(validator.iter_errors(wrong)), topic


def test_every_message_of_an_event_leaves_over_every_channel(document: dict[str, Any]) -> None:
    for name, channel in document["channels"].items():
        assert events() <= channel["messages"].keys(), name
        assert all(to == {"$ref": f"#/components/messages/{each}"} for each, to in channel["messages"].items()), name
    told = {name: channel["messages"].keys() - events() for name, channel in document["channels"].items()}
    assert told == {
        "events": {"examined"},
        "stream": {"start", "examined", "dropped"},
        "webhook": set(),
        "valkey": set(),
    }
