"""`kams accounts duplicates`: accounts that may be one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.duplicates_answer import Candidate, DuplicatesAnswer, Side

HEADER = ["score", "account", "name", "other account", "other name", "alike"]


def add(app: typer.Typer) -> None:
    """Add the command."""
    accounts = typer.Typer(help="All accounts: those that may be one customer.", no_args_is_help=True)
    accounts.command()(duplicates)
    app.add_typer(accounts, name="accounts")


def duplicates(
    account: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Id, external id or name; all if left out.")] = "",
    at_least: Annotated[int, typer.Option("--min", min=0, max=100, help="The lowest score to be shown.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Accounts that may be one customer (重复客户), with the reasons; nothing is merged by itself.

    Merge two of them with: kams command account ONE merge --set into=ID --set reason=TEXT
    """
    from api.names import find_account
    from projections.duplicates import duplicates as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        show(ask(view, find_account(view, account) if account else None, at_least), json, csv)


def show(answer: DuplicatesAnswer, json: bool, csv: bool) -> None:
    """One line per pair."""
    if json:
        output.print_json(answer)
        return
    rows = [_row(each) for each in answer.candidates]
    if csv:
        output.print_csv(HEADER, rows)
        return
    if rows:
        output.print_table("Accounts that may be one customer", HEADER, rows)
    else:
        output.say(say("No two accounts look alike (score {at_least} or more).", at_least=answer.at_least))
    for crowd in answer.crowds:
        output.say(
            say(
                "Left out: {accounts} accounts share the {what} {value}.",
                accounts=crowd.accounts,
                what=output.label(crowd.what.replace("_", " ")),
                value=crowd.value,
            )
        )


def _row(pair: Candidate) -> tuple[object, ...]:
    alike = ", ".join(output.label(reason.what.replace("_", " ")) for reason in pair.reasons)
    against = say(" (but the tax numbers differ)") if pair.tax_numbers_differ else ""
    return (pair.score, _key(pair.first), pair.first.name, _key(pair.second), pair.second.name, alike + against)


def _key(side: Side) -> str:
    return side.external_id or str(side.account)
