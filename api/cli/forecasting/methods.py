"""`kams forecast methods`: the methods side by side, which one is in use, and which one is proposed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import Csv, Json, NoWait, opened
from api.cli.options import On, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.forecast_methods import MethodsAnswer
    from projections.view import View


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("methods")(methods)


def methods(
    use: Annotated[str, typer.Option("--use", metavar="METHOD", help="From now on forecast by this method.")] = "",
    replayed: Annotated[
        bool,
        typer.Option("--backtest", help="Compare by a backtest of the last year, though kept forecasts are there."),
    ] = False,
    on: On = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The methods of forecasting (预测方法), the best first: by the scores of kept forecasts, or while there are none
    by a backtest of the last year. The best one is proposed; only --use changes the one that is in use."""
    from domain.policies.forecast_policy import ForecastMethod

    if use and use not in list(ForecastMethod):
        raise none_of(use, [each.value for each in ForecastMethod], "--use")
    with opened(None, None, no_wait) as (made, view):
        if use:
            _show_used(_use(made, use, on), use, json)
            return
        _show(_compared(view, replayed), json, csv)


def _compared(view: View, replayed: bool) -> MethodsAnswer:
    from projections.forecast_methods import by_backtest, compared

    answer = compared(view)
    if answer.leaderboard and not replayed:
        return answer
    from api.cli.forecasting.backtest import MONTH_ENDS, _today, with_progress
    from projections.forecast_backtest import BacktestAsked

    today = _today(view)
    asked = BacktestAsked(first=today - timedelta(days=366), last=today, every=MONTH_ENDS)
    return by_backtest(view, with_progress(view, asked, None))


def _use(made: System, method: str, on: str | None) -> Any:
    from api.cli.calling import Counter, Stated
    from domain.policies.forecast_policy import ForecastPolicy

    return Counter(made).give(ForecastPolicy, "use", {}, {"method": method}, Stated(on, None))


def _show_used(answer: Any, method: str, json: bool) -> None:
    if json:
        output.print_json(answer)
    else:
        from api.cli.forecasting.scores_output import name_of

        output.say(say("Forecasts are made by this method from now on: {name}.", name=name_of(method)))


def _show(answer: MethodsAnswer, json: bool, csv: bool) -> None:
    from api.cli.forecasting import scores_output

    if json:
        output.print_json(answer)
    elif csv:
        names = ["method", "pinball", "wape", "coverage", "brier", "ece", "in_use", "proposed"]
        output.print_csv(names, [[getattr(each, name) for name in names] for each in answer.leaderboard])
    else:
        scores_output.show_board(answer.leaderboard, answer.proposed, answer.in_use)
        output.say(answer.basis)
