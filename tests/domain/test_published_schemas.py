"""What was published of an event stays: a check refuses what would break who receives it."""

from copy import deepcopy
from typing import Any

import pytest

from api.contract.compatibility import breaking
from api.contract.schemas import Released, current, released
from tests.domain.release import broken, released_lines

FIELDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"$ref": "#/$defs/Money"},
        "side": {"anyOf": [{"$ref": "#/$defs/Side"}, {"type": "null"}]},
        "due_on": {"type": "string", "format": "date"},
        "remark": {"type": "string"},
        "people": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "scores": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["amount", "side", "due_on", "people", "scores"],
    "additionalProperties": False,
}
DEFS: dict[str, Any] = {
    "Money": {
        "type": "object",
        "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
        "required": ["amount", "currency"],
        "additionalProperties": False,
    },
    "Side": {"type": "string", "enum": ["us", "customer"]},
}


def reasons(change: Any) -> list[str]:
    """What the check says where a released schema became what `change` makes of it."""
    fields, defs = deepcopy(FIELDS), deepcopy(DEFS)
    change(fields, defs)
    return breaking(Released(FIELDS, DEFS), Released(fields, defs))


def test_no_event_breaks_who_receives_it() -> None:
    assert broken() == []


def test_every_event_of_today_is_recorded_as_released() -> None:
    assert current().keys() <= released().keys(), "run `python -m tests.domain.release`"


def test_what_is_released_only_grows() -> None:
    names = [line.split(b",")[0:2] for line in released_lines().splitlines()]
    assert len(names) == len(released().keys() | current().keys())


def test_every_older_version_that_can_be_read_has_its_schema() -> None:
    older = {(topic, each) for topic, version in current() for each in range(1, version)}
    assert older
    assert older <= released().keys()


def test_nothing_changed_breaks_nothing() -> None:
    assert reasons(lambda fields, defs: None) == []


def test_other_words_are_accepted() -> None:
    def change(fields: dict[str, Any], defs: dict[str, Any]) -> None:
        fields["description"] = "Said better."
        fields["properties"]["remark"]["title"] = "remark"
        defs["Side"]["description"] = "Who."

    assert reasons(change) == []


def test_a_new_field_that_need_not_be_there_is_accepted() -> None:
    assert reasons(lambda fields, defs: fields["properties"].update(more={"type": "string"})) == []


def test_a_new_value_of_an_enumeration_is_accepted() -> None:
    assert reasons(lambda fields, defs: defs["Side"]["enum"].append("partner")) == []


def gone(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    del fields["properties"]["remark"]


def renamed(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["comment"] = fields["properties"].pop("remark")


def renamed_below(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    defs["Money"]["properties"]["iso"] = defs["Money"]["properties"].pop("currency")


def demanded(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["required"].append("remark")


def demanded_no_more(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["required"].remove("due_on")


def new_and_demanded(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["more"] = {"type": "string"}
    fields["required"].append("more")


def of_another_type(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["remark"] = {"type": "integer"}


def null_no_more(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["side"] = {"$ref": "#/$defs/Side"}


def null_from_now_on(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["due_on"]["type"] = ["string", "null"]


def of_another_format(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["due_on"]["format"] = "date-time"


def bounded(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["remark"]["maxLength"] = 10


def a_value_less(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    defs["Side"]["enum"].remove("customer")


def other_items(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["people"]["items"] = {"type": "string"}


def other_values(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["scores"]["additionalProperties"] = {"type": "string"}


def one_instead_of_many(fields: dict[str, Any], defs: dict[str, Any]) -> None:
    fields["properties"]["people"] = {"type": "string", "format": "uuid"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (gone, "fields.remark is gone"),
        (renamed, "fields.remark is gone"),
        (renamed_below, "fields.amount.currency is gone"),
        (demanded, "fields.remark must be there now: what was recorded before may lack it"),
        (demanded_no_more, "fields.due_on may be missing now: it was always there"),
        (new_and_demanded, "fields.more is new and must be there: what was recorded before lacks it"),
        (of_another_type, "fields.remark has another type: string became integer"),
        (null_no_more, "fields.side has another anyOf"),
        (null_from_now_on, "fields.due_on has another type: string became ['string', 'null']"),
        (of_another_format, "fields.due_on has another format: date became date-time"),
        (bounded, "fields.remark has another maxLength: nothing became 10"),
        (a_value_less, "fields.side can be customer no more"),
        (other_items, "fields.people[] has another format: uuid became nothing"),
        (other_values, "fields.scores[] has another type: integer became string"),
        (one_instead_of_many, "fields.people has another type: array became string"),
    ],
)
def test_what_breaks_a_receiver_is_refused(change: Any, said: str) -> None:
    assert said in "\n".join(reasons(change))
