"""The command `kams findings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, opened

if TYPE_CHECKING:
    from projections.findings_answer import FindingsAnswer

HEADER = ("weight", "finding", "about", "deal", "what", "since", "positions")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(findings)


def findings(
    account: AccountKey = "",
    member: Annotated[
        str, typer.Option("--member", metavar="PERSON", help="Only what this person should look at.")
    ] = "",
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="Only these rules, separated by commas.")] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Findings (发现): what rules of thumb say about deals, customers and our own work, with the events behind it."""
    from api.names import find_account, find_member
    from api.titles import entitle
    from projections.findings_answer import FindingFilters
    from projections.findings_answer import findings as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        filters = FindingFilters(
            account=find_account(view, account) if account else None,
            member=find_member(made.journal, view, member) if member else None,
            rules=tuple(name.strip() for name in rule.split(",") if name.strip()),
        )
        answer = ask(view, filters)
        entitle(made.journal, answer.findings)
        show(answer, json, csv)


def show(answer: FindingsAnswer, json: bool, csv: bool) -> None:
    """The findings, the weightiest first."""
    from api.cli.funnel_output import stamp
    from domain.language.catalogue import say, term

    if json:
        output.print_json(answer)
        return
    rows = [
        (
            line.weight,
            line.rule if csv else term("findings", line.rule),
            line.name or term("SubjectKind", line.kind.value),
            line.external_id,
            line.text,
            line.since.date() if line.since else None,
            " ".join(map(str, line.positions)),
        )
        for line in answer.findings
    ]
    if csv:
        output.print_csv(HEADER, rows)
    elif not rows:
        output.console().print(say("No findings."))
    else:
        title = say("Findings as of {stamp}", stamp=stamp(answer))
        output.print_table(title, HEADER[:-1], [row[:-1] for row in rows])
