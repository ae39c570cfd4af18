"""`kams forecast backtest`: what every method would have said, replayed and scored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli import output
from api.cli.asking import Csv, Json, KnownAt, NoWait, opened
from api.cli.options import day, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.forecast_backtest import BacktestAnswer, BacktestAsked
    from projections.view import View

MONTH_ENDS: Literal["month-ends"] = "month-ends"
YEAR = timedelta(days=365)


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("backtest")(backtest)


def backtest(
    since: Annotated[
        str, typer.Option("--from", metavar="D", help="The first issue date; a year ago if left out.")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="D", help="The last issue date; today if left out.")] = "",
    every: Annotated[
        str, typer.Option("--every", metavar="DAYS", help="Days between issue dates, or month-ends.")
    ] = "7",
    horizon: Annotated[str, typer.Option("--horizon", metavar="WHAT", help="month or quarter; both if left out.")] = "",
    within: Annotated[
        int, typer.Option("--within", metavar="DAYS", min=1, max=1096, help="Deals won within so many days.")
    ] = 92,
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="owner, territory or product.")] = "",
    openings: Annotated[bool, typer.Option("--opened", help="Also deals on the day on which they are opened.")] = False,
    folds: Annotated[
        int | None, typer.Option("--folds", metavar="N", min=2, max=100, help="Deals without dates: cross-validate.")
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", metavar="N", min=1, max=100, help="With --folds: so often.")] = 3,
    processes: Annotated[
        int | None, typer.Option("--processes", metavar="N", min=1, max=64, help="So many share the work; else two.")
    ] = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Replay history by the forecaster's clock (回测): what would have been said at each issue date, by every method,
    scored against what happened. Methods that need no model stand beside the learned one; what scored best is proposed.
    """
    from api.cli.forecasting import scores_output

    steps = _every(every)
    _must_be_one_of(horizon, ("month", "quarter"), "--horizon")
    _must_be_one_of(by, ("owner", "territory", "product"), "--by")
    first, last = day("--from", since), day("--to", to)
    with opened(None, known_at, no_wait) as (_, view):
        if folds is not None:
            from projections.forecast_folds import cross_validation

            scores_output.show_folds(cross_validation(view, folds=folds, repeats=repeats), json, csv)
            return
        from projections.forecast_backtest import BacktestAsked

        last = last or _today(view)
        asked = BacktestAsked(
            first=first or last - YEAR, last=last, every=steps, horizon=horizon, within=within, by=by, openings=openings
        )
        scores_output.show_backtest(with_progress(view, asked, processes), json, csv)


def with_progress(view: View, asked: BacktestAsked, processes: int | None) -> BacktestAnswer:
    """The backtest, with a bar on standard error."""
    from projections.forecast_backtest import backtest as replayed

    with output.progress() as bar:
        task = bar.add_task(say("issue dates"), total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return replayed(view, asked, processes=processes, progress=progress)


def _today(view: View) -> date:
    from domain.policies.calendar import day_of

    return day_of(view.policies.company, view.clock.as_of)


def _every(text: str) -> int | Literal["month-ends"]:
    if text == MONTH_ENDS:
        return MONTH_ENDS
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 366:
        raise none_of(text, ("1 … 366", MONTH_ENDS), "--every")
    return int(text)


def _must_be_one_of(text: str, known: tuple[str, ...], option: str) -> None:
    if text and text not in known:
        raise none_of(text, known, option)
