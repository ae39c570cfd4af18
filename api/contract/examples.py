"""An example of every event type and version, as an integrator gets it: made from its schema, folded into a state.

What an example changed is what the event really changes in an aggregate that had the same event, with other values,
before. All of it is the same each time it is made.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import msgspec

from api.contract.sample_values import CHANGING, DECIMALS, LATE, NUMBERS, PEOPLE, TEXTS
from api.contract.schemas import Released, published
from api.contract.shapes import Schema
from domain.account.account import Account
from domain.aggregate import EVENTS, ROOTS, Aggregate, Event, Recorded, Withdrawal
from domain.belonging import COMPANY_KINDS, OWNED
from domain.changes import Change, changes, taken_back
from domain.decodable import decodable
from domain.errors import KamsError
from domain.sealed import SECRETS, Sealed
from projections.streams.envelope import enveloped, schema_id, unsealed

NAMESPACE = UUID("9a4e3c1b-6f0d-4f7e-8d21-5b0c7a9e1f36")
STREAM, ACTOR, COMMAND, REQUEST = (uuid5(NAMESPACE, name) for name in ("stream", "actor", "command", "request"))
FINGERPRINT = b"0123456789abcdef"
DAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HALF_A_YEAR = timedelta(days=212)
A_MONTH = timedelta(days=28)
TIMES = ("09:00:00", "18:00:00")
BEFORE = ("previous", "from")
"""Fields that say what was."""
SINGULAR = {"people": "member", "visits": "visit", "opportunities": "opportunity", "stakeholders": "stakeholder"}
NAMES_OF_OWNED = {root.__name__ for root in OWNED}
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError)
"""What folding an example can raise into a state that lacks what it refers to."""


def example(topic: str, version: int) -> dict[str, Any]:
    """The example of a published type and version: a whole envelope."""
    made: dict[str, Any] = msgspec.json.decode(_example(topic, version))
    return made


@cache
def _example(topic: str, version: int) -> bytes:
    event = EVENTS[topic]
    whole = msgspec.json.decode(_enveloped(event))
    if version != event.schema_version:
        whole["data"]["fields"] = _fields(published()[topic, version], topic, 1)
        whole |= {"schemaversion": version, "dataschema": schema_id(topic, version)}
    return msgspec.json.encode(whole)


def _enveloped(event: type[Event]) -> bytes:
    position = 1_204 + list(EVENTS).index(event.topic)
    after = _fact(event, 1, position)
    found, account = _changed(after), STREAM if event.topic.startswith(f"{Account.__name__}.") else None
    made = enveloped(after, found, account or _of(event, "account"), "north" if account else "")
    return unsealed(made.event, made.sealed, lambda sealed, _: sealed.ciphertext.decode())


def _of(event: type[Event], field: str) -> UUID | None:
    """The account of what belongs to one, or is about one in a stream of the company's own."""
    kind = event.topic.partition(".")[0]
    of_one = kind in NAMES_OF_OWNED or (kind in COMPANY_KINDS and field in event.__struct_fields__)
    return uuid5(NAMESPACE, field) if of_one else None


def _fact(event: type[Event], variant: int, position: int) -> Recorded:
    return Recorded(
        originator_id=STREAM,
        originator_version=1 if event.opens else 7,
        event=_event(event, variant),
        occurred_at=MOMENT,
        actor=ACTOR,
        command_id=COMMAND,
        correlation_id=REQUEST,
        position=position,
        recorded_at=MOMENT + timedelta(minutes=12, seconds=3),
    )


@cache
def _event(event: type[Event], variant: int) -> Event:
    """An event of the example's values: its texts are sealed under keys that nobody has."""
    schema = published()[event.topic, event.schema_version]
    stated = _sealed(schema.fields, schema.defs, _fields(schema, event.topic, variant))
    hidden = {"hash": b"\0" * 32, "secret_hash": b"\0" * 32, "secret": _seal("whsec_")}
    stated |= {name: hidden[name] for name in event.__struct_fields__ if name in SECRETS}
    return msgspec.json.decode(msgspec.json.encode(stated), type=decodable(event))


def _seal(text: str) -> Sealed:
    return Sealed(NAMESPACE, FINGERPRINT, text.encode())


def _sealed(schema: Schema, defs: dict[str, Schema], value: Any) -> Any:
    """The value with every personal text sealed."""
    if value is None or not (schema := _resolved(schema, defs)):
        return value
    if schema is defs.get("Personal"):
        return _seal(value)
    if isinstance(value, dict):
        inside, other = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {name: _sealed(inside.get(name, other), defs, each) for name, each in value.items()}
    return [_sealed(schema.get("items", {}), defs, each) for each in value] if isinstance(value, list) else value


def _changed(fact: Recorded) -> list[Change]:
    """What a fact changes in a state that had the like before; where no state takes it, nothing."""
    event = type(fact.event)
    if isinstance(fact.event, Withdrawal):
        return _taken_back(event)
    best: tuple[tuple[bool, bool, bool], list[Change]] = ((False, False, False), [])
    for state in _states(event, again=not fact.event.claims(STREAM)):
        may = _may(state, fact.event)
        try:
            found = changes(state, fact)
        except UNREADABLE:
            continue
        telling = (may, any(each.before is not None for each in found), bool(found))
        if telling > best[0]:
            best = (telling, found)
    return best[1]


