"""The chances of open deals as people and machines read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import say_what_is_missing, stamp
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.forecast_chances import DealChance, DealsAnswer
    from projections.view import View

LINES = 20
TITLE_WIDTH = 28
COLUMNS = [
    "as_of", "opportunity", "stage", "amount", "p_win", "p_win_within", "p10_close", "p50_close", "p90_close",
    "reasons", "model", "model_version", "position",
]  # fmt: skip
MORE = ["id", "account", "owner", "p_if_closed", "currency"]


def show(made: System, view: View, answer: DealsAnswer, json: bool, csv: bool) -> None:
    """All deals for machines; for people those from which most is to be expected, with their reasons."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv([*COLUMNS, *MORE], (_row(answer, line) for line in answer.deals))
        say_what_is_missing(answer, aside=True)
    else:
        _show_table(made, view, answer)


def _row(answer: DealsAnswer, line: DealChance) -> list[Any]:
    values = {name: getattr(line, name) for name in [*COLUMNS, *MORE[:-1]]}
    values["as_of"] = line.as_of.isoformat()
    values["reasons"] = "; ".join(reason.words for reason in line.reasons)
    return [*values.values(), "" if line.amount is None else answer.currency]


def _show_table(made: System, view: View, answer: DealsAnswer) -> None:
    if not answer.deals:
        output.console().print(say("No deal is open as of {stamp}.", stamp=stamp(answer)))
        say_rest(answer)
        return
    output.print_table(
        say("Open deals by what is to be expected of them, as of {stamp}", stamp=stamp(answer)),
        ["", "stage", "amount", "p win", say("in {days} [day|days]", days=answer.within), "expected close", "reasons"],
        _lines(made, view, answer),
    )
    if len(answer.deals) > LINES:
        output.say(say("{count:,} more are open: --csv or --json has all.", count=len(answer.deals) - LINES))
    say_rest(answer)


def _lines(made: System, view: View, answer: DealsAnswer) -> list[list[Any]]:
    from api.process_words import process_words
    from api.titles import openings

    shown = answer.deals[:LINES]
    names, opened = process_words(view), openings(made.journal, [line.id for line in shown])
    return [
        [
            output.cut(_title(line, opened), TITLE_WIDTH),
            names.get(line.stage, line.stage),
            line.amount,
            _percent(line.p_win),
            _percent(line.p_win_within),
            line.p50_close,
            "; ".join(reason.words for reason in line.reasons),
        ]
        for line in shown
    ]


def _title(line: DealChance, opened: dict[Any, Any]) -> str:
    event = opened.get(line.id)
    if event is None:
        return line.opportunity
    return f"{line.opportunity} {event.title}" if event.external_id else str(event.title)


def _percent(chance: float) -> str:
    return f"{100 * chance:.0f} %"


def say_rest(answer: Any) -> None:
    """By which model an answer is made, what it rests on, and what is missing."""
    if answer.model_version:
        output.console().print(say("model {version}: {basis}", version=answer.model_version, basis=answer.basis))
    elif answer.basis:
        has_none = answer.model == "none"
        output.console().print(say("no model: {basis}", basis=answer.basis) if has_none else answer.basis)
    say_what_is_missing(answer)
