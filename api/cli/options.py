"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated

import typer

from domain.language.catalogue import say

On = Annotated[
    str | None,
    typer.Option("--on", metavar="D", help="When it happened: a day or an ISO time with its zone; else now."),
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A remark kept with the fact, sealed.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="Id, external id or name of a member.")]
TerritoryArgument = Annotated[str, typer.Argument(metavar="TERRITORY", help="The key of a territory.")]


def none_of(text: str | None, known: Iterable[str], option: str) -> typer.BadParameter:
    """The usage error for a word that is none of the accepted ones; it names them."""
    return typer.BadParameter(say("{text} is none of {known}", text=text, known=", ".join(known)), param_hint=option)


def day(option: str, text: str | None) -> date | None:
    """A day as a person states it."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(say("{text} is not a day such as 2017-03-31", text=text), param_hint=option) from None