def _may(state: Aggregate, event: Event) -> bool:
    """Whether a state takes an event."""
    try:
        state.must_take(event)
        event.check(state.part_of(event))
    except (KamsError, *UNREADABLE):
        return False
    return True


def _states(event: type[Event], again: bool) -> Iterator[Aggregate]:
    """States into which an event may be folded, the most telling first; `again`: it may have happened before."""
    if event.opens:
        yield _state(event, [])
        return
    before = _siblings(event)
    if again:
        yield _state(event, [*before, event])
    yield _state(event, before)
    yield _state(event, [])


def _siblings(event: type[Event]) -> list[type[Event]]:
    """What is told before an event of the same part: its events in the order of the source."""
    same = [each for each in EVENTS.values() if _root(each) is _root(event) and each.part == event.part]
    same = [each for each in same if not each.opens and not issubclass(each, Withdrawal)]
    return same[: same.index(event)] if event in same else same


def _root(event: type[Event]) -> type[Aggregate]:
    return ROOTS[event.topic.partition(".")[0]]


def _state(event: type[Event], told: list[type[Event]]) -> Aggregate:
    root = _root(event)
    state = root(id=STREAM)
    opening = [each for each in EVENTS.values() if _root(each) is root and each.opens and not event.opens]
    for each in [*opening, *told]:
        try:
            state.fold(_fact(each, 0, 1))
        except UNREADABLE:
            continue
    return state


def _taken_back(event: type[Event]) -> list[Change]:
    """What the withdrawal of the first event that can be withdrawn changes."""
    own = [each for each in EVENTS.values() if _root(each) is _root(event)]
    gone = next((each for each in own if not each.opens and not issubclass(each, Withdrawal)), None)
    if gone is None:
        return []
    return taken_back(_state(gone, [gone]), _state(gone, []), _event(gone, 0))


def _fields(schema: Released, topic: str, variant: int) -> dict[str, Any]:
    made: dict[str, Any] = _Values(schema.defs, topic, variant).of(schema.fields, "")
    return made


def _resolved(schema: Schema, defs: dict[str, Schema]) -> Schema:
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
    return defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


class _Values:
    """Values of schemas, by the names of fields; `variant` is 0 for what was and 1 for what is then."""

    def __init__(self, defs: dict[str, Schema], topic: str, variant: int) -> None:
        self._defs, self._topic, self._variant = defs, topic, variant

    def of(self, schema: Schema, name: str) -> Any:
        """The value of a schema in a field."""
        if name in BEFORE and self._variant:
            return _Values(self._defs, self._topic, 0).of(schema, name)
        schema = _resolved(schema, self._defs)
        if "enum" in schema:
            return schema["enum"][self._variant % len(schema["enum"])]
        if schema.get("contentEncoding"):
            return b64encode(FINGERPRINT).decode()
        kinds = schema.get("type", "string")
        kind = next(each for each in kinds if each != "null") if isinstance(kinds, list) else kinds
        match kind:
            case "object":
                return self._object(schema, name)
            case "array":
                items = schema.get("prefixItems")
                return list(TIMES) if items else [self.of(schema["items"], SINGULAR.get(name, name))]
            case "boolean":
                return bool(self._variant)
            case "integer":
                return NUMBERS.get(name, (3, 4))[self._variant]
        return self._text(schema, name)

    def _object(self, schema: Schema, name: str) -> dict[str, Any]:
        if "properties" in schema:
            return {field: self.of(each, field) for field, each in schema["properties"].items()}
        names = _resolved(schema.get("propertyNames", {}), self._defs)
        keys = names["enum"][:2] if "enum" in names else ["price", "quality"]
        if names.get("format") == "uuid":
            keys = [str(uuid5(NAMESPACE, SINGULAR.get(name, name)))]
        return {key: self.of(schema["additionalProperties"], name) for key in keys}

    def _text(self, schema: Schema, name: str) -> str:
        ahead = HALF_A_YEAR if name in LATE else timedelta()
        match schema.get("format", ""):
            case "uuid":
                return str(uuid5(NAMESPACE, self._referred_to(name)))
            case "date":
                return (DAY + ahead + A_MONTH * self._variant).isoformat()
            case "date-time":
                moment = MOMENT + ahead + timedelta(hours=self._variant)
                return moment.isoformat().replace("+00:00", "Z")
            case "decimal":
                return DECIMALS.get(name, ("0.60", "0.65"))[self._variant]
        if schema.get("pattern", "").startswith("^[0-2]"):
            return TIMES[self._variant]
        if name == "name" and schema is self._defs.get("Personal"):
            return PEOPLE[self._variant]
        return TEXTS.get(name, (name.replace("_", " "),) * 2)[self._variant]

    def _referred_to(self, name: str) -> str:
        name = SINGULAR.get(name.removesuffix("_id"), name.removesuffix("_id"))
        name = "stakeholder" if name.endswith("_stakeholder") or name == "stakeholder" else name
        return f"{name} {self._variant}" if name in CHANGING else name
