"""An event as integrators get it: CloudEvents 1.0, what it states, what it changed, personal data apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec

from domain.aggregate import Event, Recorded
from domain.changes import Change
from domain.decodable import decodable
from domain.sealed import SECRETS, Sealed
from projections.streams.journal_rows import Unreadable

SOURCE = "/kams"
CHANGES = "changes"

Open = Callable[[Sealed, str], str | None]


class ChangedField(msgspec.Struct, frozen=True):
    """A value that became another: `path` is a JSON Pointer of the part, the field, the child, its field; null: there
    was none, or is none any more. Before the event that opens an aggregate there was nothing."""

    path: str
    before: Any
    after: Any


class Data(msgspec.Struct, kw_only=True):
    """What an event states, and what it changed in its aggregate by what was known when it was recorded. `sealed` names
    what is personal data, as JSON Pointers into `data`: null for those who may not read it, and where the person was
    forgotten."""

    fields: dict[str, Any] = {}
    changes: list[ChangedField] = []
    note: str | None = None
    sealed: list[str] = []


class CloudEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fact as CloudEvents 1.0 (structured mode). `id` is the position in the journal, `subject` the stream, `time`
    when it was recorded, `occurredat` when it happened. An event that cannot be read has `error` and no data; after one
    such in its stream what an event changed cannot be said: `changesunknown`."""

    specversion: str
    id: str
    source: str
    type: str
    subject: UUID
    time: datetime
    position: int
    datacontenttype: str = ""
    dataschema: str = ""
    schemaversion: int | None = None
    streamversion: int | None = None
    account: UUID | None = None
    territory: str = ""
    occurredat: datetime | None = None
    precision: str = ""
    actor: UUID | None = None
    origin: str = ""
    commandid: UUID | None = None
    correlationid: UUID | None = None
    causationid: int | None = None
    error: str = ""
    changesunknown: bool = False
    data: Data | None = None


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A sealed value and where it belongs in `data`."""

    path: tuple[str | int, ...]
    sealed: Sealed


class Enveloped(msgspec.Struct, frozen=True):
    """The envelope without personal data, as JSON, and what is sealed of it."""

    event: bytes
    sealed: bytes | None


_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_places = msgspec.msgpack.Decoder(decodable(list[Place]))
_loads = msgspec.json.Decoder().decode


def pointer(steps: Sequence[str]) -> str:
    """Steps as a JSON Pointer (RFC 6901)."""
    joined = "/".join(steps)
    if "~" in joined or joined.count("/") >= len(steps):
        joined = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    return f"/{joined}"


def steps_of(path: str) -> list[str]:
    """The steps of a JSON Pointer."""
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def schema_id(topic: str, version: int) -> str:
    """The name of the JSON Schema of an event's `data`: an absolute URI, which `dataschema` has to be."""
    return f"urn:kams:schema:{topic}:{version}"


def enveloped(
    fact: Recorded,
    changed: Sequence[Change] | None,
    account: UUID | None,
    territory: str,
    source: str = SOURCE,
    *,
    id: str = "",  # noqa: A002 the word of the specification
) -> Enveloped:
    """The envelope of a fact, and the places of what is sealed in it; `changed` is None where that cannot be had, `id`
    the position unless stated."""
    places: list[Place] = []
    data = Data(
        fields=_fields(fact.event, places),
        changes=[_changed(number, each, places) for number, each in enumerate(_told(fact.event, changed or ()))],
        note=_plain(fact.note, ("note",), places),
        sealed=[pointer(tuple(map(str, place.path))) for place in places],
    )
    event = CloudEvent(
        specversion="1.0",
        id=id or str(fact.position),
        source=source,
        type=fact.event.topic,
        subject=fact.originator_id,
        time=fact.recorded_at or fact.occurred_at,
        position=fact.position,
        datacontenttype="application/json",
        dataschema=schema_id(fact.event.topic, fact.event.schema_version),
        schemaversion=fact.event.schema_version,
        streamversion=fact.originator_version,
        account=account,
        territory=territory,
        occurredat=fact.occurred_at,
        precision=fact.precision.value,
        actor=fact.actor,
        origin=fact.origin.value,
        commandid=fact.command_id,
        correlationid=fact.correlation_id,
        causationid=fact.causation_id,
        changesunknown=changed is None,
        data=data,
    )
    return Enveloped(_encode(event), _pack(places) if places else None)


