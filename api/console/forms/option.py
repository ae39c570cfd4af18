"""A choice of a form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api.console.forms.asked import Asked


@dataclass(frozen=True)
class Option:
    """A value and what it is called."""

    value: str
    label: str


Choices = list[Option]
Choose = Callable[[Asked], Choices]
