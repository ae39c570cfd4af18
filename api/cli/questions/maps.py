"""`kams map`: who decides, drawn as text."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("map")(decision_map)


def decision_map(
    opportunity: Annotated[str, typer.Argument(help="Id or external id of an opportunity.")] = "",
    account: Annotated[
        str, typer.Option("--account", metavar="ACCOUNT", help="The whole customer instead: id, external id or name.")
    ] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    since: Annotated[str | None, typer.Option("--since", metavar="D", help="What changed since that day.")] = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The decision map (决策人图): who is there, who influences whom, where they stand, what is missing."""
    from api.cli import map_output
    from api.decision_maps import opened_map
    from api.names import find_account, find_opportunity
    from api.process_words import process_words
    from projections.decision_map import decision_map as ask

    if bool(opportunity) == bool(account):
        raise typer.BadParameter("state an opportunity, or an account with --account", param_hint="OPPORTUNITY")
    with opened(as_of, known_at, no_wait) as (made, view):
        moment = made.calendar.moment("since", since)
        if opportunity:
            answer = ask(view, opportunity=find_opportunity(made.journal, view, opportunity), since=moment)
        else:
            answer = ask(view, account=find_account(view, account), since=moment)
        map_output.show(opened_map(made.journal, view, answer), json, csv, process_words(view))
