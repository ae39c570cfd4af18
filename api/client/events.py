"""An event as a program gets it: the CloudEvent with its fields at hand, and typed by the domain's own classes."""

from __future__ import annotations

import builtins
import types
import typing
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domain.decodable import decodable

T = TypeVar("T")


class Changed(msgspec.Struct, frozen=True):
    """A value that became another; `path` is the part, the field, the child, its field, as a JSON Pointer. None: there
    was none, or is none any more."""

    path: str
    before: Any
    after: Any

    @property
    def steps(self) -> list[str]:
        """The path, taken apart: `/profile/name` is `["profile", "name"]`."""
        return [step.replace("~1", "/").replace("~0", "~") for step in self.path.split("/")[1:]]


class _Data(msgspec.Struct):
    fields: dict[str, Any] = {}
    changes: list[Changed] = []
    note: str | None = None
    sealed: list[str] = []


class Said(msgspec.Struct):
    """Whatever a stream can say: an envelope, or how far was looked."""

    specversion: str = ""
    id: str = ""
    type: str = ""
    subject: UUID | None = None
    time: datetime | None = None
    position: int = 0
    schemaversion: int | None = None
    streamversion: int | None = None
    account: UUID | None = None
    territory: str = ""
    occurredat: datetime | None = None
    actor: UUID | None = None
    origin: str = ""
    error: str = ""
    data: _Data = msgspec.field(default_factory=_Data)
    examined: int | None = None
    to: int | None = None
    head: int | None = None
    epoch: int | None = None
    reason: str = ""


class Event(msgspec.Struct, kw_only=True, frozen=True):
    """A fact. `id` makes it known again (webhooks may come twice), `position` is its place in the journal, `subject`
    the stream; `time` when it was recorded, `occurred_at` when it happened. `fields` is what it states, `changes` what
    it changed; `sealed` names what is personal data (JSON Pointers into `data`: `/fields/name`), null where the key may
    not read it. `error` says why an event could not be read. `raw` is the envelope as it came."""

    position: int
    id: str
    type: str
    subject: UUID | None
    account: UUID | None = None
    territory: str = ""
    time: datetime | None = None
    occurred_at: datetime | None = None
    actor: UUID | None = None
    origin: str = ""
    schema_version: int | None = None
    version: int | None = None
    fields: dict[str, Any] = {}
    changes: list[Changed] = []
    note: str | None = None
    sealed: list[str] = []
    error: str = ""
    raw: bytes = b""

    def as_(self, kind: builtins.type[T]) -> T:
        """The fields as a type of yours (a msgspec Struct, a dataclass, a TypedDict): texts become UUIDs, dates,
        Decimals. Raises msgspec.ValidationError."""
        return msgspec.convert(self.fields, decodable(kind), strict=False)

    @property
    def typed(self) -> Any:
        """The fields as the domain's class of this event has them, an older schema brought to the newest; what is
        personal data is a text or None. None for an event that this program does not know."""
        import domain.vocabulary  # noqa: F401 who knows it knows all events
        from domain.aggregate import EVENTS

        event = EVENTS.get(self.type)
        if event is None or self.error or (self.schema_version or 1) > event.schema_version:
            return None
        fields = self.fields
        for step in range(self.schema_version or 1, event.schema_version):
            fields = event.upcasts[step](fields)
        return msgspec.convert(fields, decodable(_opened(event)), strict=False)


_read = msgspec.json.Decoder(decodable(Said)).decode


def said_in(line: bytes) -> Said:
    """What a line says. Raises msgspec.DecodeError."""
    return _read(line)


def event_of(said: Said, raw: bytes) -> Event:
    """The event of an envelope."""
    data = said.data
    return Event(
        position=said.position,
        id=said.id,
        type=said.type,
        subject=said.subject,
        account=said.account,
        territory=said.territory,
        time=said.time,
        occurred_at=said.occurredat,
        actor=said.actor,
        origin=said.origin,
        schema_version=said.schemaversion,
        version=said.streamversion,
        fields=data.fields,
        changes=data.changes,
        note=data.note,
        sealed=data.sealed,
        error=said.error,
        raw=raw,
    )


@cache
def _opened(kind: Any) -> Any:
    """A Struct like this one, with a text or None in the place of what is sealed; secrets are never sent."""
    fields: list[Any] = []
    for each in msgspec.structs.fields(kind):
        default = each.default if each.default_factory is msgspec.NODEFAULT else None
        optional = () if each.required else (None if default is msgspec.NODEFAULT else default,)
        if each.name in ("hash", "secret", "secret_hash"):
            optional = (None,)
        fields.append((each.encode_name, _plain(each.type), *optional))
    made = msgspec.defstruct(kind.__name__, fields, kw_only=True, frozen=True)
    made.__doc__ = kind.__doc__
    return made


def _plain(kind: Any) -> Any:
    from domain.sealed import Sealed

    if kind is Sealed:
        return str | None
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _opened(kind) if _holds(kind, Sealed) else kind
    arguments = typing.get_args(kind)
    if not arguments or typing.get_origin(kind) is typing.Literal:
        return kind
    if typing.get_origin(kind) is typing.Annotated:
        return typing.Annotated[(_plain(arguments[0]), *arguments[1:])]
    found = tuple(_plain(each) for each in arguments)
    if found == arguments:
        return kind
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return typing.Union[found]  # noqa: UP007 made of what is known only now
    return typing.get_origin(kind)[found]


@cache
def _holds(kind: Any, wanted: Any) -> bool:
    """Whether a type holds another one somewhere."""
    if kind is wanted:
        return True
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return any(_holds(each.type, wanted) for each in msgspec.structs.fields(kind))
    return any(_holds(each, wanted) for each in typing.get_args(kind) if each is not kind)
