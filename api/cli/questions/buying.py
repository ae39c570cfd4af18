"""kams buying: buying behaviour (购买行为) in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output, sheets
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import day
from domain.language.amounts import shown_amount
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.buying import AccountBuying, BuyingAnswer

HEADER = [
    "account", "name", "revenue", "change", "purchases every", "last purchase", "overdue by", "on time", "visits",
]  # fmt: skip


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(buying)


def buying(
    account: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Id, external id or name; all if left out.")] = "",
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="D", help="The first day of the period; 365 days up to --as-of if left out."),
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Buying behaviour (购买行为): how often, what, how punctually paid, our share, what it costs us."""
    from api.names import find_account
    from projections.buying import buying as ask

    first = day("--from", since)
    with opened(as_of, known_at, no_wait) as (_, view):
        show(ask(view, find_account(view, account) if account else None, first), json, csv)


def show(answer: BuyingAnswer, json: bool, csv: bool) -> None:
    """All accounts as a table; a single one with its product lines, payments and effort."""
    if json:
        output.print_json(answer)
        return
    rows = [_row(one) for one in answer.accounts]
    if csv:
        output.print_csv(*sheets.buying(answer))
        return
    title = say(
        "Buying behaviour {from_day} to {to_day}, in {currency}",
        from_day=answer.from_day,
        to_day=answer.to_day,
        currency=answer.currency or say("no currency"),
    )
    if not rows:
        output.say("No accounts.")
        return
    output.print_table(title, HEADER, rows)
    if len(answer.accounts) == 1:
        _show_one(answer.accounts[0])
    _show_missing(answer)


def _row(one: AccountBuying) -> list[Any]:
    rhythm = one.rhythm
    return [
        one.external_id or str(one.account),
        one.name,
        output.Amount(one.revenue),
        _percent(one.trend.change, sign=True),
        say("{median_days:g} days", median_days=rhythm.median_days) if rhythm.median_days is not None else "–",
        rhythm.last_purchase or say("never"),
        say("{overdue_by:g} days", overdue_by=rhythm.overdue_by) if (rhythm.overdue_by or 0) > 0 else "–",
        _percent(one.payments.on_time_share),
        one.cost_to_serve.visits,
    ]


def _show_one(one: AccountBuying) -> None:
    lines = [
        (
            line.product_line or say("(none stated)"),
            output.Amount(line.revenue),
            _percent(line.share),
            "–" if line.margin is None else output.Amount(line.margin),
            _percent(line.margin_rate),
        )
        for line in one.mix
    ]
    if lines:
        output.print_table("\nProduct lines", ["product line", "revenue", "share", "margin", "margin rate"], lines)
    else:
        output.say("No purchases recorded in this period.")
    wallet, paid, cost = one.wallet, one.payments, one.cost_to_serve
    index, largest = one.concentration.herfindahl, one.concentration.largest
    share = (
        wallet.reason
        if wallet.share is None
        else say("{share} of {stated} a year", share=_percent(wallet.share), stated=wallet.stated)
    )
    facts = [
        ("a year before", output.Amount(one.trend.before)),
        ("share of wallet", share),
        (
            "concentration",
            "–"
            if index is None
            else say("{index:.2f}, largest {largest}", index=index, largest=largest or say("(none stated)")),
        ),
        (
            "invoices paid",
            say(
                "{paid}, {mean_days_late} days late on average",
                paid=paid.paid,
                mean_days_late=_number(paid.mean_days_late),
            ),
        ),
        (
            "open",
            say(
                "{open_amount}, overdue {overdue_amount} (up to {longest_overdue_days} days)",
                open_amount=shown_amount(paid.open_amount),
                overdue_amount=shown_amount(paid.overdue_amount),
                longest_overdue_days=paid.longest_overdue_days,
            ),
        ),
        (
            "effort",
            say(
                "{visits} visits, {minutes} minutes, {contacts} contacts",
                visits=cost.visits,
                minutes=cost.minutes,
                contacts=cost.contacts,
            ),
        ),
    ]
    output.print_table("\nMore", ["", ""], facts)


def _show_missing(answer: BuyingAnswer) -> None:
    missing: dict[str, int] = {}
    for one in answer.accounts:
        for currency, count in one.without_rate.items():
            missing[currency] = missing.get(currency, 0) + count
    for currency, count in sorted(missing.items()):
        output.say(
            say(
                "{count} documents in {currency} are left out: no exchange rate of their day.",
                count=count,
                currency=currency,
            )
        )


def _percent(part: float | None, *, sign: bool = False) -> str:
    return "–" if part is None else f"{100 * part:{'+' if sign else ''}.0f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
