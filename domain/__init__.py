"""The language of key account management: accounts, opportunities, members, policies, and what may happen to them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.vocabulary import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """A word of the vocabulary, imported when first asked for: who only wants a refusal waits for no aggregate."""
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(import_module("domain.vocabulary"), name)
