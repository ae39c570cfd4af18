"""What a composed figure is asked for, and what all of them say in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

from api.console.facts import Facts
from api.console.formats import capital
from api.console.frame import Frame
from api.console.telling import FEW, MOST_EVENTS, Fact, Group, LineTold, Why
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from projections.view import View


@dataclass(frozen=True)
class Asked:
    """The figure (the first word of its address), `whom` it is of, what is stated, and which page of its parts."""

    frame: Frame[Any]
    view: View
    figure: str
    whom: str
    stated: dict[str, list[str]]
    limit: int
    skip: int

    @staticmethod
    def of(frame: Frame[Any], view: View, address: str, *, limit: int, skip: int) -> Asked:
        """What an address asks for."""
        path, _, query = address.partition("?")
        figure, _, whom = path.partition("/")
        return Asked(frame, view, figure, unquote(whom), parse_qs(query), limit, skip)

    def one(self, name: str, default: str = "") -> str:
        """A parameter that is stated once."""
        return self.stated.get(name, [default])[-1]

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 on. Raises Malformed."""
        text = self.one(name, str(default))
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= most):
            raise Malformed(Fault(name, text[:80], say("expected a number from 1 to {most}", most=most)))
        return int(text)

    @cached_property
    def facts(self) -> Facts:
        """Facts as the panel shows them."""
        return Facts(self.frame, self.view)

    def events(self, positions: Iterable[int]) -> list[Fact]:
        """The newest of some events."""
        newest = sorted(set(positions))[-MOST_EVENTS:]
        shown = self.facts.at(newest)
        return [Fact(shown[position], "", []) for position in newest if position in shown]

    def why(self, title: str, made: str, value: str, groups: Sequence[Group], **more: Any) -> Why:
        """The figure as the panel shows it; of few parts all are opened."""
        for place, group in enumerate(groups):
            group.opened = len(groups) <= FEW or not place
        return Why(title=capital(title), made=made, value=value, groups=list(groups), **{"asked": [], **more})

    def page(self, groups: Sequence[Any]) -> Sequence[Any]:
        """The parts of the page that is asked for."""
        return groups[self.skip : self.skip + self.limit]


def untold(positions: Iterable[int]) -> LineTold | None:
    """Of some events, how many are earlier than the newest, which are told."""
    earlier = len(set(positions)) - MOST_EVENTS
    return (say("earlier events: {count}", count=earlier), "", []) if earlier > 0 else None
