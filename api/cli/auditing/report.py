"""`kams audit report`: the evidence pack of an account as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli import output
from api.cli.asking import KnownAt, NoWait, opened
from api.cli.options import day
from domain.language.catalogue import say


def add(audit: typer.Typer) -> None:
    """Add the command."""
    audit.command()(report)


def report(
    which: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, external id or name.")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="D", help="The first day; default: that of the first fact.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="The last day; default: today.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; default: evidence-ACCOUNT.html.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    known_at: KnownAt = None,
    no_wait: NoWait = False,
) -> None:
    """The evidence pack of an account: one HTML file that prints well, readable without KAMS.

    Timeline, decisions with their reasons, rules passed by an override, changes of what was forecast, what was
    recorded late, patterns of dating back, who saw what; with the proofs attached.
    """
    from datetime import UTC, datetime

    from api.evidence.pack import pack
    from api.files import new_file
    from api.names import find_account
    from domain.member import Role

    first, last = day("--from", since), day("--to", to)
    with opened(None, known_at, no_wait) as (made, view):
        asker = made.asker()
        asker.must_be(Role.AUDITOR, Role.ADMIN)
        account = find_account(view, which)
        path = out or Path(f"evidence-{which}.html")
        with new_file(path, force=force) as file:
            file.write(pack(made.journal, view, account, first, last, asker.member, datetime.now(UTC)).encode())
    output.say(say("Written: {path}", path=path))
