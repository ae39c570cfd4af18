"""`kams balance`: what both sides gave and promised each other."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import day


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(balance)


def balance(
    which: Annotated[
        str, typer.Argument(metavar="[ACCOUNT]", help="Id, external id or name; all accounts if not stated.")
    ] = "",
    since: Annotated[
        str | None, typer.Option("--since", metavar="D", help="Only what happened from this day on.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """What both sides gave, received and promised each other (双方付出), per account."""
    from api.cli import balance_output
    from api.names import find_account
    from projections.balance import balance as ask

    first = day("--since", since)
    with opened(as_of, known_at, no_wait) as (_, view):
        answer = ask(view, find_account(view, which) if which else None, since=first)
        balance_output.show(answer, bool(which), json, csv)
