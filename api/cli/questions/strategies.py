"""`kams strategy`, `kams strategies`, `kams goals`: the company's key account strategy (大客户战略) in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened

if TYPE_CHECKING:
    from projections.strategy_standing import StrategiesAnswer

WhichOne = Annotated[
    str,
    typer.Argument(
        metavar="STRATEGY", help="Id, external id or title; by default the one in force.", show_default=False
    ),
]
HEADER = ["strategy", "state", "in force from", "until", "reviewed on", "decision", "review due", "id"]


def add(app: typer.Typer) -> None:
    """Add the commands."""
    for each in (strategy, strategies, goals):
        app.command()(each)


def strategy(
    which: WhichOne = "",
    every: Annotated[bool, typer.Option("--all", help="Of control points that recur all periods.")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The key account strategy (大客户战略): mission, four questions, six processes, control points (里程碑控制点)."""
    from api.cli.strategy_output import show
    from api.names import member_names, opening
    from api.strategy_texts import find_strategy, state
    from projections.strategy_standing import strategy as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(view, find_strategy(view, which), opening(made.journal, view))
        state(made.journal, view, answer)
        show(answer, member_names(made.journal, view), json, csv, every=every)


def strategies(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the one in force first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Key account strategies (大客户战略): in force, adopted for later, drafts, replaced."""
    from projections.strategy_standing import strategies as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        answer = ask(view)
        answer.cut(limit)
        _list(answer, json, csv)


def goals(
    which: WhichOne = "",
    year: Annotated[
        int | None,
        typer.Option("--year", min=1900, max=2999, help="A fiscal year: goals as far as they are to be by its end."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many goals, from the top of the tree.")] = 200,
    every: Annotated[
        bool, typer.Option("--accounts", help="Every account plan of each goal, not only the three most behind.")
    ] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Goals (目标分解) from strategy to territory to account: against their line, and how much is in no plan."""
    from api.cli.strategy_output import show_goals
    from api.strategy_texts import find_strategy
    from projections.names import account_names
    from projections.strategy_cascade import cascade as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        answer = ask(view, find_strategy(view, which), year)
        answer.cut(limit)
        accounts = {each.account for goal in answer.goals for each in goal.objectives if each.account}
        show_goals(answer, account_names(view, accounts), json, csv, every=every)


def _list(answer: StrategiesAnswer, json: bool, csv: bool) -> None:
    from domain.language.catalogue import say, term

    rows = [
        [
            line.title,
            term("StrategyState", line.state.value),
            line.in_force_from,
            line.until,
            line.reviewed_on,
            term("StrategyDecision", line.decision.value) if line.decision else None,
            line.review_due,
            line.external_id or str(line.strategy),
        ]
        for line in answer.strategies
    ]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(HEADER, rows)
    elif not rows:
        output.say("No key account strategy recorded.")
    else:
        output.print_table(say("Key account strategies on {day}", day=answer.day), HEADER, rows)
        if answer.not_shown:
            output.say(say("{not_shown} more strategies: state --limit.", not_shown=answer.not_shown))
