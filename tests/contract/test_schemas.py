"""Schemas are JSON Schemas, examples are valid by them, and both are what the product really sends."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from api.contract.examples import example
from api.contract.schemas import SchemaUnknown, envelope_schema, published, schema, versions_of
from domain.aggregate import EVENTS, Recorded
from domain.sealed import Sealed
from projections.streams.envelope import enveloped, steps_of
from projections.streams.redeliveries import Redelivery
from tests.architecture.everything import events
from tests.architecture.everything import example as filled
from workers.webhooks.testing import envelope as made_test

FORMATS = FormatChecker()
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@FORMATS.checks("json-pointer")
def is_pointer(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(/([^~/]|~[01])*)*", value) is not None


def faults(value: Any, by: dict[str, Any]) -> list[str]:
    """What a JSON Schema says against a value."""
    found = Draft202012Validator(by, format_checker=FORMATS).iter_errors(value)
    return [f"{each.json_path}: {each.message}" for each in found]


def test_every_schema_is_a_json_schema_of_2020_12() -> None:
    for topic, version in published():
        Draft202012Validator.check_schema(schema(topic, version))
    Draft202012Validator.check_schema(envelope_schema())


def test_every_event_of_every_version_has_an_example_valid_by_its_schema() -> None:
    for topic, version in published():
        made = example(topic, version)
        assert faults(made["data"], schema(topic, version)) == [], topic
        assert faults(made, envelope_schema()) == [], topic
        assert (made["type"], made["schemaversion"]) == (topic, version)
        assert made["dataschema"] == schema(topic, version)["$id"]


def test_what_is_personal_is_where_an_example_says() -> None:
    for topic, version in published():
        data = example(topic, version)["data"]
        for path in data["sealed"]:
            found = data
            for step in steps_of(path):
                found = found[int(step) if isinstance(found, list) else step]
            assert isinstance(found, str), (topic, path)


@pytest.mark.parametrize(("name", "wrong"), [("sealed", ["fields.name"]), ("sealed", ["/a~2"]), ("path", "amount")])
def test_a_path_that_is_no_json_pointer_is_not_valid(name: str, wrong: Any) -> None:
    data = example("Opportunity.AmountRevised", 1)["data"]
    (data if name == "sealed" else data["changes"][0])[name] = wrong
    assert len(faults(data, schema("Opportunity.AmountRevised", 1))) == 1


def test_the_test_of_a_webhook_is_an_envelope() -> None:
    asked = Redelivery(
        id=4, subscription=UUID(int=1), kind="test", from_position=0, to_position=0, rate=1, count=1, cursor=0, sent=0,
        failed=0, asked_by=UUID(int=2), asked_at=NOW, state="waiting",
    )  # fmt: skip
    made = msgspec.json.decode(made_test(asked, NOW))
    assert faults(made, envelope_schema()) == []
    assert (made["type"], made["id"], made["position"]) == ("kams.test", "test-4", 0)


def test_examples_say_what_really_changed() -> None:
    silent = [name for name in published() if not example(*name)["data"]["changes"]]
    assert silent == []
    revised = example("Opportunity.AmountRevised", 1)["data"]
    assert revised["fields"]["previous"] == {"amount": "90000.00", "currency": "EUR"}
    assert revised["changes"] == [
        {
            "path": "/amount",
            "before": {"amount": "90000.00", "currency": "EUR"},
            "after": {"amount": "120000.00", "currency": "EUR"},
        }
    ]


def test_an_example_is_the_same_each_time_and_no_one_elses() -> None:
    first = example("Account.VisitLogged", 2)
    first["data"].clear()
    assert example("Account.VisitLogged", 2)["data"]["fields"]["minutes"] == 60


def test_no_example_shows_a_secret() -> None:
    for name in (("Member.KeyIssued", 1), ("Subscription.Opened", EVENTS["Subscription.Opened"].schema_version)):
        fields = example(*name)["data"]["fields"]
        assert not {"hash", "secret", "secret_hash"} & fields.keys()
        assert not {"hash", "secret"} & schema(*name)["$defs"]["fields"]["properties"].keys()


def test_every_event_is_enveloped_as_its_schema_says() -> None:
    """Not the examples: an event with a value in every field, as the feed publishes it."""
    for topic, event in events().items():
        fact = Recorded(
            originator_id=UUID(int=1), originator_version=1, event=filled(event), occurred_at=NOW, position=1,
            recorded_at=NOW, note=Sealed(UUID(int=2), b"0123456789abcdef", b"x"),
        )  # fmt: skip
        made = msgspec.json.decode(enveloped(fact, [], None, "").event)
        said = [each for each in faults(made["data"], schema(topic, event.schema_version)) if "'something'" not in each]
        assert said == [], topic  # `something` is no currency
        assert faults(made, envelope_schema()) == [], topic


def test_what_was_never_published_has_no_schema() -> None:
    with pytest.raises(SchemaUnknown, match="There is no schema of Account.Nothing: `GET /schemas` lists"):
        versions_of("Account.Nothing")
    with pytest.raises(SchemaUnknown, match=r"There is no schema of Account.VisitLogged 9"):
        schema("Account.VisitLogged", 9)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("specversion", "0.3"), ("time", "yesterday"), ("subject", "x"), ("account", None), ("position", "1"), ("id", "")],
)
def test_an_envelope_with_a_wrong_attribute_is_not_valid(attribute: str, value: Any) -> None:
    wrong = {**example("Account.VisitLogged", 2), attribute: value}
    assert faults(wrong, envelope_schema()) != []


@pytest.mark.parametrize("path", ["fields.minutes", "fields.visit_id", "fields"])
def test_data_that_lacks_something_is_not_valid(path: str) -> None:
    wrong = example("Account.VisitLogged", 2)["data"]
    *steps, last = path.split(".")
    place = wrong
    for step in steps:
        place = place[step]
    del place[last]
    assert faults(wrong, schema("Account.VisitLogged", 2)) != []
    assert faults({**wrong, "more": 1}, schema("Account.VisitLogged", 2)) != []
