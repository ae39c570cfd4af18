"""Accounts that somebody typed by name, as the identifiers that a command takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.console.forms.accounts import chosen, not_chosen
from api.console.forms.asked import Asked
from api.console.forms.choices import is_any_account
from api.console.forms.shapes import Kind, Shape, Slot
from api.console.forms.typed import Typed
from api.identity import is_identifier
from domain.errors import Fault


def with_accounts(asked: Asked, slots: tuple[Slot, ...], typed: Mapping[str, Typed]) -> dict[str, Typed]:
    """What was typed, with the identifiers of accounts where one alone is meant."""
    by_name = {slot.name: slot.shape for slot in slots}
    return {
        name: _resolved(asked, by_name[name], each, name) if name in by_name else each for name, each in typed.items()
    }


def preset_of(asked: Asked, slots: tuple[Slot, ...]) -> dict[str, str]:
    """What the address of a form states, with the identifiers of accounts."""
    return with_accounts(asked, tuple(each for each in slots if each.shape.kind == Kind.IDENTIFIER), asked.preset)


def account_faults(asked: Asked, slots: tuple[Slot, ...], typed: Mapping[str, Typed]) -> list[Fault]:
    """What was typed for an account, and is none, or may be several."""
    return [fault for slot in slots for fault in _faults(asked, slot.shape, typed.get(slot.name), slot.name, slot.name)]


def _resolved(asked: Asked, shape: Shape, typed: Any, spot: str) -> Typed:
    if not typed:
        return typed
    if shape.kind == Kind.GROUP:
        parts = {slot.name: slot.shape for slot in shape.parts}
        return {name: _resolved(asked, parts[name], each, f"{spot}.{name}") for name, each in typed.items()}
    if shape.kind == Kind.ROWS and shape.of is not None:
        return [_resolved(asked, shape.of, each, spot) for each in typed]
    if shape.kind == Kind.IDENTIFIER and is_any_account(asked, spot, shape):
        return chosen(asked.view, typed)
    if shape.kind == Kind.LIST and is_any_account(asked, spot, shape):
        return [chosen(asked.view, each) for each in typed]
    return typed


def _faults(asked: Asked, shape: Shape, typed: Any, spot: str, path: str) -> Iterator[Fault]:
    if not typed:
        return
    if shape.kind == Kind.GROUP:
        for slot in shape.parts:
            name = slot.name
            yield from _faults(asked, slot.shape, typed.get(name), f"{spot}.{name}", f"{path}.{name}")
    elif shape.kind == Kind.ROWS and shape.of is not None:
        for number, each in enumerate(typed):
            yield from _faults(asked, shape.of, each, spot, f"{path}.{number}")
    elif shape.kind in (Kind.IDENTIFIER, Kind.LIST) and is_any_account(asked, spot, shape):
        several = shape.kind == Kind.LIST
        for number, each in enumerate(typed if several else [typed]):
            if not is_identifier(each):
                yield Fault(f"{path}.{number}" if several else path, each[:80], not_chosen(asked.view, each))
