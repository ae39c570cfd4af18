"""The forecast as people and machines read it."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from api.cli import output
from api.cli.chances_output import say_rest
from api.cli.funnel_output import say_what_is_missing, stamp
from domain.language.amounts import shown_amount
from domain.language.catalogue import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from projections.forecast import Amounts, ForecastAnswer, ForecastGroup
    from projections.forecast_overdue import Overdue

NAME_WIDTH = 24
SHOWN = ["closed", "commit", "best_case", "pipeline", "weighted", "target"]
FIGURES = ["closed", "commit", "best_case", "pipeline", "weighted", "target", "gap", "coverage"]
LEARNED = ["p10", "p50", "p90"]


def show(answer: ForecastAnswer, json: bool, csv: bool, overdue: Callable[[], Overdue] | None = None) -> None:
    """The figures of the period, single and cumulative, and of each group; for people what is overdue besides."""
    groups = answer.groups or []
    if json:
        output.print_json(answer)
    elif csv:
        rows = [["", "", *_figures(answer)], *([group.key, group.name, *_figures(group)] for group in groups)]
        based = [answer.model, answer.model_version, answer.position]
        learned = [[getattr(each, name) for name in LEARNED] for each in (answer, *groups)]
        rows = [[*row, answer.currency, *each, *based] for row, each in zip(rows, learned, strict=True)]
        names = ["group", "name", *FIGURES, "currency", *LEARNED, "model", "model_version", "position"]
        output.print_csv(names, rows)
        say_what_is_missing(answer, aside=True)
    else:
        _show_table(answer, overdue() if overdue else None)
        if groups:
            _show_groups("\nin whole units", groups, SHOWN)
        if any(group.p50 is not None for group in groups):
            _show_groups("\nlearned, with all that lies below, in whole units", groups, [*LEARNED, "target"])
        if layered := [group for group in groups if group.layers]:
            _show_layers(layered)


def _show_groups(title: str, groups: list[ForecastGroup], shown: list[str]) -> None:
    header = ["", *(name.replace("_", " ") for name in shown)]
    rows = [[output.cut(group.name or say("(none)"), NAME_WIDTH), *_whole(group, shown)] for group in groups]
    output.print_table(title, header, rows)


def _show_layers(groups: list[ForecastGroup]) -> None:
    """What people called, and what was adjusted beside it."""
    lines = [line for group in groups for line in dict(group.layers or {}).values()]
    rows = [
        [output.cut(line.name or str(line.member), NAME_WIDTH), say(line.layer), line.amount, line.computed,
         line.by_name, line.reason]
        for line in lines
    ]  # fmt: skip
    output.print_table("\nCalled and adjusted", ["person", "layer", "amount", "computed", "by", "reason"], rows)


def _show_table(answer: ForecastAnswer, overdue: Overdue | None) -> None:
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
    if answer.unknown_stages:
        output.console().print(
            say(
                "{count:,} open deals stand at a stage that their process no longer has: they weigh nothing",
                count=sum(answer.unknown_stages.values()),
            )
        )
    if overdue and overdue.deals:
        output.console().print(
            say(
                "{count:,} open deals worth {amount} have an expected close that is over, before this period",
                count=overdue.deals,
                amount=shown_amount(overdue.amount),
            )
        )
    _say_what_was_learned(answer)


def _say_what_was_learned(answer: ForecastAnswer) -> None:
    """The quantiles, by which model, and what it rests on; or why there are none."""
    said = {name: shown_amount(amount) for name in LEARNED if (amount := getattr(answer, name)) is not None}
    if len(said) == len(LEARNED):
        output.console().print(say("learned: {p50} to be expected, P10 {p10}, P90 {p90}", **said))
    elif "p50" in said:
        output.console().print(say("by the method in use: {p50} to be expected", p50=said["p50"]))
    say_rest(answer)


def _whole(amounts: Amounts, shown: list[str]) -> list[object]:
    """Figures without minor units, so that a group fits on a line."""
    values = [getattr(amounts, name) for name in shown]
    return [None if value is None else value.quantize(Decimal(1), ROUND_HALF_EVEN) for value in values]


def _figures(amounts: Amounts | ForecastAnswer) -> list[object]:
    return [getattr(amounts, name) for name in FIGURES]
