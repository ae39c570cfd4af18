"""`kams programmes`, `kams programme`: partner programmes (金钥匙合作伙伴) in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(programmes)
    app.command()(programme)


def programmes(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, by title.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Partner programmes (金钥匙合作伙伴): partners, who is below the threshold, rewards due.

    Counted are partners whose accounts you may see.
    """
    from api.cli.programme_output import show_all
    from projections.programmes import programmes as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        answer = ask(view)
        answer.cut(limit)
        show_all(answer, json, csv)


def programme(
    name: Annotated[str, typer.Argument(metavar="ID", help="The programme: id, external id or title.")],
    partner: Annotated[
        str, typer.Option("--partner", metavar="ACCOUNT", help="One partner over time: id, external id or name.")
    ] = "",
    periods: Annotated[int, typer.Option("--periods", min=1, help="How many periods of each, the newest first.")] = 8,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many partners, those below first.")] = 500,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A partner programme: its terms and each partner's standing; with --partner one partner over time.

    Scores are 0 to 100, weighted over the obligations of each side; partners are those whose accounts you may see.
    """
    from api.cli.programme_output import show_partner, show_programme
    from api.names import find_account, opening
    from projections.programmes import find_programme
    from projections.programmes import partner as ask_partner
    from projections.programmes import programme as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        key = find_programme(view, name)
        if partner:
            account = find_account(view, partner)
            one = ask_partner(view, key, account, periods=periods, read=opening(made.journal, view))
            show_partner(one, json, csv)
        else:
            answer = ask(view, key, periods=periods)
            answer.cut(limit)
            show_programme(answer, json, csv)
