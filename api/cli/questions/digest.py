"""The commands `kams digest` and `kams digest send`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import AsOf, Json, KnownAt, NoWait

if TYPE_CHECKING:
    from uuid import UUID

    from api.cli.session import System
    from projections.view import View

Who = Annotated[
    str, typer.Option("--member", metavar="PERSON", help="Whose: id, external id or name; default: one's own.")
]
Week = Annotated[
    str, typer.Option("--week", metavar="WEEK", help="An ISO week such as 2026-W44; default: the week that runs.")
]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="The weekly digest (每周摘要): what is due, what changed, what the quarter will bring.",
        invoke_without_command=True,
    )
    group.callback()(digest)
    group.command("send")(send)
    app.add_typer(group, name="digest")


def digest(
    context: typer.Context,
    member: Who = "",
    week: Week = "",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page into this file.")
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print it as text, as it does by itself.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """The weekly digest (每周摘要) of a member: what is due, what the last week changed, what the quarter will bring.

    It is as of the first moment of its week, with the member's own rights of now, in the member's language.
    """
    from api.digests.letter import digest as ask
    from api.digests.letter import letter
    from api.files import new_file
    from domain.language.catalogue import say

    if context.invoked_subcommand is not None:
        return
    with _viewing(member, as_of, known_at, no_wait) as (made, view, whose):
        if json:
            output.print_json(ask(made.journal, view, whose, week))
            return
        found = letter(made.journal, view, whose, week)
    if html is None or text:
        typer.echo(found.text, nl=False)
    if html is not None:
        with new_file(html, force=force) as file:
            file.write(found.html.encode())
        output.say(say("Written: {path}", path=html))


@contextmanager
def _viewing(
    member: str, as_of: str | None, known_at: str | None, no_wait: bool
) -> Iterator[tuple[System, View, UUID]]:
    """A view with the member's own rights; what is sealed opens only where the asker may read it, too."""
    from api.access import Access
    from api.cli.asking import up_to_date, view_at
    from api.names import find_member
    from api.questions.digest import may_read
    from domain.rights import rights_of

    with up_to_date(no_wait) as (made, asker):
        whose = asker.member
        if member:
            with view_at(made, as_of, known_at, asker.visibility) as view:
                whose = find_member(made.journal, view, member)
        Access(made.newest).must_see_member(asker, whose)
        theirs = may_read(rights_of(made.newest, whose), asker.visibility)
        with view_at(made, as_of, known_at, theirs) as view:
            yield made, view, whose


def send(
    week: Week = "",
    member: Annotated[
        str, typer.Option("--member", metavar="PERSON", help="To this one alone: id, external id or name.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Really send; else only say who would get it.")] = False,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """Send the digest of a week by e-mail to those who did not get it; without --yes only say who would.

    Needs KAMS_SMTP_URL and KAMS_MAIL_FROM; workers send it by themselves as KAMS_DIGEST_AT says (0 7 * * 1).
    """
    import psycopg

    from api.cli.asking import up_to_date, view_at
    from api.cli.digesting import digests_of, plan_of, week_stated
    from api.names import find_member, member_names
    from domain.language.catalogue import say
    from domain.member import Role
    from domain.visibility import Visibility

    with up_to_date(no_wait) as (made, asker):
        asker.must_be(Role.ADMIN)
        digests = digests_of(made)
        with view_at(made, None, None, Visibility.whole(asker.member)) as view:
            wanted = week_stated(view, week)
            only = find_member(made.journal, view, member) if member else None
            names = member_names(made.journal, view)
            plan = plan_of(made, view, wanted, only)
        if yes:
            with psycopg.connect(made.addresses.database_url, autocommit=True) as connection:
                plan = digests.send(connection, wanted, [each.member for each in plan], now_at_once=True)
    if json:
        output.print_json([each._asdict() for each in plan])
        return
    rows = [(names.get(each.member, str(each.member)), say(each.state), each.error) for each in plan]
    output.print_table(say("Digest of {week}", week=wanted), ("member", "state", "error"), rows)
    if not yes:
        output.say("Nothing was sent: --yes sends it.")
