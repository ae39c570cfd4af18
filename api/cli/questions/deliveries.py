"""`kams deliveries`: delivery after winning (安装实施) in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

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
    from projections.delivery_status import DeliveriesAnswer

HEADER = ["opportunity", "title", "promise", "due", "first promised", "state", "days late", "accepted"]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(deliveries)


def deliveries(
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Of how many opportunities, the latest first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Deliveries (安装实施) of what was won: promised, reached, missed or late as of then, and accepted."""
    from api.titles import entitle
    from projections.delivery_status import deliveries as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(view, filters_of(made, view, owner, territory, product, account))
        answer.cut(limit)
        entitle(made.journal, answer.deliveries)
        show(answer, json, csv)


def show(answer: DeliveriesAnswer, json: bool, csv: bool) -> None:
    """One line per promise; what was accepted without a promise has a line, too."""
    rows = _rows(answer, 8)
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(*sheets.deliveries(answer))
    elif not rows:
        output.say("No deliveries recorded.")
    else:
        from projections.health_components import counted

        output.print_table(
            say("Deliveries on {day}: {late} late", day=answer.day, late=counted(answer.late, "promise")), HEADER, rows
        )
        if answer.not_shown:
            output.say(say("{not_shown} more deliveries: state --limit.", not_shown=answer.not_shown))


def _rows(answer: DeliveriesAnswer, width: int) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for line in answer.deliveries:
        which = [line.external_id or str(line.opportunity)[:width], output.cut(line.title, 20)]
        for one in line.promises:
            moved = one.first_due if one.first_due != one.due else None
            state = term("DeliveryState", one.state.value)
            rows.append([*which, one.milestone, one.due, moved, state, one.days_late, line.accepted_on])
        if not line.promises:
            rows.append([*which, None, None, None, say("accepted"), 0, line.accepted_on])
    return rows
