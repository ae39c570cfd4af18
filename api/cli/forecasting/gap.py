"""`kams forecast gap`: what is missing to the target, and what would have to be opened by when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
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
)  # fmt: skip
from api.cli.forecasting.scenario import WhatIf, tell
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.forecast_gap import GapAnswer

FIGURES = ("target", "closed", "p10", "p50", "p90", "gap", "shortfall", "open", "pipeline", "to_open")
BESIDE = ("coverage", "deals", "half_by", "most_by")


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("gap")(gap)


def gap(
    period: Annotated[
        str | None, typer.Option("--period", metavar="P", help="2017-Q4, 2017-10, 2017 or A..B; else the quarter.")
    ] = None,
    what_if: WhatIf = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The gap to target (目标差距): coverage, the pipeline that it takes at the own conversion and cycle times, and
    what would have to be opened by when."""
    from api.cli.forecasting.learning import learned_at
    from projections.forecast import current_period
    from projections.forecast_gap import gap as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account)
        key = period or current_period(view)
        answer = ask(view, learned_at(made, view), key, filters, what_if=what_if or ())
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(["figure", "amount", "currency"], rows_of(answer))
    else:
        show(answer)


def rows_of(answer: GapAnswer) -> list[list[object]]:
    """The figures of the table, and those that stand in its sentences: a number without a currency, or a day."""
    amounts: list[list[object]] = [[name, getattr(answer, name), answer.currency] for name in FIGURES]
    beside: list[list[object]] = [[name, getattr(answer, name), ""] for name in BESIDE]
    return [["" if cell is None else cell for cell in row] for row in amounts + beside]


def show(answer: GapAnswer) -> None:
    """The figures, and what they mean in words."""
    from api.cli.funnel_output import say_what_is_missing, stamp

    rows: list[list[object]] = [[name.replace("_", " "), getattr(answer, name)] for name in FIGURES]
    title = say("Gap to target {period} as of {stamp}", period=answer.period, stamp=stamp(answer))
    output.print_table(title, ["", "amount"], [row for row in rows if row[1] is not None])
    for sentence in answer.words:
        output.console().print(sentence)
    if answer.target is None:
        output.console().print(say("Set one with `kams policy set sales-target`."))
    if answer.coverage is not None:
        output.console().print(say("Coverage: {coverage}", coverage=answer.coverage))
    tell(answer.what_if)
    output.console().print(say("Based on {basis}.", basis=answer.basis))
    say_what_is_missing(answer)
