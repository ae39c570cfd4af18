"""What all policies share: streams that always exist, and a document to show and set."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, get_args, get_origin
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import Aggregate
from domain.decodable import decodable
from domain.errors import Fault, Malformed

NAMESPACE = UUID("7a4a3c0e-5f0b-5c7e-9d1a-0c6b5f3f2a11")


def policy_id(kind: str, key: str = "") -> UUID:
    """The stream of a policy: by its kind (the class's name) and, where there are several, its key."""
    return uuid5(NAMESPACE, f"{kind}\n{key}")


class Policy(Aggregate, eq=False):
    """Data that decisions use, dated by the moment of the command that set it.

    `keyed_by` names the command parameter, or else the field of the aggregate, that holds the policy's key;
    it is empty where the company has one policy of the kind.
    """

    keyed_by: ClassVar[str] = ""

    opened: bool = True

    def define(self, *args: Any, **document: Any) -> None:
        """Set the whole policy; each kind states its own parameters, which are the fields of its document."""

    def suppose(self) -> None:
        """Let it be one that never held: a what-if asks under it, and records nothing."""
        self.__dict__["is_supposed"] = True

    @property
    def supposed(self) -> bool:
        """Whether it holds only in a what-if."""
        return bool(self.__dict__.get("is_supposed"))

    def values(self) -> dict[str, Any]:
        """The fields of the document, as they are."""
        return {name: getattr(self, name) for name in _parameters(type(self))}

    def is_there(self) -> bool:
        """Whether there is such a policy: always, unless it has a key under which nobody defined or shipped one."""
        return True

    def to_document(self) -> dict[str, Any]:
        """The policy as plain values, in the shape that `define_from` takes. Absent values are left out."""
        document = {}
        for name, parameter in _parameters(type(self)).items():
            value = getattr(self, name)
            if isinstance(value, dict) and not _takes_dict(parameter.annotation):
                value = list(value.values())
            document[name] = msgspec.to_builtins(value)
        stripped: dict[str, Any] = _without_none(document)
        return stripped

    def define_from(self, document: Mapping[str, Any]) -> None:
        """Set the policy from plain values (TOML or JSON); raises `Malformed` where they do not fit."""
        try:
            typed = msgspec.convert(dict(document), decodable(_shape(type(self))))
        except msgspec.ValidationError as error:
            reason, _, path = str(error).partition(" - at `$.")
            raise Malformed(Fault(path.rstrip("`") or "document", "", reason)) from error
        self.define(**{name: getattr(typed, name) for name in _parameters(type(self))})


@cache
def _parameters(kind: type[Policy]) -> Mapping[str, inspect.Parameter]:
    """The fields of the document of a kind. To look at a signature takes longer than to read most policies."""
    signature = inspect.signature(kind.define, eval_str=True)
    return {p.name: p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}


@cache
def _shape(kind: type[Policy]) -> type[msgspec.Struct]:
    """What the document of a kind is read into; what has no default must be stated."""
    fields = [(name, p.annotation, p.default) for name, p in _parameters(kind).items()]
    required = [(name, takes) for name, takes, default in fields if default is inspect.Parameter.empty]
    optional = [field for field in fields if field[2] is not inspect.Parameter.empty]
    return msgspec.defstruct("Document", [*required, *optional], kw_only=True, forbid_unknown_fields=True)


def _takes_dict(annotation: Any) -> bool:
    return dict in {get_origin(each) for each in (annotation, *get_args(annotation))}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value
