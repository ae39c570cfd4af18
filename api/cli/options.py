"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

On = Annotated[
    str | None,
    typer.Option("--on", metavar="D", help="When it happened: a day or an ISO time with its zone; else now."),
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A remark kept with the fact, sealed.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="Id, external id or name of a member.")]
