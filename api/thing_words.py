"""What products, territories, steps of visits and sales processes are called, beside stages and questions, where people
read facts; machines and commands keep their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from api.identity import is_identifier
from api.process_words import process_words
from domain.language.catalogue import either

if TYPE_CHECKING:
    from projections.view import View

UUID_LENGTH = 36
KINDS = {"product": "product", "process": "process", "steps": "step", "territory": "territory"}
"""Fields that hold keys, and of what."""


def thing_words(view: View, process: str = "") -> dict[str, str]:
    """The words of processes (`process_words`), and by kind and key the names of products, territories, steps and
    processes."""
    policies = view.policies
    steps = [step for each in policies.visit_template.templates.values() for step in each.steps]
    words = process_words(view, process)
    words |= {f"step {each.key}": either(each.name, each.name_zh) for each in steps}
    words |= {f"process {each.key}": either(each.name, each.name_zh) for each in policies.processes() if each.name}
    words |= {f"territory {key}": each.name for key, each in policies.territories.territories.items() if each.name}
    return words | {f"product {key}": each.name for key, each in policies.price_list.products.items() if each.name}


def named(value: Any, field: str, words: Mapping[str, str]) -> Any:
    """A value of a field with names instead of keys, also in the parts of which it is made; an identifier that stands
    as text is one again, of which a name is known or none."""
    if isinstance(value, str):
        if len(value) == UUID_LENGTH and is_identifier(value):
            return UUID(value)
        return words.get(f"{KINDS[field]} {value}", value) if field in KINDS else value
    if isinstance(value, tuple):
        return tuple(named(each, field, words) for each in value)
    if isinstance(value, msgspec.Struct) and isinstance(key := getattr(value, "product", None), str):
        return msgspec.structs.replace(value, product=named(key, "product", words))
    return value
