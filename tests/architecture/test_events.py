"""Every event is a fact: it never changes, it has a schema, an example and words, and somebody shows it."""

import msgpack
import msgspec
import pytest

from domain.aggregate import Recorded, Withdrawal
from domain.journal.mapper import Decoder, encode_state
from tests.architecture.everything import events, example, schema_of

NOT_SHOWN = {
    "AccessLog.Sealed": "`kams audit log --verify` reads the stream itself: the proof is asked for, not counted",
    "Member.KeyIssued": "keys are listed from the member's own state, which also lets them in",
    "Member.KeyRevoked": "the same",
    "Person.Forgotten": "who was forgotten is asked of the journal itself, at every question",
    "Person.TextsForgotten": "the same",
}
"""By stored name, why no read model shows an event."""

EVENTS = events()
every_event = pytest.mark.parametrize("topic", EVENTS)


@every_event
def test_an_event_is_immutable(topic):
    fact = example(EVENTS[topic])
    assert EVENTS[topic].__struct_config__.frozen
    for name in EVENTS[topic].__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(fact, name, None)


@every_event
def test_an_event_says_what_happened(topic):
    assert (vars(EVENTS[topic]).get("__doc__") or "").strip(), f"{topic} has no docstring"


@every_event
def test_an_event_has_a_schema_for_each_of_its_fields(topic):
    schema = schema_of(EVENTS[topic])[EVENTS[topic].__name__]
    fields = {field.encode_name for field in msgspec.structs.fields(EVENTS[topic])}
    assert set(schema["properties"]) == fields
    assert schema["additionalProperties"] is False


@every_event
def test_an_event_comes_back_from_its_bytes_and_is_readable_by_others(topic):
    fact = Recorded(originator_id=None, originator_version=1, event=example(EVENTS[topic]), occurred_at=MOMENT)
    state = encode_state(fact)
    assert Decoder(EVENTS[topic]).full(1, state).event == fact.event
    version, _, fields, *_ = msgpack.unpackb(state, timestamp=3, strict_map_key=False)
    assert version == EVENTS[topic].schema_version
    assert set(fields) == {field.encode_name for field in msgspec.structs.fields(EVENTS[topic])}


def test_every_event_is_shown_by_a_read_model_or_named_as_not_shown():
    from projections import READ_MODELS
    from projections.engine.model import Plan

    shown = {topic for model in READ_MODELS for topic in Plan(model).topics}
    silent = {topic for topic in EVENTS if not issubclass(EVENTS[topic], Withdrawal)} - shown
    assert sorted(silent - set(NOT_SHOWN)) == []
    assert sorted(set(NOT_SHOWN) - silent) == [], "shown now: take it off the list"


MOMENT = example(EVENTS["Account.VisitPlanned"]).start
