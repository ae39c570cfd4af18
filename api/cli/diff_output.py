"""A diff as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.fact_words import CSV, Words, csv_rows, who
from api.cli.funnel_output import SIGNS, STEPS, say_what_is_missing
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from api.diff import Diff, DiffAnswer
    from projections.bridge import BridgeAnswer
    from projections.forecast_change import ForecastChange
    from projections.health_moved import AccountMove, ComponentMove

FIGURES = ("closed", "commit", "best_case", "pipeline", "weighted", "omitted", "undated")
FACTS_HEADER = ["position", "occurred", "what happened", "before → after", "recorded by"]
ITEMS_HEADER = ["", "opportunity", "amount", "positions"]
MOVES_HEADER = ["opportunity", "closed", "commit", "best case", "pipeline", "weighted", "positions"]
HEALTH_HEADER = ["account", "before", "after", "what moved it", "positions"]
MOST = 25
MOST_POSITIONS = 6


def show(found: Diff, json: bool, csv: bool, words: Words) -> None:
    """The bridge, the forecast, health, and the facts in between."""
    answer = found.answer
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(CSV, (row for line in answer.facts for row in csv_rows(line)))
    else:
        output.console().print(_title(answer, words), style="bold")
        _show_bridge(found, answer.bridge)
        _show_forecast(found, answer.forecast)
        _show_health(answer.health)
        _show_facts(found, words)


def _title(answer: DiffAnswer, words: Words) -> str:
    if answer.since == answer.as_of:
        then, now = answer.known_since.position, answer.known_at.position
        return say("About {moment}: known at {then:,} and at {now:,}", moment=words.moment(answer.as_of), then=then, now=now)  # fmt: skip # noqa: E501
    return say("From {start} to {end}", start=words.moment(answer.since), end=words.moment(answer.as_of))


def _show_bridge(found: Diff, bridge: BridgeAnswer) -> None:
    steps = [
        (f"{SIGNS.get(step, '−')} {output.label(step.replace('_', ' '))}", getattr(bridge, step))
        for step in STEPS
        if getattr(bridge, step)
    ]
    rows = [("start", bridge.start), *steps, ("end", bridge.end)]
    output.print_table("\nBridge of open amounts", ["", "amount"], rows, bar=1)
    items = [
        (output.label(item.kind.replace("_", " ")), found.title(item.opportunity), item.amount, _some(item.positions))
        for item in sorted(bridge.items, key=lambda item: -abs(item.amount))
    ]
    if items:
        output.print_table("", ITEMS_HEADER, items[:MOST])
        _say_more(len(items))
    say_what_is_missing(bridge)


def _show_forecast(found: Diff, change: ForecastChange) -> None:
    rows = [
        (figure.replace("_", " "), change.start[figure], change.end[figure] - change.start[figure], change.end[figure])
        for figure in FIGURES
        if change.start[figure] or change.end[figure]
    ]
    if not rows:
        output.console().print("\n" + say("Nothing is in the forecast of {period}.", period=change.period))
        return
    output.print_table("\n" + say("Forecast of {period}", period=change.period), ["", "start", "change", "end"], rows)
    moves = [
        (found.title(move.opportunity), *(move.changes.get(name) for name in FIGURES[:5]), _some(move.positions))
        for move in sorted(change.moves, key=lambda move: -max(map(abs, move.changes.values())))
    ]
    if moves:
        output.print_table("", MOVES_HEADER, moves[:MOST])
        _say_more(len(moves))


def _show_health(moves: list[AccountMove]) -> None:
    rows = [
        (
            move.name,
            move.before,
            move.after,
            "; ".join(map(_component, move.components)),
            _some(sorted({position for each in move.components for position in each.positions})),
        )
        for move in moves
    ]
    if rows:
        output.print_table("\nHealth", HEALTH_HEADER, rows[:MOST])
        _say_more(len(rows))


def _component(move: ComponentMove) -> str:
    by_time = f" ({say('time alone')})" if move.by_time else ""
    return f"{term('health', move.name)} {move.points:+.1f}{by_time}: {move.reason}"


def _show_facts(found: Diff, words: Words) -> None:
    answer = found.answer
    if not answer.facts:
        none = say("No facts in between.") if found.of_account else found.no_amounts_changed
        output.console().print("\n" + none)
        return
    rows: list[tuple[Any, ...]] = [
        (line.position, words.day(line.occurred_at), words.told(line), words.changes(line.changes), who(line))
        for line in answer.facts
    ]
    title = "\nFacts in between" if found.of_account else "\nFacts that changed amounts"
    output.print_table(title, FACTS_HEADER, rows)
    if answer.not_shown:
        output.say(say("and {more} more", more=answer.not_shown))


def _some(positions: list[int]) -> str:
    more = [say("and {more} more", more=len(positions) - MOST_POSITIONS)] if len(positions) > MOST_POSITIONS else []
    return " ".join([*map(str, positions[:MOST_POSITIONS]), *more])


def _say_more(count: int) -> None:
    if count > MOST:
        output.say(say("and {more} more", more=count - MOST))