def unread(event: Unreadable, account: UUID | None, territory: str, id: str, source: str = SOURCE) -> Enveloped:  # noqa: A002
    """The envelope of an event that cannot be read: it is named, with the reason, and has no data."""
    made = CloudEvent(
        specversion="1.0",
        id=id,
        source=source,
        type=event.topic,
        subject=event.originator_id,
        time=event.recorded_at,
        position=event.position,
        streamversion=event.originator_version,
        account=account,
        territory=territory,
        error=event.reason,
    )
    return Enveloped(_encode(made), None)


def unsealed(event: bytes, sealed: bytes | None, open_: Open) -> bytes:
    """The same envelope with its personal data opened; what cannot be opened stays null."""
    if sealed is None:
        return event
    whole = _loads(event)
    changes = whole["data"]["changes"]
    for place in _places.decode(sealed):
        of_change = steps_of(changes[place.path[1]]["path"]) if place.path[0] == CHANGES else ()
        _put(whole["data"], place.path, _opened(place, of_change, open_))
    return _encode(whole)


def keys_of(sealed: Iterable[bytes | None]) -> set[UUID]:
    """The keys of what is sealed in some rows, to be fetched at once."""
    return {place.sealed.key for each in sealed if each is not None for place in _places.decode(each)}


def _opened(place: Place, of_change: Sequence[str], open_: Open) -> str | None:
    """A text is sealed under the name of the field that it was stated in: the nearest on the path that fits, or on
    that of the change. A change in whose aggregate the field has another name stays null."""
    from domain.journal.people import SealBroken

    broken: SealBroken | None = None
    for field in (*reversed(place.path), *reversed(of_change)):
        try:
            return open_(place.sealed, str(field))
        except SealBroken as error:
            broken = error
    if broken and not of_change:
        raise broken
    return None


def _put(data: Any, path: Sequence[str | int], text: str | None) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = text


def _fields(event: Event, places: list[Place]) -> Any:
    if _bare(event.__class__):
        return event
    return {
        name: _plain(value, ("fields", name), places)
        for field, name in zip(event.__struct_fields__, event.__struct_encode_fields__, strict=True)
        if field not in SECRETS and (value := getattr(event, field)) is not msgspec.UNSET
    }


def _changed(number: int, change: Change, places: list[Place]) -> ChangedField:
    before, after = change.before, change.after
    if not _bare(before.__class__):
        before = _plain(before, (CHANGES, number, "before"), places)
    if not _bare(after.__class__):
        after = _plain(after, (CHANGES, number, "after"), places)
    return ChangedField(pointer(change.path), before, after)


def _told(event: Event, changed: Iterable[Change]) -> Iterator[Change]:
    """What is told of what an event changed: no secrets; of what it opens, no defaults as if they had been there."""
    for each in changed:
        if not SECRETS.isdisjoint(each.path):
            continue
        if not event.opens:
            yield each
        elif each.after is not None:
            yield Change(each.path, None, each.after)


def _plain(value: Any, path: tuple[str | int, ...], places: list[Place]) -> Any:
    """A value as simple ones; what is sealed is null here and goes to `places`."""
    if isinstance(value, Sealed):
        places.append(Place(path, value))
        return None
    if _bare(value.__class__):
        return value
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        value = {name: getattr(value, field) for field, name in names if field not in SECRETS}
    if isinstance(value, Mapping):
        return {str(key): _plain(each, (*path, str(key)), places) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, (*path, number), places) for number, each in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return value


HOLDERS = (dict, list, tuple, set, frozenset)


@cache
def _bare(kind: type) -> bool:
    """Whether whatever is of a class is written as it is: nothing in it is sealed, secret or without order."""
    if not issubclass(kind, msgspec.Struct):
        return not issubclass(kind, HOLDERS)
    if issubclass(kind, Sealed) or not SECRETS.isdisjoint(kind.__struct_fields__):
        return False
    return all(_bare_hint(field.type) for field in msgspec.structs.fields(kind))


def _bare_hint(hint: Any) -> bool:
    if hint in (Any, object):
        return False
    if isinstance(hint, type) and not get_args(hint):
        return _bare(hint)
    inside = get_args(hint)
    return bool(inside) and get_origin(hint) not in (set, frozenset) and all(map(_bare_hint, _types(inside)))


def _types(arguments: tuple[Any, ...]) -> Iterator[Any]:
    """The types among the arguments of a hint, without what annotates it or stands for more of the same."""
    return (each for each in arguments if isinstance(each, type) or get_args(each))
