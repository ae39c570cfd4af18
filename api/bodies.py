"""Reading what people send: JSON bodies and query strings into Structs, naming every wrong field at once."""

from __future__ import annotations

import enum
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from api.refusals import NotJson
from domain.decodable import decodable
from domain.errors import Fault, Malformed
from domain.language.catalogue import say

S = TypeVar("S", bound=msgspec.Struct)

LONGEST_SHOWN = 80
LARGEST_INT = 2**53
LARGEST_EXPONENT = 15
FIRST_YEAR, LAST_YEAR = 1000, 9000
VALID = {
    "Invalid UUID": "an identifier (UUID)",
    "Invalid RFC3339 encoded date": "a day such as 2025-03-31",
    "Invalid RFC3339 encoded datetime": "a moment with its zone such as 2025-03-31T09:00:00+08:00",
    "Expected `datetime` with a timezone component": "a moment with its zone such as 2025-03-31T09:00:00+08:00",
    "Invalid RFC3339 encoded time": "a time such as 09:30",
    "Invalid decimal string": "a number such as 1234.50",
}
"""What would be accepted, by msgspec's reason."""
KINDS = {
    "int": "a whole number",
    "float": "a number such as 1234.50",
    "decimal": "a number such as 1234.50",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing (null)",
    "date": "a day such as 2025-03-31",
    "datetime": "a moment with its zone such as 2025-03-31T09:00:00+08:00",
    "time": "a time such as 09:30",
    "uuid": "an identifier (UUID)",
}
"""What msgspec calls a kind of value, in words."""
BOUNDED = {"float": "a number", "decimal": "a number"}
"""The same where a bound stands behind it, which is example enough."""
BOUNDS = {
    ">=": "{kind}, at least {bound}",
    "<=": "{kind}, at most {bound}",
    ">": "{kind}, more than {bound}",
    "<": "{kind}, less than {bound}",
}
"""How a number is bounded, in words."""

SEPARATED = {"separated_by": "commas"}
"""What `msgspec.Meta.extra` of a query's field says where it holds several things in one text."""
MORE_THAN_ONCE = ("stated more than once", "stated more than once: state several in one, separated by commas")

_json = msgspec.json.Decoder(float_hook=Decimal)


def body_of(kind: type[S], raw: bytes) -> S:
    """A body as a Struct. Raises NotJson (400), or Malformed (422) with every fault."""
    return converted(kind, value_of(raw))


