"""`kams quotes`: quotes and their follow-up (报价及跟进) in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli import output, sheets
from api.cli.asking import (
    AccountKey,
    AsOf,
    Csv,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    opened,
)
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.open_quotes import QuoteLine, QuotesAnswer

HEADER = [
    "quote",
    "version",
    "opportunity",
    "title",
    "customer",
    "status",
    "total",
    "",
    "valid until",
    "follow-up",
    "on",
]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(quotes)


def quotes(
    every: Annotated[bool, typer.Option("--all", help="Accepted and declined ones and those of ended deals, too.")] = (
        False
    ),
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the urgent ones first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Open quotes (报价及跟进): until when they are valid, and which follow-up is due or overdue."""
    from api.titles import entitle
    from projections.names import account_names
    from projections.open_quotes import quotes as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(view, filters_of(made, view, owner, territory, product, account), every=every)
        answer.cut(limit)
        entitle(made.journal, answer.quotes)
        show(answer, json, csv, account_names(view, {each.account for each in answer.quotes if each.account}))


def show(answer: QuotesAnswer, json: bool, csv: bool, accounts: Mapping[UUID, str]) -> None:
    """One line per quote; `accounts` are the customers' names."""
    rows = [_row(each, 8, accounts) for each in answer.quotes]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(*sheets.quotes(answer))
    elif not rows:
        output.say("No open quotes recorded." if not answer.every else "No quotes recorded.")
    else:
        output.print_table(say("Quotes on {day}", day=answer.day), HEADER, rows)
        if answer.not_shown:
            output.say(say("{not_shown} more quotes: state --limit.", not_shown=answer.not_shown))


def _row(line: QuoteLine, width: int, accounts: Mapping[UUID, str]) -> list[Any]:
    valid = say("{valid_until} (expired)", valid_until=line.valid_until) if line.expired else line.valid_until
    return [
        line.quote_no,
        line.version or None,
        line.external_id or str(line.opportunity)[:width],
        output.cut(line.title, 16),
        accounts.get(line.account, "") if line.account else "",
        term("QuoteStatus", line.status.value)
        if line.opportunity_open
        else say("{status}, deal ended", status=term("QuoteStatus", line.status.value)),
        line.total,
        line.currency,
        valid,
        term("Follow", line.follow_up.value),
        line.follow_up_on,
    ]
