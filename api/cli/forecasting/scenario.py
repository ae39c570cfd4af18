"""`kams forecast --what-if …`: the forecast beside the one that supposed changes would give. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.deals import Filters
    from projections.forecast_scenario import ScenarioAnswer, Supposed
    from projections.view import View

WhatIf = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="CHANGE",
        help="won=ID, lost=ID, move=ID:2026-12 (a month or a day) or amount=ID:50000; repeatable, nothing is written.",
    ),
]


def answer(
    made: System, view: View, filters: Filters, period: str | None, what_if: Sequence[str], json: bool, csv: bool
) -> None:
    """Print the figures with and without the changes."""
    from api.cli.forecasting.learning import learned_at
    from projections.forecast import current_period
    from projections.forecast_scenario import scenario

    found = scenario(view, learned_at(made, view), period or current_period(view), what_if, filters)
    if json:
        output.print_json(found)
    elif csv:
        rows = ([name, found.before[name], found.after[name], found.difference[name]] for name in found.before)
        lines = ([*("" if cell is None else cell for cell in row), found.currency] for row in rows)
        output.print_csv(["figure", "before", "after", "difference", "currency"], lines)
    else:
        show(found)


def show(found: ScenarioAnswer) -> None:
    """Before, after and the difference, figure by figure."""
    from api.cli.funnel_output import stamp

    title = say("What if: {period} as of {stamp}", period=found.period, stamp=stamp(found))
    rows: list[list[object]] = [
        [name.replace("_", " "), found.before[name], found.after[name], found.difference[name]]
        for name in found.before
        if found.before[name] is not None or found.after[name] is not None
    ]
    output.print_table(title, ["", "before", "after", "difference"], rows)
    tell(found.what_if)
    output.console().print(say("Based on {basis}.", basis=found.basis))


def tell(changes: Sequence[Supposed]) -> None:
    """Name what is supposed; nothing of it is recorded."""
    for each in changes:
        moved = f" ({each.before or '–'} → {each.after})" if each.after else ""
        output.console().print(say("Supposed, not recorded: {what_if}{moved}", what_if=each.what_if, moved=moved))
