"""The forecast as people and machines read it."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from api.cli import output
from api.cli.funnel_output import say_what_is_missing, stamp
from domain.language.amounts import shown_amount
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.forecast import Amounts, ForecastAnswer

NAME_WIDTH = 24
SHOWN = ["closed", "commit", "best_case", "pipeline", "weighted", "target"]
FIGURES = ["closed", "commit", "best_case", "pipeline", "weighted", "target", "gap", "coverage"]


def show(answer: ForecastAnswer, json: bool, csv: bool) -> None:
    """The figures of the period, single and cumulative, and of each group."""
    groups = answer.groups or []
    if json:
        output.print_json(answer)
    elif csv:
        rows = [["", "", *_figures(answer)], *([group.key, group.name, *_figures(group)] for group in groups)]
        rows = [[*row, answer.currency] for row in rows]
        output.print_csv(["group", "name", *FIGURES, "currency"], rows)
    else:
        _show_table(answer)
        if groups:
            header = ["", *(name.replace("_", " ") for name in SHOWN)]
            rows = [[output.cut(group.name or say("(none)"), NAME_WIDTH), *_whole(group)] for group in groups]
            output.print_table("\nin whole units", header, rows)


def _show_table(answer: ForecastAnswer) -> None:
    steps = ["closed", "commit", "best_case", "pipeline"]
    rows: list[list[object]] = [[s.replace("_", " "), getattr(answer, s), answer.cumulative[s]] for s in steps]
    rows.append(["weighted", None, answer.weighted])
    if answer.target is not None:
        rows.append(["target", None, answer.target])
    output.print_table(
        say("Forecast {period} as of {stamp}", period=answer.period, stamp=stamp(answer)),
        ["", "amount", "cumulative"],
        rows,
        bar=2,
    )
    if answer.gap:
        output.console().print(
            say(
                "gap {gap}, covered {coverage} times by open deals of the period",
                gap=shown_amount(answer.gap),
                coverage=answer.coverage,
            )
        )
    if answer.undated:
        output.console().print(
            say(
                "{undated} more is open without an expected close date, so in no period",
                undated=shown_amount(answer.undated),
            )
        )
    say_what_is_missing(answer)


def _whole(amounts: Amounts) -> list[object]:
    """Figures without minor units, so that a group fits on a line."""
    values = [getattr(amounts, name) for name in SHOWN]
    return [None if value is None else value.quantize(Decimal(1), ROUND_HALF_EVEN) for value in values]


def _figures(amounts: Amounts | ForecastAnswer) -> list[object]:
    return [getattr(amounts, name) for name in FIGURES]