def value_of(raw: bytes) -> Any:
    """What a body says, as plain values; numbers with a point are exact. Raises NotJson."""
    try:
        return _json.decode(raw or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJson(reason=str(error)) from None


def converted(kind: type[S], value: Any) -> S:
    """Plain values as a Struct. Raises Malformed with every fault."""
    return _converted(kind, value, strict=True)


def query_of(kind: type[S], raw: bytes) -> S:
    """A query string as a Struct; every parameter at most once. Raises Malformed with every fault."""
    values: dict[str, str] = {}
    repeated = []
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        if name in values:
            repeated.append(Fault(name, value, MORE_THAN_ONCE[name in _lists(kind)]))
        values[name] = value
    if repeated:
        raise Malformed(*repeated)
    return _converted(kind, values, strict=False)


def without_blanks(raw: bytes) -> bytes:
    """A query string without the parameters that a form left blank."""
    return b"&".join(each for each in raw.split(b"&") if not each.endswith(b"="))


JUST_RECORDED = "recorded"
"""The parameter of every page of the console that says at which position its reader just recorded something; 0 says
that it was so already."""


def just_recorded_in(raw: bytes) -> tuple[bytes, int | None]:
    """A query string without what was just recorded, and that."""
    pairs = [(each, each.partition(b"=")) for each in raw.split(b"&")]
    kept = [each for each, (name, _, _) in pairs if name != JUST_RECORDED.encode()]
    stated = next((value for _, (name, _, value) in pairs if name == JUST_RECORDED.encode()), b"")
    return b"&".join(kept), int(stated) if stated.isdigit() and len(stated) < 16 else None


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a type: msgspec reads its annotations anew whenever it is asked."""
    return msgspec.structs.fields(kind)


def _lists(kind: type[msgspec.Struct]) -> set[str]:
    """The parameters that hold several things, separated by commas."""
    return {
        field.encode_name
        for field in _fields(kind)
        if any(isinstance(part, msgspec.Meta) and part.extra == SEPARATED for part in _parts(field.type))
    }


def _converted(kind: type[S], value: Any, *, strict: bool) -> S:
    faults = list(_faults(kind, value, "", strict))
    if faults:
        raise Malformed(*faults)
    return msgspec.convert(value, decodable(kind), strict=strict)


def _faults(kind: Any, value: Any, path: str, strict: bool) -> Iterator[Fault]:
    """Every reason why a value is not of a type; what msgspec accepts but the journal cannot keep, too."""
    plain = _plain(kind, value)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        yield from _struct_faults(plain, value, path, strict)
    elif typing.get_origin(plain) in (list, tuple) and isinstance(value, list):
        yield from _list_faults(plain, value, path, strict)
    else:
        yield from _leaf_faults(kind, value, path, strict)


def _struct_faults(kind: type[msgspec.Struct], value: Any, path: str, strict: bool) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path or "body", shown(value), "expected an object")
        return
    fields = _fields(kind)
    known = {field.encode_name for field in fields}
    for name in value:
        if name not in known:
            yield Fault(
                _joined(path, shown(name)),
                "",
                say("unknown field; known: {known}", known=", ".join(sorted(known)) or "none"),
            )
    for field in fields:
        if field.encode_name in value:
            yield from _faults(field.type, value[field.encode_name], _joined(path, field.encode_name), strict)
        elif field.required:
            yield Fault(_joined(path, field.encode_name), "", "required")


def _list_faults(kind: Any, value: list[Any], path: str, strict: bool) -> Iterator[Fault]:
    arguments = [each for each in typing.get_args(kind) if each is not Ellipsis]
    if typing.get_origin(kind) is tuple and Ellipsis not in typing.get_args(kind) and len(arguments) != len(value):
        yield Fault(path, shown(value), say("expected {arguments} values", arguments=len(arguments)))
        return
    for number, each in enumerate(value):
        yield from _faults(arguments[min(number, len(arguments) - 1)], each, f"{path}[{number}]", strict)


def _leaf_faults(kind: Any, value: Any, path: str, strict: bool) -> Iterator[Fault]:
    try:
        found = msgspec.convert(value, decodable(kind), strict=strict)
    except msgspec.ValidationError as error:
        yield Fault(path, shown(value), _said(kind, str(error).partition(" - at `")[0], shown(value), strict=strict))
        return
    except (OverflowError, ValueError):
        yield Fault(path, shown(value), "out of range")
        return
    for each in _contents(found):
        reason = _unkeepable(each)
        if reason:
            yield Fault(path, shown(each), reason)
            return


def _said(kind: Any, reason: str, found: str, *, strict: bool) -> str:
    """A reason with what was found and what would be accepted, in words."""
    if reason.startswith("Invalid enum value"):
        accepted = [str(each.value) for part in _parts(kind) if _is_enum(part) for each in part]
        value = reason.removeprefix("Invalid enum value").strip()
        return say("Invalid enum value {value}; accepted: {accepted}", value=value, accepted=", ".join(accepted))
    if "matching regex" in reason:
        about = [part.description for part in _parts(kind) if isinstance(part, msgspec.Meta) and part.description]
        return say("expected: {about}", about=say(about[0])) if about else reason
    expected = _expected(reason, strict=strict)
    return say("`{found}` is not accepted: expected {expected}", found=found, expected=expected) if expected else reason


def _expected(reason: str, *, strict: bool) -> str:
    """What msgspec would have accepted, in words; empty for a reason that is not known here. A query cannot say
    null."""
    if reason in VALID:
        return say(VALID[reason])
    stated = re.fullmatch(r"Expected `([a-z0-9| ]+)`(?:, got `.*`| (of length )?([<>]=?) (.+))?", reason)
    if not stated:
        return ""
    kinds = [kind for kind in stated[1].split(" | ") if strict or kind != "null"]
    if stated[3] and not stated[2]:
        bare = [say(BOUNDED.get(kind, KINDS.get(kind, kind))) for kind in kinds]
        return say(BOUNDS[stated[3]], kind=say(" or ").join(bare), bound=stated[4].removesuffix(".0"))
    words = say(" or ").join(say(KINDS.get(kind, kind)) for kind in kinds)
    return words + (f" {say('of length')} {stated[3]} {stated[4]}" if stated[2] else "")


def _parts(kind: Any) -> Iterator[Any]:
    """A type, what it is made of, and what it is annotated with."""
    yield kind
    for each in typing.get_args(kind):
        yield from _parts(each)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def _contents(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple) else (value,)


def _unkeepable(value: Any) -> str:
    """Why a value of the right type cannot be recorded all the same; empty where it can."""
    if isinstance(value, str) and "\0" in value:
        return "contains a NUL character"
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        return say("out of range: at most {most}", most=LARGEST_INT)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return "not a finite number"
        if abs(value.adjusted()) > LARGEST_EXPONENT:
            return say("out of range: at most {most} digits before or after the point", most=LARGEST_EXPONENT)
    if isinstance(value, date | datetime) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return say("out of range: years {first} to {last}", first=FIRST_YEAR, last=LAST_YEAR)
    return ""


def _plain(kind: Any, value: Any) -> Any:
    """The type without annotations, `| None` and `| UNSET`; the whole where a null is allowed and given."""
    while True:
        origin = typing.get_origin(kind)
        if origin is typing.Annotated:
            kind = typing.get_args(kind)[0]
        elif origin in (typing.Union, types.UnionType):
            left = [each for each in typing.get_args(kind) if each not in (types.NoneType, msgspec.UnsetType)]
            if len(left) != 1 or (value is None and types.NoneType in typing.get_args(kind)):
                return kind
            kind = left[0]
        else:
            return kind


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def shown(value: Any) -> str:
    """What was found, cut where it is long."""
    text = str(value) if isinstance(value, str | Decimal) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
