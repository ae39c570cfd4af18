"""The methods of forecasting side by side: which one is in use, which one the scores propose, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.language.catalogue import say
from projections.forecast_scores import ScoresAsked, scores
from projections.forecasting.judged import Standing
from projections.view import Answer, View

if TYPE_CHECKING:
    from projections.forecast_backtest import BacktestAnswer


class MethodsAnswer(Answer, kw_only=True):
    """The methods, the best first. `proposed` has the least pinball loss of what could be compared, null
    where too few periods were scored; `in_use` is the
    policy's, which nobody but a person changes. `basis` says what they were compared by."""

    in_use: str
    proposed: str | None
    leaderboard: list[Standing]
    basis: str


def compared(view: View) -> MethodsAnswer:
    """By the forecasts that were kept and whose periods are over."""
    found = scores(view, ScoresAsked())
    if not found.leaderboard:
        basis = say("no kept forecast can be scored yet: a period must be over")
    else:
        basis = say("by {count} kept forecasts whose periods are over or whose days have passed", count=found.forecasts)
    return MethodsAnswer(
        **view.head(), in_use=found.in_use, proposed=found.proposed, leaderboard=found.leaderboard, basis=basis
    )


def by_backtest(view: View, found: BacktestAnswer) -> MethodsAnswer:
    """By a backtest."""
    basis = say(
        "by a backtest of {issues} issue dates from {first} to {last}",
        issues=found.issues,
        first=found.since,
        last=found.to,
    )
    return MethodsAnswer(
        **view.head(), in_use=found.in_use, proposed=found.proposed, leaderboard=found.leaderboard, basis=basis
    )
