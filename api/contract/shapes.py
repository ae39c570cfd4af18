"""JSON Schemas (2020-12) of values as they stand in an envelope: what is sealed is a text or null, what is secret is
left out, and every field is there."""

from __future__ import annotations

import inspect as docs
from typing import Any

import msgspec
from msgspec import inspect

from domain.aggregate import Event
from domain.language.catalogue import terms
from domain.money import Money
from domain.sealed import SECRETS, Sealed

Schema = dict[str, Any]

DEFS = "#/$defs/{name}"
NULL: Schema = {"type": "null"}
PERSONAL: Schema = {
    "description": "Personal data: null for those who may not read it, and where the person was forgotten.",
    "type": ["string", "null"],
}
DECIMAL: Schema = {
    "description": "A decimal number as text, exact.",
    "type": "string",
    "format": "decimal",
    "pattern": r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
}
MONEY: Schema = {
    "description": "An amount of money: a decimal number as text, and its currency (ISO 4217).",
    "type": "object",
    "properties": {"amount": {"$ref": "#/$defs/Decimal"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}},
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
PLAIN: dict[type[inspect.Type], Schema] = {
    inspect.NoneType: NULL,
    inspect.BoolType: {"type": "boolean"},
    inspect.FloatType: {"type": "number"},
    inspect.BytesType: {"type": "string", "contentEncoding": "base64"},
    inspect.UUIDType: {"type": "string", "format": "uuid"},
    inspect.DateType: {"type": "string", "format": "date"},
    inspect.DateTimeType: {"type": "string", "format": "date-time"},
    inspect.TimeType: {"type": "string", "pattern": r"^[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$"},
    inspect.AnyType: {},
}
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
LENGTHS = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}
SAID_BY_BASES = {docs.cleandoc(each.__doc__ or "") for each in (Event, msgspec.Struct)}


def shape_of_event(event: type[Event]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of an event's fields, and of what that refers to. A field that may be left out is not required: it
    states nothing then."""
    shapes = Shapes()
    kind = inspect.type_info(event)
    assert isinstance(kind, inspect.StructType)
    return shapes.of_fields(kind), dict(sorted(shapes.defs.items()))


def shape_of(kind: Any) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a type, and of what it refers to."""
    shapes = Shapes()
    return shapes.of(inspect.type_info(kind)), dict(sorted(shapes.defs.items()))


class Shapes:
    """Makes schemas; what several refer to by name lies in `defs`."""

    def __init__(self) -> None:
        self.defs: dict[str, Schema] = {}

    def of(self, kind: inspect.Type) -> Schema:
        """The schema of a type."""
        match kind:
            case inspect.Metadata():
                return self.of(kind.type)
            case inspect.StrType():
                return {"type": "string", **_stated(kind, LENGTHS)}
            case inspect.IntType():
                return {"type": "integer", **_stated(kind, BOUNDS)}
            case inspect.DecimalType():
                return self._named("Decimal", DECIMAL)
            case inspect.LiteralType():
                return {"enum": list(kind.values)}
            case inspect.EnumType():
                values = [each.value for each in kind.cls]
                return self._named(kind.cls.__name__, {**_about(kind.cls), "type": "string", "enum": values})
            case inspect.UnionType():
                return self._of_union(kind)
            case inspect.StructType():
                return self._of_struct(kind)
            case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
                return {"type": "array", "items": self.of(kind.item_type)}
            case inspect.TupleType():
                each = [self.of(item) for item in kind.item_types]
                return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}
            case inspect.DictType():
                names = self.of(kind.key_type)
                whole = {"type": "object", "additionalProperties": self.of(kind.value_type)}
                return whole if names == {"type": "string"} else {**whole, "propertyNames": names}
        return dict(PLAIN[type(kind)])

    def of_fields(self, kind: inspect.StructType) -> Schema:
        """The schema of an object with the fields of a struct."""
        fields = [each for each in kind.fields if each.name not in SECRETS]
        omits = kind.cls.__struct_config__.omit_defaults
        may_lack = {
            each.name
            for each in msgspec.structs.fields(kind.cls)
            if each.default is msgspec.UNSET or (omits and not each.required)
        }
        return {
            **_about(kind.cls),
            "type": "object",
            "properties": {each.encode_name: {**_titled(each.name), **self.of(each.type)} for each in fields},
            "required": [each.encode_name for each in fields if each.name not in may_lack],
            "additionalProperties": False,
        }

    def _of_struct(self, kind: inspect.StructType) -> Schema:
        if kind.cls is Sealed:
            return self._named("Personal", PERSONAL)
        if kind.cls is Money:
            self._named("Decimal", DECIMAL)
            return self._named("Money", MONEY)
        name = kind.cls.__name__
        if name not in self.defs:
            self.defs[name] = {}
            self.defs[name] = self.of_fields(kind)
        return {"$ref": DEFS.format(name=name)}

    def _of_union(self, kind: inspect.UnionType) -> Schema:
        schemas = [self.of(each) for each in kind.types if not isinstance(each, inspect.NoneType)]
        nullable = len(schemas) != len(kind.types)
        schemas = [each for each in schemas if each != {"type": "null"}]
        one = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        if not nullable or one == {"$ref": DEFS.format(name="Personal")}:
            return one
        if isinstance(one.get("type"), str) and "enum" not in one:
            return {**one, "type": [one["type"], "null"]}
        return {"anyOf": [*one.get("anyOf", [one]), NULL]}

    def _named(self, name: str, schema: Schema) -> Schema:
        self.defs[name] = schema
        return {"$ref": DEFS.format(name=name)}


def _stated(kind: inspect.Type, names: dict[str, str]) -> Schema:
    found = {ours: getattr(kind, theirs) for theirs, ours in names.items()}
    return {name: value for name, value in found.items() if value is not None}


def _titled(field: str) -> Schema:
    """What a field is called in the language of the business, where that says more than its name."""
    found = terms("fields").get(field)
    return {"title": found.english} if found and found.english != field else {}


def _about(kind: type) -> Schema:
    """The docstring of a type, as a description."""
    said = docs.cleandoc(kind.__doc__ or "")
    return {"description": " ".join(said.split())} if said and said not in SAID_BY_BASES else {}
