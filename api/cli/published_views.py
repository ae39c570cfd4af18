"""`kams projections views`: the reporting views, and with which address other tools read them."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import output
from api.cli.asking import Json
from domain.language.catalogue import say


def add(projections: typer.Typer) -> None:
    """Add the command to its group."""
    projections.command()(views)


def views(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Every view with its columns, as a chapter of the documentation.")
    ] = False,
    json: Json = False,
) -> None:
    """The reporting views (报表视图): read-only SQL for other tools, as of now and of any moment.

    It makes them where they are not there, and says with which address they are read.
    """
    from projections.published import STANDING, as_markdown, published

    if markdown:
        typer.echo(as_markdown())
        return
    address, reader = _made()
    found = [STANDING, *published()]
    if json:
        columns = [[each._asdict() for each in view.columns] for view in found]
        listed = [
            {"view": f"reporting.{view.name}", "about": view.about, "columns": each}
            for view, each in zip(found, columns, strict=True)
        ]
        output.print_json({"address": address if reader else None, "views": listed})
        return
    rows = [(f"reporting.{view.name}", len(view.columns), view.about) for view in found]
    output.print_table("Reporting views", ["view", "columns", "a row"], rows)
    if reader:
        output.say(say("Connect as {address}; it may read these views and nothing else.", address=address))
        output.say("As of a moment: select * from reporting.opportunities_as_of('2026-03-31T23:59:59+08:00').")
    else:
        output.say("The server lets this program make no role for them: an admin of the database makes kams_reader.")


def _made() -> tuple[str, bool]:
    """The address for the reader, and whether he is there."""
    import psycopg

    from api.cli.doctor import masked
    from api.cli.embedded import servers
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.journal.roles import as_role
    from domain.member import KeyScope
    from projections.publishing import READER, publish

    settings = Settings.from_environment()
    with servers(settings, want_valkey=False) as addresses, system(settings) as made:
        made.asker().must_have(KeyScope.READ)
        with psycopg.connect(addresses.database_url, autocommit=True) as connection:
            publication = publish(connection)
        return masked(as_role(addresses.database_url, READER)) or "", publication.reader
