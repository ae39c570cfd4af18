"""The command `kams todo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened

if TYPE_CHECKING:
    from projections.todo import TodoAnswer

HEADER = ("score", "about", "deal", "what", "due", "note")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(todo)


def todo(
    member: Annotated[
        str, typer.Option("--member", metavar="PERSON", help="Whose list: id, external id or name; else everybody's.")
    ] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """To do (待办): per person, ranked, each with its reason: what is due, and what findings ask for."""
    from api.names import find_member, member_names, reading
    from api.titles import entitle
    from projections.todo import todo as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        wanted = find_member(made.journal, view, member) if member else None
        answer = ask(view, wanted, lambda text, field: reading(made.journal, view, field)(text))
        entitle(made.journal, answer.items)
        show(answer, member_names(made.journal, view), json, csv)


def show(answer: TodoAnswer, names: dict[UUID, str], json: bool, csv: bool) -> None:
    """A list for each person."""
    from api.cli.funnel_output import stamp
    from domain.language.catalogue import say

    if json:
        output.print_json(answer)
        return
    if csv:
        rows = [
            (names.get(one.member, str(one.member)) if one.member else "", one.kind, one.name, one.external_id,
             one.reason, one.due, one.score, one.text, " ".join(map(str, one.positions)))
            for one in answer.items
        ]  # fmt: skip
        output.print_csv(("member", "kind", "about", "deal", "what", "due", "score", "note", "positions"), rows)
        return
    if not answer.items:
        output.console().print(say("Nothing to do."))
        return
    output.console().print(say("To do as of {stamp}", stamp=stamp(answer)))
    for person in dict.fromkeys(one.member for one in answer.items):
        title = names.get(person, str(person)) if person else say("Nobody's")
        lines = [
            (round(one.score), one.name, one.external_id, one.reason, one.due, one.text or "")
            for one in answer.items
            if one.member == person
        ]
        output.print_table(f"\n{title}", HEADER, lines)
