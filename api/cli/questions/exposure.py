"""`kams exposure`: what is lost if a manager or a contact leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output, sheets
from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, opened
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.exposure_answer import Exposure, ExposureAnswer

HEADER = ["who", "", "value at risk", "weighted", "deals", "known to one alone", "carries alone", "meetings alone",
          "visits", "items"]  # fmt: skip
THREADS = ["account", "name", "single thread", "of ours", "of theirs"]
MOST = 20


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(exposure)


def exposure(
    manager: Annotated[str, typer.Option("--manager", metavar="PERSON", help="Only this one of ours.")] = "",
    contact: Annotated[
        str, typer.Option("--contact", metavar="PERSON", help="Only this one of theirs: id, external id or name.")
    ] = "",
    account: AccountKey = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Exposure (风险敞口): what is lost if a manager or a contact leaves, the most valuable first."""
    from api.exposures import opened_exposure
    from api.names import find_account, find_member, find_stakeholder
    from projections.exposure import exposure as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(
            view,
            manager=find_member(made.journal, view, manager) if manager else None,
            contact=find_stakeholder(made.journal, view, contact) if contact else None,
            account=find_account(view, account) if account else None,
        )
        show(opened_exposure(made.journal, view, answer), json, csv)


def show(answer: ExposureAnswer, json: bool, csv: bool) -> None:
    """Who carries what alone, and the accounts with the thinnest threads."""
    if json:
        output.print_json(answer)
        return
    rows = [_row(each) for each in answer.exposures]
    if csv:
        output.print_csv(*sheets.exposure(answer))
        return
    if not rows:
        output.say("Nothing hangs on one person alone.")
    else:
        title = say("What is lost if one leaves, in {currency}", currency=answer.currency or say("no currency"))
        output.print_table(title, HEADER, rows[:MOST])
    threads = [
        (each.external_id or str(each.account), each.name, each.single_thread, each.members, each.contacts)
        for each in answer.accounts
        if each.single_thread is not None
    ]
    if threads:
        output.print_table("\nSingle threads (100: one of ours, one of theirs)", THREADS, threads[:MOST])
    for what, missing in (("rate for", answer.missing_rates), ("list price of", answer.missing_prices)):
        for key, count in missing.items():
            output.say(say("Without a {what} {key}, {count} amounts are left out.", what=what, key=key, count=count))


def _row(each: Exposure) -> tuple[object, ...]:
    share = each.knowledge.share_alone if each.knowledge else None
    return (
        term("Side", each.side.value),
        each.name or str(each.person),
        output.Amount(each.value),
        output.Amount(each.weighted),
        len(each.opportunities),
        len(each.single_threads),
        len(each.carries_alone),
        "–" if share is None else f"{share:.0%}",
        len(each.visits),
        len(each.action_items),
    )
